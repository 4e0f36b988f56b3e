package profile

import "chartlift/extract"

// The bounds of the search for keys of two columns.
const (
	prefixRows   = 2048 // rows on which pairs are chosen
	mostPairCols = 64   // columns among which pairs are sought
	mostPairs    = 8
	mostRows     = 1 << 20 // row hashes kept
	mostPairSet  = 1 << 19
)

// Hashes that stand for what has no text.
const (
	hashAbsent = 2
	hashNull   = 3
	hashEmpty  = 5
)

// rowSketch looks at rows as a whole: those that are there twice, and pairs of
// columns that name a row.
type rowSketch struct {
	width  int
	rows   int64
	faults int64
	whole  sample
	cells  []uint64   // of the row at hand
	prefix [][]uint64 // cell hashes of the first rows; nil once the pairs are chosen
	chosen bool
	pairs  []*pair
}

// pair is two columns that together have named every row so far.
type pair struct {
	a, b int
	set  sample
	dead bool // a pair of values came twice, or one was missing
}

// newRowSketch returns a sketch for rows of width columns.
func newRowSketch(width int) *rowSketch {
	return &rowSketch{width: width, whole: newSample(mostRows), cells: make([]uint64, width)}
}

// batch takes the rows that could be read for certain.
func (r *rowSketch) batch(b *extract.Batch) {
	for i := range b.Records {
		r.rows++
		if b.Records[i].Fault != nil {
			r.faults++
			continue
		}
		r.row(b.Records[i].Values)
	}
}

// row takes one row as it is written: a copy with other spaces is no copy.
func (r *rowSketch) row(values []extract.Value) {
	row := uint64(mix1)
	for i := range values[:min(len(values), r.width)] {
		r.cells[i] = cellHash(&values[i])
		row = join(row, r.cells[i])
	}
	r.whole.add(row)
	if !r.chosen {
		r.prefix = append(r.prefix, append([]uint64(nil), r.cells...))
		if len(r.prefix) == prefixRows {
			r.choose()
		}
		return
	}
	for _, p := range r.pairs {
		p.add(r.cells)
	}
}

// cellHash keeps NULL, "" and absent apart.
func cellHash(v *extract.Value) uint64 {
	switch {
	case v.Kind == extract.Absent:
		return hashAbsent
	case v.Kind == extract.Null:
		return hashNull
	case v.Text == "":
		return hashEmpty
	}
	return hash(v.Text)
}

// add drops the pair at the first row that it does not name, with its memory.
func (p *pair) add(cells []uint64) {
	if p.dead {
		return
	}
	a, b := cells[p.a], cells[p.b]
	if a <= hashEmpty || b <= hashEmpty || p.set.add(join(a, b)) {
		p.dead, p.set = true, sample{}
	}
}

// choose takes the pairs that name each of the first rows. A pair with a column
// that does so alone is no better than that column.
func (r *rowSketch) choose() {
	r.chosen = true
	var columns []int
	for c := range min(r.width, mostPairCols) {
		if distinct, whole := r.prefixColumn(c); whole && distinct > 1 && distinct < len(r.prefix) {
			columns = append(columns, c)
		}
	}
	for i, a := range columns {
		for _, b := range columns[i+1:] {
			if len(r.pairs) == mostPairs {
				break
			}
			if p := r.try(a, b); !p.dead {
				r.pairs = append(r.pairs, p)
			}
		}
	}
	r.prefix = nil
}

// prefixColumn counts a column's values in the first rows; whole tells that
// none is missing.
func (r *rowSketch) prefixColumn(c int) (distinct int, whole bool) {
	seen := make(map[uint64]struct{}, len(r.prefix))
	for _, cells := range r.prefix {
		if cells[c] <= hashEmpty {
			return 0, false
		}
		seen[cells[c]] = struct{}{}
	}
	return len(seen), true
}

// try tests a pair on the first rows; most pairs end within a few of them.
func (r *rowSketch) try(a, b int) *pair {
	p := &pair{a: a, b: b, set: newSample(mostPairSet)}
	for _, cells := range r.prefix {
		if p.add(cells); p.dead {
			break
		}
	}
	return p
}

// finish chooses pairs in a table that is shorter than the prefix.
func (r *rowSketch) finish() {
	if !r.chosen {
		r.choose()
	}
}
