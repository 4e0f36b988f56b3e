package mappings

import (
	"cmp"
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
		if strings.IndexByte(" \n\t\r", text[i]) >= 0 {
			i++
			continue
		}
		kind, word, n, message := sqlTokenAt(text[i:])
		column := utf8.RuneCountInString(text[:i])
		if message != "" {
			return nil, &syntaxError{column: column, message: message}
		}
		out = append(out, sqlToken{kind, word, column})
		i += n
	}
	return append(out, sqlToken{kind: sqlEnd, text: "the end", column: utf8.RuneCountInString(text)}), nil
}

// sqlTokenAt reads the token at the start of text, which takes n bytes; message
// says what is wrong with it.
func sqlTokenAt(text string) (kind sqlKind, word string, n int, message string) {
	switch c := text[0]; {
	case c == '\'' || c == '"' || c == '`':
		word, n, ok := quoted(text)
		if !ok {
			return sqlEnd, "", 0, "the closing " + string(c) + " is missing"
		}
		if c == '\'' {
			return sqlString, word, n, ""
		}
		return sqlQuoted, word, n, ""
	case digit(text, 0) || c == '-' && digit(text, 1):
		for n = 1; digit(text, n) || n < len(text) && text[n] == '.'; {
			n++
		}
		if _, err := strconv.ParseFloat(text[:n], 64); err != nil {
			return sqlEnd, "", 0, "this is no number; write a text in single quotes"
		}
		return sqlNumber, text[:n], n, ""
	}
	if kind, n = wordOrSymbol(text); n == 0 {
		return sqlEnd, "", 0, cmp.Or(notAQuote(text, `' around a text, " around a name`), "this character has no place in a condition")
	}
	return kind, text[:n], n, ""
}

func digit(text string, i int) bool { return i < len(text) && text[i] >= '0' && text[i] <= '9' }

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
