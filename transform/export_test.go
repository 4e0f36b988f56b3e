package transform

import "chartlift/transform/clean"

// PackLine packs cells and returns what gives them back.
func PackLine(cells []clean.Value) func(index int) clean.Value { return packLine(cells).cell }

// SetMemory bounds the bytes of rows that are sorted in memory.
func (g *Groups) SetMemory(n int) { g.memory = n }

// Spilled returns the number of sorted runs on disk.
func (g *Groups) Spilled() int { return len(g.runs) }

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

// Asked returns the fingerprints that Ahead asked for of the last reference, and those of ids.
func (w *Worker) Asked(ids ...string) (asked, want []uint64) {
	for _, id := range ids {
		want = append(want, printOf(id))
	}
	return w.ahead, want
}
