package csvfile

import (
	"bytes"

	"chartlift/extract"
)

// Nearly all records are cells without escapes, as many as there are columns.
// Their values are made of the places of the separators, which are looked for
// in many records at once; of anything else the scanner finds the cells first,
// from the record's beginning.

// cutOff is what becomes of a record of which the places do not show the end.
const cutOff = -1

// plain reads the records from pos on that are plain, up to the end of the
// batch or of the buffer, and reports whether there are any.
func (r *reader) plain() bool {
	if r.seps == nil || r.judged && r.suspect || r.skipped > 0 {
		return false
	}
	before := r.row
	for len(r.records) < r.most && r.size < batchBytes && r.plainRecord() {
	}
	return r.row > before
}

// plainRecord reads the record at pos into the values of the next one, and adds
// it, if it is such a record and lies in the buffer as a whole. Else nothing is
// read.
func (r *reader) plainRecord() bool {
	if r.pos >= len(r.buf) || r.buf[r.pos] == r.dialect.Newline || r.buf[r.pos] == '\r' { // a blank line is no record
		return false
	}
	values := r.slab[len(r.records)].Values
	used, lines := r.plainValues(values)
	if used == cutOff && r.seps.from < r.pos && r.seps.end < len(r.buf) || r.pos >= r.seps.end {
		r.seps.find(r.buf, r.pos)
		if r.seps.seen&damage != 0 && r.suspicious() {
			return false
		}
		used, lines = r.plainValues(values)
	}
	if used <= 0 {
		return false
	}
	r.seps.next += used
	end := int(r.seps.places[r.seps.next-1]) + 1
	if r.mayBeHeader(values[0].Text) {
		r.headers = append(r.headers, len(r.records))
	}
	r.append(r.line, r.pos, end).Plain = r.seps.seen&odd == 0 || r.odd.Plain(r.pos, end)
	r.pos, r.line = end, r.line+lines+1
	return true
}

// plainValues sets the values of the record at pos. It returns how many
// separators it has, 0 where it is not plain, cutOff, and how many line ends
// its cells hold.
func (r *reader) plainValues(values []extract.Value) (used int, lines int64) {
	places := r.seps.since(r.pos)
	if len(places) < len(values) {
		return cutOff, 0
	}
	if r.seps.seen&slash == 0 && r.bareValues(values, places) {
		return len(values), 0
	}
	return r.mixedValues(values, places)
}

// bareValues sets the values of the record at pos if there is no quote in it.
// Its text holds no backslash, so that it has no \N.
func (r *reader) bareValues(values []extract.Value, places []uint32) bool {
	b, text, delimiter, start := r.buf, r.text, r.dialect.Delimiter, r.pos
	ends := places[:len(values)]
	last := len(values) - 1
	for j := range last {
		at := int(ends[j])
		if b[at] != delimiter {
			return false
		}
		values[j] = bareValue(text[start:at])
		start = at + 1
	}
	at := int(ends[last])
	values[last] = bareValue(text[start:r.trimCR(start, at)])
	return b[at] == r.dialect.Newline
}

// bareValue is plainValue for a text that is not \N.
func bareValue(text string) extract.Value {
	kind := extract.Text
	if text == "" {
		kind = extract.Null
	}
	return extract.Value{Text: text, Kind: kind}
}

// mixedValues sets the values of the record at pos, some of which are quoted.
func (r *reader) mixedValues(values []extract.Value, places []uint32) (used int, lines int64) {
	b, text, quote, newline, start := r.buf, r.text, r.dialect.Quote, r.dialect.Newline, r.pos
	k := 0
	for j := range values {
		shut := 0
		if k+2 < len(places) && r.seps.seen&slash == 0 && quotedAlone(b, start, (*[3]uint32)(places[k:]), quote) {
			start, shut, k = start+1, int(places[k+1]), k+2
		} else if k < len(places) && r.opening(start, quote) >= 0 { // behind the last place there may be no text
			open, inside := r.opening(start, quote), int64(0)
			if k, inside = r.closed(open, places, k); k <= 0 {
				return k, 0
			}
			start, shut = open+1, int(places[k-1])
			lines += inside
		}
		for k < len(places) && b[places[k]] == quote { // which means nothing inside a cell that does not begin with it
			k++
		}
		if k == len(places) {
			return cutOff, 0
		}
		at := int(places[k])
		k++
		if (j == len(values)-1) != (b[at] == newline) {
			return 0, 0
		}
		switch {
		case shut > 0:
			values[j] = extract.Value{Text: text[start:shut], Kind: extract.Text}
		case b[at] != newline:
			values[j] = plainValue(text[start:at])
		default:
			values[j] = plainValue(text[start:r.trimCR(start, at)])
		}
		start = at + 1
	}
	return k, lines
}

// quotedAlone reports whether the places are those of the quotes of the cell at
// start and of what ends it.
func quotedAlone(b []byte, start int, places *[3]uint32, quote byte) bool {
	return int(places[0]) == start && b[start] == quote && b[places[1]] == quote && places[2] == places[1]+1 && b[places[2]] != quote
}

// closed looks for the end of the quoted cell that is opened by the quote at
// open. It returns the number, among places, of what stands behind the quote
// that closes it, and how many line ends are inside; 0 where there are escapes
// in it, or text behind that quote; cutOff.
func (r *reader) closed(open int, places []uint32, k int) (behind int, lines int64) {
	b, quote, newline := r.buf, r.dialect.Quote, r.dialect.Newline
	for k < len(places) && int(places[k]) <= open {
		k++
	}
	for k < len(places) && b[places[k]] != quote {
		if b[places[k]] == newline {
			lines++
		}
		k++
	}
	if k+1 >= len(places) {
		return cutOff, 0
	}
	shut, end := int(places[k]), int(places[k+1])
	if b[end] == quote || end != shut+1 && (end != shut+2 || b[end] != '\n' || b[shut+1] != '\r') {
		return 0, 0
	}
	if r.dialect.Escape == '\\' && bytes.IndexByte(b[open:shut], '\\') >= 0 {
		return 0, 0
	}
	return k + 1, lines
}

// plainValue is the value of a cell without quotes: NULL where it is empty, and
// where MySQL and PostgreSQL say so.
func plainValue(text string) extract.Value {
	if text == "" || len(text) == 2 && text == `\N` {
		return extract.Value{Kind: extract.Null}
	}
	return extract.Value{Text: text, Kind: extract.Text}
}
