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

// bufferSize is how much text is read before rows are made of it: it is still
// in the processor's memory then. A call that takes longer, above 20 µs, would
// make Go's monitor look for such calls all the time, too.
const bufferSize = 64 << 10

// A batch ends at batchRows rows, batchValues values or batchBytes of text.
const (
	batchRows   = 512
	batchValues = 64 << 10
	batchBytes  = 1 << 20
)

// reader is one pass over the file. The text of the buffer becomes one string,
// of which the values are parts; only cells with escapes need text of their
// own, which is gathered in arena and becomes one string for the whole batch.
type reader struct {
	scanner
	source  *Source
	body    io.Reader
	text    string // the buffer's
	odd     extract.Odd
	judged  bool  // whether the text is suspect is known
	suspect bool  // see suspicious
	failed  error // what ended the reading before its end
	unended bool  // the text has no line end at its end
	skip    bool  // the rest of a record that is too long is to be dropped
	row     int64
	seq     int64
	skipped int  // records still to be left out
	middle  bool // the file goes on behind the body
	report  issue.Reporter

	seps    *separators // nil where the dialect has none that could be looked for
	slabs   *extract.Slabs
	slab    []extract.Record // room for the batch
	records []extract.Record // of the slab
	most    int              // records of a batch
	size    int              // bytes of text in the batch
	arena   []byte
	later   []pending
	headers []int // records that may repeat the header
}

// pending is what remains to be done to a value when the batch is whole.
type pending struct {
	record, column int
	start, end     int // the value's text in arena, where end is not 0
	tail           bool
}

// fill reads more of the file, as text.
func (r *reader) fill() {
	r.load()
	r.text = string(r.buf)
	r.odd, r.judged = extract.NewOdd(r.text), false
}

// suspicious reports whether the text holds NULs or bytes that are no
// characters.
func (r *reader) suspicious() bool {
	if r.judged {
		return r.suspect
	}
	text := r.text
	if !r.eof { // at the end of the file a cut character has nothing behind it that could complete it
		text = extract.WholeRunes(text)
	}
	r.judged, r.suspect = true, strings.IndexByte(text, 0) >= 0 || r.source.charset.Damaged(text)
	return r.suspect
}

// load reads more of the file behind what is left of the buffer, which grows up
// to the limit. Who only counts needs no text of it.
func (r *reader) load() {
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
	if r.seps != nil {
		r.seps.forget()
	}
	for len(r.buf) < cap(r.buf) && !r.eof && r.failed == nil {
		n, err := r.body.Read(r.buf[len(r.buf):cap(r.buf)])
		r.buf = r.buf[:len(r.buf)+n]
		if errors.Is(err, io.EOF) {
			r.eof = true
		} else if err != nil {
			r.failed = err
		}
	}
	if n := len(r.buf); n > 0 {
		r.unended = r.buf[n-1] != '\n' && r.buf[n-1] != '\r'
	}
}

// dropRest leaves out what remains of a record that is too long, for which more
// reads on.
func (r *reader) dropRest(more func()) {
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
		more()
	}
}

// batch returns the next batch, or nil at the end of the file. A record that an
// error cuts short is not returned: it would look whole.
func (r *reader) batch() (*extract.Batch, error) {
	r.size, r.arena, r.later, r.headers = 0, r.arena[:0], r.later[:0], r.headers[:0]
	r.slab = r.slabs.Take()
	r.records = r.slab[:0]
	for len(r.records) < r.most && r.size < batchBytes {
		if r.skip {
			r.dropRest(r.fill)
		}
		if r.plain() {
			continue
		}
		r.reset()
		switch st := r.next(); {
		case st == complete:
			r.add()
		case st == finished:
			return r.finish(), nil
		case r.failed != nil && len(r.records) > 0:
			return r.finish(), nil
		case r.failed != nil:
			return nil, fmt.Errorf("line %d, after row %d: %w", r.line, r.row, r.failed)
		default:
			r.fill()
		}
	}
	return r.finish(), nil
}

