package mappingtest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"chartlift/fhir"
	"chartlift/mappings"
)

// Updated returns the text of a file of tests with every difference of results
// written into it: what the tests expect is then what they got. Everything
// else, comments too, stays as it is.
func Updated(text []byte, results []Result) ([]byte, error) {
	var edits []mappings.Edit
	for _, r := range results {
		for _, d := range r.Differences {
			e := d.edit
			if e.At == (mappings.Span{}) {
				return nil, fmt.Errorf("test %q: %s: %w", r.Test.Name, d.Path, mappings.ErrNoPlace)
			}
			if e.At.EndLine == e.At.Line && e.At.EndColumn == e.At.Column {
				e.Text = " " + e.Text // expect: without a value
			}
			edits = append(edits, e)
		}
	}
	return mappings.Rewrite(text, edits)
}

// flow writes a JSON value as the mapping language has it, on one line, without
// the members named.
func flow(t *fhir.Tree, node int, without ...string) string {
	switch t.Kind(node) {
	case fhir.Object:
		var parts []string
		for c := t.First(node); c != 0; c = t.Next(c) {
			if key := strings.Clone(t.Key(c)); !slices.Contains(without, key) {
				parts = append(parts, key+": "+flow(t, c))
			}
		}
		if len(parts) == 0 {
			return "{}"
		}
		return "{ " + strings.Join(parts, ", ") + " }"
	case fhir.Array:
		var parts []string
		for c := t.First(node); c != 0; c = t.Next(c) {
			parts = append(parts, flow(t, c))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case fhir.String:
		return word(t.Text(node))
	}
	return strings.Clone(t.Raw(node))
}

// word writes a text plainly where every YAML reader takes it for the same
// text, otherwise in quotes.
func word(text string) string {
	_, notNumber := strconv.ParseFloat(text, 64)
	if notNumber == nil || slices.Contains([]string{"", "~", "null", "true", "false", "yes", "no", "on", "off"}, strings.ToLower(text)) || !plain(text) {
		return string(fhir.AppendString(nil, text))
	}
	return strings.Clone(text)
}

// plain reports whether text needs no quotes in a flow: letters, digits and
// what stands in dates, codes and URLs.
func plain(text string) bool {
	for i, c := range text {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		inside := i > 0 && i < len(text)-1 && strings.ContainsRune("-_./+ ", c)
		colon := c == ':' && i > 0 && i < len(text)-1 && text[i+1] != ' '
		if !letter && !inside && !colon {
			return false
		}
	}
	return true
}

// show writes what a test expects.
func show(w *mappings.Want) string {
	var parts []string
	switch w.Kind {
	case mappings.WantAbsent:
		return absent
	case mappings.WantText:
		return word(w.Text)
	case mappings.WantExtension:
		for _, p := range w.Parts {
			parts = append(parts, show(p))
		}
		if len(parts) == 1 {
			return parts[0]
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case mappings.WantObject:
		for _, p := range w.Parts {
			parts = append(parts, p.Key+": "+show(p))
		}
		return "{ " + strings.Join(parts, ", ") + " }"
	}
	for _, p := range w.Parts {
		parts = append(parts, show(p))
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

func showIssues(list []mappings.WantIssue) string {
	parts := make([]string, 0, len(list))
	for _, i := range list {
		var members []string
		for _, m := range [][2]string{{"rule", i.Rule}, {"code", i.Code}, {"value", i.Value}} {
			if m[1] != "" {
				members = append(members, m[0]+": "+word(m[1]))
			}
		}
		parts = append(parts, "{ "+strings.Join(members, ", ")+" }")
	}
	return "[" + strings.Join(parts, ", ") + "]"
}
