package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// engines measures the peers that get fewer rows, each beside chartlift with as
// many.
func engines(ctx context.Context, a *arena, o options) (section, error) {
	var s section
	var b strings.Builder
	b.WriteString("The same job as above with fewer rows, chartlift beside each with as many: the slowest would take minutes over a million. " +
		"The fewer the rows, the more of everybody's time is the start; of chartlift's most.\n")
	for _, rows := range sizesOf(peerList()) {
		own, err := a.at(fmt.Sprintf("%d", rows), min(rows, a.rows))
		if err != nil {
			return s, err
		}
		peers := own.peers(ctx, o.wanted(), rows)
		s.figures = append(s.figures, unmeasured(rows, own.missing)...)
		a.missing = append(a.missing, own.missing...)
		if len(peers) == 0 {
			continue
		}
		all := append(own.ourselves(everything), peers...)
		if err := own.rounds(ctx, o.runs, all); err != nil {
			return s, err
		}
		fmt.Fprintf(&b, "\n### %d observations\n\n", own.rows)
		costTable(&b, float64(own.rows), all)
		ratioTable(&b, all)
		correctness(&b, own.rows, all)
		s.figures = append(s.figures, figuresOf(all)...)
	}
	s.body = b.String()
	return s, nil
}

// sizesOf returns the numbers of rows that peers get who do not get all,
// ascending.
func sizesOf(list []peer) (sizes []int) {
	for _, p := range list {
		sizes = append(sizes, p.sizes...)
	}
	slices.Sort(sizes)
	return slices.Compact(sizes)
}

// unmeasured says of the goals about peers of this size why they were not
// measured, where one of the lines names the peer.
func unmeasured(rows int, missing []string) (out []figure) {
	for _, p := range peerList() {
		for _, line := range missing {
			who, why, _ := strings.Cut(line, " is left out: ")
			if _, judged := p.gets(rows); !judged || who != p.name && who != p.ways[0].name {
				continue
			}
			for _, w := range p.ways {
				if w.goal != "" {
					out = append(out, figure{goal: w.goal, left: "left out: " + why})
				}
			}
		}
	}
	return out
}
