package profile

import (
	"slices"

	"chartlift/extract"
)

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
	width   int
	rows    int64
	faults  int64
	whole   sample
	joined  []uint64   // hashes of the rows of the batch at hand
	touched uint64     // keeps the compiler from leaving out reading ahead
	prefix  [][]uint64 // cell hashes of the first rows; nil once the pairs are chosen
	chosen  bool
	pairs   []*pair
}

// pair is two columns that together have named every row so far.
type pair struct {
	a, b int
	set  sample
	dead bool // a pair of values came twice, or one was missing
}

// newRowSketch returns a sketch for rows of width columns.
func newRowSketch(width int) *rowSketch {
	return &rowSketch{width: width, whole: newSample(mostRows)}
}

// batch takes the rows that could be read for certain, with the hashes of their
// cells by column: a copy with other spaces is no copy.
func (r *rowSketch) batch(b *extract.Batch, cells [][]uint64) {
	r.join(len(b.Records), cells)
	for _, h := range r.joined {
		r.touched += r.whole.read(h)
	}
	for i := range b.Records {
		r.rows++
		if b.Records[i].Fault != nil {
			r.faults++
			continue
		}
		r.whole.add(r.joined[i], 1)
		if !r.chosen {
			r.first(i, cells)
			continue
		}
		for _, p := range r.pairs {
			if !p.dead {
				p.add(cells[p.a][i], cells[p.b][i])
			}
		}
	}
}

// join makes the hashes of n rows, column by column: the processor works at
// many rows at a time.
func (r *rowSketch) join(n int, cells [][]uint64) {
	r.joined = slices.Grow(r.joined[:0], n)[:n]
	for i := range r.joined {
		r.joined[i] = mix1
	}
	for _, column := range cells {
		for i, h := range column {
			if h != 0 {
				r.joined[i] = join(r.joined[i], h)
			}
		}
	}
}

// first keeps the cells of one of the first rows.
func (r *rowSketch) first(at int, cells [][]uint64) {
	row := make([]uint64, r.width)
	for c := range row {
		row[c] = cells[c][at]
	}
	if r.prefix = append(r.prefix, row); len(r.prefix) == prefixRows {
		r.choose()
	}
}

// add drops the pair at the first row that it does not name, with its memory.
func (p *pair) add(a, b uint64) {
	if a <= hashEmpty || b <= hashEmpty || p.set.add(join(a, b), 1) {
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
		if p.add(cells[p.a], cells[p.b]); p.dead {
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
