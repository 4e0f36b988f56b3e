package main

import (
	"fmt"
	"slices"
	"strings"
)

// section is what one part of the measurements comes to.
type section struct {
	body    string
	figures []figure
}

// page is docs/benchmarks.md: the goals, then a section for each part. A part
// that is measured again takes its old section's place; all others stay as they
// are, with the date of their own run.
type page struct {
	goals    map[string]goalLine
	sections map[string]string
}

// goalLine is what a line of the table of goals says of a measurement.
type goalLine struct{ measured, met, date string }

// The marks between which a section stands, by the name of its part.
const (
	beginMark = "<!-- part %s -->\n"
	endMark   = "<!-- end of %s -->\n"
)

// readPage takes a page apart. What is no section and no line of a goal that is
// still one is written anew and is not kept.
func readPage(text string) *page {
	p := &page{goals: map[string]goalLine{}, sections: map[string]string{}}
	for _, part := range parts() {
		_, rest, _ := strings.Cut(text, fmt.Sprintf(beginMark, part.name))
		if body, _, whole := strings.Cut(rest, fmt.Sprintf(endMark, part.name)); whole {
			p.sections[part.name] = body
		}
	}
	head, _, _ := strings.Cut(text, "<!-- part ")
	for line := range strings.Lines(head) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if len(cells) == 7 && cells[6] != "" && slices.ContainsFunc(goals(), func(g goal) bool { return g.id == cells[0] }) {
			p.goals[cells[0]] = goalLine{cells[3], cells[4], cells[6]}
		}
	}
	return p
}

// put replaces the section of a part, and its goals.
func (p *page) put(name, date string, s section) {
	p.sections[name] = s.body
	for _, g := range goals() {
		if g.part != name {
			continue
		}
		delete(p.goals, g.id)
		if at := slices.IndexFunc(s.figures, func(f figure) bool { return f.goal == g.id }); at >= 0 {
			measured, met := s.figures[at].cells(g)
			p.goals[g.id] = goalLine{measured, met, date}
		}
	}
}

// markdown writes the whole page.
func (p *page) markdown() string {
	var b strings.Builder
	b.WriteString("# Benchmarks\n\nWritten by `make bench`; do not edit. `make bench PARTS=NAME,NAME` measures some parts again and leaves the others as they are, each with the date of its run.\n\n" +
		"Ratios of one run on one machine are what counts: absolute figures of a shared machine say little. Where the load is above the number of processors, wall times depend on who else ran: compare CPU times then.\n\n")
	p.goalTable(&b)
	for _, part := range parts() {
		if body, measured := p.sections[part.name]; measured {
			fmt.Fprintf(&b, "\n"+beginMark+"%s"+endMark, part.name, body, part.name)
		}
	}
	return b.String()
}

// goalTable says of every goal whether it is met.
func (p *page) goalTable(b *strings.Builder) {
	b.WriteString("## Goals\n\nEach is judged by wall time with everything on (lineage, validation, references), unless it says CPU; the same ratio of CPU time stands in brackets, and what it would say where that is something else. " +
		"Matching, validation and delivery have pages of their own: [matching-measured.md](matching-measured.md), [validation-measured.md](validation-measured.md), [load-measured.md](load-measured.md).\n\n" +
		"| | goal | must | measured | met | part | date |\n|---|---|---|---:|---|---|---|\n")
	for _, g := range goals() {
		line, known := p.goals[g.id]
		if !known {
			line = goalLine{"", "not measured", ""}
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s | %s |\n", g.id, g.what, g.must(), line.measured, line.met, g.part, line.date)
	}
}
