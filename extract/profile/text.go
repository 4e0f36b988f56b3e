package profile

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The widths of the terminal table, 110 columns in all.
const (
	lineWidth  = 110
	nameWidth  = 24
	aboutWidth = lineWidth - nameWidth - 2 - 8 - 2 - 8 - 2 - 11 - 2
	shownTop   = 4
)

// Text returns the report for a terminal, one block a table.
func (r *Report) Text() string {
	var b strings.Builder
	for i, t := range r.Tables {
		if i > 0 {
			b.WriteByte('\n')
		}
		t.text(&b)
	}
	r.problems(&b)
	return b.String()
}

// problems lists the files that could not be read with the reason, and by name
// alone those that are no tables.
func (r *Report) problems(b *strings.Builder) {
	if unread := r.Unread(); len(unread) > 0 {
		b.WriteString("\nNot read\n")
		for _, p := range unread {
			wrap(b, "  ", "  ", plain(p.Message))
		}
	}
	if others := r.Others(); len(others) > 0 {
		wrap(b, "\nNot a table: ", "  ", plain(strings.Join(others, ", ")))
	}
}

// Unread returns the problems but for those of files that are no tables.
func (r *Report) Unread() []Problem {
	var list []Problem
	for _, p := range r.Problems {
		if p.Code != notATable {
			list = append(list, p)
		}
	}
	return list
}

// Others returns the names of the files that are text, but no tables.
func (r *Report) Others() []string {
	var list []string
	for _, p := range r.Problems {
		if p.Code == notATable {
			list = append(list, p.Source)
		}
	}
	return list
}

// text writes the block of a table.
func (t *Table) text(b *strings.Builder) {
	wrap(b, "", "  ", plain(t.title()))
	if t.Reading != "" {
		wrap(b, "  ", "  ", plain(t.Reading))
	}
	for _, line := range t.notes() {
		wrap(b, "  ", "    ", plain(line))
	}
	if len(t.Columns) > 0 {
		fmt.Fprintf(b, "  %s  %s  %s  %s  %s\n", pad("column", nameWidth-2), pad("type", 8), fmt.Sprintf("%8s", "missing"), fmt.Sprintf("%11s", "distinct"), "values")
	}
	for _, c := range t.Columns {
		t.columnText(b, c)
	}
}

// title is the first line of a block.
func (t *Table) title() string {
	name := t.Table
	if t.Source != t.Table {
		name += "  (" + t.Source + ")"
	}
	return fmt.Sprintf("%s: %s, %s", name, count(t.Rows, "row"), count(int64(len(t.Columns)), "column"))
}

// notes are the lines about the table as a whole.
func (t *Table) notes() []string {
	var list []string
	if t.Stopped != "" {
		list = append(list, "NOT READ TO THE END: "+t.Stopped)
	}
	if t.DuplicateRows > 0 {
		list = append(list, "duplicates: "+approximate(count(t.DuplicateRows, "copy"), t.Estimated)+" of earlier rows")
	}
	if keys := t.KeyText(); keys != "" {
		list = append(list, "key: "+keys)
	}
	for _, j := range t.Joins {
		list = append(list, "join: "+j.Text(t.Source))
	}
	for _, j := range t.PairJoins {
		list = append(list, "join: "+j.Text(t.Source))
	}
	for _, w := range t.Warnings {
		list = append(list, w.Severity.String()+" "+w.Text())
	}
	return list
}

// KeyText lists the likely keys in words.
func (t *Table) KeyText() string {
	var list []string
	for _, k := range t.Keys {
		text := strings.Join(k.Columns, " + ")
		if k.Exceptions > 0 {
			text += ", but for " + approximate(count(k.Exceptions, "row"), !k.Proved)
		} else if !k.Proved {
			text += " (by a sample)"
		}
		list = append(list, text)
	}
	return strings.Join(list, ", or ")
}

