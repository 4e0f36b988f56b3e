package draft

import (
	"fmt"
	"slices"
	"strings"

	"chartlift/extract/profile"
	"chartlift/internal/issue"
	"chartlift/mappings"
)

// Fit is how a shipped mapping goes with the tables at hand.
type Fit struct {
	Found   []Pair
	Missing []*mappings.Source // sources of the mapping without a table
	Extra   []*profile.Table   // tables with rows that the mapping does not name
}

// Pair is a table that a source of the mapping names, with what differs.
type Pair struct {
	Source  *mappings.Source
	Table   *profile.Table
	Missing []string // columns that the mapping needs
	Extra   []string // columns that it does not read
	Renames []Rename
}

// Rename says that a column of the table is likely the one that the mapping
// misses. A spelling of the same role is Sure, a name that only looks alike is
// not.
type Rename struct {
	Actual, Wanted, Why string
	Sure                bool
}

// Compare puts the tables of a report beside the sources of a mapping.
func Compare(r *profile.Report, prog *mappings.Program) Fit {
	var f Fit
	taken := map[*profile.Table]bool{}
	for _, s := range prog.Needed() {
		found := hasSegment(r, s)
		for _, t := range r.Tables {
			if s.Format == t.Format && s.MatchesFile(t.Source) && s.MatchesTable(t.Table) {
				f.Found = append(f.Found, pair(prog, s, t))
				found, taken[t] = true, true
			}
		}
		if !found {
			f.Missing = append(f.Missing, s)
		}
	}
	for _, t := range r.Tables {
		if !taken[t] && t.Rows > 0 {
			f.Extra = append(f.Extra, t)
		}
	}
	return f
}

// hasSegment reports whether a source of a field's repetitions (PID.3) has its
// segment among the tables; they have no profile of their own.
func hasSegment(r *profile.Report, s *mappings.Source) bool {
	segment, _, repeats := strings.Cut(s.Read.Table, ".")
	return s.Format == "hl7v2" && repeats && slices.ContainsFunc(r.Tables, func(t *profile.Table) bool {
		return t.Format == "hl7v2" && t.Table == segment && s.MatchesFile(t.Source)
	})
}

// pair compares columns. Segments of messages have every position, filled or
// not.
func pair(prog *mappings.Program, s *mappings.Source, t *profile.Table) Pair {
	p := Pair{Source: s, Table: t}
	if t.Format == "hl7v2" {
		return p
	}
	var columns []string
	for _, c := range t.Columns {
		columns = append(columns, c.Name)
		if s.UseIndex(s.SourceName(c.Name)) < 0 {
			p.Extra = append(p.Extra, c.Name)
		}
	}
	suggested := map[string]string{}
	for _, i := range prog.CheckColumns(s, mappings.Table{Source: t.Source, Table: t.Table, Columns: columns}) {
		for _, u := range s.Uses {
			if u.Pos == i.At && i.Code != "E0205" {
				p.Missing = append(p.Missing, u.Name)
				suggested[u.Name] = i.Suggestion
			}
		}
	}
	for _, name := range p.Missing {
		if r, ok := p.rename(name, suggested[name]); ok {
			p.Renames = append(p.Renames, r)
		}
	}
	return p
}

// rename finds the column that is meant: one of the same role, or of nearly the
// same name.
func (p *Pair) rename(wanted, near string) (Rename, bool) {
	for _, actual := range p.Extra {
		if r := sameRole(wanted, actual, p.Table.Table); r != "" {
			return Rename{actual, wanted, "both are spellings of " + string(r), true}, true
		}
	}
	if slices.Contains(p.Extra, near) {
		return Rename{near, wanted, "nearly the same name", false}, true
	}
	return Rename{}, false
}

// sameRole returns a role that has both spellings, "" where none has.
func sameRole(a, b, table string) role {
	stem := tableStem(table)
	x := strings.Join(strip(profile.Words(a), "", stem), "")
	y := strings.Join(strip(profile.Words(b), "", stem), "")
	for _, s := range synonyms {
		names := strings.Fields(s.names)
		if slices.Contains(names, x) && slices.Contains(names, y) {
			return s.role
		}
	}
	return ""
}

