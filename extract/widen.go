package extract

import (
	"context"
	"iter"
	"slices"
	"strconv"

	"chartlift/internal/issue"
)

// Widen returns src with the rows of one table spread over the columns of wide:
// a dump of data alone names in its INSERTs fewer columns than the table has,
// and another file holds its definition. Columns that src does not give are
// Absent. Columns that INSERTs do not name, which are called 1, 2, 3 and so on,
// are those of the definition in its order, as SQL has it; where there are as
// many. It returns nil where a column of narrow is not in wide.
func Widen(src Source, narrow, wide *Schema) Source {
	places := make([]int, len(narrow.Columns))
	inOrder := len(narrow.Columns) == len(wide.Columns) && numbered(narrow.Columns) && !numbered(wide.Columns)
	for i, name := range narrow.Columns {
		if places[i] = slices.Index(wide.Columns, name); inOrder {
			places[i] = i
		}
		if places[i] < 0 {
			return nil
		}
	}
	return &widened{Source: src, table: narrow.Table, schema: wide, places: places}
}

// numbered reports whether columns have no names but their numbers.
func numbered(columns []string) bool {
	for i, name := range columns {
		if name != strconv.Itoa(i+1) {
			return false
		}
	}
	return true
}

type widened struct {
	Source
	table  string
	schema *Schema
	places []int // of the narrow columns in the wide ones
}

// Tables implements Source.
func (w *widened) Tables(ctx context.Context) ([]*Schema, error) {
	all, err := w.Source.Tables(ctx)
	all = slices.Clone(all)
	for i, s := range all {
		if s.Table == w.table {
			all[i] = w.schema
		}
	}
	return all, err
}

// Read implements Source.
func (w *widened) Read(ctx context.Context, table string, report issue.Reporter) iter.Seq2[*Batch, error] {
	rows := w.Source.Read(ctx, table, report)
	if table != w.table {
		return rows
	}
	return func(yield func(*Batch, error) bool) {
		for batch, err := range rows {
			if batch != nil {
				batch = w.spread(batch)
			}
			if !yield(batch, err) {
				return
			}
		}
	}
}

func (w *widened) spread(b *Batch) *Batch {
	out := &Batch{Seq: b.Seq, Share: b.Share, Records: slices.Clone(b.Records)}
	width := len(w.schema.Columns)
	cells := make([]Value, width*len(out.Records))
	for i := range out.Records {
		r := &out.Records[i]
		values := cells[i*width : (i+1)*width : (i+1)*width]
		for at, v := range r.Values {
			if at < len(w.places) { // a row with a fault may have more cells than columns
				values[w.places[at]] = v
			}
		}
		r.Schema, r.Values = w.schema, values
	}
	return out
}
