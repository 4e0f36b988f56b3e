package csvfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"chartlift/extract"
	"chartlift/internal/issue"
)

// A batch ends at batchRows rows or where the buffer does.
const (
	batchRows  = 512
	bufferSize = 256 << 10
)

// reader is one pass over the file.
type reader struct {
	scanner
	source  *Source
	body    io.Reader
	failed  error // what ended the reading before its end
	skip    bool  // the rest of a record that is too long is to be dropped
	row     int64
	seq     int64
	skipped int // records still to be left out
	report  issue.Reporter
}

// fill reads more of the file behind what is left of the buffer, which grows up to the limit.
func (r *reader) fill() {
	rest := len(r.buf) - r.pos
	if rest == cap(r.buf) {
		grown := make([]byte, rest, min(2*cap(r.buf), r.limit))
		copy(grown, r.buf[r.pos:])
		r.buf = grown
	} else {
		copy(r.buf[:rest], r.buf[r.pos:])
		r.buf = r.buf[:rest]
	}
	r.pos, r.start = 0, 0
	for len(r.buf) < cap(r.buf) && !r.eof && r.failed == nil {
		n, err := r.body.Read(r.buf[len(r.buf):cap(r.buf)])
		r.buf = r.buf[:len(r.buf)+n]
		if errors.Is(err, io.EOF) {
			r.eof = true
		} else if err != nil {
			r.failed = err
		}
	}
}

// dropRest leaves out what remains of a record that is too long.
func (r *reader) dropRest() {
	for r.skip {
		if i := bytes.IndexByte(r.buf[r.pos:], r.dialect.Newline); i >= 0 {
			r.pos += i + 1
			r.skip = false
			break
		}
		r.pos = len(r.buf)
		if r.eof || r.failed != nil {
			r.skip = false
			break
		}
		r.fill()
	}
	r.start = r.pos
}

// batch returns the next batch, or nil at the end of the file. A record that an error cuts short is
// not returned: it would look whole.
func (r *reader) batch() (*extract.Batch, error) {
	for {
		r.reset()
		r.dropRest()
		if r.failed != nil && r.pos == len(r.buf) {
			return nil, r.failed
		}
		st := complete
		for st == complete && len(r.rows) < batchRows && !r.skip {
			st = r.next()
			if n := len(r.rows); st == complete && r.rows[n-1].trouble == tooLong {
				r.skip = true
			}
		}
		if r.skipped > 0 {
			r.leaveOut()
		}
		switch {
		case len(r.rows) > 0:
			return r.build(), nil
		case st == finished:
			return nil, nil
		case st == needMore && r.failed != nil:
			return nil, r.failed
		case st == needMore:
			r.fill()
		}
	}
}

// leaveOut drops preamble, header and the rows after it that are not wanted.
func (r *reader) leaveOut() {
	n := min(r.skipped, len(r.rows))
	r.skipped -= n
	r.rows = r.rows[n:]
}

// build makes records of the rows that were scanned: one string for their text, one slab each for
// values and records.
func (r *reader) build() *extract.Batch {
	r.unescape()
	text := string(r.buf[r.start:r.pos])
	schema := r.source.schema
	width := len(schema.Columns)
	values := make([]extract.Value, len(r.rows)*width)
	records := make([]extract.Record, len(r.rows))
	for i := range r.rows {
		row, rec := &r.rows[i], &records[i]
		r.row++
		rec.Schema = schema
		rec.Values = values[i*width : (i+1)*width : (i+1)*width]
		rec.Origin = issue.Origin{Source: schema.Source, Table: schema.Table, Row: r.row, Line: row.line}
		cells := r.cells[row.first : row.first+row.n]
		fillValues(rec.Values, cells, text)
		if row.trouble != sound || len(cells) != width {
			r.judge(rec, row, text)
		}
	}
	r.judgeText(records, text)
	for _, t := range r.tails {
		r.reportTail(records, t)
	}
	r.seq++
	return &extract.Batch{Seq: r.seq - 1, Records: records}
}