// Good reports whether the mapping was written for such sources: at least half
// of its tables are there, with most of their columns.
func (f Fit) Good() bool {
	good := 0
	for _, p := range f.Found {
		if len(p.Missing)*3 <= len(p.Source.Uses) {
			good++
		}
	}
	return good > 0 && good*2 >= len(f.Found)+len(f.Missing) || good > 0 && f.Found[0].Table.Format == "hl7v2" || good > 0 && f.Found[0].Table.Format == "ccda"
}

// Differences lists what a person has to look at, table by table.
func (f Fit) Differences(name string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "The mapping %s and the tables at hand\n", name)
	f.messages(&b)
	for _, p := range f.Found {
		if p.perFile() {
			continue
		}
		fmt.Fprintf(&b, "\n%s (%s, %s) is %s\n", p.Table.Table, p.Table.Source, issue.Count(p.Table.Rows, "row"), p.Source.Name)
		if len(p.Missing) == 0 && len(p.Extra) == 0 {
			b.WriteString("  nothing differs\n")
		}
		if len(p.Missing) > 0 {
			fmt.Fprintf(&b, "  missing columns: %s\n", strings.Join(p.Missing, ", "))
		}
		if len(p.Extra) > 0 {
			fmt.Fprintf(&b, "  columns that no rule reads: %s\n", strings.Join(p.Extra, ", "))
		}
		p.proposeRenames(&b)
	}
	if len(f.Missing) > 0 {
		b.WriteString("\nTables of the mapping that are not there:\n")
		for _, s := range f.Missing {
			fmt.Fprintf(&b, "  %s (%s)%s\n", s.Name, strings.TrimSpace(s.Path+" "+s.Read.Table+s.Read.Sheet), f.near(s))
		}
	}
	if len(f.Extra) > 0 {
		b.WriteString("\nTables that the mapping does not name (left behind):\n")
		for _, line := range f.extraLines() {
			b.WriteString("  " + line + "\n")
		}
	}
	return b.String()
}

// perFile tells tables of which every message file and every document has one.
func (p *Pair) perFile() bool { return p.Table.Format == "hl7v2" || p.Table.Format == "ccda" }

// messages adds up the tables of messages and documents, one line a source.
func (f Fit) messages(b *strings.Builder) {
	rows := map[string]int64{}
	files := map[string]int{}
	var names []string
	for _, p := range f.Found {
		if !p.perFile() {
			continue
		}
		if files[p.Source.Name]++; files[p.Source.Name] == 1 {
			names = append(names, p.Source.Name)
		}
		rows[p.Source.Name] += p.Table.Rows
	}
	for _, n := range names {
		fmt.Fprintf(b, "  %s: %s in %s\n", n, issue.Count(rows[n], "row"), issue.Count(files[n], "file"))
	}
}

// extraLines names the tables that are left behind, those of messages and
// documents once.
func (f Fit) extraLines() []string {
	var lines []string
	rows := map[string]int64{}
	var names []string
	for _, t := range f.Extra {
		if t.Format != "hl7v2" && t.Format != "ccda" {
			lines = append(lines, fmt.Sprintf("%s (%s), %s", t.Table, t.Source, issue.Count(t.Rows, "row")))
			continue
		}
		if rows[t.Table] == 0 {
			names = append(names, t.Table)
		}
		rows[t.Table] += t.Rows
	}
	slices.Sort(names)
	for _, n := range names {
		lines = append(lines, n+", "+issue.Count(rows[n], "row"))
	}
	return lines
}

// proposeRenames says which columns are likely meant.
func (p *Pair) proposeRenames(b *strings.Builder) {
	for _, r := range p.Renames {
		done := "renamed in " + SiteFile
		if !r.Sure {
			done = "to be renamed by you in " + SiteFile
		}
		fmt.Fprintf(b, "  %s is likely %s: %s; %s\n", r.Actual, r.Wanted, r.Why, done)
	}
}

// near names the unread table whose name is most like that of a source.
func (f Fit) near(s *mappings.Source) string {
	want := tableStem(s.Name)
	for _, t := range f.Extra {
		have := tableStem(t.Table)
		for _, w := range want {
			if slices.ContainsFunc(have, func(h string) bool { return singular(h) == singular(w) }) {
				return "; is it " + t.Table + " (" + t.Source + ")?"
			}
		}
	}
	return ""
}
