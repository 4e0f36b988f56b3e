package hl7v2

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"chartlift/extract"
	"chartlift/internal/issue"
)

// A batch ends at batchRows rows, batchValues values or batchBytes of text.
const (
	batchRows   = 512
	batchValues = 64 << 10
	batchBytes  = 1 << 20
)

// rows makes records of the segments of one table.
type rows struct {
	table  *table
	report issue.Reporter
	yield  func(*extract.Batch) bool
	share  func() float64

	records []extract.Record
	values  []extract.Value // free part of the slab
	slab    int             // rows in the next slab: most files have few of a kind
	bytes   int
	row     int64
	seq     int64
}

func (r *rows) readAll(ctx context.Context, w *walker) error {
	err := ahead(ctx, w, r.table, func(seg *segment) error {
		// Each row keeps its text alive, so a batch is bounded by it, too.
		r.bytes += len(seg.text)
		switch {
		case r.table.typ != "":
			r.addTyped(seg)
		case r.table.field > 0:
			r.addRepetitions(seg)
		default:
			r.addSegment(seg)
		}
		if len(r.records) < r.limit() && r.bytes < batchBytes {
			return nil
		}
		if err := r.flush(); err != nil {
			return err
		}
		return ctx.Err()
	})
	if errors.Is(err, errEnough) || ctx.Err() != nil {
		return err
	}
	return errors.Join(r.flush(), err)
}

func (r *rows) limit() int {
	return max(1, min(batchRows, batchValues/len(r.table.schema.Columns)))
}

// flush hands out the batch at hand.
func (r *rows) flush() error {
	if len(r.records) == 0 {
		return nil
	}
	b := &extract.Batch{Seq: r.seq, Records: r.records, Share: r.share()}
	r.seq++
	r.records, r.values, r.bytes = nil, nil, 0
	if !r.yield(b) {
		return errEnough
	}
	return nil
}

// begin adds a record for seg with its keys and what is wrong with it.
func (r *rows) begin(seg *segment, good bool) *extract.Record {
	schema := r.table.schema
	width := len(schema.Columns)
	if len(r.values) < width {
		r.slab = min(max(4, 2*r.slab), r.limit())
		r.values = make([]extract.Value, r.slab*width)
	}
	r.row++
	r.records = append(r.records, extract.Record{
		Schema: schema, Values: r.values[:width:width],
		Origin: issue.Origin{Source: schema.Source, Table: schema.Table, Row: r.row, Line: seg.line},
	})
	r.values = r.values[width:]
	rec := &r.records[len(r.records)-1]
	r.keys(rec, seg)
	r.judge(rec, seg, good)
	return rec
}

// keys fills the key columns, in the order of keyColumns.
func (r *rows) keys(rec *extract.Record, seg *segment) {
	v := rec.Values
	if envelope(seg.id) {
		v[0].Kind = extract.Null
	} else {
		v[0] = textOrNull(seg.key)
	}
	v[1], v[2], v[3], v[4] = textOrNull(seg.message.id), textOrNull(seg.kind), textOrNull(seg.patient.key), textOrNull(seg.patient.person)
	v[parentAt], v[6], v[keyAt] = textOrNull(seg.keyOf(seg.parent)), textOrNull(strconv.Itoa(seg.place.n)), textOrNull(seg.keyOf(seg.place))
}

func textOrNull(text string) extract.Value {
	if text == "" {
		return extract.Value{Kind: extract.Null}
	}
	return extract.Value{Text: text, Kind: extract.Text}
}

// judge says what is wrong with the segment as a whole.
func (r *rows) judge(rec *extract.Record, seg *segment, good bool) {
	switch {
	case seg.headless:
		rec.Fault = fault(rec, "no-message-header", "the message does not begin with MSH; repair or remove it in the file")
	case seg.long:
		rec.Fault = fault(rec, "record-too-long", "the segment is longer than 16 MiB; look at its line ends")
	case seg.cut:
		rec.Fault = fault(rec, "cut-short", "the file ends inside this message; copy or export it again")
	case !good:
		rec.Fault = fault(rec, "bad-bytes", "the segment has bytes that are no "+seg.charset.Name+"; set encoding: or repair the message")
		rec.Fault.Type = "value"
	}
	if seg.joined > 0 {
		is := fault(rec, "joined-lines", strconv.Itoa(seg.joined)+" lines that begin with no segment were joined to this one; line ends inside a text are written \\.br\\")
		is.Severity = issue.Warning
		r.report(*is)
	}
}

