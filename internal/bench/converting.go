package main

import (
	"context"
	"fmt"
	"strings"
)

func wallOf(c *contender) float64 {
	return median(c.turns, func(t cost) float64 { return t.Wall.Seconds() })
}

func cpuOf(c *contender) float64 {
	return median(c.turns, func(t cost) float64 { return t.CPU.Seconds() })
}

func rssOf(c *contender) float64 {
	return median(c.turns, func(t cost) float64 { return float64(t.RSS) / 1e6 })
}

// costTable writes what each contender took for so many rows.
func costTable(b *strings.Builder, rows float64, all []*contender) {
	b.WriteString("| | wall s | CPU s | rows/s | rows per CPU s | peak memory MB | how |\n|---|---:|---:|---:|---:|---:|---|\n")
	for _, c := range all {
		fmt.Fprintf(b, "| %s | %.2f | %.2f | %.0f | %.0f | %.0f | %s |\n",
			c.name, wallOf(c), cpuOf(c), rows/wallOf(c), rows/cpuOf(c), rssOf(c), c.how)
	}
}

// converting measures the conversion beside the floor and the peers that take a
// million rows.
func converting(ctx context.Context, a *arena, o options) (section, error) {
	all := append(a.ourselves(everything), a.floors(o.wanted())...)
	all = append(all, a.peers(ctx, o.wanted(), 0)...)
	if err := a.rounds(ctx, o.runs, all); err != nil {
		return section{}, err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "The job: %d observations, %d encounters and %d patients in CSV files shaped like Synthea's become FHIR R4 NDJSON files. "+
		"Whole processes are measured, start and end included: wall time, user and system CPU time, peak resident memory; they take turns, and medians count. Rows are observations. "+
		"Chartlift alone also validates every resource, resolves every reference, keeps the outcome of every row in its run database, "+
		"hashes inputs and outputs, and waits until its files are on the disk.\n\n", a.rows, a.rows/perEncounter, a.rows/perPatient)
	costTable(&b, float64(a.rows), all)
	ratioTable(&b, all)
	correctness(&b, a.rows, all)
	return section{b.String(), append(figuresOf(all), unmeasured(0, a.missing)...)}, nil
}

// figuresOf returns the figures of the contenders that a goal is about.
func figuresOf(all []*contender) []figure {
	var out []figure
	for _, c := range all[2:] {
		if c.goal == "" {
			continue
		}
		wall, cpu := ratios(all, c)
		out = append(out, figure{goal: c.goal, value: wall, cpu: cpu})
	}
	return out
}

// ratios are how many times as long as chartlift a contender takes; of a floor,
// how many times as long as the floor chartlift takes, one goroutine against
// one processor, more against all.
func ratios(all []*contender, c *contender) (wall, cpu float64) {
	ours, one := all[0], all[1]
	switch {
	case c.name == floorName(1):
		return wallOf(one) / wallOf(c), cpuOf(one) / cpuOf(c)
	case !c.converts:
		return wallOf(ours) / wallOf(c), cpuOf(ours) / cpuOf(c)
	}
	return wallOf(c) / wallOf(ours), cpuOf(c) / cpuOf(ours)
}

func ratioTable(b *strings.Builder, all []*contender) {
	b.WriteString("\nHow many times as long as chartlift the others take" + floorWords(all) + ".\n\n| | wall | CPU | goal |\n|---|---:|---:|---|\n")
	for _, c := range all[2:] {
		wall, cpu := ratios(all, c)
		fmt.Fprintf(b, "| %s | %.1f | %.1f | %s |\n", c.name, wall, cpu, mustOf(c.goal))
	}
}

// floorWords explain the ratio of the floors, where there are some.
func floorWords(all []*contender) string {
	for _, c := range all[2:] {
		if !c.converts {
			return "; for the floor, how many times as long as the floor chartlift takes (one goroutine against one processor, two against all)"
		}
	}
	return ""
}

// mustOf is the bound of a goal, "" where there is none of that id.
func mustOf(id string) string {
	for _, g := range goals() {
		if g.id == id {
			return g.must()
		}
	}
	return ""
}

// correctness says how what the contenders wrote compares with ours.
func correctness(b *strings.Builder, rows int, all []*contender) {
	fmt.Fprintf(b, "\nWhat they wrote: the observations of one encounter in %d are compared with chartlift's by JSON value, ids left aside. "+
		"Null members are not valid FHIR; decimals keep their digits in FHIR (6.20 is not 6.2).\n\n", sampleEvery(rows))
	b.WriteString("| | same number of lines | compared | equal | null members | other digits | both | different |\n|---|---|---:|---:|---:|---:|---:|---:|\n")
	for _, c := range all {
		if !c.converts {
			continue
		}
		v := c.verdict
		lines := "yes"
		if !v.lines {
			lines = "no"
		}
		fmt.Fprintf(b, "| %s | %s | %d | %d | %d | %d | %d | %d |\n", c.name, lines, v.sampled, v.equal, v.nulls, v.decimals, v.both,
			v.sampled-v.equal-v.nulls-v.decimals-v.both)
	}
}