// fillValues sets the values for which there are cells. An empty cell is NULL
// unless it was quoted; so is \N, which MySQL and PostgreSQL write.
func fillValues(values []extract.Value, cells []cell, text string) {
	for i, c := range cells[:min(len(cells), len(values))] {
		v := &values[i]
		switch n := c.end - c.start; {
		case n == 0 && !c.quoted, n == 2 && !c.quoted && text[c.start:c.end] == `\N`:
			v.Kind = extract.Null
		default:
			v.Text, v.Kind = text[c.start:c.end], extract.Text
		}
	}
}

// judge finds what is wrong with a record that is broken or has the wrong number of cells.
func (r *reader) judge(rec *extract.Record, row *row, text string) {
	width := len(rec.Values)
	switch {
	case row.trouble == unclosedQuote:
		rec.Fault = fault(rec, "unclosed-quote", "a quoted cell is never closed; close or double the quote in this line")
	case row.trouble == tooLong:
		rec.Fault = fault(rec, "record-too-long", "the record is longer than 16 MiB; look at its quotes and line ends")
	case row.n > width:
		for _, c := range r.cells[row.first+width : row.first+row.n] {
			if c.end > c.start {
				rec.Fault = fault(rec, "ragged-row", cellCount(row.n, width)+"; a delimiter inside a value has to be quoted")
				rec.Fault.Value = text[c.start:c.end]
				return
			}
		}
	case r.source.options.Ragged == extract.RaggedPad:
		is := fault(rec, "ragged-row", cellCount(row.n, width)+"; the missing cells are read as absent")
		is.Severity = issue.Warning
		r.report(*is)
	default:
		rec.Fault = fault(rec, "ragged-row", cellCount(row.n, width)+"; set ragged: pad if the cells missing at the end are meant to be empty")
	}
}

func cellCount(n, width int) string {
	return "the row has " + strconv.Itoa(n) + " of " + strconv.Itoa(width) + " cells"
}

func fault(rec *extract.Record, code, message string) *issue.Issue {
	return &issue.Issue{Severity: issue.Error, Code: code, Type: "structure", Origin: rec.Origin, Message: message}
}

// judgeText looks for bytes that are no characters and for NULs; the whole
// batch is searched at once, since it hardly ever has any.
func (r *reader) judgeText(records []extract.Record, text string) {
	damaged := r.source.charset.Damaged(text)
	if !damaged && strings.IndexByte(text, 0) < 0 {
		return
	}
	for i := range records {
		for j := range records[i].Values {
			r.judgeValue(&records[i], j)
		}
	}
}

func (r *reader) judgeValue(rec *extract.Record, column int) {
	v := &rec.Values[column]
	if strings.IndexByte(v.Text, 0) >= 0 {
		is := fault(rec, "nul-byte", "NUL bytes were removed; compare the value with the old system")
		is.Severity, is.Type, is.Column, is.Value = issue.Warning, "value", rec.Schema.Columns[column], v.Text
		r.report(*is)
		v.Text = strings.ReplaceAll(v.Text, "\x00", "")
	}
	if !r.source.charset.Damaged(v.Text) {
		return
	}
	v.Text = strings.ToValidUTF8(v.Text, "\uFFFD")
	if rec.Fault == nil {
		name := rec.Schema.Columns[column]
		rec.Fault = fault(rec, "bad-bytes", fmt.Sprintf("column %q has bytes that are no %s; set encoding: or repair the row", name, r.source.charset.Name))
		rec.Fault.Type, rec.Fault.Column, rec.Fault.Value = "value", name, v.Text
	}
}

// reportTail warns of text behind a closing quote.
func (r *reader) reportTail(records []extract.Record, t tail) {
	for i := range r.rows {
		column := t.cell - r.rows[i].first
		if column < 0 || column >= r.rows[i].n {
			continue
		}
		rec := &records[i]
		is := fault(rec, "text-after-quote", "text follows a closing quote and was kept; double the quotes inside the value if they were meant")
		is.Severity = issue.Warning
		if column < len(rec.Values) {
			is.Column, is.Value = rec.Schema.Columns[column], rec.Values[column].Text
		}
		r.report(*is)
		return
	}
}
