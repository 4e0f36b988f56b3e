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
	for _, typ := range slices.Sorted(maps.Keys(w.months)) {
		w.gapsOf(typ, w.months[typ])
	}
}

// months counts what happened in each month: twelve times the year and the
// month's number from 0.
type months map[int32]*int64

// of returns the count of a month.
func (m months) of(at int32) *int64 {
	n := m[at]
	if n == nil {
		n = new(int64)
		m[at] = n
	}
	return n
}

// here returns how many there are in a month.
func (m months) here(at int32) int64 {
	if n := m[at]; n != nil {
		return *n
	}
	return 0
}

func (w *Worker) gapsOf(typ string, all months) {
	present := slices.Sorted(maps.Keys(all))
	if len(present) == 0 {
		return
	}
	first, last := present[0], present[len(present)-1]
	if last-first > 12*300 {
		return // dates that no calendar has fill no rhythm
	}
	for at := first + 1; at < last; at++ {
		usual, spread := around(all, at, first, last)
		if usual < enough {
			continue
		}
		n := &w.tallyOf(typ).counts[monthGap]
		n.n++
		if here := all.here(at); 2*here < usual && usual-here > wild*spread {
			n.violated++
			w.whole(monthGap, fmt.Sprintf("%04d-%02d has %d, usual are %d", at/12, at%12+1, all.here(at), usual), typ)
		}
	}
}

// around returns the median of the months around one, itself left out, and the
// median of their distances from it: six months before and six after, moved
// where the records begin or end.
func around(all months, at, first, last int32) (usual, spread int64) {
	low := max(first, min(at-window/2, last-window))
	high := min(last, low+window)
	var counts []int64
	for m := low; m <= high; m++ {
		if m != at {
			counts = append(counts, all.here(m))
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
