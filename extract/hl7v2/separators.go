package hl7v2

import (
	"bytes"
	"iter"
	"strings"
)

// separators are the characters that a message is written with, as MSH-1 and
// MSH-2 give them; 0 where it gives none.
type separators struct {
	field, component, repetition, escape, sub, truncation byte
}

// usual returns the separators that nearly every message has (HL7 v2.5.1
// section 2.5.4).
func usual() separators {
	return separators{field: '|', component: '^', repetition: '~', escape: '\\', sub: '&'}
}

// readSeparators reads those of MSH, FHS or BHS. Where they are unusable, the
// usual ones are returned and ok is false.
func readSeparators(header []byte) (s separators, ok bool) {
	s = usual()
	if len(header) < 4 {
		return s, false
	}
	field := header[3]
	s.field = field
	encoding, _, _ := bytes.Cut(header[4:], []byte{field})
	if len(encoding) == 0 || len(encoding) > 5 {
		return s, false
	}
	for i, c := range encoding {
		// A letter as separator would cut every word; a repeated one says that
		// MSH-2 was damaged.
		if !punctuation(c) || c == field || bytes.IndexByte(encoding[:i], c) >= 0 {
			return s, false
		}
	}
	var given [5]byte
	copy(given[:], encoding)
	return separators{field, given[0], given[1], given[2], given[3], given[4]}, true
}

func punctuation(c byte) bool {
	letter := c|0x20 >= 'a' && c|0x20 <= 'z'
	return c > ' ' && c < 0x7f && !letter && (c < '0' || c > '9')
}

// segmentID returns the three characters that a segment begins with, or ""
// where the line is none.
func segmentID(text []byte, s separators) []byte {
	if len(text) < 3 || !idByte(text[0], false) || !idByte(text[1], true) || !idByte(text[2], true) {
		return nil
	}
	id := text[:3]
	switch {
	case len(text) == 3, header(id) && punctuation(text[3]), !header(id) && text[3] == s.field:
		return id
	}
	return nil
}

func idByte(c byte, digits bool) bool {
	return c >= 'A' && c <= 'Z' || digits && c >= '0' && c <= '9'
}

// header reports whether a segment brings separators of its own.
func header[T string | []byte](id T) bool {
	switch string(id) {
	case "MSH", "BHS", "FHS":
		return true
	}
	return false
}

// envelope reports whether a segment belongs to a batch or file, not to a
// message.
func envelope[T string | []byte](id T) bool {
	switch string(id) {
	case "FHS", "BHS", "BTS", "FTS":
		return true
	}
	return false
}

// cutAt splits text at the first sep; a sep of 0 occurs nowhere.
func cutAt(text string, sep byte) (before, after string, found bool) {
	if sep == 0 {
		return text, "", false
	}
	i := strings.IndexByte(text, sep)
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+1:], true
}

// pieces yields the parts of text between separators, counted from 1.
func pieces(text string, separator byte) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		for number, more := 1, true; more; number++ {
			var piece string
			if piece, text, more = cutAt(text, separator); !yield(number, piece) {
				return
			}
		}
	}
}

// fields yields the fields of a segment by number, counted as HL7 does: MSH-1
// is the separator itself.
func fields(segment string, s separators) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		if len(segment) < 4 {
			return
		}
		before := 0
		if header(segment[:3]) {
			if before = 1; !yield(1, segment[3:4]) {
				return
			}
		}
		for number, field := range pieces(segment[4:], s.field) {
			if !yield(number+before, field) {
				return
			}
		}
	}
}

// fieldOf returns one field of a segment, "" where it has none of this number.
func fieldOf(segment string, number int, s separators) string {
	for n, field := range fields(segment, s) {
		if n == number {
			return field
		}
	}
	return ""
}

// literal reports whether a field holds separators, so that it has no parts.
func literal(id string, field int) bool { return field > 0 && field <= 2 && header(id) }
