package draft

import (
	"path"
	"slices"
	"strings"

	"chartlift/extract/profile"
)

// column is a column with the forms of its name.
type column struct {
	*profile.Column
	words  []string // without those of the table's own name: PAT_SNAME → sname
	plain  string   // the words joined
	join   *profile.Join
	twice  bool // the header names it more than once
	used   string
	inList bool // it joins a list of codes, or is a column of one: nobody's secret
}

// newTable takes the names of a table apart.
func newTable(t *profile.Table) *Table {
	out := &Table{Table: t}
	times := map[string]int{}
	for _, c := range t.Columns {
		times[c.Name]++
	}
	own := ownPrefix(t)
	table := tableStem(t.Table)
	for _, c := range t.Columns {
		col := &column{Column: c, words: strip(profile.Words(c.Name), own, table), twice: times[c.Name] > 1}
		if n := len(col.words); n > 1 && slices.Contains([]string{"dt", "dte", "dat"}, col.words[n-1]) {
			col.words[n-1] = "date" // START_DT; a column that is called DT alone may be a day or a type
		}
		col.plain = strings.Join(col.words, "")
		for i := range t.Joins {
			if t.Joins[i].Column == c.Name {
				col.join = &t.Joins[i]
			}
		}
		out.columns = append(out.columns, col)
	}
	return out
}

// tableStem returns the words of a table's name, without the marks of a schema
// or program in front.
func tableStem(table string) []string {
	if i := strings.LastIndexByte(table, '.'); i >= 0 {
		table = table[i+1:]
	}
	var list []string
	for _, w := range profile.Words(table) {
		switch w {
		case "tbl", "t", "oh", "dbo", "public", "vw", "v", "emr", "form", "data", "clinlims", "row":
		default:
			list = append(list, w)
		}
	}
	return list
}

// ownPrefix is the first word of nearly all of a table's columns: PAT of
// PAT_ID, PAT_SEX ….
func ownPrefix(t *profile.Table) string {
	count := map[string]int{}
	for _, c := range t.Columns {
		if w := profile.Words(c.Name); len(w) > 1 {
			count[w[0]]++
		}
	}
	for w, n := range count {
		if n >= 3 && n*5 >= len(t.Columns)*4 {
			return w
		}
	}
	return ""
}

// strip takes the table's prefix and name off a column's words, where something
// is left.
func strip(words []string, own string, table []string) []string {
	if len(words) > 1 && own != "" && words[0] == own {
		words = words[1:]
	}
	for len(words) > 1 && slices.ContainsFunc(table, func(t string) bool { return singular(t) == singular(words[0]) }) {
		words = words[1:]
	}
	return words
}

// singular takes a plural's ending off.
func singular(w string) string {
	if strings.HasSuffix(w, "ies") && len(w) > 4 {
		return w[:len(w)-3] + "y"
	}
	if strings.HasSuffix(w, "ss") || len(w) < 4 {
		return w
	}
	return strings.TrimSuffix(w, "s")
}

// usable tells whether a mapping can name the column: once in its header, and
// with no sign that a pipe cannot hold.
func (c *column) usable() bool {
	return !c.twice && c.Name != "" && !strings.ContainsFunc(c.Name, func(r rune) bool {
		return r < ' ' || r == '"' || r == '\'' || r == '\\' || r == 0x85 || r == '\u2028' || r == '\u2029'
	})
}

// ref writes the column as the start of a pipe.
func (c *column) ref() string { return "$" + c.bare() }

func (c *column) bare() string {
	if plainName(c.Name) {
		return c.Name
	}
	return `"` + c.Name + `"`
}

// plainName tells names that need no quotes in pipes and conditions.
func plainName(s string) bool {
	for i, r := range s {
		if r != '_' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9' || i == 0) {
			return false
		}
	}
	return s != ""
}

// column returns the column of that name, or nil.
func (t *Table) column(name string) *column {
	for _, c := range t.columns {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// best returns the column that spells the role best, and how sure that is.
func (t *Table) best(r role) (*column, float64, string) {
	names := spellings(t.Kind, r)
	for _, name := range names {
		for _, c := range t.columns {
			if c.plain == name && c.free() {
				return c, 0.95, "name"
			}
		}
	}
	for _, name := range names {
		for _, c := range t.columns {
			if len(name) >= 4 && c.free() && strings.HasSuffix(c.plain, name) && onlyFiller(strings.TrimSuffix(c.plain, name)) {
				return c, 0.85, "end of the name"
			}
		}
	}
	return nil, 0, ""
}

// free reports whether the column can still be proposed for something.
func (c *column) free() bool { return c.used == "" && c.usable() && c.Values > 0 }

// onlyFiller takes what says nothing in front of a name: patient_last_name.
func onlyFiller(s string) bool {
	switch s {
	case "", "patient", "pat", "pt", "person", "client", "member", "patients", "current", "legal", "home", "main":
		return true
	}
	return false
}

// fileBase is the name of the file that a table is in, without folder and
// compression.
func fileBase(source string) string {
	base := path.Base(strings.NewReplacer("!", "/", `\`, "/").Replace(source))
	for _, end := range []string{".gz", ".gzip", ".zip", ".zst", ".zstd"} {
		if cut, ok := strings.CutSuffix(base, end); ok && cut != "" {
			return cut
		}
	}
	return base
}

// pattern writes a file's name as a source's path: signs that mean something
// there stand for themselves no more.
func pattern(source string) string {
	return strings.NewReplacer("*", "?", "[", "?", `\`, "?").Replace(fileBase(source))
}
