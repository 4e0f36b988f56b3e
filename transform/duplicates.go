package transform

import (
	"hash/maphash"

	"chartlift/extract"
	"chartlift/internal/prints"
)

// Verdict says what a row is to the rows before it.
type Verdict uint8

// The verdicts. SameRow: every value is equal. SameKey: the columns that the
// mapping's dedupe names are equal. Conflict: the key is equal, but other
// values differ.
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
	shards  []prints.Table[firstRow]
	buf     []byte
	places  []place // of the records at hand

	bound *Binding // the table that index and row belong to
	index []int
	row   *Worker // for the source's condition
}

// firstRow is what is remembered of the row that came first with its key.
type firstRow struct{ row, content uint32 }

// place is where a key is remembered; shard is nil where none is.
type place struct {
	shard *prints.Table[firstRow]
	print uint64
}

// shardCount is the number of parts, among which the hash chooses that gives
// the eight bits which a fingerprint does not have.
const shardCount = 256

// NewDuplicates returns what finds duplicates in the source of b, or nil where
// its mapping names no key that could tell them.
func (b *Binding) NewDuplicates() *Duplicates {
	d := &Duplicates{keep: b.source.Dedupe.Keep, columns: b.source.Dedupe.On, shards: make([]prints.Table[firstRow], shardCount)}
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

// KeepLast reports whether the last of equal rows is kept: every row must then
// be shown to See before the first Check.
func (d *Duplicates) KeepLast() bool { return d.keep == "last" }

// See notes that the row with this number has its key; a later row with the
// same key takes its place.
func (d *Duplicates) See(b *Binding, rec *extract.Record, row int64) {
	if p := d.placeOf(b, rec); p.shard != nil {
		first, _ := p.shard.Place(p.print)
		first.row = uint32(row)
	}
}

// Check compares the row with those before it, or with the last one of its key.
// other is the row that it duplicates. A row with an empty key is Unique, and
// so is one that the source's condition leaves out.
func (d *Duplicates) Check(b *Binding, rec *extract.Record, row int64) (other int64, v Verdict) {
	return d.check(d.placeOf(b, rec), rec, row)
}

// CheckAll is Check for records that stand together, from the row with this
// number on, but for those with a fault. It tells of those that are not Unique.
// Their places are fetched from memory at once, see [prints.Shared.Ahead].
func (d *Duplicates) CheckAll(b *Binding, records []extract.Record, row int64, tell func(i int, other int64, v Verdict)) {
	d.places = d.places[:0]
	for i := range records {
		p := place{}
		if records[i].Fault == nil {
			p = d.placeOf(b, &records[i])
		}
		d.places = append(d.places, p)
	}
	d.touch()
	for i, p := range d.places {
		if other, v := d.check(p, &records[i], row+int64(i)); v != Unique {
			tell(i, other, v)
		}
	}
}

// touch reads the places that are asked for next. Its sum keeps the compiler
// from leaving that out.
//
//go:noinline
func (d *Duplicates) touch() (sum uint32) {
	for _, p := range d.places {
		if p.shard != nil {
			sum += p.shard.Touch(p.print)
		}
	}
	return sum
}

// check is Check for a record whose place is known.
func (d *Duplicates) check(p place, rec *extract.Record, row int64) (other int64, v Verdict) {
	if p.shard == nil {
		return 0, Unique
	}
	first, known := p.shard.Place(p.print)
	if !known {
		*first = firstRow{uint32(row), d.contentOf(rec)}
		return 0, Unique
	}
	switch other = int64(first.row); {
	case other == row:
		return 0, Unique
	case d.keep != "":
		return other, SameKey
	case first.content == d.contentOf(rec):
		return other, SameRow
	}
	return other, Conflict
}

// placeOf returns where the row's key is remembered; none where a part of it is
// empty, or the source's condition leaves the row out.
func (d *Duplicates) placeOf(b *Binding, rec *extract.Record) place {
	if d.bound != b {
		d.bind(b)
	}
	if d.row.begin(rec); !b.where.holds(d.row) {
		return place{}
	}
	d.buf = d.buf[:0]
	for _, i := range d.index {
		if i < 0 {
			return place{}
		}
		v := b.cells.read(rec.Values[i])
		if !v.Set {
			return place{}
		}
		d.buf = append(append(d.buf, v.Text...), 0)
	}
	return place{&d.shards[maphash.Bytes(d.seeds[0], d.buf)%shardCount], maphash.Bytes(d.seeds[1], d.buf)}
}

func (d *Duplicates) bind(b *Binding) {
	d.bound, d.index, d.row = b, d.index[:0], b.Worker(Hooks{})
	for _, name := range d.columns {
		d.index = append(d.index, b.column(name))
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