// finish hands out the batch at hand, nil where it is empty.
func (r *reader) finish() *extract.Batch {
	if len(r.records) == 0 {
		return nil
	}
	text := string(r.arena)
	for _, p := range r.later {
		rec := &r.records[p.record]
		if p.end > 0 && p.column < len(rec.Values) {
			rec.Values[p.column].Text = text[p.start:p.end]
		}
		switch {
		case p.tail:
			r.reportTail(rec, p.column)
		case p.end == 0:
			r.judgeText(rec)
		}
	}
	r.refuseHeaders()
	r.seq++
	return &extract.Batch{Seq: r.seq - 1, Records: r.records, Share: r.source.in.Share(), Spent: r.slabs.Spent(r.records)}
}

// add makes a record of the row that was scanned, unless it stands before the
// first one wanted.
func (r *reader) add() {
	row := &r.rows[0]
	r.skip = row.trouble == tooLong
	if r.skipped > 0 {
		r.skipped--
		return
	}
	rec := r.append(row.line, r.start, r.pos)
	rec.Plain = r.odd.Plain(r.start, r.pos)
	r.headers = append(r.headers, len(r.records)-1)
	width := len(rec.Values)
	clear(rec.Values)
	fillValues(rec.Values, r.cells, r.text[r.start:r.pos])
	if row.trouble != sound || len(r.cells) != width {
		r.judge(rec, row)
	}
	if len(r.marks)+len(r.tails) > 0 || r.suspicious() {
		r.postpone()
	}
}

// append makes a record of the next values of the slab, as they are; its text
// stands from start to end.
func (r *reader) append(line int64, start, end int) *extract.Record {
	r.row++
	r.size += end - start
	n := len(r.records)
	r.records = r.slab[:n+1]
	rec := &r.records[n]
	rec.Origin.Row, rec.Origin.Line = r.row, line
	rec.Fault = nil
	return rec
}

// postpone notes what is to be done to the record last added.
func (r *reader) postpone() {
	at := len(r.records) - 1
	for _, i := range r.marks {
		start := len(r.arena)
		r.arena = r.appendPlain(r.arena, i)
		if end := len(r.arena); end > 0 {
			r.later = append(r.later, pending{record: at, column: i, start: start, end: end})
		}
	}
	for _, t := range r.tails {
		r.later = append(r.later, pending{record: at, column: t.cell, tail: true})
	}
	if r.suspect {
		r.later = append(r.later, pending{record: at})
	}
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

// judge finds what is wrong with a record that is broken or has the wrong
// number of cells.
func (r *reader) judge(rec *extract.Record, row *row) {
	width := len(rec.Values)
	switch {
	case row.trouble == unclosedQuote:
		rec.Fault = fault(rec, "unclosed-quote", "a quoted cell is never closed; close or double the quote in this line")
	case row.trouble == tooLong:
		rec.Fault = fault(rec, "record-too-long", "the record is longer than 16 MiB; look at its quotes and line ends")
	case row.n > width:
		for _, c := range r.cells[width:] {
			if c.end > c.start {
				rec.Fault = fault(rec, "ragged-row", cellCount(row.n, width)+"; a delimiter inside a value has to be quoted")
				rec.Fault.Value = r.text[r.start+int(c.start) : r.start+int(c.end)]
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

// judgeText looks for bytes that are no characters and for NULs.
func (r *reader) judgeText(rec *extract.Record) {
	for i := range rec.Values {
		r.judgeValue(rec, i)
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
func (r *reader) reportTail(rec *extract.Record, column int) {
	is := fault(rec, "text-after-quote", "text follows a closing quote and was kept; double the quotes inside the value if they were meant")
	is.Severity = issue.Warning
	if column < len(rec.Values) {
		is.Column, is.Value = rec.Schema.Columns[column], rec.Values[column].Text
	}
	r.report(*is)
}
