package main

import (
	"fmt"
	"math"
	"runtime"
	"strconv"
	"strings"

	"chartlift/transform/dedupe"
)

// peopleMarkdown writes the page about matching.
func (r *report) peopleMarkdown(sets []*peopleSet, peer string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Matching people, measured\n\nWritten by `make bench-match PEOPLE=%d`; do not edit.\n\n", r.options.people)
	fmt.Fprintf(&b, "%s, %d processors (%s), %s%s. Load average at the start: %s.\n\n", r.date, runtime.NumCPU(), r.cpu, runtime.Version(), r.python, r.load)
	r.peopleWords(&b, peer)
	b.WriteString("| set | records | | threshold | precision | recall | F1 | B³ precision | B³ recall | B³ F1 | mixed |\n|---|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|\n")
	for _, s := range sets {
		s.lines(&b)
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

// peopleWords says how to read the table of scores.
func (r *report) peopleWords(b *strings.Builder, peer string) {
	b.WriteString("How right: pairs of records in one cluster, against the truth; B³ counts by record instead (Bagga and Baldwin 1998). *Mixed* are clusters with two people in them. " +
		"Chartlift is told the columns' kinds and nothing else, profile `safe`; *certain* are its clusters of grade `certain` alone, which are what may be merged by itself. ")
	fmt.Fprintf(b, "Beside it %s with the comparisons and rules in `internal/bench/peers/splink_run.py`. "+
		"Populations are made by `internal/population`: invented people, so the figures say how methods compare, not how a hospital's data will do.\n\n", orText(peer, "Splink"))
	b.WriteString("*Default* is what each does without being told: clusters from a probability of 0.95 on. *Best* is the threshold of those tried at which its pairs had the highest F1, found with the truth, " +
		"which nobody has: it says what the weights could do, not what one gets. A threshold is a probability; from 0.999 on it stands in bits (10 bits are 0.999, 20 are 0.999999).\n\n")
}

// lines writes the scores of a set.
func (set *peopleSet) lines(b *strings.Builder) {
	line := func(name, records, who, at string, v *dedupe.Scores) {
		fmt.Fprintf(b, "| %s | %s | %s | %s | %.5f | %.5f | %.5f | %.5f | %.5f | %.5f | %d |\n", name, records, who, at,
			v.Precision, v.Recall, v.F1, v.BCubedPrec, v.BCubedRecall, harmonic(v.BCubedPrec, v.BCubedRecall), v.Mixed)
	}
	line(set.name, fmt.Sprint(set.records), "chartlift, default", "0.95", &set.all)
	if p, ok := set.best.best(); ok {
		line("", "", "chartlift, best", threshold(p.bits), &p.scores)
	}
	line("", "", "chartlift, certain", "", &set.certain)
	if set.withoutPeer != "" {
		return
	}
	line("", "", "Splink, default", "0.95", &set.peer)
	if p, ok := set.peerBest.best(); ok {
		line("", "", "Splink, best", threshold(p.bits), &p.scores)
	}
}

// threshold writes a threshold as people read it: a probability, or bits where
// that has too many nines.
func threshold(bits float64) string {
	if bits >= 9.9 {
		return fmt.Sprintf("%.0f bits", bits)
	}
	return strconv.FormatFloat(math.Round(chance(bits)*1000)/1000, 'g', -1, 64)
}

// harmonic is the harmonic mean, 0 where both are 0.
func harmonic(x, y float64) float64 {
	if x+y == 0 {
		return 0
	}
	return 2 * x * y / (x + y)
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
