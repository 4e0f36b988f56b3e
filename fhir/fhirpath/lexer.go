package fhirpath

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// tokenKind says what a token is.
type tokenKind uint8

const (
	endOfText tokenKind = iota
	identifier
	quoted   // an identifier in backquotes or double quotes: never an operator
	literal  // a text in single quotes
	number   // 1, 1.5
	temporal // @2020-01-01, @T12:00
	variable // %resource, %`vs-name`
	special  // $this, $index, $total
	operator
)

// token is one word of an expression.
type token struct {
	kind tokenKind
	text string
	at   int
}

// isDouble reports whether two characters are one operator.
func isDouble(s string) bool { return s == "<=" || s == ">=" || s == "!=" || s == "!~" }

// scan splits an expression into tokens; the last one is endOfText.
func scan(s string) ([]token, error) {
	var tokens []token
	for at := 0; ; {
		at = skipBlank(s, at)
		if at >= len(s) {
			return append(tokens, token{kind: endOfText, at: at}), nil
		}
		t, next, err := scanOne(s, at)
		if err != nil {
			return nil, err
		}
		t.at = at
		tokens = append(tokens, t)
		at = next
	}
}

// skipBlank skips white space and comments.
func skipBlank(s string, at int) int {
	for at < len(s) {
		switch {
		case strings.IndexByte(" \t\r\n", s[at]) >= 0:
			at++
		case strings.HasPrefix(s[at:], "//"):
			end := strings.IndexByte(s[at:], '\n')
			if end < 0 {
				return len(s)
			}
			at += end
		case strings.HasPrefix(s[at:], "/*"):
			end := strings.Index(s[at+2:], "*/")
			if end < 0 {
				return at // scanOne says that it is not closed
			}
			at += end + 4
		default:
			return at
		}
	}
	return at
}

func scanOne(s string, at int) (t token, next int, err error) {
	c := s[at]
	switch {
	case isLetter(c):
		end := word(s, at)
		return token{kind: identifier, text: s[at:end]}, end, nil
	case isDigit(c):
		end := digitsEnd(s, at)
		return token{kind: number, text: s[at:end]}, end, nil
	case c == '\'':
		text, end, err := unquote(s, at)
		return token{kind: literal, text: text}, end, err
	case c == '`' || c == '"':
		text, end, err := unquote(s, at)
		return token{kind: quoted, text: text}, end, err
	case c == '@':
		end := temporalEnd(s, at+1)
		return token{kind: temporal, text: s[at+1 : end]}, end, nil
	case c == '$':
		end := word(s, at+1)
		return token{kind: special, text: s[at:end]}, end, nil
	case c == '%':
		return scanVariable(s, at)
	}
	if strings.HasPrefix(s[at:], "/*") {
		return token{}, at, &SyntaxError{Offset: at, Message: "this comment is not closed"}
	}
	if at+2 <= len(s) && isDouble(s[at:at+2]) {
		return token{kind: operator, text: s[at : at+2]}, at + 2, nil
	}
	if strings.IndexByte(".()[]{},+-*/&|=<>~", c) < 0 {
		return token{}, at, &SyntaxError{Offset: at, Message: "this character has no meaning in FHIRPath"}
	}
	return token{kind: operator, text: s[at : at+1]}, at + 1, nil
}

func scanVariable(s string, at int) (token, int, error) {
	if at+1 < len(s) && strings.IndexByte("`'\"", s[at+1]) >= 0 {
		text, end, err := unquote(s, at+1)
		return token{kind: variable, text: text}, end, err
	}
	end := word(s, at+1)
	for end < len(s) && s[end] == '-' { // %vs-name, %us-zip
		end = word(s, end+1)
	}
	return token{kind: variable, text: s[at+1 : end]}, end, nil
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }

func word(s string, at int) int {
	for at < len(s) && (isLetter(s[at]) || isDigit(s[at])) {
		at++
	}
	return at
}

// digitsEnd returns the end of a number; a dot belongs to it where a digit
// follows.
func digitsEnd(s string, at int) int {
	for at < len(s) && isDigit(s[at]) {
		at++
	}
	if at+1 < len(s) && s[at] == '.' && isDigit(s[at+1]) {
		for at++; at < len(s) && isDigit(s[at]); at++ {
		}
	}
	return at
}

func temporalEnd(s string, at int) int {
	for at < len(s) && (isDigit(s[at]) || strings.IndexByte("-:TZ+", s[at]) >= 0 || s[at] == '.' && at+1 < len(s) && isDigit(s[at+1])) {
		at++
	}
	return at
}

// unquote reads a text between two equal quotes, with the escapes of FHIRPath.
func unquote(s string, at int) (text string, next int, err error) {
	quote := s[at]
	var b strings.Builder
	for i := at + 1; i < len(s); i++ {
		switch {
		case s[i] == quote:
			return b.String(), i + 1, nil
		case s[i] != '\\' || i+1 == len(s):
			b.WriteByte(s[i])
		default:
			n, ok := escape(&b, s[i+1:])
			if !ok {
				return "", i, &SyntaxError{Offset: i, Message: "unknown escape"}
			}
			i += n
		}
	}
	return "", at, &SyntaxError{Offset: at, Message: "a quote is not closed"}
}

// escape writes what stands behind a backslash and returns its length.
func escape(b *strings.Builder, s string) (length int, ok bool) {
	const plain = "'\"`\\/"
	if strings.IndexByte(plain, s[0]) >= 0 {
		b.WriteByte(s[0])
		return 1, true
	}
	if at := strings.IndexByte("nrtf", s[0]); at >= 0 {
		b.WriteByte("\n\r\t\f"[at])
		return 1, true
	}
	if s[0] != 'u' || len(s) < 5 {
		return 0, false
	}
	n, err := strconv.ParseUint(s[1:5], 16, 32)
	if err != nil || !utf8.ValidRune(rune(n)) {
		return 0, false
	}
	b.WriteRune(rune(n))
	return 5, true
}
