package profile

import (
	"iter"
	"strings"
)

// The bounds of what is kept as text.
const (
	mostTexts = 4096 // values beyond the dictionary
	keptText  = 1024 // bytes of a value
)

// texts keeps, of the values beyond the dictionary, those with the smallest
// hashes and how often each came. It is a fair choice of all of them, wherever
// in the table they stand, so that content is judged by the whole column.
type texts struct {
	index   map[uint64]int
	entries []entry
	shift   uint // only hashes with so many zeros in front are kept
}

// add counts a value that the choice takes.
func (t *texts) add(r *run, l look) {
	if !takes(r.hash, t.shift) {
		return
	}
	if at, ok := t.index[r.hash]; ok {
		t.entries[at].count += r.rows
		return
	}
	if t.index == nil {
		t.index = map[uint64]int{}
	}
	t.index[r.hash] = len(t.entries)
	t.entries = append(t.entries, entry{hash: r.hash, text: kept(r.text), count: r.rows, look: l})
	for len(t.entries) > mostTexts {
		t.shift++
		t.thin()
	}
}

// thin drops what the choice no longer takes.
func (t *texts) thin() {
	clear(t.index)
	all := t.entries
	t.entries = t.entries[:0]
	for _, e := range all {
		if takes(e.hash, t.shift) {
			t.index[e.hash] = len(t.entries)
			t.entries = append(t.entries, e)
		}
	}
	clear(all[len(t.entries):]) // their texts are free
}

// kept returns a copy of s, of its beginning where it is long.
func kept(s string) string { return strings.Clone(s[:min(len(s), keptText)]) }

// examined yields the values that content is judged by, with the number of
// different values that each stands for.
func (c *column) examined() iter.Seq2[*entry, int64] {
	return func(yield func(*entry, int64) bool) {
		for i := range c.known.entries {
			if !yield(&c.known.entries[i], 1) {
				return
			}
		}
		if c.beyond == nil {
			return
		}
		for i := range c.beyond.texts.entries {
			if !yield(&c.beyond.texts.entries[i], 1<<c.beyond.texts.shift) {
				return
			}
		}
	}
}

// chosen reports that content was judged by a choice of the values.
func (c *column) chosen() bool { return c.beyond != nil && c.beyond.texts.shift > 0 }
