package sqlitefile

import (
	"context"
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"chartlift/extract"
	"chartlift/internal/issue"
)

const (
	batchRows = 512
	// batchBytes bounds the text of a batch.
	batchBytes = 4 << 20
)

// rows reads one table.
type rows struct {
	source  *Source
	schema  *extract.Schema
	report  issue.Reporter
	records []extract.Record
	size    int // of their texts
	row     int64
	seq     int64
}

// read yields all rows; those before an error are yielded as well.
func (r *rows) read(ctx context.Context, yield func(*extract.Batch, error) bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	found, err := r.source.db.QueryContext(ctx, r.query())
	if err != nil {
		return err
	}
	defer func() { _ = found.Close() }()
	cells := make([]any, len(r.schema.Columns))
	into := make([]any, len(cells))
	for i := range cells {
		into[i] = &cells[i]
	}
	for found.Next() {
		if err = found.Scan(into...); err != nil {
			break
		}
		r.add(cells)
		if (len(r.records) == batchRows || r.size > batchBytes) && !yield(r.flush(), nil) {
			return nil
		}
	}
	if err == nil {
		err = found.Err()
	}
	if err == nil {
		err = ctx.Err()
	}
	if len(r.records) > 0 && ctx.Err() == nil && !yield(r.flush(), nil) {
		return nil
	}
	if err == nil && r.row == 0 {
		r.report(issue.Issue{
			Severity: issue.Warning, Code: "no-rows", Type: "processing", Message: "the table has no rows; see whether the export was cut short",
			Origin: issue.Origin{Source: r.schema.Source, Table: r.schema.Table},
		})
	}
	return err
}

// query selects every column as it is stored. The driver would make a time of
// whatever stands in a column declared a date; the plus takes the declaration
// away, and nothing else (sqlite.org/datatype3.html, 3.2).
func (r *rows) query() string {
	columns := make([]string, len(r.schema.Columns))
	for i, c := range r.schema.Columns {
		columns[i] = "+" + quote(c)
	}
	return "SELECT " + strings.Join(columns, ", ") + " FROM " + quote(r.schema.Table)
}

// add appends a record.
func (r *rows) add(cells []any) {
	r.row++
	rec := extract.Record{
		Schema: r.schema, Values: make([]extract.Value, len(cells)),
		Origin: issue.Origin{Source: r.schema.Source, Table: r.schema.Table, Row: r.row},
	}
	for i, c := range cells {
		rec.Values[i] = r.value(&rec, r.schema.Columns[i], c)
		r.size += len(rec.Values[i].Text)
	}
	r.records = append(r.records, rec)
}

// value makes a value of a cell by its storage class: the type of a column is
// no more than a hint in SQLite.
func (r *rows) value(rec *extract.Record, column string, cell any) extract.Value {
	switch c := cell.(type) {
	case int64:
		return extract.Value{Text: strconv.FormatInt(c, 10), Kind: extract.Number}
	case float64:
		return float(c)
	case []byte:
		return extract.Value{Text: hex.EncodeToString(c), Kind: extract.Text}
	case string:
		return extract.Value{Text: r.text(rec, column, c), Kind: extract.Text}
	}
	return extract.Value{Kind: extract.Null}
}

// text removes NUL bytes and looks for bytes that are no UTF-8, which SQLite
// does not.
func (r *rows) text(rec *extract.Record, column, text string) string {
	if strings.IndexByte(text, 0) >= 0 {
		is := issueOf(rec, "nul-byte", column, "NUL bytes were removed; compare the value with the old system")
		is.Severity = issue.Warning
		r.report(is)
		text = strings.ReplaceAll(text, "\x00", "")
	}
	if utf8.ValidString(text) {
		return text
	}
	is := issueOf(rec, "bad-bytes", column, fmt.Sprintf("column %q has bytes that are no UTF-8; repair the row", column))
	rec.Fault = &is
	return strings.ToValidUTF8(text, "\uFFFD")
}

// float writes a number with as many digits as tell it from others. The
// exponent is kept only where zeros would be many.
func float(f float64) extract.Value {
	size := math.Abs(f)
	switch {
	case math.IsInf(f, 0) || math.IsNaN(f):
		return extract.Value{Text: strconv.FormatFloat(f, 'g', -1, 64), Kind: extract.Text}
	case size != 0 && (size < 1e-9 || size >= 1e21):
		return extract.Value{Text: strconv.FormatFloat(f, 'e', -1, 64), Kind: extract.Number}
	}
	return extract.Value{Text: strconv.FormatFloat(f, 'f', -1, 64), Kind: extract.Number}
}

func issueOf(rec *extract.Record, code, column, message string) issue.Issue {
	return issue.Issue{Severity: issue.Error, Code: code, Type: "structure", Origin: rec.Origin, Column: column, Message: message}
}

// flush returns the batch at hand.
func (r *rows) flush() *extract.Batch {
	b := &extract.Batch{Seq: r.seq, Records: r.records}
	r.seq++
	r.records, r.size = make([]extract.Record, 0, batchRows), 0
	return b
}
