package draft

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode"

	"chartlift/extract/profile"
)

// tests writes tests of every map, made from sampled rows of which the people
// were taken out. What is expected is left to chartlift test --update.
func (d *Draft) tests(rows map[*profile.Table]Rows) []byte {
	w := &testWriter{rows: rows, disguise: newDisguise(d.Tables, rows)}
	w.line(0, "# Tests made by chartlift init from rows of the sources; every value of a person was replaced, dates were moved.", "")
	w.line(0, "# What they expect is what the draft does today: correct it to what it should do, then mend the mapping.", "")
	w.line(0, "chartlift: 1", "")
	w.line(0, "tests:", "")
	n := 0
	for _, t := range d.Mapped() {
		for _, s := range samples(t, rows[t.Table]) {
			w.line(2, "- name: "+scalar(t.Map+", "+s.name), "")
			w.line(4, "map: "+t.Map, "")
			w.line(4, "given:", "")
			w.line(6, t.name+": "+w.row(t, s.cells), "")
			w.lookedUp(t, s.cells)
			w.line(4, "expect:", "")
			n++
		}
	}
	if n == 0 {
		return nil
	}
	return []byte(w.String())
}

// testWriter writes tests of rows, in their disguise.
type testWriter struct {
	writer
	rows     map[*profile.Table]Rows
	disguise disguise
}

// sample is a row with the reason why it was taken.
type sample struct {
	name  string
	cells []string
}

// samples takes the row with the most values and the one with the fewest.
func samples(t *Table, r Rows) []sample {
	if len(r.Cells) == 0 {
		return nil
	}
	full, bare, fullest, barest := 0, 0, -1, len(r.Columns)+1
	for i, cells := range r.Cells {
		n := 0
		for j, v := range cells {
			if c := t.column(r.Columns[j]); c != nil && c.used != "" && v != "" {
				n++
			}
		}
		if n > fullest {
			full, fullest = i, n
		}
		if n < barest {
			bare, barest = i, n
		}
	}
	out := []sample{{"a row with most of its columns", r.Cells[full]}}
	if barest < fullest {
		out = append(out, sample{"a row with few of its columns", r.Cells[bare]})
	}
	return out
}

// row writes the columns that the mapping uses.
func (w *testWriter) row(t *Table, cells []string) string {
	var parts []string
	for i, name := range w.rows[t.Table].Columns {
		c := t.column(name)
		if c == nil || cells[i] == "" || !t.reads(c) {
			continue
		}
		parts = append(parts, quoted(c.Name)+": "+quoted(w.disguise.value(c, cells[i])))
	}
	return "{ " + strings.Join(parts, ", ") + " }"
}

// reads reports whether the mapping names the column, not only as a comment.
func (t *Table) reads(c *column) bool {
	return c.Name == t.key || slices.ContainsFunc(t.guards, func(g guard) bool { return g.c == c }) || slices.ContainsFunc(t.looks, func(l *look) bool { return l.by == c }) || slices.ContainsFunc(t.tree, func(n *node) bool { return n.names(c, "") })
}

// names reports whether a proposal under the node names the column, of the
// table or of a lookup.
func (n *node) names(c *column, alias string) bool {
	if n.kids != nil {
		return n.alive() && slices.ContainsFunc(n.kids, func(k *node) bool { return k.names(c, alias) })
	}
	if n.sort == guess {
		return false
	}
	if alias != "" {
		return names(n.text, "$"+alias+"."+c.bare())
	}
	return names(n.text, "$"+c.bare()) || n.sort == constant && names(n.text, c.bare())
}

// names finds a column's name in a pipe, not the beginning of a longer one.
func names(text, ref string) bool {
	for from := 0; ; {
		at := strings.Index(text[from:], ref)
		if at < 0 {
			return false
		}
		start, end := from+at, from+at+len(ref)
		if !partOfName(text, end) && (ref[0] == '$' || start == 0 || !partOfName(text, start-1) && text[start-1] != '.') {
			return true
		}
		from = end
	}
}

func partOfName(text string, at int) bool {
	return at < len(text) && (text[at] == '_' || text[at] >= 0x80 || unicode.IsLetter(rune(text[at])) || unicode.IsDigit(rune(text[at])))
}

// lookedUp writes the rows of other tables that the sample's lookups find.
func (w *testWriter) lookedUp(t *Table, cells []string) {
	given := map[string][]string{}
	var order []string
	for _, l := range t.looks {
		row := w.found(l, t, cells)
		if row == "" || slices.Contains(given[l.in.name], row) {
			continue
		}
		if given[l.in.name] == nil {
			order = append(order, l.in.name)
		}
		given[l.in.name] = append(given[l.in.name], row)
	}
	for _, name := range order {
		if len(given[name]) == 1 {
			w.line(6, name+": "+given[name][0], "")
			continue
		}
		w.line(6, name+":", "")
		for _, row := range given[name] {
			w.line(8, "- "+row, "")
		}
	}
}

// found writes the row that a lookup finds, "" where it finds none; its key is
// what the sample says, in its disguise.
func (w *testWriter) found(l *look, t *Table, cells []string) string {
	r := w.rows[l.in.Table]
	by, on := slices.Index(w.rows[t.Table].Columns, l.by.Name), slices.Index(r.Columns, l.on)
	if by < 0 || on < 0 || cells[by] == "" {
		return ""
	}
	at := slices.IndexFunc(r.Cells, func(other []string) bool { return other[on] == cells[by] })
	if at < 0 {
		return ""
	}
	parts := []string{quoted(l.on) + ": " + quoted(w.disguise.value(l.by, cells[by]))}
	for i, name := range r.Columns {
		c, v := l.in.column(name), r.Cells[at][i]
		if c == nil || v == "" || name == l.on {
			continue
		}
		if slices.ContainsFunc(t.tree, func(n *node) bool { return n.names(c, l.alias) }) {
			parts = append(parts, quoted(name)+": "+quoted(w.disguise.value(c, v)))
		}
	}
	return "{ " + strings.Join(parts, ", ") + " }"
}

// quoted writes a text for a YAML mapping in braces; JSON's quotes are YAML's
// as well.
func quoted(s string) string {
	if plainValue(s) {
		return s
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(s) != nil {
		return `""`
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func plainValue(s string) bool {
	return s != "" && s != "null" && s != "Null" && s != "NULL" && !strings.ContainsFunc(s, func(r rune) bool {
		return r != '_' && r != '.' && !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9')
	})
}
