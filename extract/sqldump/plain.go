package sqldump

import (
	"bytes"
	"strings"
	"time"
	"unicode/utf8"

	"chartlift/extract"
)

// Nearly all rows of a dump are strings without escapes, usual numbers and
// NULL, with a comma between them. They are read here, without looking for
// anything that SQL allows as well; where something else comes, the lexer reads
// the row from its beginning.

// mostMisses bounds how many rows are read without a look whether they are
// plain.
const mostMisses = 127

// later is a value of a plain row whose text is arena[start:end], to be fitted
// to class.
type later struct {
	record, column int
	start, end     int
	kind           extract.Kind
	class          class
}

// plain reads the row that comes next if nothing in it needs a closer look, as
// is so with most of them: its values are then parts of the text that was read.
// It is not tried with every row where the rows before it were none: a table
// whose dates are casts has no plain rows at all.
func (r *rows) plain(to *target, read func(values []extract.Value) bool) bool {
	if to.unknown != "" || to.twice || to.places == nil && r.table.own != nil {
		return false
	}
	if r.rest > 0 {
		r.rest--
		return false
	}
	values, arena, known := r.free(), len(r.arena), len(r.later)
	if !read(values) {
		clear(values)
		r.arena, r.later = r.arena[:arena], r.later[:known]
		r.misses = min(2*r.misses+1, mostMisses)
		r.rest = r.misses / 2
		return false
	}
	r.misses = 0
	r.size -= len(r.arena) - arena // which counts by itself
	for i := known; i < len(r.later); i++ {
		r.later[i].class = r.table.columns[r.later[i].column].class
	}
	for _, at := range r.special {
		if values[at].Kind > extract.Null {
			r.classify(&values[at], at)
		}
	}
	return true
}

// classify is finish for a value of a plain row.
func (r *rows) classify(v *extract.Value, column int) {
	switch c := r.table.columns[column].class; {
	case c == numbers && v.Kind == extract.Number:
	case c == dates && v.Kind == extract.Text && isMoment(v.Text):
		start := len(r.arena)
		r.arena = append(r.arena, v.Text...)
		r.arena[start+len(time.DateOnly)] = 'T'
		r.postpone(column, start, extract.Date)
	default:
		*v = finish(literal{kind: v.Kind}, v.Text, c)
	}
}

// plainText returns buf as text, of which values may be parts, or "" where it
// holds NULs or bytes that are no characters: those are looked for in every
// single value.
func (l *lexer) plainText() string {
	if l.kept {
		return l.text
	}
	if l.kept, l.text = true, ""; len(l.buf) > bufferSize { // a line of COPY of many megabytes, which is not held twice
		return ""
	}
	l.text = string(l.buf)
	whole := extract.WholeRunes(l.text)
	for whole != "" && !utf8.RuneStart(whole[0]) { // the rest of a character that was cut when the buffer was moved
		whole = whole[1:]
	}
	if l.charset.Damaged(whole) || strings.IndexByte(whole, 0) >= 0 {
		l.text = ""
	}
	return l.text
}

// plainRow reads the row at the lexer's place, which is an opening bracket,
// into those of values that places names, nil meaning all in order. It reports
// whether the row is plain, has just as many values and lies in the buffer as a
// whole; else nothing is read.
func (r *rows) plainRow(values []extract.Value, places []int) bool {
	l := r.lexer
	b, text, i, slash, n := l.buf, l.plainText(), l.pos+1, l.slash(), len(values)
	if places != nil {
		n = len(places)
	}
	if len(text) != len(b) || n == 0 {
		return false
	}
	for j := range n {
		for i < len(b) && b[i] == ' ' {
			i++
		}
		start, end, next, kind := plainValue(b, i, slash)
		behind := byte(',')
		if j == n-1 {
			behind = ')'
		}
		if next >= len(b) || b[next] != behind {
			return false
		}
		at := j
		if places != nil {
			at = places[j]
		}
		if kind == escaped {
			kind = extract.Text
			if !r.unescape(start, at) {
				return false
			}
		}
		values[at] = extract.Value{Text: text[start:end], Kind: kind}
		i = next + 1
	}
	l.line += int64(bytes.Count(b[l.pos:i], []byte{'\n'}))
	r.size += i - l.pos
	l.pos = i
	return true
}

