package csvfile

import (
	"bytes"

	"chartlift/extract"
)

// Nearly all records are cells without escapes, as many as there are columns. Their values are made while their ends are looked
// for; of anything else the scanner finds the cells first, from the record's beginning.

// plain reads the record at pos into the values of the next one, and adds it, if it is such a record and lies in the buffer as a whole
// with a little text behind it. Else nothing is read.
func (r *reader) plain() bool {
	if r.suspect || r.skipped > 0 || r.pos+8 >= len(r.buf) || r.buf[r.pos] == r.dialect.Newline || r.buf[r.pos] == '\r' { // a blank line is no record
		return false
	}
	values := r.room[:len(r.source.schema.Columns)]
	end, lines := r.plainValues(values)
	if end < 0 {
		clear(values)
		return false
	}
	r.append(r.line, r.pos, end)
	r.pos, r.line = end, r.line+lines+1
	return true
}

// plainValues sets the values of the record at pos. It returns where the next record begins, -1 where this one is not plain, and how many line
// ends its cells hold.
func (r *reader) plainValues(values []extract.Value) (next int, lines int64) {
	b, text, quote, newline := r.buf, r.text, r.dialect.Quote, r.dialect.Newline
	delims, nls := extract.Eight(r.dialect.Delimiter), extract.Eight(newline)
	start := r.pos
	for j := range values {
		at, shut, found := start, 0, false
		if c := b[start]; (c == quote || c == ' ') && r.opening(start, quote) >= 0 {
			start = r.opening(start, quote) + 1
			if shut, at = r.simpleEnd(start); shut < 0 {
				return -1, 0
			}
			lines += int64(bytes.Count(b[start:shut], []byte{newline}))
		}
		if at, found = extract.Either(b, at, delims, nls); !found {
			return -1, 0
		}
		if last := j == len(values)-1; last != (b[at] == newline) {
			return -1, 0
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
	return start, lines
}

// plainValue is the value of a cell without quotes: NULL where it is empty, and where MySQL and PostgreSQL say so.
func plainValue(text string) extract.Value {
	if text == "" || len(text) == 2 && text == `\N` {
		return extract.Value{Kind: extract.Null}
	}
	return extract.Value{Text: text, Kind: extract.Text}
}

// simpleEnd returns where the quoted cell whose text begins at start is closed, and the place behind it of a delimiter or a line end; -1
// where there are escapes in it, or text behind the quote.
func (r *reader) simpleEnd(start int) (shut, end int) {
	b := r.buf
	n := bytes.IndexByte(b[start:], r.dialect.Quote)
	if n < 0 || start+n+10 >= len(b) || r.dialect.Escape == '\\' && bytes.IndexByte(b[start:start+n], '\\') >= 0 {
		return -1, 0
	}
	shut, end = start+n, start+n+1
	if b[end] == '\r' && b[end+1] == '\n' && r.dialect.Newline == '\n' {
		end++
	}
	if b[end] != r.dialect.Delimiter && b[end] != r.dialect.Newline {
		return -1, 0
	}
	return shut, end
}
