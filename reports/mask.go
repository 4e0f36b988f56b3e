package reports

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// shapeLength is how much of a value's shape is shown.
const shapeLength = 40

// keep returns what the run database may hold of a value.
func (r *Recorder) keep(value string, most int) string {
	if r.info.Options.MaskValues {
		return Shape(value)
	}
	return truncate(value, most)
}

// Shape returns the form of a value without the value: digits as 9, letters as
// A or a, spaces and ASCII punctuation as they are, anything else as "?", and
// the length in characters: "99/99/9999 (len 10)". The empty string stays
// empty.
func Shape(value string) string {
	if value == "" {
		return ""
	}
	var b strings.Builder
	length := 0
	for _, c := range value {
		length++
		if length <= shapeLength {
			b.WriteRune(shapeOf(c))
		}
	}
	if length > shapeLength {
		b.WriteString("…")
	}
	fmt.Fprintf(&b, " (len %d)", length)
	return b.String()
}

// quotation is what servers put what they quote in: quotation marks of any
// kind, or brackets.
var quotation = regexp.MustCompile("\"[^\"\n]+\"|'[^'\n]+'|`[^`\n]+`|“[^”\n]+”|‘[^’\n]+’|«[^»\n]+»|\\[[^\\]\n]+\\]")

// maskQuoted returns a text with the shape of each quotation in its place.
func maskQuoted(text string) string {
	return quotation.ReplaceAllStringFunc(text, func(q string) string {
		first, width := utf8.DecodeRuneInString(q)
		last, end := utf8.DecodeLastRuneInString(q)
		return string(first) + Shape(q[width:len(q)-end]) + string(last)
	})
}

func shapeOf(c rune) rune {
	switch {
	case unicode.IsDigit(c):
		return '9'
	case unicode.IsUpper(c):
		return 'A'
	case unicode.IsLetter(c), unicode.IsMark(c):
		return 'a'
	case c >= ' ' && c <= '~':
		return c
	}
	return '?'
}

// truncate returns at most n bytes of valid UTF-8, cut between characters: SQLite
// and JSON want text, and a source may hold anything.
func truncate(s string, n int) string {
	if len(s) > n {
		cut := n
		for cut > 0 && !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = s[:cut] + "…"
	}
	return strings.ToValidUTF8(s, "�")
}