func fault(rec *extract.Record, code, message string) *issue.Issue {
	return &issue.Issue{Severity: issue.Error, Code: code, Type: "structure", Origin: rec.Origin, Message: message}
}

// addSegment makes one record of a segment.
func (r *rows) addSegment(seg *segment) {
	text, good := seg.decode(seg.text)
	rec := r.begin(seg, good)
	if seg.id == "PID" {
		r.remark(rec, seg)
	}
	parts := r.table.parts
	for number, field := range fields(text, seg.separators) {
		n := 0
		for n < len(parts) && parts[n].field == number {
			n++
		}
		fill(rec, seg, field, parts[:n])
		parts = parts[n:]
		if number > maxFields && field != "" && rec.Fault == nil {
			rec.Fault = fault(rec, "ragged-row", "the segment has more than "+strconv.Itoa(maxFields)+" fields; see whether its separators are escaped")
		}
	}
	r.removeNUL(rec)
}

// addRepetitions makes a record of each repetition of a field that is not
// empty.
func (r *rows) addRepetitions(seg *segment) {
	text, good := seg.decode(seg.text)
	rest := fieldOf(text, r.table.field, seg.separators)
	s := seg.separators
	if literal(seg.id, r.table.field) {
		s.repetition = 0
	}
	for n, more := 1, rest != ""; more; n++ {
		var repetition string
		if repetition, rest, more = cutAt(rest, s.repetition); repetition == "" {
			continue
		}
		rec := r.begin(seg, good)
		key := rec.Values[keyAt].Text
		rec.Values[parentAt] = textOrNull(key)
		rec.Values[keyAt].Text = key + "-" + strconv.Itoa(r.table.field) + "~" + strconv.Itoa(n)
		rec.Values[repAt] = textOrNull(strconv.Itoa(n))
		fill(rec, seg, repetition, r.table.parts)
		r.removeNUL(rec)
	}
}

// fill fills the columns of one field, which parts holds: its whole text, then
// the components and subcomponents of its first repetition.
func fill(rec *extract.Record, seg *segment, field string, parts []part) {
	fillWith(rec, seg, field, parts, seg.separators)
}

// fillWith does it for a text with separators of its own.
func fillWith(rec *extract.Record, seg *segment, field string, parts []part, s separators) {
	if len(parts) == 0 {
		return
	}
	if literal(seg.id, parts[0].field) {
		rec.Values[parts[0].column] = textOrNull(field)
		return
	}
	if parts[0].component == 0 {
		rec.Values[parts[0].column] = seg.value(field)
		parts = parts[1:]
	}
	first, _, _ := cutAt(field, s.repetition)
	for number, component := range pieces(first, s.component) {
		n := 0
		for n < len(parts) && parts[n].component == number {
			n++
		}
		fillComponent(rec, seg, component, parts[:n])
		if parts = parts[n:]; len(parts) == 0 {
			return
		}
	}
}

// fillComponent fills the columns of one component, which parts holds.
func fillComponent(rec *extract.Record, seg *segment, component string, parts []part) {
	if len(parts) > 0 && parts[0].sub == 0 {
		rec.Values[parts[0].column] = seg.value(component)
		parts = parts[1:]
	}
	if len(parts) == 0 {
		return
	}
	for number, sub := range pieces(component, seg.sub) {
		if number != parts[0].sub {
			continue
		}
		rec.Values[parts[0].column] = seg.value(sub)
		if parts = parts[1:]; len(parts) == 0 {
			return
		}
	}
}

// value makes a value of what stands at a place.
func (m *message) value(text string) extract.Value {
	switch text {
	case "":
		return extract.Value{Kind: extract.Null}
	case `""`: // section 2.5.3: the field is to be emptied
		return extract.Value{Kind: extract.Text}
	}
	return extract.Value{Text: unescape(text, m.separators, m.decoder), Kind: extract.Text}
}

// removeNUL takes NUL bytes out of the values, which no database would take.
func (r *rows) removeNUL(rec *extract.Record) {
	for i := range rec.Values {
		v := &rec.Values[i]
		if strings.IndexByte(v.Text, 0) < 0 {
			continue
		}
		is := fault(rec, "nul-byte", "NUL bytes were removed; compare the value with the old system")
		is.Severity, is.Type, is.Column, is.Value = issue.Warning, "value", rec.Schema.Columns[i], v.Text
		r.report(*is)
		v.Text = strings.ReplaceAll(v.Text, "\x00", "")
	}
}
