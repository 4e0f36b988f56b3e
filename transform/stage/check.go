package stage

import (
	"slices"
	"strconv"
	"strings"

	"chartlift/internal/issue"
	"chartlift/mappings"
)

// maxMissing bounds the columns that one view may lack before the check gives
// up. A table of SQLite has 2,000 at the most.
const maxMissing = 1000

// checker compiles views over tables without rows.
type checker struct {
	prog     *mappings.Program
	plan     *Plan
	conn     *conn
	findings []issue.Issue
}

// distinct returns the columns that the table is staged with: SQL does not tell
// letters' case apart, and knows a name once. Columns that the mapping declares
// as optional are there in any case.
func (c *checker) distinct(s *mappings.Source, known []string) []string {
	var out []string
	seen := map[string]bool{mappings.LineKey: true, mappings.FileLineColumn: true}
	add := func(name string) {
		if !seen[strings.ToLower(name)] {
			seen[strings.ToLower(name)] = true
			out = append(out, name)
		}
	}
	for _, name := range known {
		add(name)
	}
	for _, d := range s.Columns {
		if d.Optional {
			add(d.Name)
		}
	}
	return out
}

// view compiles a view. Columns that are not there are noted and then taken as
// given, so that all are found at once.
func (c *checker) view(v *mappings.Source) error {
	for range maxMissing {
		stmt, err := c.conn.prepare(v.View.SQL())
		if err == nil {
			if err := stmt.Close(); err != nil {
				return err
			}
			return c.understood(v)
		}
		if !c.wrong(v, err.Error()) {
			return nil
		}
	}
	c.add(issue.Issue{Code: "E0211", At: v.View.TokenAt(0), Message: "the view " + v.Name + " names more than " + strconv.Itoa(maxMissing) + " columns that its tables do not have"})
	return nil
}

// understood plans a view that compiles.
func (c *checker) understood(v *mappings.Source) error {
	p := &viewPlan{source: v, rows: -1}
	if v.View.Traced() != "" {
		stmt, err := c.conn.prepare(v.View.Traced())
		if p.traced = err == nil; p.traced {
			if err := stmt.Close(); err != nil {
				return err
			}
		}
	}
	if err := c.conn.createView(v, p.traced); err != nil {
		return err
	}
	var err error
	if p.columns, err = c.conn.columns(v.Name); err != nil {
		return err
	}
	for _, key := range v.Key {
		at := slices.Index(p.columns, key)
		if at < 0 {
			c.add(issue.Issue{
				Code: "E0203", At: v.Pos, Message: "the view " + v.Name + " has no column " + strconv.Quote(key) + " for its key; it has " + strings.Join(p.columns, ", "),
				Suggestion: mappings.Nearest(key, p.columns),
			})
			continue
		}
		p.order = append(p.order, at+1)
	}
	for i := range p.columns {
		if !slices.Contains(p.order, i+1) {
			p.order = append(p.order, i+1)
		}
	}
	if !p.traced {
		c.exposed(p)
	}
	c.plan.views = append(c.plan.views, p)
	return nil
}

// exposed finds the column _line of a view whose SQL cannot be followed: with
// one table it is clear whose line it is.
func (c *checker) exposed(p *viewPlan) {
	tables := p.source.View.Rows
	if len(tables) == 0 {
		tables = p.source.View.Tables
	}
	if len(tables) != 1 || tables[0].View != nil {
		return
	}
	p.rows, p.table = slices.Index(p.columns, mappings.LineKey), slices.Index(c.prog.Sources, tables[0])
}

func (c *checker) add(i issue.Issue) {
	i.Severity, i.Type = issue.Error, "invalid"
	i.At.Length = max(1, i.At.Length)
	c.findings = append(c.findings, i)
}

