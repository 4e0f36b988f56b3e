package mappings

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"chartlift/internal/issue"
)

// Table is what is known of a table at hand before a row is read.
type Table struct {
	Source  string // file as the user named it
	Table   string
	Columns []string
	Line    int64 // physical line of the header
}

// MatchesFile reports whether a file of this name is the one that the source
// names. Suffixes of compression need not be written; letters' case does not
// count. Clinical documents and messages have several customary endings (.xml,
// .ccda, .cda; .hl7, .hl7v2): *.xml and *.hl7 stand for all of them.
func (s *Source) MatchesFile(name string) bool {
	for _, pattern := range endings(s.Format, strings.ToLower(s.Path)) {
		if matchesFile(pattern, name) {
			return true
		}
	}
	return false
}

func endings(format, pattern string) []string {
	switch {
	case format == "ccda" && pattern == "*.xml":
		return []string{pattern, "*.ccda", "*.cda"}
	case format == "hl7v2" && pattern == "*.hl7":
		return []string{pattern, "*.hl7v2"}
	}
	return []string{pattern}
}

func matchesFile(pattern, name string) bool {
	name = strings.ToLower(path.Base(strings.ReplaceAll(name, "!", "/")))
	for _, suffix := range []string{"", ".gz", ".gzip", ".zip", ".zst", ".zstd"} {
		n, had := strings.CutSuffix(name, suffix)
		if ok, err := path.Match(pattern, n); had && err == nil && ok {
			return true
		}
	}
	return false
}

// MatchesTable reports whether the table inside such a file is the one that the
// source names.
func (s *Source) MatchesTable(table string) bool {
	switch s.Format {
	case "xlsx":
		return s.Read.Sheet == "" || strings.EqualFold(s.Read.Sheet, table)
	case "sql_dump", "sqlite", "hl7v2", "ccda":
		return strings.EqualFold(s.Read.Table, table)
	}
	return true
}

// FileColumns returns the columns that the mapping needs, as the file calls
// them.
func (s *Source) FileColumns() []string {
	names := make([]string, 0, len(s.Uses))
	for _, u := range s.Uses {
		name := u.Name
		for from, to := range s.Rename {
			if to == u.Name {
				name = from
			}
		}
		names = append(names, name)
	}
	return names
}

// CheckColumns compares the columns that the mapping needs with those that the
// table has. A column that is missing is an error, unless the mapping declares
// it optional or the policy missing_column is omit-element; so is a header that
// names a needed column twice.
func (p *Program) CheckColumns(s *Source, t Table) []issue.Issue {
	var f findings
	header := make([]string, len(t.Columns))
	for i, name := range t.Columns {
		header[i] = s.SourceName(name)
	}
	for _, u := range s.Uses {
		n := 0
		for _, name := range header {
			if name == u.Name {
				n++
			}
		}
		switch {
		case n > 1:
			f.add("E0205", u.Pos, t.Source+" names the column "+strconv.Quote(u.Name)+" "+strconv.Itoa(n)+" times in its header (line "+
				strconv.FormatInt(t.Line, 10)+"); rename one of them in the file")
		case n == 0 && (u.Optional || u.Lenient):
			f.warn("W0203", u.Pos, "column "+strconv.Quote(u.Name)+" is not in "+t.Source+"; it counts as empty")
		case n == 0:
			f.suggest("E0203", u.Pos, "column "+strconv.Quote(u.Name)+" is not in "+t.Source+headerText(t)+u.unquoted(), nearest(u.Name, header))
		}
	}
	return f.list
}

// unquoted says what a name may be that is compared with a column: in SQL a
// text without quotes is a column, and one in double quotes is, too.
func (u ColumnUse) unquoted() string {
	if !u.compared {
		return ""
	}
	return "; if a text is meant, put it in single quotes: '" + strings.ReplaceAll(u.Name, "'", "''") + "'"
}

func headerText(t Table) string {
	names := t.Columns
	more := ""
	if len(names) > 8 {
		names, more = names[:8], ", … ("+strconv.Itoa(len(t.Columns))+" in all)"
	}
	if t.Line == 0 {
		return "; its columns are " + strings.Join(names, ", ") + more
	}
	return "; its header in line " + strconv.FormatInt(t.Line, 10) + " has " + strings.Join(names, ", ") + more
}

// Needed returns the tables of files that a map takes rows from or looks rows
// up in, or that views of use read.
func (p *Program) Needed() []*Source {
	var out []*Source
	add := func(s *Source) {
		if s != nil && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	for _, t := range p.named() {
		if t.View == nil {
			add(t)
		}
	}
	for _, v := range p.UsedViews() {
		for _, t := range v.View.Tables {
			if t.View == nil {
				add(t)
			}
		}
	}
	return out
}

// named returns the tables and views that a map takes rows from or looks rows
// up in, some of them twice.
func (p *Program) named() []*Source {
	var out []*Source
	for _, m := range p.Maps {
		if m.From != nil {
			out = append(out, m.From)
		}
		for _, l := range m.Lookups {
			out = append(out, l.In)
		}
	}
	return out
}

// UsedViews returns the views that a map, a lookup or another view of use
// needs, each after those it reads.
func (p *Program) UsedViews() []*Source {
	used := map[*Source]bool{}
	var mark func(s *Source)
	mark = func(s *Source) {
		if used[s] || s.View == nil {
			return
		}
		used[s] = true
		for _, t := range s.View.Tables {
			mark(t)
		}
	}
	for _, s := range p.named() {
		mark(s)
	}
	return slices.DeleteFunc(slices.Clone(p.Views), func(s *Source) bool { return !used[s] })
}

// UseIndex returns the place of a column in Uses, or -1.
func (s *Source) UseIndex(column string) int {
	return slices.IndexFunc(s.Uses, func(u ColumnUse) bool { return u.Name == column })
}

// Unused returns a note on the columns of a table of s that neither a rule nor
// a view of the mapping uses; ok is false where there are none.
func (p *Program) Unused(s *Source, t Table) (i issue.Issue, ok bool) {
	var names []string
	for _, c := range t.Columns {
		if name := s.SourceName(c); s.UseIndex(name) < 0 && !p.viewNames(s, name) {
			names = append(names, c)
		}
	}
	const shown = 40
	text := strings.Join(names[:min(len(names), shown)], ", ")
	if len(names) > shown {
		text += ", …"
	}
	return issue.Issue{
		Severity: issue.Information, Code: "I0203", Type: "informational", At: s.Pos,
		Message: strconv.Itoa(len(names)) + " of " + strconv.Itoa(len(t.Columns)) + " columns of " + t.Source + " are not used by any rule: " + text,
	}, len(names) > 0
}

// LimitOf returns the share of rejected rows at which a run stops in the table
// of s.
func (p *Program) LimitOf(s *Source) Limit {
	if s.Limit != nil {
		return *s.Limit
	}
	return p.Defaults.Limit
}
