package plausible

import (
	"fmt"
	"maps"
	"slices"
)

const (
	// window is how many months a month is compared with: those around it that
	// make a year.
	window = 12
	// enough is the median below which months are too thin to tell a gap from
	// chance.
	enough = 20
	// wild is how many times as far below the median as months usually are from
	// it a gap must be, so that what comes in bursts (a dozen results a visit)
	// is not taken for one that has gaps.
	wild = 4
)

// gaps reports months with less than half as many records as the median of the
// months around them. The first and the last month of a type are left out: an
// extract begins and ends on some day.
func (w *Worker) gaps() {
	byType := map[string]map[int32]int64{}
	for m, n := range w.months {
		if byType[m.typ] == nil {
			byType[m.typ] = map[int32]int64{}
		}
		byType[m.typ][m.at] = *n
	}
	for _, typ := range slices.Sorted(maps.Keys(byType)) {
		w.gapsOf(typ, byType[typ])
	}
}

func (w *Worker) gapsOf(typ string, months map[int32]int64) {
	present := slices.Sorted(maps.Keys(months))
	first, last := present[0], present[len(present)-1]
	if last-first > 12*300 {
		return // dates that no calendar has fill no rhythm
	}
	for at := first + 1; at < last; at++ {
		usual, spread := around(months, at, first, last)
		if usual < enough {
			continue
		}
		n := &w.tallyOf(typ).counts[monthGap]
		n.n++
		if here := months[at]; 2*here < usual && usual-here > wild*spread {
			n.violated++
			w.whole(monthGap, fmt.Sprintf("%04d-%02d has %d, usual are %d", at/12, at%12+1, months[at], usual), typ)
		}
	}
}

// around returns the median of the months around one, itself left out, and the
// median of their distances from it: six months before and six after, moved
// where the records begin or end.
func around(months map[int32]int64, at, first, last int32) (usual, spread int64) {
	low := max(first, min(at-window/2, last-window))
	high := min(last, low+window)
	var counts []int64
	for m := low; m <= high; m++ {
		if m != at {
			counts = append(counts, months[m])
		}
	}
	if len(counts) < window/2 {
		return 0, 0
	}
	usual = median(counts)
	for i, n := range counts {
		counts[i] = max(n-usual, usual-n)
	}
	return usual, median(counts)
}

func median(list []int64) int64 {
	slices.Sort(list)
	return list[len(list)/2]
}
