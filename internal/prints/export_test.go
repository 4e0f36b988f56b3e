package prints

import "iter"

// All yields the prints with their values, in ascending order. The table must
// not change meanwhile.
func (t *Table[V]) All() iter.Seq2[uint64, V] {
	return func(yield func(uint64, V) bool) {
		for _, p := range t.pages {
			for i := range p {
				if print := p[i].print(); print != 0 && !yield(print, p[i].value) {
					return
				}
			}
		}
	}
}
