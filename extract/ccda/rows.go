package ccda

import (
	"context"
	"errors"
	"io"
	"slices"

	"chartlift/extract"
	"chartlift/internal/issue"
)

// A batch ends at batchRows rows or batchBytes of text.
const (
	batchRows  = 256
	batchBytes = 4 << 20
)

// table is a table of one document with what its columns are, behind the keys;
// sections have the narrative as one more.
type table struct {
	schema  *extract.Schema
	columns []compiled
	header  bool
}

// makeTables makes all tables of a source; extra are columns that are paths,
// for those whose rows are statements.
func makeTables(c *catalog, source string, extra []string) (map[string]*table, error) {
	var names []string
	var paths []compiled
	for _, name := range extra {
		if one, ok := pathColumn(name); ok {
			read, err := compile(one)
			if err != nil {
				return nil, err
			}
			names, paths = append(names, name), append(paths, read)
		}
	}
	all := make(map[string]*table, len(c.tables))
	for _, known := range c.tables {
		t := &table{schema: &extract.Schema{Source: source, Table: known.name, Columns: known.names}, columns: known.columns, header: known.header}
		if known.entries && len(paths) > 0 {
			t.schema.Columns, t.columns = slices.Concat(known.names, names), slices.Concat(known.columns, paths)
		}
		if known.name == "sections" {
			t.schema.Columns = slices.Concat(known.names, []string{"narrative"})
		}
		all[known.name] = t
	}
	return all, nil
}

// rows makes records of the rows of one table.
type rows struct {
	table   *table
	yield   func(*extract.Batch) bool
	share   func() float64
	records []extract.Record
	bytes   int
	row     int64
	skip    int64 // rows that were handed out before
	seq     int64
}

// errEnough says that the consumer takes no more.
var errEnough = errors.New("the consumer has enough")

// readAll reads a document to its end. What stands before an error is handed
// out.
func (r *rows) readAll(ctx context.Context, w *walker, known *catalog) error {
	x := newExpander(known, func(one row) {
		if one.table == r.table.schema.Table {
			r.add(one)
		}
	})
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		p, err := w.next()
		if err != nil {
			x.finish(w.document)
			if enough := r.flush(); enough != nil || errors.Is(err, io.EOF) {
				return enough
			}
			return err
		}
		x.expand(p, w.document)
		if r.table.header && p.header != nil && w.end == nil {
			return r.flush() // nothing behind the header belongs to the table
		}
		if len(r.records) >= batchRows || r.bytes >= batchBytes {
			if err := r.flush(); err != nil {
				return err
			}
		}
	}
}

func (r *rows) flush() error {
	if len(r.records) == 0 {
		return nil
	}
	b := &extract.Batch{Seq: r.seq, Records: r.records, Share: r.share()}
	r.seq++
	r.records, r.bytes = nil, 0
	if !r.yield(b) {
		return errEnough
	}
	return nil
}

func (r *rows) add(one row) {
	schema := r.table.schema
	if r.row++; r.row <= r.skip {
		return
	}
	values := r.table.values(one, make([]extract.Value, 0, len(schema.Columns)))
	for _, v := range values {
		r.bytes += len(v.Text)
	}
	r.records = append(r.records, extract.Record{
		Schema: schema, Values: values,
		Origin: issue.Origin{Source: schema.Source, Table: schema.Table, Row: r.row, Line: one.node.line},
	})
}

// values appends the values of a row.
func (t *table) values(one row, to []extract.Value) []extract.Value {
	to = append(to, one.keys...)
	for i := range t.columns {
		to = append(to, t.columns[i].read(one.node, one.section))
	}
	if t.schema.Table == "sections" {
		to = append(to, narrativeOf(one.section))
	}
	return to
}

func narrativeOf(s *section) extract.Value {
	if s.text == nil {
		return extract.Value{Kind: extract.Null}
	}
	text := narrative(s.text)
	if _, null := s.text.attr("nullFlavor"); null && text == "" {
		return extract.Value{Kind: extract.Null}
	}
	return extract.Value{Text: text, Kind: extract.Text}
}