// Text returns the join in words; source is the file of its column.
func (j Join) Text(source string) string {
	to := j.ToTable + "." + j.ToColumn
	if j.ToSource != source && !strings.Contains(j.ToSource, j.ToTable+".") {
		to = j.ToSource + " " + to
	}
	text := fmt.Sprintf("%s → %s, %s of its values are there", j.Column, to, percent(j.Contained))
	if j.Orphans > 0 {
		text += ", " + approximate(count(j.Orphans, "orphan row"), j.Estimated)
	}
	if !j.ByName {
		text += " (by values alone)"
	}
	return text
}

// Text returns the join in words; source is the file of its columns.
func (j PairJoin) Text(source string) string {
	return Join{
		Column: strings.Join(j.Columns, " + "), ToSource: j.ToSource, ToTable: j.ToTable, ToColumn: strings.Join(j.ToColumns, " + "),
		Contained: j.Contained, Orphans: j.Orphans, Estimated: j.Estimated, ByName: true,
	}.Text(source)
}

// Text returns the warning in one line.
func (w Warning) Text() string {
	text := w.Code + ": " + w.Message
	if w.Count > 1 {
		text += fmt.Sprintf(" (%s", count(w.Count, "time"))
		if w.Row > 0 {
			text += fmt.Sprintf(", first in row %d", w.Row)
		}
		return text + ")"
	}
	if w.Row > 0 {
		text += fmt.Sprintf(" (row %d)", w.Row)
	}
	return text
}

// columnText writes the line of a column, and further ones below its last
// field.
func (t *Table) columnText(b *strings.Builder, c *Column) {
	name := plain(c.Name)
	if utf8.RuneCountInString(name) > nameWidth-2 {
		name = string([]rune(name)[:nameWidth-3]) + "…"
	}
	lead := fmt.Sprintf("  %s  %s  %8s  %11s  ", pad(name, nameWidth-2), pad(c.Type, 8), c.MissingText(), approximate(thousands(c.Distinct), !c.DistinctExact))
	about := strings.Join(c.Facts(), "; ")
	if about == "" {
		b.WriteString(strings.TrimRight(lead, " ") + "\n")
		return
	}
	wrap(b, lead, strings.Repeat(" ", lineWidth-aboutWidth), plain(about))
}

// MissingText returns the share of NULL, "" and absent cells, "–" for none.
func (c *Column) MissingText() string {
	missing := c.Nulls + c.Empty + c.Absent
	if missing == 0 {
		return "–"
	}
	return percent(float64(missing) / float64(missing+c.Values))
}

// Facts lists what is worth saying of the column, in words.
func (c *Column) Facts() []string {
	var list []string
	add := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	if c.Personal != "" {
		add("personal: %s", c.Personal)
	}
	if values := c.ValuesText(); values != "" {
		add("%s", values)
	}
	for _, f := range c.Formats {
		add("%s", f.Text())
	}
	for _, s := range c.Codes {
		add("%s %s by %s", s.System, approximate(percent(s.Share), s.Estimated), s.By)
	}
	if len(c.Placeholders) > 0 {
		add("placeholders: %s", valueCounts(c.Placeholders, shownTop))
	}
	if c.Misfits > 0 {
		add("%s no %s", count(c.Misfits, "value")+areIs(c.Misfits), c.Type)
	}
	if c.Impossible > 0 {
		add("%s impossible", count(c.Impossible, "date")+areIs(c.Impossible))
	}
	if c.Padded > 0 {
		add("%s spaces at the ends", count(c.Padded, "value")+haveHas(c.Padded))
	}
	if c.Empty > 0 && c.Nulls > 0 {
		add(`%s NULL, %s ""`, thousands(c.Nulls), thousands(c.Empty))
	}
	return list
}

