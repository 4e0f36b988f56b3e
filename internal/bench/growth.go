package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// growthStart is the smallest number of rows of the table of growth; each row of it has ten times as many.
const growthStart = 10_000

// mostMatched bounds the people of the table of growth: they are made in memory, by a program that must stay small.
const mostMatched = 1_000_000

// stages are the steps whose growth is measured.
func stages() []string { return []string{"profile", "match", "run", "validate"} }

// grown is what one stage costs with so many rows: observations, for match people.
type grown struct {
	stage string
	rows  int
	cost
}

// growth measures each stage with ten times as many rows again and again, up to most.
func (a *arena) growth(ctx context.Context, most int) ([]grown, error) {
	var all []grown
	for n := growthStart; n <= most; n *= 10 {
		fmt.Fprintf(os.Stderr, "growth: %d rows\n", n)
		some, err := a.grow(ctx, n)
		if err != nil {
			return nil, fmt.Errorf("growth to %d rows: %w", n, err)
		}
		all = append(all, some...)
	}
	return all, nil
}

// grow measures the stages with n rows, in the temporary folder: the cache may be in memory, and too small for this.
func (a *arena) grow(ctx context.Context, n int) (all []grown, err error) {
	work, err := os.MkdirTemp("", "chartlift-bench-*")
	if err != nil {
		return nil, fmt.Errorf("make work folder: %w", err)
	}
	defer os.RemoveAll(work)
	data, err := makeData(work, n)
	if err != nil {
		return nil, err
	}
	people := min(n, mostMatched)
	// A process of its own makes the people, so that its memory is not taken for that of those that are measured.
	if _, err := measure(ctx, []string{a.self, peopleCommand, "large", strconv.Itoa(people), work, ""}, nil); err != nil {
		return nil, err
	}
	mapping, out := filepath.Join(work, "bench.yaml"), filepath.Join(work, "out")
	if err := os.WriteFile(mapping, []byte(benchMapping), 0o600); err != nil {
		return nil, err
	}
	at := func(name string) string { return filepath.Join(work, name) }
	commands := map[string][]string{
		"profile":  {a.tool, "profile", "--json", "-q", data},
		"match":    {a.tool, "dedupe", at("people.csv"), "--fields", at("fields.yaml"), "--out", at("matched.csv"), "-q"},
		"run":      {a.tool, "run", "-m", mapping, "-s", data, "--to", out, "--project", work, "-q"},
		"validate": {a.tool, "validate", "-q", out},
	}
	for _, stage := range stages() {
		run := func() (cost, error) { return measure(ctx, commands[stage], nil) }
		if stage == "validate" { // which says by its exit code that some of the data break the profile of vital signs
			run = func() (cost, error) { return measureVerdict(ctx, commands[stage]) }
		}
		got, err := run()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", stage, err)
		}
		rows := n
		if stage == "match" {
			rows = people
		}
		all = append(all, grown{stage, rows, got})
	}
	return all, nil
}

// exponent returns the power of the rows with which the cost grew from one measurement to the next: 1 is in step with them,
// n log n is 1.06 to 1.09 at these sizes.
func exponent(before, after grown) float64 {
	return math.Log(after.CPU.Seconds()/before.CPU.Seconds()) / math.Log(float64(after.rows)/float64(before.rows))
}

// growthTable writes what each stage costs by the number of rows.
func (r *report) growthTable(b *strings.Builder) {
	if len(r.growth) == 0 {
		return
	}
	b.WriteString("\n## Growth\n\nWhat each stage costs with ten times as many rows: observations with the tables beside them, for match people in records of about as many. " +
		"The exponent is the power of the rows with which CPU time grew since the line before; 1 is in step with them, n log n is about 1.07. " +
		"Validate runs on one processor, the others on all. Starting takes a part of the smallest times, so that exponents begin below 1. Goal: nothing grows faster than n log n.\n\n" +
		"| stage | rows | wall s | CPU s | rows per CPU s | peak memory MB | exponent |\n|---|---:|---:|---:|---:|---:|---:|\n")
	for _, stage := range stages() {
		var last grown
		for _, g := range r.growth {
			if g.stage != stage || g.rows == last.rows {
				continue
			}
			power := ""
			if last.rows > 0 {
				power = fmt.Sprintf("%.2f", exponent(last, g))
			}
			fmt.Fprintf(b, "| %s | %d | %.2f | %.2f | %.0f | %.0f | %s |\n",
				stage, g.rows, g.Wall.Seconds(), g.CPU.Seconds(), float64(g.rows)/g.CPU.Seconds(), float64(g.RSS)/1e6, power)
			last = g
		}
	}
	if missing := slices.IndexFunc(r.growth, func(g grown) bool { return g.rows >= 10*1_000_000 }) < 0; missing {
		b.WriteString("\n10000000 rows: not measured this time (`-rows10m`).\n")
	}
}
