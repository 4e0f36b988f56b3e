package transform

import (
	"hash/maphash"

	"chartlift/extract"
)

// Verdict says what a row is to the rows before it.
type Verdict uint8

// The verdicts. SameRow: every value is equal. SameKey: the columns that the
// mapping's dedupe names are equal. Conflict: the key is equal, but other values differ.
const (
	Unique Verdict = iota
	SameRow
	SameKey
	Conflict
)

// Duplicates finds rows with equal keys in one source. It keeps 72 bits of
// hash for each key: among ten million rows two different keys are taken for
// one in a run out of a hundred million. It is for one goroutine, and must see
// the rows in their order. Row numbers go up to 2^32.
type Duplicates struct {
	keep    string // "", first or last
	columns []string
	seeds   [3]maphash.Seed
	shards  []shard
	buf     []byte

	bound *Binding // the table that index and row belong to
	index []int
	row   *Worker // for the source's condition
}

// shard is an open-addressing table; shards grow one at a time, which keeps the peak of memory low.
type shard struct {
	prints  []uint64 // 0 is empty
	rows    []uint32
	content []uint32
	n       int
}

const shardCount = 256

// NewDuplicates returns what finds duplicates in the source of b, or nil where its mapping names no key that could tell them.
func (b *Binding) NewDuplicates() *Duplicates {
	d := &Duplicates{keep: b.source.Dedupe.Keep, columns: b.source.Dedupe.On, shards: make([]shard, shardCount)}
	if d.keep == "" {
		d.columns = b.source.Key
	}
	for _, name := range d.columns {
		if name == "_line" {
			return nil
		}
	}
	if len(d.columns) == 0 {
		return nil
	}
	for i := range d.seeds {
		d.seeds[i] = maphash.MakeSeed()
	}
	return d
}

// KeepLast reports whether the last of equal rows is kept: every row must then be shown to See before the first Check.
func (d *Duplicates) KeepLast() bool { return d.keep == "last" }

// See notes that the row with this number has its key; a later row with the same key takes its place.
func (d *Duplicates) See(b *Binding, rec *extract.Record, row int64) {
	if s, at, ok, _ := d.find(b, rec); ok {
		s.rows[at] = uint32(row)
	}
}

// Check compares the row with those before it, or with the last one of its key.
// other is the row that it duplicates. A row with an empty key is Unique, and so is one that the source's condition leaves out.
func (d *Duplicates) Check(b *Binding, rec *extract.Record, row int64) (other int64, v Verdict) {
	s, at, ok, fresh := d.find(b, rec)
	if !ok {
		return 0, Unique
	}
	if fresh {
		s.rows[at] = uint32(row)
		s.content[at] = d.contentOf(rec)
		return 0, Unique
	}
	switch other = int64(s.rows[at]); {
	case other == row:
		return 0, Unique
	case d.keep != "":
		return other, SameKey
	case s.content[at] == d.contentOf(rec):
		return other, SameRow
	}
	return other, Conflict
}

// find returns the place of the row's key; ok is false where a part of it is empty.
func (d *Duplicates) find(b *Binding, rec *extract.Record) (s *shard, at int, ok, fresh bool) {
	if d.bound != b {
		d.bind(b)
	}
	if d.row.begin(rec); !b.where.holds(d.row) {
		return nil, 0, false, false
	}
	d.buf = d.buf[:0]
	for _, i := range d.index {
		if i < 0 {
			return nil, 0, false, false
		}
		v := b.cells.read(rec.Values[i])
		if !v.Set {
			return nil, 0, false, false
		}
		d.buf = append(append(d.buf, v.Text...), 0)
	}
	s = &d.shards[maphash.Bytes(d.seeds[0], d.buf)%shardCount]
	if (s.n+1)*8 > len(s.prints)*7 {
		s.grow()
	}
	at, found := s.place(max(1, maphash.Bytes(d.seeds[1], d.buf)))
	return s, at, true, !found
}

func (d *Duplicates) bind(b *Binding) {
	d.bound, d.index, d.row = b, d.index[:0], b.Worker(Hooks{})
	for _, name := range d.columns {
		d.index = append(d.index, b.column(name))
	}
}

// place returns where the print is, putting it there if it is new.
func (s *shard) place(print uint64) (at int, found bool) {
	for at = int(print % uint64(len(s.prints))); s.prints[at] != 0; {
		if s.prints[at] == print {
			return at, true
		}
		if at++; at == len(s.prints) {
			at = 0
		}
	}
	s.prints[at] = print
	s.n++
	return at, false
}

func (s *shard) grow() {
	old := *s
	size := max(16, len(old.prints)*3/2)
	*s = shard{prints: make([]uint64, size), rows: make([]uint32, size), content: make([]uint32, size)}
	for i, print := range old.prints {
		if print != 0 {
			at, _ := s.place(print)
			s.rows[at], s.content[at] = old.rows[i], old.content[i]
		}
	}
}

func (d *Duplicates) contentOf(rec *extract.Record) uint32 {
	var h maphash.Hash
	h.SetSeed(d.seeds[2])
	for _, v := range rec.Values {
		h.WriteString(v.Text)
		h.WriteByte(byte(v.Kind))
	}
	return uint32(h.Sum64())
}
