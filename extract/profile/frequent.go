package profile

// The sizes of frequent: values watched, and cells of its filter.
const (
	watched     = 128
	filterCells = 4096
)

// frequent finds the values that come often in a column with too many values to
// count each (filtered space-saving, Homem and Carvalho 2010): a value is
// watched once the cell of the filter it falls in could make it one of the most
// frequent, so that a column of unique ids costs a counter and no memory.
type frequent struct {
	filter [filterCells]int64
	list   []watch
	index  map[uint64]int
	least  int // place of the smallest count in list
}

// watch is a value whose count is at most count and at least count - spare.
type watch struct {
	hash         uint64
	text         string
	count, spare int64
}

// newFrequent returns a sketch that has seen nothing.
func newFrequent() *frequent { return &frequent{index: make(map[uint64]int, watched)} }

// add counts a value. Its text is copied only where it is watched from now on.
func (f *frequent) add(h uint64, text string) {
	if i, ok := f.index[h]; ok {
		f.list[i].count++
		if i == f.least {
			f.findLeast()
		}
		return
	}
	cell := &f.filter[h%filterCells]
	switch {
	case len(f.list) < watched:
		f.list = append(f.list, watch{h, kept(text), *cell + 1, *cell})
		f.index[h] = len(f.list) - 1
		f.findLeast()
	case *cell+1 > f.list[f.least].count:
		f.replace(watch{h, kept(text), *cell + 1, *cell})
	default:
		*cell++
	}
}

// replace puts w in the place of the least frequent value, which the filter
// remembers.
func (f *frequent) replace(w watch) {
	old := f.list[f.least]
	delete(f.index, old.hash)
	cell := &f.filter[old.hash%filterCells]
	*cell = max(*cell, old.count)
	f.list[f.least] = w
	f.index[w.hash] = f.least
	f.findLeast()
}

// findLeast looks at all: the list is short and its least changes rarely.
func (f *frequent) findLeast() {
	for i := range f.list {
		if f.list[i].count < f.list[f.least].count {
			f.least = i
		}
	}
}
