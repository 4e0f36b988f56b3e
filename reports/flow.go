package reports

import (
	"fmt"
	"slices"
)

// The flow's drawing area, in the units of its viewBox.
const (
	flowWidth  = 960.0
	flowBox    = 16.0  // width of a box
	flowHeight = 260.0 // what the boxes of a column share, gaps not counted
	flowGap    = 12.0
	flowLeast  = 18.0 // height of the smallest box: its label must stand beside it
	flowHead   = 22.0 // above the boxes, for what the columns are called
	flowTypes  = 10   // types of resources with a box of their own
)

// Flow is the way from rows to resources to the target as a picture: three
// columns of boxes with bands between them. Heights are shares of a column; a
// box with anything in it is at least as high as its label.
type Flow struct {
	Height float64
	Boxes  []FlowBox
	Bands  []FlowBand
	Says   string // the picture in words, for those who do not see it
}

// FlowBox is a box with its label; Class names its colour. Before says that the
// label stands before the box.
type FlowBox struct {
	X, Y, Width, Height float64
	LabelX, LabelY      float64
	Label, Count, Class string
	Before              bool
}

// FlowBand goes from the right side of one box to the left side of another.
type FlowBand struct{ Path, Class string }

// flowPart is a box before it is drawn.
type flowPart struct {
	label, class string
	n            int64
}

// flow draws the way of the rows.
func (s Summary) flow() Flow {
	total := s.Ledger.Total()
	if total.Read == 0 {
		return Flow{}
	}
	rows := []flowPart{
		{"became resources", "loaded", total.Loaded},
		{"rejected", "rejected", total.Rejected},
		{"merged as duplicates", "merged", total.Merged},
		{"left out by conditions", "filtered", s.rowsOf("filtered", false)},
		{"read for reference", "reference", s.rowsOf("filtered", true)},
	}
	types, taken := s.flowTypes()
	built, loaded := s.madeOf()
	name := "written to files"
	if s.Run.atServer() {
		name = "delivered"
	}
	ends := []flowPart{{name, "loaded", loaded}, {"refused or invalid", "rejected", built - loaded}}
	columns := [][]FlowBox{drawColumn(present(rows), 210, true), drawColumn(types, 500, false), drawColumn(present(ends), 780, false)}
	f := Flow{}
	for _, c := range columns {
		for _, b := range c {
			f.Height = max(f.Height, b.Y+b.Height)
		}
		f.Boxes = append(f.Boxes, c...)
	}
	f.connect(columns, types, taken)
	f.Height = round2(f.Height + 4 + flowHead)
	f.Says = fmt.Sprintf("%s rows were read; %s of them became %s resources, of which %s were %s. %s rows were rejected.",
		thousands(total.Read), thousands(total.Loaded), thousands(built), thousands(loaded), name, thousands(total.Rejected))
	return f
}

// present leaves out parts without anything in them.
func present(parts []flowPart) []flowPart {
	return slices.DeleteFunc(parts, func(p flowPart) bool { return p.n <= 0 })
}

// flowTypes returns the types of resources, the most frequent first and the
// rest as one, and how many of each were taken.
func (s Summary) flowTypes() (parts []flowPart, taken []int64) {
	sorted := slices.Clone(s.Resources)
	slices.SortStableFunc(sorted, func(a, b ResourceFacts) int { return int(min(max(b.Built-a.Built, -1), 1)) })
	for i, r := range sorted {
		switch {
		case r.Built == 0:
		case i < flowTypes:
			parts, taken = append(parts, flowPart{r.Type, "type", r.Built}), append(taken, r.Loaded)
		case i == flowTypes:
			parts, taken = append(parts, flowPart{fmt.Sprintf("%d other types", len(sorted)-flowTypes), "type", r.Built}), append(taken, r.Loaded)
		default:
			parts[flowTypes].n += r.Built
			taken[flowTypes] += r.Loaded
		}
	}
	return parts, taken
}

// drawColumn places the boxes of one column below each other.
func drawColumn(parts []flowPart, x float64, before bool) []FlowBox {
	var sum int64
	for _, p := range parts {
		sum += p.n
	}
	var boxes []FlowBox
	y := 4.0
	for _, p := range parts {
		b := FlowBox{X: x, Y: round2(y), Width: flowBox, Label: p.label, Count: thousands(p.n), Class: p.class, Before: before}
		b.Height = round2(max(flowHeight*float64(p.n)/float64(max(sum, 1)), flowLeast))
		b.LabelX, b.LabelY = x+flowBox+8, round2(b.Y+b.Height/2)
		if before {
			b.LabelX = x - 8
		}
		boxes = append(boxes, b)
		y += b.Height + flowGap
	}
	return boxes
}

// connect draws the bands: from the rows that became resources to every type,
// and from every type to what became of it.
func (f *Flow) connect(columns [][]FlowBox, types []flowPart, taken []int64) {
	rows, mid, ends := columns[0], columns[1], columns[2]
	from := slices.IndexFunc(rows, func(b FlowBox) bool { return b.Class == "loaded" })
	var sum int64
	for _, t := range types {
		sum += t.n
	}
	var left float64
	right := make([]float64, len(ends))
	end := func(class string) int {
		return slices.IndexFunc(ends, func(b FlowBox) bool { return b.Class == class })
	}
	var total [2]int64
	for i, t := range types {
		total[0], total[1] = total[0]+taken[i], total[1]+t.n-taken[i]
	}
	for i, t := range types {
		if from >= 0 {
			h := rows[from].Height * float64(t.n) / float64(sum)
			f.Bands = append(f.Bands, band(flowEnd{rows[from], left, h}, flowEnd{mid[i], 0, mid[i].Height}, "loaded"))
			left += h
		}
		var down float64
		for k, n := range []int64{taken[i], t.n - taken[i]} {
			at := end([]string{"loaded", "rejected"}[k])
			if n <= 0 || at < 0 {
				continue
			}
			h, to := mid[i].Height*float64(n)/float64(t.n), ends[at].Height*float64(n)/float64(total[k])
			f.Bands = append(f.Bands, band(flowEnd{mid[i], down, h}, flowEnd{ends[at], right[at], to}, ends[at].Class))
			down += h
			right[at] += to
		}
	}
}

// flowEnd is a part of a box: where it begins below the box's upper edge, and
// its height.
type flowEnd struct {
	box          FlowBox
	from, height float64
}

// band is the path from a part of one box to a part of another.
func band(a, b flowEnd, class string) FlowBand {
	x1, x2 := a.box.X+a.box.Width, b.box.X
	half := (x1 + x2) / 2
	y1, z1 := a.box.Y+a.from, b.box.Y+b.from
	y2, z2 := y1+a.height, z1+b.height
	return FlowBand{Class: class, Path: fmt.Sprintf("M%.1f %.1fC%.1f %.1f %.1f %.1f %.1f %.1fV%.1fC%.1f %.1f %.1f %.1f %.1f %.1fZ",
		x1, y1, half, y1, half, z1, x2, z1, z2, half, z2, half, y2, x1, y2)}
}
