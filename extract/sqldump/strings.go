package sqldump

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// escapes is what \ does inside a string.
type escapes uint8

const (
	noEscapes escapes = iota
	mysqlEscapes
	eEscapes // PostgreSQL's E'…'
)

// closing returns the character that ends what open begins.
func closing(open byte) byte {
	switch open {
	case '[':
		return ']'
	case '(':
		return ')'
	case '{':
		return '}'
	case '<':
		return '>'
	}
	return open
}

// escapesOf returns the escapes of a plain string that begins with quote.
func (l *lexer) escapesOf(quote byte) escapes {
	if l.has(backslash) && strings.IndexByte(l.dialect.strings, quote) >= 0 {
		return mysqlEscapes
	}
	return noEscapes
}

// quoted appends to dst what stands between the quote at pos and its twin,
// with escapes undone.
func (l *lexer) quoted(dst []byte, e escapes) ([]byte, error) {
	quote, start := closing(l.peek()), len(dst)
	l.pos++
	for l.need(1) {
		b := l.buf[l.pos:]
		i, lines := stretch(b, quote, e != noEscapes)
		dst = append(dst, b[:i]...)
		l.line += int64(lines)
		l.pos += i
		switch {
		case len(dst)-start > maxLiteral:
			return dst, l.tooLong()
		case i == len(b):
		case b[i] != quote:
			if !l.need(2) {
				return dst, l.cut()
			}
			dst = l.unescape(dst, e)
		case l.need(2) && l.buf[l.pos+1] == quote:
			dst = append(dst, quote)
			l.pos += 2
		default:
			l.pos++
			return dst, nil
		}
	}
	return dst, l.cut()
}

func (l *lexer) tooLong() error {
	return fmt.Errorf("line %d: a value is longer than 64 MiB", l.line)
}

// stretch returns how many bytes of b come before quote, or a backslash where
// those count, and the lines in them.
func stretch(b []byte, quote byte, slash bool) (n, lines int) {
	short := b[:min(len(b), 16)] // most strings are, and a search with eight bytes at a time has its price
	for i, c := range short {
		switch {
		case c == quote || c == '\\' && slash:
			return i, lines
		case c == '\n':
			lines++
		}
	}
	other := quote
	if slash {
		other = '\\'
	}
	n = stringEnd(b, len(short), quote, other)
	return n, lines + bytes.Count(b[len(short):n], []byte{'\n'})
}

// unescape appends what the escape at pos stands for, and moves behind it.
func (l *lexer) unescape(dst []byte, e escapes) []byte {
	c := l.buf[l.pos+1]
	if e == eEscapes && (c >= '0' && c <= '7' || c == 'x' || c == 'u' || c == 'U') {
		return l.unescapeCode(dst, c)
	}
	l.pos += 2
	if c == '\n' {
		l.line++
	}
	if e == eEscapes && c == 'f' {
		return append(dst, '\f')
	}
	if i := strings.IndexByte("bnrt", c); i >= 0 {
		return append(dst, "\b\n\r\t"[i])
	}
	if e == mysqlEscapes {
		switch c { // MySQL manual, String Literals
		case '0':
			return append(dst, 0)
		case 'Z':
			return append(dst, 0x1a)
		case '%', '_':
			return append(dst, '\\', c)
		}
	}
	return append(dst, c)
}

// unescapeCode appends the byte of \ooo and \xhh, the character of \uXXXX and
// \UXXXXXXXX (PostgreSQL manual, String Constants with C-Style Escapes).
func (l *lexer) unescapeCode(dst []byte, c byte) []byte {
	base, most, skip := 16, 2, 2
	switch c {
	case 'x':
	case 'u':
		most = 4
	case 'U':
		most = 8
	default:
		base, most, skip = 8, 3, 1
	}
	l.need(skip + most)
	rest := l.buf[l.pos+skip:]
	n := 0
	for n < most && n < len(rest) && digitOf(rest[n]) < base {
		n++
	}
	code, err := strconv.ParseUint(string(rest[:n]), base, 32)
	if err != nil {
		l.pos += 2
		return append(dst, c)
	}
	l.pos += skip + n
	if most > 3 {
		return utf8.AppendRune(dst, rune(code))
	}
	return append(dst, byte(code))
}

// digitOf returns the value of a hexadecimal digit, 99 for what is none.
func digitOf(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return 99
}

