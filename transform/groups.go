package transform

import (
	"bufio"
	"bytes"
	"cmp"
	"container/heap"
	"encoding/binary"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"

	"chartlift/extract"
	"chartlift/internal/disk"
)

// groupMemory is enough for the groups of all but the largest tables.
const groupMemory = 32 << 20

// GroupOptions say where groups are collected.
type GroupOptions struct {
	Dir    string // of temporary files
	Memory int    // bytes of rows that are sorted in memory before they go to disk; 0: 32 MiB
}

// maxGroup bounds the rows of one group: a group beyond it is no chart but a wrong key.
const maxGroup = 100_000

// Groups collects the rows of a grouped map and gives them back group by group, sorted by
// key, the rows of a group in their order. Memory is bounded: sorted runs are kept in temporary
// files. It is for one goroutine.
type Groups struct {
	dir     string
	schema  *extract.Schema
	columns []int
	memory  int // bytes of rows that are sorted in memory before they go to disk
	binding *Binding
	rows    []groupRow
	bytes   int
	seq     int64
	runs    []*os.File
}

type groupRow struct {
	key []byte
	seq int64
	rec []byte // encoded
}

func (a groupRow) compare(b groupRow) int {
	return cmp.Or(bytes.Compare(a.key, b.key), cmp.Compare(a.seq, b.seq))
}

// NewGroups returns an empty collection for the grouped map with this index.
func (b *Binding) NewGroups(index int, o GroupOptions) *Groups {
	g := &Groups{dir: o.Dir, schema: b.schema, binding: b, memory: cmp.Or(o.Memory, groupMemory)}
	for _, m := range b.maps {
		if len(m.def.Group) == 0 {
			continue
		}
		if index == 0 {
			g.columns = m.group
		}
		index--
	}
	return g
}

// Add takes a row. Rows whose group columns are equal, empty ones included, belong together.
func (g *Groups) Add(rec *extract.Record) error {
	var key []byte
	for _, i := range g.columns {
		v := g.binding.cells.read(rec.Values[i])
		if v.Set {
			key = append(append(key, 1), v.Text...)
		}
		key = append(key, 0)
	}
	row := groupRow{key: key, seq: g.seq, rec: encodeRecord(rec)}
	g.seq++
	g.rows = append(g.rows, row)
	if g.bytes += len(key) + len(row.rec) + 64; g.bytes >= g.memory {
		return g.spill()
	}
	return nil
}

// Len returns the number of rows taken.
func (g *Groups) Len() int64 { return g.seq }

// Close removes the temporary files.
func (g *Groups) Close() error {
	for _, f := range g.runs {
		f.Close()
	}
	g.runs, g.rows = nil, nil
	return nil
}

func (g *Groups) spill() error {
	slices.SortFunc(g.rows, groupRow.compare)
	f, err := disk.Temp(g.dir, "groups-*")
	if err != nil {
		return fmt.Errorf("spill groups: %w", err)
	}
	g.runs = append(g.runs, f)
	w := bufio.NewWriterSize(f, 1<<18)
	for _, r := range g.rows {
		head := binary.AppendUvarint(nil, uint64(len(r.key)))
		head = binary.AppendUvarint(head, uint64(r.seq))
		head = binary.AppendUvarint(head, uint64(len(r.rec)))
		w.Write(head)
		w.Write(r.key)
		w.Write(r.rec)
	}
	g.rows, g.bytes = g.rows[:0], 0
	if err := w.Flush(); err != nil {
		return fmt.Errorf("spill groups: %w", err)
	}
	return nil
}

