package main

import (
	"fmt"
	"runtime"
	"strings"

	"chartlift/transform/dedupe"
)

// peopleMarkdown writes the page about matching.
func (r *report) peopleMarkdown(sets []*peopleSet, peer string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Matching people, measured\n\nWritten by `go run ./internal/bench -people %d`; do not edit.\n\n", r.options.people)
	fmt.Fprintf(&b, "%s, %d processors (%s), %s%s. Load average at the start: %s.\n\n", r.date, runtime.NumCPU(), r.cpu, runtime.Version(), r.python, r.load)
	b.WriteString("How right: pairs of records in one cluster, against the truth. *Mixed* are clusters with two people in them. Chartlift is told the columns' kinds and nothing else, " +
		"profile `safe`; *certain* are its clusters of grade `certain` alone, which are what may be merged by itself. ")
	fmt.Fprintf(&b, "Beside it %s with the comparisons and rules in `internal/bench/peers/splink_run.py`, clusters from 0.95 on. "+
		"Populations are made by `internal/population`: invented people, so the figures say how methods compare, not how a hospital's data will do.\n\n", orText(peer, "Splink"))
	b.WriteString("| set | records | | precision | recall | F1 | B³ precision | B³ recall | mixed |\n|---|---:|---|---:|---:|---:|---:|---:|---:|\n")
	for _, s := range sets {
		line := func(name, who string, records string, v *dedupe.Scores) {
			fmt.Fprintf(&b, "| %s | %s | %s | %.5f | %.5f | %.5f | %.5f | %.5f | %d |\n", name, records, who, v.Precision, v.Recall, v.F1, v.BCubedPrec, v.BCubedRecall, v.Mixed)
		}
		line(s.name, "chartlift", fmt.Sprint(s.records), &s.all)
		line("", "certain", "", &s.certain)
		if s.withoutPeer == "" {
			line("", "Splink", "", &s.peer)
		}
	}
	b.WriteString("\n")
	for _, s := range sets {
		fmt.Fprintf(&b, "- %s: %s\n", s.name, s.how)
	}
	r.peopleCost(&b, sets)
	for _, n := range r.notes {
		fmt.Fprintf(&b, "- %s\n", n)
	}
	return b.String()
}

// peopleCost writes time and memory of whole processes, CSV in, clusters out.
func (r *report) peopleCost(b *strings.Builder, sets []*peopleSet) {
	b.WriteString("\n## Time and memory\n\nWhole processes, CSV file in, clusters out; in turns, medians. Where the load is above the number of processors, compare CPU times.\n\n" +
		"| set | | wall s | CPU s | peak memory MB |\n|---|---|---:|---:|---:|\n")
	for _, s := range sets {
		line := func(name, who string, c *contender) {
			fmt.Fprintf(b, "| %s | %s | %.1f | %.1f | %.0f |\n", name, who, wallOf(c), cpuOf(c), rssOf(c))
		}
		line(s.name, "chartlift", &s.ours)
		if s.withoutPeer == "" {
			line("", "Splink", &s.theirs)
			fmt.Fprintf(b, "| | ratio | %.1f | %.1f | %.1f |\n", wallOf(&s.theirs)/wallOf(&s.ours), cpuOf(&s.theirs)/cpuOf(&s.ours), rssOf(&s.theirs)/rssOf(&s.ours))
		}
	}
	b.WriteString("\n")
}

func orText(text, instead string) string {
	if text == "" {
		return instead
	}
	return text
}
