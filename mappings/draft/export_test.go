package draft

import (
	"strings"

	"chartlift/extract/profile"
)

// Spelling is a line of the table of synonyms.
type Spelling struct {
	Group, Role string
	Names       []string
}

// Spellings returns the table of synonyms.
func Spellings() []Spelling {
	var list []Spelling
	for _, s := range synonyms {
		list = append(list, Spelling{s.group, string(s.role), strings.Fields(s.names)})
	}
	return list
}

// Disguised replaces values as tests do, with a fixed seed.
func Disguised(value string, hex bool) string { return disguise{days: 100}.shape(value, hex) }

// Moved moves a date written in a format.
func Moved(format, value string) string {
	c := &column{Column: dateColumn(format)}
	out, ok := disguise{days: 100}.move(c, value)
	if !ok {
		return "not moved"
	}
	return out
}

// Scalar quotes a text for YAML.
func Scalar(s string) string { return scalar(s) }

// InFlow quotes a text for YAML between braces.
func InFlow(s string) string { return inFlow(s) }

// Quoted quotes a value of a test.
func Quoted(s string) string { return quoted(s) }

func dateColumn(format string) *profile.Column {
	return &profile.Column{Type: profile.TypeDate, Formats: []profile.DateFormat{{Format: format}}}
}
