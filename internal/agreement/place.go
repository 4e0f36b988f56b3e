package main

import (
	"regexp"
	"strconv"
	"strings"

	"chartlift/validate"
)

var (
	typeNote = regexp.MustCompile(`/\*[^*]*\*/`)
	notation = regexp.MustCompile(`\.ofType\(\w+\)|\[x\]|\[url='[^']*'\]`)
)

// place writes a location in one way. The reference validator notes types and
// ids in comments (Patient.contained[0]/*Organization/a*/.name), writes choices
// in two ways (value[x] and value.ofType(Quantity)) and the resource that it
// cannot read as $.
func place(expression string) string {
	s := typeNote.ReplaceAllString(expression, "")
	s = notation.ReplaceAllString(s, "")
	return strings.TrimPrefix(s, "$")
}

// inEntry says where in its bundle an entry's issue lies.
func inEntry(it *validate.Item, expression string) string {
	_, below, deep := strings.Cut(expression, ".")
	at := "Bundle.entry[" + strconv.Itoa(it.Entry) + "].resource"
	if deep {
		at += "." + below
	}
	return at
}
