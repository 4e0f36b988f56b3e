package xlsx

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"chartlift/extract"
	"chartlift/internal/issue"
)

const (
	batchRows  = 512
	sampleRows = 200 // rows that decide on header and width
)

// sampled is one row of the beginning of a sheet.
type sampled struct {
	row   int
	cells []cell
}

// findTable finds the header of a sheet: the row that the options name, or the
// first with two cells. It returns nil for an empty sheet.
func (s *Source) findTable(p page) (*table, error) {
	low, high, err := columnRange(s.options.Range)
	if err != nil {
		return nil, err
	}
	sample, err := s.sample(p, low, high)
	if err != nil || len(sample) == 0 {
		return nil, err
	}
	at := headerIndex(sample, s.options.Header)
	if at == len(sample) {
		return nil, fmt.Errorf("header %d: there is nothing in this row", s.options.Header)
	}
	first, last := maxColumns, 0
	for _, r := range sample[max(at, 0):] {
		first = min(first, r.cells[0].column)
	}
	header := map[int]string{}
	if at >= 0 {
		for _, c := range sample[at].cells {
			header[c.column] = strings.TrimSpace(s.text(c))
			last = max(last, c.column)
		}
	} else {
		for _, r := range sample {
			last = max(last, r.cells[len(r.cells)-1].column)
		}
	}
	schema := &extract.Schema{Source: s.in.Name, Table: p.name}
	t := &table{page: p, schema: schema, first: first}
	if at >= 0 {
		t.header = sample[at].row
		schema.Line = int64(t.header)
	}
	for c := first; c <= last; c++ {
		name := header[c]
		if name == "" {
			name = strconv.Itoa(c - first + 1)
		}
		schema.Columns = append(schema.Columns, name)
	}
	return t, nil
}

// headerIndex returns the index of the header in the sample, -1 for none, len(sample) where it is not there.
func headerIndex(sample []sampled, wanted int) int {
	if wanted < 0 {
		return -1
	}
	for i, r := range sample {
		if wanted > 0 && r.row == wanted || wanted == 0 && len(r.cells) > 1 {
			return i
		}
	}
	if wanted > 0 {
		return len(sample)
	}
	return 0
}

// sample reads the first rows that have something in the columns wanted.
func (s *Source) sample(p page, low, high int) ([]sampled, error) {
	sh, closePage, err := s.openPage(p)
	if err != nil {
		return nil, err
	}
	defer closePage()
	var all []sampled
	for len(all) < max(sampleRows, s.options.Header) {
		cells, err := sh.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		kept := cells[:0]
		for _, c := range cells {
			if c.column >= low && c.column <= high && s.text(c) != "" {
				kept = append(kept, c)
			}
		}
		if len(kept) > 0 {
			all = append(all, sampled{row: sh.row, cells: kept})
		}
	}
	return all, nil
}

// columnRange reads B:H; nothing means all columns.
func columnRange(s string) (low, high int, err error) {
	if s == "" {
		return 1, maxColumns, nil
	}
	a, b, ok := strings.Cut(strings.ToUpper(s), ":")
	low, high = columnOf(a), columnOf(b)
	if !ok || low < 1 || high < low {
		return 0, 0, fmt.Errorf("range %q: columns such as B:H are wanted", s)
	}
	return low, high, nil
}

// text returns the text of a cell, looking up shared ones.
func (s *Source) text(c cell) string {
	if c.kind != "s" {
		return c.text
	}
	if i, err := strconv.Atoi(c.text); err == nil && i >= 0 && i < len(s.book.strings) {
		return s.book.strings[i]
	}
	return ""
}

// value makes a value of a cell; bad tells of error cells.
func (s *Source) value(c cell) (v extract.Value, bad bool) {
	switch c.kind {
	case "s", "str", "inlineStr":
		return extract.Value{Text: s.text(c), Kind: extract.Text}, false
	case "b":
		return extract.Value{Text: strconv.FormatBool(c.text == "1" || c.text == "true"), Kind: extract.Bool}, false
	case "e":
		return extract.Value{Kind: extract.Null}, true
	case "d":
		return isoDate(c.text), false
	}
	if c.text == "" {
		return extract.Value{Kind: extract.Null}, false
	}
	shown := plain
	if c.style >= 0 && c.style < len(s.book.clocks) {
		shown = s.book.clocks[c.style]
	}
	return number(c.text, shown, s.book.epoch1904), false
}

// rows gathers the records of a batch.
type rows struct {
	source  *Source
	table   *table
	report  issue.Reporter
	records []extract.Record
	row     int64
	seq     int64
}

// add appends a row, unless all its cells are empty.
func (r *rows) add(cells []cell, line int64) {
	schema := r.table.schema
	rec := extract.Record{
		Schema: schema, Values: make([]extract.Value, len(schema.Columns)),
		Origin: issue.Origin{Source: schema.Source, Table: schema.Table, Row: r.row + 1, Line: line},
	}
	for i := range rec.Values {
		rec.Values[i].Kind = extract.Null
	}
	filled := false
	var warnings []issue.Issue
	for _, c := range cells {
		v, bad := r.source.value(c)
		at := c.column - r.table.first
		switch inside := at >= 0 && at < len(rec.Values); {
		case inside:
			rec.Values[at] = v
			filled = filled || v.Kind != extract.Null || bad
			if bad {
				is := fault(&rec, "bad-cell", "the cell shows an error and is read as NULL; correct its formula")
				is.Severity, is.Column, is.Value = issue.Warning, schema.Columns[at], c.text
				warnings = append(warnings, *is)
			}
		case r.source.options.Range == "" && v.Text != "":
			filled = true
			rec.Fault = fault(&rec, "ragged-row", "a cell has a value but its column has no name in the header; name it or set range:")
			rec.Fault.Value = v.Text
		}
	}
	if !filled {
		return
	}
	for _, is := range warnings {
		r.report(is)
	}
	r.row++
	r.records = append(r.records, rec)
}

// flush returns the batch at hand, nil where it is empty.
func (r *rows) flush() *extract.Batch {
	if len(r.records) == 0 {
		return nil
	}
	b := &extract.Batch{Seq: r.seq, Records: r.records}
	r.seq++
	r.records = nil
	return b
}

func fault(rec *extract.Record, code, message string) *issue.Issue {
	return &issue.Issue{Severity: issue.Error, Code: code, Type: "structure", Origin: rec.Origin, Message: message}
}