// wrong makes a finding of SQLite's message. It returns true where the cause is
// out of the way and the view can be tried again.
func (c *checker) wrong(v *mappings.Source, message string) bool {
	if name, ok := strings.CutPrefix(message, "no such column: "); ok {
		return c.missing(v, name)
	}
	i := issue.Issue{Code: "E0211", At: v.View.TokenAt(0), Message: "SQLite does not understand the view " + v.Name + ": " + message}
	switch {
	case c.conn.guard.refused != "":
		i.Code = "E0212"
		_, name, _ := strings.Cut(c.conn.guard.refused, "the function ")
		if i.At = v.View.TokenAt(0); name != "" {
			i.At = v.View.Find(name)
		}
		i.Message = "the view " + v.Name + " uses " + c.conn.guard.refused + ", which views must not: they read the mapping's tables, and give the same in every run"
	case strings.Contains(message, "syntax error") || message == "incomplete input":
		i.At = c.offender(v)
	default:
		for _, head := range []string{"ambiguous column name: ", "no such function: ", "no such table: "} {
			if name, ok := strings.CutPrefix(message, head); ok {
				i.At = v.View.Find(name)
			}
		}
	}
	c.add(i)
	return false
}

// offender finds the token at which the SQL stops making sense: the first
// behind which there is no way to go on.
func (c *checker) offender(v *mappings.Source) issue.Position {
	n := 1
	for ; v.View.Prefix(n+1) != ""; n++ {
		stmt, err := c.conn.prepare(v.View.Prefix(n))
		if err == nil {
			stmt.Close()
			continue
		}
		if strings.Contains(err.Error(), "syntax error") {
			break
		}
	}
	return v.View.TokenAt(n - 1)
}

// missing notes a column that no table has, and gives it to one of them; if
// another part of a UNION lacks it, to the next one then.
func (c *checker) missing(v *mappings.Source, name string) bool {
	_, column, qualified := strings.Cut(name, ".")
	if !qualified {
		column = name
	}
	first, candidates, tried := c.taker(v, name, column)
	if first == nil && tried {
		c.add(issue.Issue{Code: "E0203", At: v.View.Find(name), Message: "it is not clear which table of the view " + v.Name + " the column " + strconv.Quote(name) + " is of; write the table's name before it"})
		return false
	}
	if first == nil || !first.open {
		c.add(issue.Issue{
			Code: "E0203", At: v.View.Find(name), Suggestion: mappings.Nearest(column, candidates),
			Message: "no table of the view " + v.Name + " has the column " + strconv.Quote(name) + "; its tables have " + some(candidates) + "; a column that only some exports have is declared in its source: NAME: string?",
		})
	}
	if first == nil {
		return false
	}
	err := c.conn.exec("ALTER TABLE " + quote(first.source.Name) + " ADD COLUMN " + quote(column) + " TEXT")
	first.columns, first.lacks = append(first.columns, column), append(first.lacks, column)
	return err == nil
}

// taker returns the table that a missing column is given to, nil where there is
// none, and the columns that could be meant. tried is true where a table was
// given the column in vain: SQLite means the one of another table, inside of
// parentheses or in another part of a UNION.
func (c *checker) taker(v *mappings.Source, name, column string) (first *tablePlan, candidates []string, tried bool) {
	alias, _, qualified := strings.Cut(name, ".")
	for _, t := range v.View.Tables {
		if qualified && !slices.ContainsFunc(v.View.Aliased(alias), func(n string) bool { return strings.EqualFold(n, t.Name) }) {
			continue
		}
		if t.View != nil {
			candidates = append(candidates, c.plan.Columns(t)...)
			continue
		}
		p := c.plan.table(t)
		for _, name := range p.columns {
			if !slices.Contains(p.lacks, name) {
				candidates = append(candidates, name)
			}
		}
		has := slices.ContainsFunc(p.columns, func(n string) bool { return strings.EqualFold(n, column) })
		tried = tried || has && slices.Contains(p.lacks, column)
		if !has && (first == nil || p.open && !first.open) {
			first = p
		}
	}
	return first, candidates, tried
}

// some lists the first names.
func some(names []string) string {
	if len(names) > 12 {
		return strings.Join(names[:12], ", ") + ", … (" + strconv.Itoa(len(names)) + " in all)"
	}
	return strings.Join(names, ", ")
}
