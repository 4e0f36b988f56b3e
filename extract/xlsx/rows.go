package xlsx

import (
	"fmt"
	"strings"

	"chartlift/extract"
	"chartlift/internal/issue"
)

const (
	batchRows = 512
	// batchValues bounds a batch of a wide sheet.
	batchValues = 64 << 10
)

// rows gathers the records of a batch, and what is to be said of the sheet at
// its end.
type rows struct {
	source  *Source
	table   *table
	values  values
	filler  *filler // nil: merged cells are left as they are
	report  issue.Reporter
	records []extract.Record
	slab    []extract.Value
	found   []issue.Issue // of the row at hand
	row     int64
	seq     int64
	limit   int // records of a batch
	hidden  int // rows
}

func newRows(s *Source, t *table, report issue.Reporter) *rows {
	width := max(len(t.schema.Columns), 1)
	r := &rows{source: s, table: t, report: report, limit: max(1, min(batchRows, batchValues/width))}
	r.values.book = s.book
	if s.options.Merged == "fill" {
		r.filler = newFiller(t)
	}
	return r
}

// add appends a row, unless all its cells are blank or it is hidden and such
// rows are left out.
func (r *rows) add(sh *sheet, cells []cell) error {
	if sh.hidden {
		r.hidden++
		if r.source.options.Hidden == "skip" {
			return nil
		}
	}
	schema := r.table.schema
	rec := extract.Record{
		Schema: schema, Values: r.blank(len(schema.Columns)),
		Origin: issue.Origin{Source: schema.Source, Table: schema.Table, Row: r.row + 1, Line: int64(sh.row)},
	}
	r.found = r.found[:0]
	filled := false
	for _, c := range cells {
		is, err := r.set(&rec, c)
		if err != nil {
			return err
		}
		filled = filled || is
	}
	if r.filler != nil {
		r.filler.fill(sh.row, rec.Values, r.table.at)
	}
	if !filled {
		return nil
	}
	if rec.Fault == nil && r.table.repeated(rec.Values) {
		rec.Fault = fault(&rec, "repeated-header", "the row repeats the header and holds no values; see whether all of the sheets that were joined here are there, with the same columns")
	}
	r.slab = r.slab[len(schema.Columns):]
	for _, is := range r.found {
		r.report(is)
	}
	r.row++
	r.records = append(r.records, rec)
	return nil
}

// blank returns n values that are NULL. They are taken from the slab when the
// row is kept.
func (r *rows) blank(n int) []extract.Value {
	if len(r.slab) < n {
		r.slab = make([]extract.Value, max(n, n*r.limit))
	}
	vs := r.slab[:n:n]
	for i := range vs {
		vs[i] = extract.Value{Kind: extract.Null}
	}
	return vs
}

// set puts a cell into the record; filled tells whether it says anything.
func (r *rows) set(rec *extract.Record, c cell) (filled bool, err error) {
	at := r.table.at(c.column)
	if at < 0 && r.table.covers(c.column) {
		return false, nil
	}
	v, d, err := r.values.value(c)
	if err != nil {
		return false, err
	}
	filled = d != sure || strings.TrimSpace(v.Text) != ""
	switch {
	case at >= 0:
		rec.Values[at] = v
		if d != sure {
			r.doubt(rec, d, c, rec.Schema.Columns[at])
		}
		return filled, nil
	case r.source.options.Range == "" && filled:
		rec.Fault = fault(rec, "ragged-row", "the cell in column "+columnName(c.column)+" has a value, but the header has no name for it; name it or set range:")
		rec.Fault.Value = v.Text
		return true, nil
	}
	return false, nil
}

// doubt says what is wrong with a cell.
func (r *rows) doubt(rec *extract.Record, d doubt, c cell, column string) {
	warn := func(code, message string) {
		is := fault(rec, code, message)
		is.Severity, is.Column, is.Value = issue.Warning, column, string(c.text)
		r.found = append(r.found, *is)
	}
	switch d {
	case badCell:
		warn("bad-cell", "the cell shows an error and is read as NULL; correct its formula")
	case uncached:
		warn("no-cached-value", "the formula was saved without its result and is read as NULL; open the workbook in Excel or LibreOffice and save it")
	case nulByte:
		warn("nul-byte", "NUL bytes were removed; compare the value with the old system")
		r.found[len(r.found)-1].Value = ""
	case tooLong:
		rec.Fault = fault(rec, "cell-too-long", fmt.Sprintf("column %q has a cell of more than %d bytes; see what was pasted into it", column, maxText))
		rec.Fault.Column = column
	case badBytes:
		rec.Fault = fault(rec, "bad-bytes", fmt.Sprintf("column %q has bytes that are no characters; repair the cell", column))
		rec.Fault.Column = column
	}
}

// full reports whether the batch is.
func (r *rows) full() bool { return len(r.records) >= r.limit }

// flush returns the batch at hand, nil where it is empty.
func (r *rows) flush(share float64) *extract.Batch {
	if len(r.records) == 0 {
		return nil
	}
	b := &extract.Batch{Seq: r.seq, Records: r.records, Share: share}
	r.seq++
	r.records, r.slab = make([]extract.Record, 0, r.limit), nil
	return b
}

// before says what is remarkable about the sheet, before its rows.
func (r *rows) before() {
	t := r.table
	if t.page.hidden {
		r.note(issue.Warning, "hidden-sheet", "the sheet is hidden in the workbook and was read; set hidden: skip to leave hidden sheets out")
	}
	if t.header.above > 0 && r.source.options.Header == 0 {
		r.note(issue.Information, "skipped-lines", fmt.Sprintf("%d rows before the header were left out; set header: if the wrong row was taken", t.header.above))
	}
	if t.header.missing {
		r.note(issue.Warning, "no-header", "the first row looks like data, so the columns are named 1, 2, 3 …; set header: 1 if it is a header, or header: none")
	}
}

// after says what is known behind the last row.
func (r *rows) after(merged []area) {
	t, done := r.table, "were read as others; set hidden: skip to leave them out"
	if r.source.options.Hidden == "skip" {
		done = "were left out; set hidden: keep to read them"
	}
	if r.hidden+len(t.hidden) > 0 {
		r.note(issue.Warning, "hidden-cells", fmt.Sprintf("%d rows and %d columns are hidden in the sheet and %s", r.hidden, len(t.hidden), done))
	}
	below := 0
	for _, a := range merged {
		if a.top > t.header.last && t.touches(a) {
			below++
		}
	}
	switch {
	case r.filler != nil && r.filler.ignore > 0:
		r.note(issue.Warning, "merged-cells", fmt.Sprintf("%d merged ranges overlap others and were not filled; unmerge them", r.filler.ignore))
	case r.filler == nil && below > 0:
		r.note(issue.Warning, "merged-cells", fmt.Sprintf("%d ranges of cells are merged, of which only the first cell has the value; set merged: fill if all should", below))
	}
	if r.row == 0 {
		r.note(issue.Warning, "no-rows", "the table has no rows; see whether the export was cut short")
	}
}

// touches reports whether a range has one of the table's columns.
func (t *table) touches(a area) bool {
	return a.left < t.first+len(t.index) && a.right >= t.first
}

func (r *rows) note(severity issue.Severity, code, message string) {
	r.report(issue.Issue{
		Severity: severity, Code: code, Type: "processing", Message: message,
		Origin: issue.Origin{Source: r.table.schema.Source, Table: r.table.schema.Table},
	})
}

func fault(rec *extract.Record, code, message string) *issue.Issue {
	return &issue.Issue{Severity: issue.Error, Code: code, Type: "structure", Origin: rec.Origin, Message: message}
}