// ValuesText shows the most frequent values, or else the range.
func (c *Column) ValuesText() string {
	switch {
	case c.Type == TypeEmpty:
		return ""
	case c.FreeText:
		return fmt.Sprintf("free text, %d to %d characters", c.MinLength, c.MaxLength)
	case c.Type == TypeUUID && len(c.Top) > 0 && !c.Masked:
		return "each in up to " + approximate(count(c.Top[0].Count, "row"), c.Top[0].Error > 0)
	case c.Type == TypeUUID:
		return ""
	case !c.isRange():
		return valueCounts(c.Top, shownTop)
	case c.Min == c.Max:
		return quote(c.Min)
	}
	return quote(c.Min) + " … " + quote(c.Max)
}

// isRange tells that the ends say more of the column than its most frequent
// values.
func (c *Column) isRange() bool {
	if c.Masked || c.Min == "" {
		return false
	}
	switch c.Type {
	case TypeInteger, TypeDecimal, TypeDate, TypeDateTime, TypeTime:
		return true
	}
	return c.Unique
}

// Text returns the format with its proof.
func (f DateFormat) Text() string {
	text := f.Format + " " + thousands(f.Values)
	switch f.Order {
	case "":
		return text
	case OrderUnknown:
		return text + ": which part is the day cannot be told, none is above 12"
	case OrderDayFirst:
		return fmt.Sprintf("%s: day first, proved by %s", text, count(f.DayFirst, "value"))
	case OrderMonthFirst:
		return fmt.Sprintf("%s: month first, proved by %s", text, count(f.MonthFirst, "value"))
	}
	return fmt.Sprintf("%s: both occur, day first in %s, month first in %s, either in %s", text, thousands(f.DayFirst), thousands(f.MonthFirst), thousands(f.Undecided))
}

// valueCounts lists up to n values with their rows.
func valueCounts(list []ValueCount, n int) string {
	var parts []string
	for i, v := range list {
		if i == n {
			parts = append(parts, "…")
			break
		}
		parts = append(parts, quote(v.Value)+" "+approximate(thousands(v.Count), v.Error > 0))
	}
	return strings.Join(parts, ", ")
}

// quote marks where a value begins and ends if it is not one word, and shortens
// it.
func quote(s string) string {
	if r := []rune(s); len(r) > 36 {
		s = string(r[:35]) + "…"
	}
	if strings.ContainsAny(s, " ,;") {
		return `"` + s + `"`
	}
	return s
}

// approximate marks an estimate.
func approximate(text string, estimated bool) string {
	if estimated {
		return "~" + text
	}
	return text
}

// count returns "1 row" or "1,234 rows".
func count(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if stem, ok := strings.CutSuffix(noun, "y"); ok {
		return thousands(n) + " " + stem + "ies"
	}
	return thousands(n) + " " + noun + "s"
}

func areIs(n int64) string {
	if n == 1 {
		return " is"
	}
	return " are"
}

func haveHas(n int64) string {
	if n == 1 {
		return " has"
	}
	return " have"
}

// thousands returns 1234567 as 1,234,567.
func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// percent says 100 % and 0 % only where that is exactly so.
func percent(share float64) string {
	switch {
	case share > 0 && share < 0.001:
		return "< 0.1 %"
	case share < 1 && share > 0.999:
		return "> 99.9 %"
	}
	return strings.TrimSuffix(fmt.Sprintf("%.1f", share*100), ".0") + " %"
}

// pad counts characters, which fmt does not do for all widths.
func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-utf8.RuneCountInString(s)))
}

// wrap writes text behind lead, in lines of lineWidth that begin with indent.
func wrap(b *strings.Builder, lead, indent, text string) {
	b.WriteString(lead)
	at := utf8.RuneCountInString(lead)
	for i, w := range strings.Fields(text) {
		n := utf8.RuneCountInString(w)
		switch {
		case i == 0:
		case at+1+n > lineWidth:
			b.WriteString("\n" + indent)
			at = utf8.RuneCountInString(indent)
		default:
			b.WriteByte(' ')
			at++
		}
		b.WriteString(w)
		at += n
	}
	b.WriteByte('\n')
}
