package reports

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"chartlift/internal/formula"
)

// Table is the result of a named report. Cells are plain text; a NULL is "".
type Table struct {
	Name    string
	Title   string
	Columns []Column
	Rows    [][]string
}

// Column is a column of a Table. Number says that its cells are numbers, which
// are aligned to the right; they are shown without separators, because some are
// row numbers that a person copies into the next command.
type Column struct {
	Name   string
	Number bool
}

// Text returns the table for a terminal: aligned, without control characters.
func (t Table) Text() string {
	if len(t.Rows) == 0 {
		return "nothing\n"
	}
	shown := Table{Columns: t.Columns}
	for _, row := range t.Rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = oneLine(cell)
		}
		shown.Rows = append(shown.Rows, cells)
	}
	return shown.aligned(false)
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

// line writes one line without trailing blanks.
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

// CSV writes the table as RFC 4180 with a header, cells guarded by
// [formula.Guard]: what a spreadsheet would run as a formula has an apostrophe
// in front.
func (t Table) CSV(w io.Writer) error {
	out := csv.NewWriter(w)
	head := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		head[i] = c.Name
	}
	if err := out.Write(head); err != nil {
		return fmt.Errorf("write %s as CSV: %w", t.Name, err)
	}
	for _, row := range t.Rows {
		if err := out.Write(formula.GuardAll(row)); err != nil {
			return fmt.Errorf("write %s as CSV: %w", t.Name, err)
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write %s as CSV: %w", t.Name, err)
	}
	return nil
}

// JSON writes the table as {"name","title","rows":[{column: cell}]}, the
// columns in their order, numbers as numbers.
func (t Table) JSON(w io.Writer) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"name":%s,"title":%s,"rows":[`, quoted(t.Name), quoted(t.Title))
	for n, row := range t.Rows {
		if n > 0 {
			b.WriteByte(',')
		}
		b.WriteString("\n")
		for i, cell := range row {
			b.WriteByte("{,"[min(i, 1)])
			b.WriteString(quoted(t.Columns[i].Name) + ":" + t.jsonCell(i, cell))
		}
		b.WriteByte('}')
	}
	b.WriteString("]}\n")
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("write %s as JSON: %w", t.Name, err)
	}
	return nil
}

// jsonCell returns a number as one, a missing one as null.
func (t Table) jsonCell(column int, cell string) string {
	if t.Columns[column].Number && cell == "" {
		return "null"
	}
	if t.Columns[column].Number && json.Valid([]byte(cell)) {
		return cell
	}
	return quoted(cell)
}

// quoted returns s as a JSON string.
func quoted(s string) string {
	text, _ := json.Marshal(s) // a string always can be
	return string(text)
}

// Markdown writes the table in GitHub's form.
func (t Table) Markdown(w io.Writer) error {
	var b strings.Builder
	head, rule := make([]string, len(t.Columns)), make([]string, len(t.Columns))
	for i, c := range t.Columns {
		head[i], rule[i] = c.Name, "---"
		if c.Number {
			rule[i] = "---:"
		}
	}
	markdownRow(&b, head)
	markdownRow(&b, rule)
	for _, row := range t.Rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = markdownCell(cell)
		}
		markdownRow(&b, cells)
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write %s as Markdown: %w", t.Name, err)
	}
	return nil
}

func markdownRow(b *strings.Builder, cells []string) {
	b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}

// markdownCell keeps a source value from becoming a table border, a link, an
// image that a viewer fetches, or HTML.
func markdownCell(s string) string {
	return strings.NewReplacer(`\`, `\\`, "|", `\|`, "<", "&lt;", "&", "&amp;", "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`).Replace(oneLine(s))
}
