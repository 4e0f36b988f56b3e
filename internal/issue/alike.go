package issue

import "strings"

// Alike is what issues have in common that are counted together: they are the
// same trouble, of different rows.
type Alike struct {
	Rule, Code, Column string
	Element            string // the path of the element, without indexes
	Says               string // the message, without the numbers in it
}

// Alike returns what other issues have to share with i to be counted with it. A
// message that names another row or counts cells says the same of each row.
func (i Issue) Alike() Alike {
	return Alike{Rule: i.Rule, Code: i.Code, Column: i.Column, Element: unindexed(i.Expression), Says: unnumbered(i.Message)}
}

// unindexed returns an expression without what stands in brackets.
func unindexed(expression string) string {
	before, rest, found := strings.Cut(expression, "[")
	if !found {
		return expression
	}
	var b strings.Builder
	for found {
		b.WriteString(before)
		_, rest, _ = strings.Cut(rest, "]")
		before, rest, found = strings.Cut(rest, "[")
	}
	b.WriteString(before)
	return b.String()
}

// unnumbered returns a message with # in the place of words that hold a digit.
func unnumbered(message string) string {
	if !strings.ContainsAny(message, "0123456789") {
		return message
	}
	var b strings.Builder
	for word := range strings.SplitSeq(message, " ") {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		if strings.ContainsAny(word, "0123456789") {
			word = "#"
		}
		b.WriteString(word)
	}
	return b.String()
}
