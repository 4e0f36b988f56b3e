package sqldump

import (
	"encoding/hex"
	"strconv"
	"strings"

	"chartlift/extract"
)

// plainNumber returns the length of the number that b begins with, if it is one
// of the usual ones that need no care, and something comes behind it; else 0.
func plainNumber(b []byte) int {
	n := 0
	if len(b) > 0 && b[0] == '-' {
		n++
	}
	whole := run(b[n:])
	if whole == 0 || b[n] == '0' && whole > 1 {
		return 0
	}
	if n += whole; n < len(b) && b[n] == '.' {
		part := run(b[n+1:])
		if part == 0 {
			return 0
		}
		n += 1 + part
	}
	if n == len(b) || strings.IndexByte(",) ", b[n]) < 0 {
		return 0
	}
	return n
}

// run returns how many digits b begins with.
func run(b []byte) int {
	for i, c := range b {
		if c < '0' || c > '9' {
			return i
		}
	}
	return len(b)
}

// number reads a number, or 0x with hexadecimal digits.
func (l *lexer) number(arena []byte) (literal, []byte, error) {
	v := literal{start: len(arena), kind: extract.Number}
	l.need(1)
	if n := plainNumber(l.buf[l.pos:]); n > 0 {
		arena = append(arena, l.buf[l.pos:l.pos+n]...)
		l.pos += n
		v.end = len(arena)
		return v, arena, nil
	}
	if l.starts("0x") || l.starts("0X") {
		return l.hexNumber(v, arena)
	}
	if l.peek() == '+' {
		l.pos++
	}
	sign := true // one may come at the beginning, and behind e
	for c := l.peek(); strings.IndexByte("0123456789.eE", c) >= 0 || sign && (c == '-' || c == '+'); c = l.peek() {
		arena = append(arena, c)
		l.pos++
		sign = c|0x20 == 'e'
		if len(arena)-v.start > maxWord {
			return v, arena, errExpression
		}
	}
	v.end = len(arena)
	if isWord(l.peek()) {
		return v, arena, errExpression
	}
	text := string(arena[v.start:])
	if whole := addZero(text); whole != text {
		v, arena, _ = replaced(v, arena, whole)
		text = whole
	}
	switch {
	case isNumber(text):
	case zeroPadded(text): // 00917 is a record number: as a number it would lose its zeros
		v.kind = extract.Text
	default:
		return v, arena, errExpression
	}
	return v, arena, nil
}

// addZero makes 0.5 of .5 and -0.5 of -.5, as Oracle writes them, and 5 of 5.
// as SQL Server may.
func addZero(s string) string {
	switch {
	case len(s) > 1 && s[0] == '.':
		return "0" + s
	case len(s) > 2 && s[:2] == "-.":
		return "-0" + s[1:]
	case len(s) > 1 && s[len(s)-1] == '.':
		return s[:len(s)-1]
	}
	return s
}

// digits returns how many digits s begins with.
func digits(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

// zeroPadded reports whether s is digits behind a zero.
func zeroPadded(s string) bool {
	return len(s) > 1 && s[0] == '0' && digits(s) == len(s)
}

// isNumber reports whether s is a number as JSON writes it (RFC 8259, section
// 6).
func isNumber(s string) bool {
	if s != "" && s[0] == '-' {
		s = s[1:]
	}
	n := digits(s)
	if n == 0 || n > 1 && s[0] == '0' {
		return false
	}
	if s = s[n:]; s != "" && s[0] == '.' {
		n = digits(s[1:])
		if n == 0 {
			return false
		}
		s = s[1+n:]
	}
	if s != "" && s[0]|0x20 == 'e' {
		s = s[1:]
		if s != "" && (s[0] == '-' || s[0] == '+') {
			s = s[1:]
		}
		n = digits(s)
		return n > 0 && n == len(s)
	}
	return s == ""
}

// hexNumber reads 0x and the digits behind it, which in SQL Server scripts may
// be megabytes.
func (l *lexer) hexNumber(v literal, arena []byte) (literal, []byte, error) {
	l.pos += 2
	for l.need(1) {
		n := 0
		for b := l.buf[l.pos:]; n < len(b) && digitOf(b[n]) < 16; {
			n++
		}
		arena = append(arena, l.buf[l.pos:l.pos+n]...)
		l.pos += n
		switch {
		case len(arena)-v.start > maxLiteral:
			return v, arena, l.tooLong()
		case n > 0:
			continue
		case !l.has(batches) || !l.starts("\\\n"): // SQL Server goes on behind a backslash at the end of the line
			return l.hexEnd(v, arena)
		}
		l.pos += 2
		l.line++
	}
	return l.hexEnd(v, arena)
}

func (l *lexer) hexEnd(v literal, arena []byte) (literal, []byte, error) {
	if isWord(l.peek()) {
		return v, arena, errExpression
	}
	v.end = len(arena)
	return hexadecimal(v, arena)
}

// hexadecimal makes bytes of the digits that are v's text.
func hexadecimal(v literal, arena []byte) (literal, []byte, error) {
	text := arena[v.start:]
	if len(text)%2 == 1 {
		arena = append(arena, 0)
		text = arena[v.start:]
		copy(text[1:], text)
		text[0] = '0'
	}
	n, err := hex.Decode(text, text)
	if err != nil {
		return v, arena, errExpression
	}
	arena = arena[:v.start+n]
	v.end, v.kind, v.bytes = len(arena), extract.Text, true
	return v, arena, nil
}

// bitNumber turns b'101' into the number 5.
func bitNumber(v literal, arena []byte) (literal, []byte, error) {
	text := string(arena[v.start:v.end])
	if text == "" {
		text = "0"
	}
	n, err := strconv.ParseUint(text, 2, 64)
	if err != nil {
		return v, arena, errExpression
	}
	v.kind = extract.Number
	return replaced(v, arena, strconv.FormatUint(n, 10))
}
