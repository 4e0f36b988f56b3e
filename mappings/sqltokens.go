package mappings

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// sqlKind says what a token of a condition is.
type sqlKind uint8

const (
	sqlEnd sqlKind = iota
	sqlWord
	sqlQuoted
	sqlString
	sqlNumber
	sqlSymbol
)

// sqlToken is one token, with its place in runes.
type sqlToken struct {
	kind   sqlKind
	text   string
	column int
}

// sqlTokens cuts text into tokens, the last being the end.
func sqlTokens(text string) ([]sqlToken, error) {
	var out []sqlToken
	for i := 0; i < len(text); {
		column := utf8.RuneCountInString(text[:i])
		c := text[i]
		switch {
		case c == ' ' || c == '\n' || c == '\t' || c == '\r':
			i++
		case c == '\'' || c == '"' || c == '`':
			word, n, ok := quoted(text[i:])
			if !ok {
				return nil, &syntaxError{column: column, message: "the closing " + string(c) + " is missing"}
			}
			kind := sqlQuoted
			if c == '\'' {
				kind = sqlString
			}
			out = append(out, sqlToken{kind, word, column})
			i += n
		case c >= '0' && c <= '9' || c == '-' && i+1 < len(text) && text[i+1] >= '0' && text[i+1] <= '9':
			n := 1
			for i+n < len(text) && (text[i+n] >= '0' && text[i+n] <= '9' || text[i+n] == '.') {
				n++
			}
			if _, err := strconv.ParseFloat(text[i:i+n], 64); err != nil {
				return nil, &syntaxError{column: column, message: "this is no number; write a text in single quotes"}
			}
			out = append(out, sqlToken{sqlNumber, text[i : i+n], column})
			i += n
		default:
			kind, n := wordOrSymbol(text[i:])
			if n == 0 {
				return nil, &syntaxError{column: column, message: "this character has no place in a condition"}
			}
			out = append(out, sqlToken{kind, text[i : i+n], column})
			i += n
		}
	}
	return append(out, sqlToken{kind: sqlEnd, text: "the end", column: utf8.RuneCountInString(text)}), nil
}

func wordOrSymbol(text string) (sqlKind, int) {
	n := 0
	for n < len(text) {
		r, size := utf8.DecodeRuneInString(text[n:])
		if !nameRune(r) {
			break
		}
		n += size
	}
	if n > 0 {
		return sqlWord, n
	}
	for _, s := range []string{"<>", "!=", "<=", ">=", "==", "=", "<", ">", "(", ")", ",", "."} {
		if strings.HasPrefix(text, s) {
			return sqlSymbol, len(s)
		}
	}
	return sqlEnd, 0
}

// quoted reads a quoted token; a doubled quote stands for one.
func quoted(text string) (word string, length int, ok bool) {
	q := text[0]
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		if text[i] != q {
			b.WriteByte(text[i])
			continue
		}
		if i+1 < len(text) && text[i+1] == q {
			b.WriteByte(q)
			i++
			continue
		}
		return b.String(), i + 1, true
	}
	return "", 0, false
}
