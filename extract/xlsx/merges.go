package xlsx

import (
	"slices"

	"chartlift/extract"
)

// filler gives the cells of a merged range the value of its first one. Ranges
// that overlap one taken before, which Excel does not allow, are left alone:
// each cell belongs to one range, and only a range's own first cell gives a
// value, so nothing goes round.
type filler struct {
	areas  []area // by their first row
	next   int    // the first not begun
	owner  []*begun
	ignore int // overlapping ranges
}

// begun is a range that has begun, in indexes of values.
type begun struct {
	first, last, bottom int
	value               extract.Value
}

// newFiller takes the ranges below the header that touch the columns of a
// table.
func newFiller(t *table) *filler {
	f := &filler{owner: make([]*begun, len(t.schema.Columns))}
	for _, a := range t.merged {
		if a.top > t.header.last {
			f.areas = append(f.areas, a)
		}
	}
	slices.SortStableFunc(f.areas, func(a, b area) int { return a.top - b.top })
	return f
}

// fill fills the values of a row; at returns the index of a column's value, or
// -1.
func (f *filler) fill(row int, vs []extract.Value, at func(column int) int) {
	for ; f.next < len(f.areas) && f.areas[f.next].top <= row; f.next++ {
		if a := f.areas[f.next]; a.bottom >= row {
			f.begin(a, row, vs, at)
		}
	}
	for i, o := range f.owner {
		if o == nil {
			continue
		}
		if o.bottom < row {
			f.owner[i] = nil
		} else if vs[i].Kind == extract.Null {
			vs[i] = o.value
		}
	}
}

func (f *filler) begin(a area, row int, vs []extract.Value, at func(column int) int) {
	b := &begun{first: -1, bottom: a.bottom, value: extract.Value{Kind: extract.Null}}
	for column := a.left; column <= a.right; column++ {
		i := at(column)
		if i < 0 {
			continue
		}
		if b.first < 0 {
			b.first = i
		}
		b.last = i
		if o := f.owner[i]; o != nil && o.bottom >= row {
			f.ignore++
			return
		}
	}
	if b.first < 0 {
		return
	}
	if i := at(a.left); i >= 0 && a.top == row {
		b.value = vs[i]
	}
	for i := b.first; i <= b.last; i++ {
		f.owner[i] = b
	}
}
