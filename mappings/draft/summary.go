package draft

import (
	"fmt"
	"slices"
	"strings"

	"chartlift/internal/issue"
)

// Summary tells a person what was drafted, and what is left to them.
func (d *Draft) Summary() string {
	var b strings.Builder
	mapped := d.Mapped()
	fmt.Fprintf(&b, "%s, %d mapped\n", issue.Count(len(d.Tables), "table"), len(mapped))
	width := 8
	for _, t := range mapped {
		width = max(width, len([]rune(t.Table.Table)))
	}
	for _, t := range mapped {
		name := t.Table.Table + strings.Repeat(" ", width-len([]rune(t.Table.Table)))
		_, rows, _ := strings.Cut(issue.Count(t.Rows, "row"), " ")
		fmt.Fprintf(&b, "  %s %9d %-4s → %-18s %3.0f %%, %s\n", name, t.Rows, rows, t.Kind.resource(), t.Sure*100, issue.Count(t.Live, "element"))
	}
	if len(mapped) == 0 {
		b.WriteString("  nothing clinical was recognised: the draft has no map; why, stands at its end for each table\n")
		d.whyNothing(&b)
		return b.String()
	}
	b.WriteString("Left for you:\n")
	for _, line := range d.todo() {
		b.WriteString("  " + line + "\n")
	}
	return b.String()
}

// mostReasons is how many tables are named where none is mapped.
const mostReasons = 6

// whyNothing names the first tables with their reasons.
func (d *Draft) whyNothing(b *strings.Builder) {
	n := 0
	for _, t := range d.Tables {
		if t.Rows == 0 {
			continue
		}
		if n++; n > mostReasons {
			fmt.Fprintf(b, "  …\n")
			return
		}
		fmt.Fprintf(b, "  %s: %s\n", oneLine(t.Table.Table), oneLine(t.Why()))
	}
}

// todo lists what the draft cannot know.
func (d *Draft) todo() []string {
	var list []string
	guesses, unused := 0, 0
	for _, t := range d.Mapped() {
		guesses += t.Guesses
		unused += t.unused()
	}
	if guesses > 0 {
		list = append(list, fmt.Sprintf("guesses that stand as comments: %d", guesses))
	}
	if back := d.takenBack(); len(back) > 0 {
		list = append(list, "read first: columns that may deny, end or void what their row says: "+strings.Join(back, ", "))
	}
	for _, u := range d.undated {
		list = append(list, "date "+oneLine(u))
	}
	if d.zoneless > 0 {
		list = append(list, issue.Count(d.zoneless, "column")+" of times whose zone is not known, dates until you give --timezone")
	}
	if codes, open := d.codes(); open > 0 {
		list = append(list, fmt.Sprintf("%d of %s without a target, in %s of terms/", open, issue.Count(codes, "local code"), issue.Count(len(d.walks), "file")))
	}
	if unused > 0 {
		list = append(list, issue.Count(unused, "column")+" with values and without a proposal, listed below each map")
	}
	if about := d.aboutPatients(); len(about) > 0 {
		list = append(list, "tables that hold something about patients and are left behind: "+strings.Join(about, ", "))
	}
	return append(list, "every line of the draft, to be read")
}

// codes counts the local codes, and those that wait for a target.
func (d *Draft) codes() (all, open int) {
	for _, w := range d.walks {
		for _, e := range w.entries(nil) {
			all++
			if _, ok := w.known[lower(e.code)]; !ok {
				open++
			}
		}
	}
	return all, open
}

// aboutPatients lists the tables that join the patients and have no map.
func (d *Draft) aboutPatients() []string {
	var list []string
	for _, t := range d.Tables {
		if t.Kind == Left && t.Rows > 0 && !t.looked && d.subjectOf(t) != nil && !slices.Contains(list, t.Table.Table) {
			list = append(list, t.Table.Table)
		}
	}
	return list
}

// unused counts columns with values that became nothing.
func (t *Table) unused() int {
	n := 0
	for _, c := range t.columns {
		if c.used == "" && c.Values > 0 {
			n++
		}
	}
	return n
}
