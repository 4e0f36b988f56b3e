package clean

import (
	"fmt"
	"strings"
	"time"
)

// ExampleSettings returns the settings under which the Examples hold.
func ExampleSettings() Settings {
	loc, err := time.LoadLocation("America/New_York")
	if err != nil {
		loc = time.UTC // can not happen: the zones are compiled in
	}
	return Settings{
		Location: loc,
		Dates:    []string{"YYYY-MM-DD", "YYYY-MM-DDThh:mm:ssZ", "M/D/YYYY", "YYYYMMDD", "YYYY-MM", "YYYY"},
		Pivot:    30,
	}
}

// Markdown returns docs/cleaners.md: each cleaner with its arguments, types,
// issues and examples.
func Markdown() string {
	var b strings.Builder
	b.WriteString("# Cleaners\n\n<!-- Generated from transform/clean by go test ./transform/clean -update; do not edit. -->\n\n")
	b.WriteString("A cleaner tidies one value: `birthDate: $DOB | date`. Null goes in and out untouched unless a cleaner says otherwise. ")
	b.WriteString("An issue with a null result falls under the policy `bad_value`; one with a result is a warning.\n\n")
	s := ExampleSettings()
	fmt.Fprintf(&b, "The examples hold under `timezone: %s`, `two_digit_year: { pivot: %d }` and `dates: [%s]`.\n", s.Location, s.Pivot, strings.Join(s.Dates, ", "))
	group := ""
	for _, c := range All() {
		if c.Group != group {
			group = c.Group
			fmt.Fprintf(&b, "\n## %s\n", strings.ToUpper(group[:1])+group[1:])
		}
		c.markdown(&b)
	}
	return b.String()
}

func (c Cleaner) markdown(b *strings.Builder) {
	heading := c.Name
	if len(c.Params) > 0 {
		heading += " " + usage(c.Params)
	}
	fmt.Fprintf(b, "\n### `%s`\n\n%s\n\n", heading, c.Doc)
	fmt.Fprintf(b, "Takes %s, gives %s.", typeNames(c.In), typeNames([]Type{c.Out}))
	if c.Nulls {
		b.WriteString(" Sees null too.")
	}
	if len(c.Issues) > 0 {
		fmt.Fprintf(b, " Issues: `%s`.", strings.Join(c.Issues, "`, `"))
	}
	b.WriteString("\n\n| pipe | value | result |\n|---|---|---|\n")
	for _, e := range c.Examples {
		fmt.Fprintf(b, "| %s | %s | %s |\n", cell(e.Pipe), e.input(), e.output())
	}
}

func typeNames(types []Type) string {
	names := make([]string, len(types))
	for i, t := range types {
		switch t {
		case Any:
			names[i] = "any primitive"
		case Same:
			names[i] = "the type that came in"
		default:
			names[i] = string(t)
		}
	}
	return strings.Join(names, ", ")
}

func (e Example) input() string {
	in := cell(e.In)
	if e.Null {
		in = "null"
	}
	for _, c := range e.Columns {
		if c == "" {
			in += ", null"
			continue
		}
		in += ", " + cell(c)
	}
	return in
}

func (e Example) output() string {
	out := cell(e.Out)
	if e.OutNull {
		out = "null"
	}
	if e.Issue != "" {
		out += " (" + e.Issue + ")"
	}
	return out
}

// cell quotes a text for a table of Markdown; control characters are shown as
// Go writes them.
func cell(s string) string {
	quoted := fmt.Sprintf("%q", s)
	quoted = strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`)
	if strings.ContainsAny(s, "\\|") && isASCII(s) {
		quoted = strings.ReplaceAll(s, "|", `\|`)
	}
	fence := "`"
	if strings.Contains(quoted, "`") {
		fence = "``"
	}
	if strings.TrimSpace(quoted) != quoted {
		quoted = " " + quoted + " "
	}
	return fence + quoted + fence
}
