package transform

import (
	"os"

	"chartlift/transform/clean"
)

// PackLine packs cells and returns what gives them back.
func PackLine(cells []clean.Value) func(index int) clean.Value { return packLine(cells).cell }

// SetMemory bounds the bytes of rows that are sorted in memory.
func (g *Groups) SetMemory(n int) { g.memory = n }

// Spilled returns the number of sorted runs on disk.
func (g *Groups) Spilled() int { return len(g.runs.ends) }

// Bytes returns how much memory the keys take.
func (d *Duplicates) Bytes() int {
	n := 0
	for i := range d.shards {
		n += d.shards[i].Bytes()
	}
	return n
}

// Bytes returns how much memory the ids take.
func (s *KeySet) Bytes() int {
	n := 0
	for t := range s.ids.Tables() {
		n += t.Bytes()
	}
	return n
}

// Asked returns the fingerprints that Ahead asked for of the last reference,
// and those of ids.
func (w *Worker) Asked(ids ...string) (asked, want []uint64) {
	for _, id := range ids {
		want = append(want, printOf(id))
	}
	return w.ahead, want
}

// Blocks returns how many blocks of lookups are on the disk.
func (e *Engine) Blocks() int {
	n := 0
	for _, t := range e.lookups {
		if t.shelf != nil {
			n += len(t.shelf.blocks)
		}
	}
	return n
}

// Runs returns how many sorted runs of lookups wait to be merged.
func (e *Engine) Runs() int {
	n := 0
	for _, t := range e.lookups {
		n += len(t.aside.ends)
	}
	return n
}

// SpoilLookups does something to the files of lookups: those that wait to be
// sorted, and those that are.
func (e *Engine) SpoilLookups(do func(*os.File) *os.File) {
	for _, t := range e.lookups {
		if t.aside.file != nil {
			t.aside.file = do(t.aside.file)
		}
		if t.shelf != nil {
			t.shelf.file = do(t.shelf.file)
		}
	}
}

// Spoil does something to the file of groups.
func (g *Groups) Spoil(do func(*os.File) *os.File) { g.runs.file = do(g.runs.file) }

// FindAmongEqualPrints puts rows of one cell under one fingerprint, and returns
// those with a text in it.
func FindAmongEqualPrints(texts []string, sought string) (found []string) {
	t := &lookupTable{on: []int{0}, lines: &pages{}}
	for _, text := range texts {
		t.add([]byte("print"), t.lines.add([]byte(packLine([]clean.Value{clean.Of(text)}))))
	}
	for _, row := range t.find([]byte("print"), []clean.Value{clean.Of(sought)}, nil) {
		found = append(found, row.cell(0).Text)
	}
	return found
}
