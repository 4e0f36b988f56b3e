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
	filter   [filterCells]int64
	watchers [filterCells]uint8 // values watched of those that fall in the cell
	list     []watch
	index    map[uint64]int
	least    int // place of the smallest count in list
}

// watch is a value whose count is at most count and at least count - spare.
type watch struct {
	hash         uint64
	text         string
	count, spare int64
}

// newFrequent returns a sketch that has seen nothing.
func newFrequent() *frequent { return &frequent{index: make(map[uint64]int, watched)} }

// add counts a value n times. Its text is copied only where it is watched from
// now on.
func (f *frequent) add(h uint64, text string, n int64) {
	at := h % filterCells
	if f.watchers[at] > 0 {
		if i, ok := f.index[h]; ok {
			f.raise(i, n)
			return
		}
	}
	cell := &f.filter[at]
	if len(f.list) == watched {
		unwatched := min(n, max(f.list[f.least].count-*cell, 0))
		*cell += unwatched
		if n -= unwatched; n == 0 {
			return
		}
	}
	w := watch{h, kept(text), *cell + 1, *cell}
	if len(f.list) < watched {
		f.list = append(f.list, w)
		f.put(len(f.list)-1, h)
	} else {
		f.replace(w)
	}
	f.raise(f.index[h], n-1)
}

// raise adds n to the count of a watched value.
func (f *frequent) raise(at int, n int64) {
	f.list[at].count += n
	if at == f.least {
		f.findLeast()
	}
}

// put notes where the value with this hash is watched.
func (f *frequent) put(at int, h uint64) {
	f.index[h] = at
	f.watchers[h%filterCells]++
	f.findLeast()
}

// replace puts w in the place of the least frequent value, which the filter
// remembers.
func (f *frequent) replace(w watch) {
	old := f.list[f.least]
	delete(f.index, old.hash)
	f.watchers[old.hash%filterCells]--
	cell := &f.filter[old.hash%filterCells]
	*cell = max(*cell, old.count)
	f.list[f.least] = w
	f.put(f.least, w.hash)
}

// findLeast looks at all: the list is short and its least changes rarely.
func (f *frequent) findLeast() {
	for i := range f.list {
		if f.list[i].count < f.list[f.least].count {
			f.least = i
		}
	}
}