// until appends what comes before mark, and moves behind it.
func (l *lexer) until(dst []byte, mark string) ([]byte, error) {
	start := len(dst)
	for l.need(len(mark)) {
		b := l.buf[l.pos:]
		n := bytes.Index(b, []byte(mark))
		found := n >= 0
		if !found {
			n = len(b) - len(mark) + 1
		}
		dst = append(dst, b[:n]...)
		l.line += int64(bytes.Count(b[:n], []byte{'\n'}))
		l.pos += n
		if found {
			l.pos += len(mark)
			return dst, nil
		}
		if len(dst)-start > maxLiteral {
			return dst, l.tooLong()
		}
	}
	l.pos = len(l.buf)
	return dst, l.cut()
}

// skipPast moves behind mark.
func (l *lexer) skipPast(mark string) error {
	for l.need(len(mark)) {
		b := l.buf[l.pos:]
		n := bytes.Index(b, []byte(mark))
		found := n >= 0
		if !found {
			n = len(b) - len(mark) + 1
		}
		l.line += int64(bytes.Count(b[:n], []byte{'\n'}))
		l.pos += n
		if found {
			l.pos += len(mark)
			return nil
		}
	}
	l.pos = len(l.buf)
	return l.cut()
}

// A function's body stands between two equal tags, and may hold strings with
// other tags: only the same one ends it (PostgreSQL manual, Dollar-Quoted
// String Constants).

// dollarTag returns $tag$ where such a string begins here, or "".
func (l *lexer) dollarTag() string {
	if !l.has(dollars) || isWord(l.before(1)) {
		return ""
	}
	l.need(66) // a name has 63 bytes
	b := l.buf[l.pos:]
	for i := 1; i < len(b) && i < 66; i++ {
		switch c := b[i]; {
		case c == '$':
			return string(b[:i+1])
		case !isWord(c) || i == 1 && c >= '0' && c <= '9': // $1 is a parameter
			return ""
		}
	}
	return ""
}

// qString appends the text of q'[…]', the quote being next.
func (l *lexer) qString(dst []byte) ([]byte, error) {
	if !l.need(2) {
		return dst, l.cut()
	}
	mark := string([]byte{closing(l.buf[l.pos+1]), '\''})
	l.pos += 2
	return l.until(dst, mark)
}

// opens reports whether c, being next, begins a string or a quoted name.
func (l *lexer) opens(c byte) bool {
	switch c {
	case '\'', '"', '`':
		return true
	case '[':
		return l.has(brackets)
	case '$':
		return l.dollarTag() != ""
	}
	return false
}

// skipString moves behind the string or quoted name that c begins.
func (l *lexer) skipString(c byte) error {
	switch {
	case c == '$':
		tag := l.dollarTag()
		l.pos += len(tag)
		return l.skipPast(tag)
	case c == '\'' && l.has(quirks) && l.prefixed('q'):
		if !l.need(2) {
			return l.cut()
		}
		mark := string([]byte{closing(l.buf[l.pos+1]), '\''})
		l.pos += 2
		return l.skipPast(mark)
	case c == '\'' && l.has(eStrings) && l.prefixed('e'):
		return l.skipQuoted(c, true)
	}
	return l.skipQuoted(closing(c), l.escapesOf(c) != noEscapes)
}

// What follows a quote depends on the letter before it, which the lexer has
// passed by then: lookBehind keeps it in the buffer.

// prefixed reports whether the quote at pos has the letter before it, as a word of its own or behind an n.
func (l *lexer) prefixed(letter byte) bool {
	if l.before(1)|0x20 != letter {
		return false
	}
	return !isWord(l.before(2)) || l.before(2)|0x20 == 'n' && !isWord(l.before(3))
}

// skipQuoted moves behind the next quote that is not doubled.
func (l *lexer) skipQuoted(quote byte, slash bool) error {
	l.pos++
	for l.need(1) {
		b := l.buf[l.pos:]
		i, lines := stretch(b, quote, slash)
		l.line += int64(lines)
		l.pos += i
		switch {
		case i == len(b):
		case b[i] == quote && !(l.need(2) && l.buf[l.pos+1] == quote):
			l.pos++
			return nil
		case !l.need(2):
			return l.cut()
		default:
			if l.buf[l.pos+1] == '\n' {
				l.line++
			}
			l.pos += 2
		}
	}
	return l.cut()
}
