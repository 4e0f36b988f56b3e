package transform

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"

	"chartlift/extract"
)

// groupMemory is enough for the groups of all but the largest tables.
const groupMemory = 32 << 20

// maxGroup bounds the rows of one group whose map reads them: a group beyond it
// is no chart but a wrong key. maxBare bounds those of others: a million
// messages name the hospital that sent them.
const (
	maxGroup = 100_000
	maxBare  = 10_000_000
)

// ErrGroup means that a group has more rows than one resource is made of.
var ErrGroup = errors.New("the columns under group do not tell resources apart")

// Groups collects the rows of a grouped map and gives them back group by group,
// sorted by key, the rows of a group in their order. Memory is bounded: sorted
// runs are kept in temporary files. It is for one goroutine.
type Groups struct {
	schema  *extract.Schema
	columns []int
	memory  int // bytes of rows that are sorted in memory before they go to disk
	binding *Binding
	rows    []entry
	bytes   int
	seq     int64
	runs    runs
	bare    bool // nobody looks at the values of rows beside the first of each group: they come back without
}

// NewGroups returns an empty collection for the grouped map with this index.
func (b *Binding) NewGroups(index int, o SpillOptions) *Groups {
	g := &Groups{runs: runs{spill: spill{dir: o.Dir, name: "groups"}}, schema: b.schema, binding: b, memory: cmp.Or(o.Memory, groupMemory)}
	for _, m := range b.maps {
		if len(m.def.Group) == 0 {
			continue
		}
		if index == 0 {
			g.columns, g.bare = m.group, !m.reads && b.source.View == nil // what a row of a view was made of is in its values
		}
		index--
	}
	return g
}

// Add takes a row. Rows whose group columns are equal, empty ones included,
// belong together.
func (g *Groups) Add(rec *extract.Record) error {
	var key []byte
	for _, i := range g.columns {
		v := g.binding.cells.read(rec.Values[i])
		if v.Set {
			key = append(append(key, 1), v.Text...)
		}
		key = append(key, 0)
	}
	row := entry{key, g.seq, encodeRecord(rec)}
	g.seq++
	g.rows = append(g.rows, row)
	if g.bytes += row.size(); g.bytes < g.memory {
		return nil
	}
	err := g.runs.add(g.rows)
	clear(g.rows)
	g.rows, g.bytes = g.rows[:0], 0
	return err
}

// Len returns the number of rows taken.
func (g *Groups) Len() int64 { return g.seq }

// Close removes the temporary files.
func (g *Groups) Close() error {
	g.rows = nil
	return g.runs.Close()
}

// most returns how many rows a group may have.
func (g *Groups) most() int {
	if g.bare {
		return maxBare
	}
	return maxGroup
}

// All yields the groups. Where the map reads no more than the first row of
// each, the others have an origin and no values. It is called once, after the
// last Add.
func (g *Groups) All() iter.Seq2[[]extract.Record, error] {
	return func(yield func([]extract.Record, error) bool) {
		merge, err := g.runs.merge(g.rows)
		if err != nil {
			yield(nil, err)
			return
		}
		var group []extract.Record
		var key []byte
		for {
			row, err := merge.next()
			if err != nil && err != io.EOF {
				yield(nil, err)
				return
			}
			if len(group) > 0 && (err == io.EOF || !bytes.Equal(row.key, key)) {
				if !yield(group, nil) {
					return
				}
				group = nil
			}
			if err == io.EOF {
				return
			}
			key = row.key
			group = append(group, g.decode(row.body, group))
			if len(group) > g.most() {
				yield(nil, fmt.Errorf("more than %d rows have the same group key as %s: %w", g.most(), group[0].Origin, ErrGroup))
				return
			}
		}
	}
}

// encodeRecord writes origin and values; the columns are known.
func encodeRecord(rec *extract.Record) []byte {
	out := appendText(appendText(nil, rec.Origin.Source), rec.Origin.Table)
	out = binary.AppendUvarint(out, uint64(rec.Origin.Row))
	out = binary.AppendUvarint(out, uint64(rec.Origin.Line))
	for _, v := range rec.Values {
		out = appendText(append(out, byte(v.Kind)), v.Text)
	}
	return out
}

func appendText(dst []byte, text string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(text))), text...)
}

// decode reads what encodeRecord wrote, of a row that comes behind others in
// its group.
func (g *Groups) decode(text []byte, before []extract.Record) extract.Record {
	rec := extract.Record{Schema: g.schema}
	number := func() int64 {
		v, n := binary.Uvarint(text)
		text = text[n:]
		return int64(v)
	}
	word := func() []byte {
		n := number()
		out := text[:n]
		text = text[n:]
		return out
	}
	if len(before) > 0 {
		rec.Origin = before[len(before)-1].Origin
	}
	again(&rec.Origin.Source, word())
	again(&rec.Origin.Table, word())
	rec.Origin.Row, rec.Origin.Line = number(), number()
	if g.bare && len(before) > 0 {
		return rec
	}
	rec.Values = make([]extract.Value, len(g.schema.Columns))
	for i := range rec.Values {
		kind := extract.Kind(text[0])
		text = text[1:]
		rec.Values[i] = extract.Value{Kind: kind, Text: string(word())}
	}
	return rec
}

// again makes the text say what is read, without memory of its own where it
// says so already.
func again(text *string, read []byte) {
	if *text != string(read) {
		*text = string(read)
	}
}
