package ccda

import (
	"context"
	"errors"
	"fmt"
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

// table is a table with what its columns are, behind the keys; sections have
// the narrative as one more.
type table struct {
	schema  *extract.Schema
	columns []column
	header  bool
}

// makeTables makes all tables of a source; extra are columns that are paths,
// for those whose rows are statements.
func makeTables(source string, extra []string) (map[string]*table, error) {
	all := map[string]*table{}
	for _, name := range extra {
		if c, ok := pathColumn(name); ok {
			if _, err := compile(c); err != nil {
				return nil, err
			}
		}
	}
	for _, s := range shapes() {
		if len(s.keys) == len(statementKeys()) {
			s.columns = withPaths(s.columns, extra)
		}
		t := &table{schema: &extract.Schema{Source: source, Table: s.name, Columns: s.keys}, columns: s.columns}
		t.header = slices.ContainsFunc(headerShapes(), func(h shape) bool { return h.name == s.name })
		for _, c := range s.columns {
			t.schema.Columns = append(t.schema.Columns, c.name)
		}
		if s.name == "sections" {
			t.schema.Columns = append(t.schema.Columns, "narrative")
		}
		all[s.name] = t
	}
	return all, nil
}

// compile reads the paths of the columns.
func (t *table) compile() ([]compiled, error) {
	all := make([]compiled, 0, len(t.columns))
	for _, c := range t.columns {
		one, err := compile(c)
		if err != nil {
			return nil, fmt.Errorf("table %q: %w", t.schema.Table, err)
		}
		all = append(all, one)
	}
	return all, nil
}

func withPaths(columns []column, extra []string) []column {
	for _, name := range extra {
		if c, ok := pathColumn(name); ok {
			columns = append(columns[:len(columns):len(columns)], c)
		}
	}
	return columns
}

// rows makes records of the rows of one table.
type rows struct {
	table   *table
	columns []compiled
	yield   func(*extract.Batch) bool
	share   func() float64
	records []extract.Record
	bytes   int
	row     int64
	seq     int64
}

// errEnough says that the consumer takes no more.
var errEnough = errors.New("the consumer has enough")

// readAll reads a document to its end. What stands before an error is handed
// out.
func (r *rows) readAll(ctx context.Context, w *walker, headers []compiledHeader) error {
	x := newExpander(headers, func(one row) {
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
	r.row++
	values := make([]extract.Value, 0, len(schema.Columns))
	values = append(values, one.keys...)
	for i := range r.columns {
		values = append(values, r.columns[i].read(one.node, one.section))
	}
	if schema.Table == "sections" {
		values = append(values, narrativeOf(one.section))
	}
	for _, v := range values {
		r.bytes += len(v.Text)
	}
	r.records = append(r.records, extract.Record{
		Schema: schema, Values: values,
		Origin: issue.Origin{Source: schema.Source, Table: schema.Table, Row: r.row, Line: one.node.line},
	})
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
