package sqldump

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"chartlift/extract"
)

// errExpression says that something else than a literal stands in a tuple.
var errExpression = errors.New("an expression stands where a value is wanted")

// literal is one value of a tuple; its text is arena[start:end].
type literal struct {
	start, end int
	kind       extract.Kind
	bytes      bool // a binary string, whose bytes need not be characters
}

// tuple reads (…), the opening bracket being next. The texts of its values go to arena.
func (l *lexer) tuple(values []literal, arena []byte) ([]literal, []byte, error) {
	l.pos++
	for {
		c, err := l.space()
		if err != nil {
			return values, arena, err
		}
		if c == ')' && len(values) == 0 {
			l.pos++
			return values, arena, nil
		}
		var v literal
		if v, arena, err = l.literal(c, arena); err != nil {
			return values, arena, err
		}
		values = append(values, v)
		c, err = l.space()
		switch {
		case err != nil:
			return values, arena, err
		case c == ',':
			l.pos++
		case c == ')':
			l.pos++
			return values, arena, nil
		case c == 0 && !l.need(1):
			return values, arena, l.cut()
		default:
			return values, arena, errExpression
		}
	}
}

// literal reads one value that begins with c.
func (l *lexer) literal(c byte, arena []byte) (literal, []byte, error) {
	v := literal{start: len(arena), kind: extract.Text}
	var err error
	switch {
	case c == 0 && !l.need(1):
		return v, arena, l.cut()
	case strings.IndexByte(l.dialect.strings, c) >= 0:
		arena, err = l.quoted(arena)
	case c >= '0' && c <= '9' || c == '-' || c == '+' || c == '.':
		return l.number(arena)
	case isWord(c):
		return l.bareword(arena)
	default:
		err = errExpression
	}
	v.end = len(arena)
	return v, arena, err
}

// number reads a number, or 0x with hexadecimal digits.
func (l *lexer) number(arena []byte) (literal, []byte, error) {
	v := literal{start: len(arena), kind: extract.Number}
	if l.starts("0x") {
		l.pos += 2
		return l.hexadecimal(l.word(), v, arena)
	}
	if l.peek() == '+' {
		l.pos++
	}
	for c := l.peek(); isWord(c) || c == '.' || c == '-' || c == '+'; c = l.peek() {
		arena = append(arena, c)
		l.pos++
		if len(arena)-v.start > maxWord {
			return v, arena, errExpression
		}
	}
	v.end = len(arena)
	return v, arena, nil
}

// hexadecimal appends the bytes that the digits stand for.
func (l *lexer) hexadecimal(digits string, v literal, arena []byte) (literal, []byte, error) {
	if len(digits)%2 == 1 {
		digits = "0" + digits
	}
	b, err := hex.DecodeString(digits)
	if err != nil {
		return v, arena, errExpression
	}
	arena = append(arena, b...)
	v.end, v.kind, v.bytes = len(arena), extract.Text, true
	return v, arena, nil
}

// bareword reads NULL, TRUE, DEFAULT, _binary '…', x'…' and b'…'.
func (l *lexer) bareword(arena []byte) (literal, []byte, error) {
	v := literal{start: len(arena), end: len(arena), kind: extract.Text}
	word := strings.ToUpper(l.word())
	switch word {
	case "NULL":
		v.kind = extract.Null
		return v, arena, nil
	case "DEFAULT":
		v.kind = extract.Absent
		return v, arena, nil
	case "TRUE", "FALSE":
		arena = append(arena, strings.ToLower(word)...)
		v.end, v.kind = len(arena), extract.Bool
		return v, arena, nil
	}
	c, err := l.space()
	if err != nil {
		return v, arena, err
	}
	if c != '\'' || !isIntroducer(word) {
		if word == "_BINARY" && l.starts("0x") {
			return l.number(arena)
		}
		return v, arena, errExpression
	}
	arena, err = l.quoted(arena)
	v.end = len(arena)
	switch text := string(arena[v.start:]); word {
	case "X":
		return l.hexadecimal(text, v, arena[:v.start])
	case "B":
		v.kind = extract.Number
		return bits(text, v, arena[:v.start], err)
	case "_BINARY":
		v.bytes = true
	}
	return v, arena, err
}

// isIntroducer reports whether word may stand before a string: N, X, B or a character set.
func isIntroducer(word string) bool {
	return word == "N" || word == "X" || word == "B" || strings.HasPrefix(word, "_")
}

// bits turns b'101' into the number 5.
func bits(digits string, v literal, arena []byte, err error) (literal, []byte, error) {
	var n uint64
	for _, d := range digits {
		if d != '0' && d != '1' || n > 1<<62 {
			return v, arena, errExpression
		}
		n = n<<1 | uint64(d-'0')
	}
	arena = fmt.Appendf(arena, "%d", n)
	v.end = len(arena)
	return v, arena, err
}

// finish fits a literal to the class of its column, and returns the text that replaces the literal's where it has to.
func finish(v literal, text string, c class) extract.Value {
	out := extract.Value{Text: text, Kind: v.kind}
	switch {
	case v.kind <= extract.Null:
		return extract.Value{Kind: v.kind}
	case c == flag && (len(text) == 1 || text == ""):
		out.Kind, out.Text = extract.Bool, "false"
		if text != "" && text != "\x00" && text != "0" {
			out.Text = "true"
		}
	case c == binary && v.kind == extract.Text, (v.bytes || c == blob) && !printable(text):
		out.Text = hex.EncodeToString([]byte(text))
	case c == dates && v.kind == extract.Text:
		return date(text)
	}
	return out
}

// printable tells text from bytes.
func printable(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return r < ' ' && r != '\t' && r != '\n' && r != '\r' }) < 0
}

// date makes 2019-03-07T10:00:00 of 2019-03-07 10:00:00. A zero date, which
// MySQL writes for none, and anything odd stay texts.
func date(s string) extract.Value {
	ok := len(s) == 10 || len(s) >= 19 && s[10] == ' ' && s[13] == ':'
	if !ok || s[4] != '-' || s[7] != '-' || s[:4] == "0000" || s[5:7] == "00" || s[8:10] == "00" {
		return extract.Value{Text: s, Kind: extract.Text}
	}
	if len(s) > 10 {
		s = s[:10] + "T" + s[11:]
	}
	return extract.Value{Text: s, Kind: extract.Date}
}
