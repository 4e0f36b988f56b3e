package reports

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Table is the result of a named report. Cells are plain text; a NULL is "".
type Table struct {
	Name    string
	Title   string
	Columns []Column
	Rows    [][]string
}

// Column is a column of a Table. Number says that its cells are integers,
// which text and HTML align to the right with thousands separators.
type Column struct {
	Name   string
	Number bool
}

// Text returns the table for a terminal: aligned, without control characters.
func (t Table) Text() string {
	shown := Table{Columns: t.Columns}
	for _, row := range t.Rows {
		shown.Rows = append(shown.Rows, t.display(row))
	}
	if len(t.Rows) == 0 {
		return "nothing\n"
	}
	return shown.aligned(false)
}

// display returns the row's cells as a person reads them.
func (t Table) display(row []string) []string {
	out := make([]string, len(row))
	for i, cell := range row {
		out[i] = oneLine(cell)
		if n, err := strconv.ParseInt(cell, 10, 64); err == nil && t.Columns[i].Number {
			out[i] = thousands(n)
		}
	}
	return out
}

// aligned sets the cells in columns, numbers to the right. With total the last
// row stands below a rule.
func (t Table) aligned(total bool) string {
	width := make([]int, len(t.Columns))
	for i, c := range t.Columns {
		width[i] = utf8.RuneCountInString(c.Name)
		for _, row := range t.Rows {
			width[i] = max(width[i], utf8.RuneCountInString(row[i]))
		}
	}
	var b strings.Builder
	head := make([]string, len(t.Columns))
	rule := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		head[i], rule[i] = c.Name, strings.Repeat("-", width[i])
	}
	t.line(&b, head, width)
	t.line(&b, rule, width)
	for n, row := range t.Rows {
		if total && n == len(t.Rows)-1 {
			t.line(&b, rule, width)
		}
		t.line(&b, row, width)
	}
	return b.String()
}

func (t Table) line(b *strings.Builder, cells []string, width []int) {
	var line strings.Builder
	for i, cell := range cells {
		pad := strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell))
		if i > 0 {
			line.WriteString("  ")
		}
		if t.Columns[i].Number {
			line.WriteString(pad + cell)
		} else {
			line.WriteString(cell + pad)
		}
	}
	b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
}

// oneLine replaces what could break a line or steer a terminal: values come
// from files that anybody may have written.
func oneLine(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsControl(c) || unicode.Is(unicode.Bidi_Control, c) {
			return '·'
		}
		return c
	}, s)
}

// thousands returns 1234567 as 1,234,567.
func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}