// All yields the groups. It is called once, after the last Add.
func (g *Groups) All() iter.Seq2[[]extract.Record, error] {
	return func(yield func([]extract.Record, error) bool) {
		merge, err := g.merge()
		if err != nil {
			yield(nil, err)
			return
		}
		var group []extract.Record
		var key []byte
		for {
			row, err := merge.next()
			if err != nil && err != io.EOF {
				yield(nil, fmt.Errorf("read groups: %w", err))
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
			group = append(group, g.decode(row.rec))
			if len(group) > maxGroup {
				yield(nil, fmt.Errorf("more than %d rows have the same group key as %s: the columns under group do not tell resources apart", maxGroup, group[0].Origin))
				return
			}
		}
	}
}

func (g *Groups) merge() (*groupMerge, error) {
	slices.SortFunc(g.rows, groupRow.compare)
	m := &groupMerge{}
	at := 0
	memory := func() (groupRow, error) {
		if at == len(g.rows) {
			return groupRow{}, io.EOF
		}
		at++
		return g.rows[at-1], nil
	}
	sources := []func() (groupRow, error){memory}
	for _, f := range g.runs {
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return nil, fmt.Errorf("read groups: %w", err)
		}
		r := bufio.NewReaderSize(f, 1<<17)
		sources = append(sources, func() (groupRow, error) { return readGroupRow(r) })
	}
	for _, next := range sources {
		row, err := next()
		if err == io.EOF {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read groups: %w", err)
		}
		heap.Push(m, groupHead{row, next})
	}
	return m, nil
}

func readGroupRow(r *bufio.Reader) (groupRow, error) {
	keyLen, err := binary.ReadUvarint(r)
	if err != nil {
		return groupRow{}, err
	}
	seq, err := binary.ReadUvarint(r)
	if err != nil {
		return groupRow{}, io.ErrUnexpectedEOF
	}
	recLen, err := binary.ReadUvarint(r)
	if err != nil {
		return groupRow{}, io.ErrUnexpectedEOF
	}
	both := make([]byte, keyLen+recLen)
	if _, err := io.ReadFull(r, both); err != nil {
		return groupRow{}, io.ErrUnexpectedEOF
	}
	return groupRow{key: both[:keyLen], seq: int64(seq), rec: both[keyLen:]}, nil
}

// groupMerge gives the rows of sorted runs in order.
type groupMerge struct{ heads []groupHead }

type groupHead struct {
	row  groupRow
	more func() (groupRow, error)
}

func (m *groupMerge) Len() int           { return len(m.heads) }
func (m *groupMerge) Less(i, j int) bool { return m.heads[i].row.compare(m.heads[j].row) < 0 }
func (m *groupMerge) Swap(i, j int)      { m.heads[i], m.heads[j] = m.heads[j], m.heads[i] }

// Push implements heap.Interface.
func (m *groupMerge) Push(x any) { m.heads = append(m.heads, x.(groupHead)) }

// Pop implements heap.Interface.
func (m *groupMerge) Pop() any {
	last := m.heads[len(m.heads)-1]
	m.heads = m.heads[:len(m.heads)-1]
	return last
}

func (m *groupMerge) next() (groupRow, error) {
	if len(m.heads) == 0 {
		return groupRow{}, io.EOF
	}
	row := m.heads[0].row
	following, err := m.heads[0].more()
	switch {
	case err == io.EOF:
		heap.Pop(m)
	case err != nil:
		return row, err
	default:
		m.heads[0].row = following
		heap.Fix(m, 0)
	}
	return row, nil
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

func (g *Groups) decode(text []byte) extract.Record {
	rec := extract.Record{Schema: g.schema, Values: make([]extract.Value, len(g.schema.Columns))}
	number := func() int64 {
		v, n := binary.Uvarint(text)
		text = text[n:]
		return int64(v)
	}
	word := func() string {
		n := number()
		out := string(text[:n])
		text = text[n:]
		return out
	}
	rec.Origin.Source, rec.Origin.Table = word(), word()
	rec.Origin.Row, rec.Origin.Line = number(), number()
	for i := range rec.Values {
		kind := extract.Kind(text[0])
		text = text[1:]
		rec.Values[i] = extract.Value{Kind: kind, Text: word()}
	}
	return rec
}