// plainLine is plainRow for a line of COPY, which is buf[at : at+size].
func (r *rows) plainLine(values []extract.Value, places []int, at, size int) bool {
	text, n := r.lexer.plainText(), len(values)
	if places != nil {
		n = len(places)
	}
	if text == "" || n == 0 {
		return false
	}
	line := text[at : at+size]
	escapes := strings.IndexByte(line, '\\') >= 0
	for j := range n {
		end := strings.IndexByte(line, '\t')
		if end < 0 {
			end = len(line)
		}
		if (j == n-1) != (end == len(line)) {
			return false
		}
		column := j
		if places != nil {
			column = places[j]
		}
		switch v, field := &values[column], line[:end]; {
		case escapes && field == `\N`:
			v.Kind = extract.Null
		case escapes && strings.IndexByte(field, '\\') >= 0:
			start := len(r.arena)
			r.arena = uncopy(r.arena, []byte(field))
			r.postpone(column, start, extract.Text)
		default:
			v.Text, v.Kind = field, extract.Text
		}
		line = line[min(end+1, len(line)):]
	}
	r.size += size
	return true
}

// postpone notes that the text of a column of the next record is in the arena,
// from start on.
func (r *rows) postpone(column, start int, kind extract.Kind) {
	r.later = append(r.later, later{record: len(r.records), column: column, start: start, end: len(r.arena), kind: kind})
}

// unescape puts the text of a string that is not as it stands, and belongs into
// a column of the next record, into the arena.
func (r *rows) unescape(at, column int) bool {
	l, start := r.lexer, len(r.arena)
	pos, line := l.pos, l.line
	l.pos = at - 1
	var err error
	r.arena, err = l.quoted(r.arena, l.escapesOf('\''))
	l.pos, l.line = pos, line
	r.postpone(column, start, extract.Text)
	return err == nil
}

// finishLater sets values of plain rows.
func (r *rows) finishLater(all []later, text string, sound bool) {
	for _, v := range all {
		rec := &r.records[v.record]
		rec.Values[v.column] = finish(literal{kind: v.kind}, text[v.start:v.end], v.class)
		if !sound {
			r.mend(rec, v.column)
		}
	}
}

// escaped is the kind of a string that holds doubled quotes or backslashes,
// until its text is known.
const escaped = extract.Absent

// plainValue finds the value at i: b[start:end] is its text, and next is behind
// it, or len(b) where it is not plain. slash, which may be the quote, is what
// may stand for something else in a string.
func plainValue(b []byte, i int, slash byte) (start, end, next int, kind extract.Kind) {
	if i+4 >= len(b) {
		return 0, 0, len(b), extract.Null
	}
	c := b[i]
	if c == 'N' && b[i+1] == '\'' { // in the national character set, as SQL Server writes all strings
		i++
		c = '\''
	}
	if c == '\'' {
		i++
		end = stringEnd(b, i, '\'', slash)
		if end+1 < len(b) && b[end] == '\'' && b[end+1] != '\'' {
			return i, end, end + 1, extract.Text
		}
		return i, i, escapedEnd(b, i, slash), escaped
	}
	if n := plainNumber(b[i:]); n > 0 {
		return i, i + n, i + n, extract.Number
	}
	if string(b[i:i+4]) == "NULL" {
		return i, i, i + 4, extract.Null
	}
	return i, i, len(b), extract.Null
}

// escapedEnd returns the index behind the string whose text begins at i, len(b)
// where it is not in b as a whole.
func escapedEnd(b []byte, i int, slash byte) int {
	for {
		i = skimString(b, i, slash)
		switch {
		case i == 0 || i == len(b):
			return len(b)
		case b[i] != '\'':
			return i
		}
		i++ // it was doubled
	}
}

// stringEnd returns the index of the first quote or slash from i on, len(b)
// where there is none.
func stringEnd(b []byte, i int, quote, slash byte) int {
	i, found := extract.Either(b, i, extract.Eight(quote), extract.Eight(slash))
	for !found && i < len(b) && b[i] != quote && b[i] != slash {
		i++
	}
	return i
}
