package mappings

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"chartlift/internal/issue"
)

// Total is a control total: how many rows a table has in the old system. A file
// that was cut between two rows, or whose rows were exported twice, is whole to
// look at; only its number of rows tells.
type Total struct {
	Rows int64
	Pos  issue.Position
}

func rowsKeys() []keyDoc {
	return []keyDoc{
		{"csv", "text", "CSV file of control totals, beside the mapping."},
		{"table", "text", "Its column with the names of tables."},
		{"count", "text", "Its column with their numbers of rows."},
		{"name", "text", "The name of this table there; the source's name if not given."},
	}
}

// total reads how many rows a source has: a number, a param, or a line of a
// control file. A param that is empty says nothing.
func (c *compiler) total(s *Source, n *node) *Total {
	if n == nil || n.kind == null {
		return nil
	}
	at, text := n.pos, ""
	if n.kind == mapping {
		if !c.section(n, "rows") {
			return nil
		}
		if text = c.controlled(s, n); text == "" {
			return nil
		}
	} else if text = strings.TrimSpace(c.constant(n)); text == "" {
		return nil
	}
	v, err := strconv.ParseInt(text, 10, 64)
	if err != nil || v < 0 {
		c.add("E0107", at, strconv.Quote(text)+" is no number of rows; write it without separators: 12040")
		return nil
	}
	return &Total{Rows: v, Pos: at}
}

// controlled returns the number that a control file has for the source, ""
// after a finding.
func (c *compiler) controlled(s *Source, n *node) string {
	file := n.get("csv")
	if file == nil {
		c.add("E0105", n.pos, "name the control file: rows: { csv: control.csv, table: TABLE, count: ROWS }, or write the number: rows: 12040")
		return ""
	}
	t := c.csvFile(file)
	if t == nil {
		return ""
	}
	table, count := t.named(n, "table"), t.named(n, "count")
	if table < 0 || count < 0 {
		return ""
	}
	name := c.constant(n.get("name"))
	if name == "" {
		name = s.Name
	}
	var found, names []string
	t.each(func(row []string, _ int) {
		if names = append(names, cell(row, table)); cell(row, table) == name {
			found = append(found, cell(row, count))
		}
	})
	switch {
	case len(found) == 0:
		c.suggest("E0402", file.pos, "the control file has no line for the table "+strconv.Quote(name)+"; say its name there: name: TABLE", nearest(name, names))
		return ""
	case len(slices.Compact(found)) > 1 || found[0] == "":
		c.add("E0402", file.pos, "the control file has no one number for the table "+strconv.Quote(name))
		return ""
	}
	return found[0]
}

// Counted returns what is wrong with the number of rows that were read of the
// source, all its files together; ok is false where it is the one of the
// control total, or where there is none.
func (s *Source) Counted(read int64) (found issue.Issue, ok bool) {
	if s.Total == nil || s.Total.Rows == read {
		return issue.Issue{}, false
	}
	hint := "the export was cut short, or a file is missing; get it again before anything is relied on"
	if read > s.Total.Rows {
		hint = "rows were exported twice, or files of another export lie there"
	}
	return issue.Issue{
		Severity: issue.Error, Code: "row-count", Type: "incomplete", Rule: s.Name, At: s.Total.Pos,
		Message: fmt.Sprintf("%s has %s, and its control total is %d: %s", s.Name, issue.Count(read, "row"), s.Total.Rows, hint),
	}, true
}
