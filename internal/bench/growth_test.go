package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func growthOf(stage string, costs ...cost) (all []grown) {
	for i, c := range costs {
		g := grown{stage: stage, rows: growthStart * int(math.Pow10(i)), cost: c}
		if i > 0 {
			before := all[i-1]
			rows := float64(g.rows) / float64(before.rows)
			g.power = powers{exponent(rows, before.CPU-before.System, g.CPU-g.System), exponent(rows, before.CPU, g.CPU)}
		}
		all = append(all, g)
	}
	return all
}

func TestGrowthIsThePowerOfTheRows(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		before, after time.Duration
		want          float64
	}{{time.Second, 10 * time.Second, 1}, {time.Second, 100 * time.Second, 2}, {time.Second, time.Second, 0}, {time.Second, 12 * time.Second, 1.079}} {
		got := exponent(10, row.before, row.after)
		if math.Abs(got-row.want) > .001 {
			t.Errorf("from %s to %s is %.3f, want %.3f", row.before, row.after, got, row.want)
		}
	}
}

func TestTheTableOfGrowthNamesEachStageAndSize(t *testing.T) {
	t.Parallel()
	all := growthOf("run", cost{time.Second, 2 * time.Second, time.Second, 50e6}, cost{8 * time.Second, 40 * time.Second, 30 * time.Second, 60e6})
	all = append(all, grown{stage: "match", rows: growthStart, cost: cost{time.Second, time.Second, 0, 1e6}})
	var b strings.Builder
	growthTable(&b, all)
	for _, want := range []string{
		"| run | 10000 | 1.00 | 2.00 | 1.00 | 5000 | 50 |  |  |\n| run | 100000 | 8.00 | 40.00 | 30.00 | 2500 | 60 | 1.00 | 1.30 |\n",
		"| match | 10000 | 1.00 | 1.00 | 0.00 | 10000 | 1 |  |  |\n", "10000000 rows: not measured this time", "- match: `chartlift dedupe` of people, in records of about as many; at most 1000000\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not in the table:\n%s", want, b.String())
		}
	}
}

func TestTheSteepestGrowthLeavesOutWhereStartingCounts(t *testing.T) {
	t.Parallel()
	second := func(n float64) cost { return cost{CPU: time.Duration(n * 1e9)} }
	run := growthOf("run", second(1), second(20), second(220)) // the first step is steep, and short
	files := growthOf("files", second(1), second(5), cost{CPU: 100 * time.Second, System: 60 * time.Second})
	most, ok := steepest(append(run, files...))
	if own, cpu := math.Log10(11), math.Log10(20); !ok || math.Abs(most.own-own) > .001 || math.Abs(most.cpu-cpu) > .001 {
		t.Errorf("%+v, %v, want %.3f and %.3f", most, ok, own, cpu)
	}
	if _, ok := steepest(growthOf("run", second(1), second(9))); ok {
		t.Error("two sizes below the first that counts have an exponent")
	}
}

func TestEveryStageOfTheIssueIsMeasuredAndReadsWhatWasWrittenBefore(t *testing.T) {
	t.Parallel()
	g := &growing{a: &arena{tool: "TOOL", self: "SELF"}, data: "DATA", work: "WORK"}
	at := map[string]int{}
	for i, s := range stages() {
		at[s.name] = i
		if c := s.command(g); len(c) < 3 || s.about == "" {
			t.Errorf("%s: %q, %q", s.name, c, s.about)
		}
	}
	for _, name := range []string{"extract", "convert", "match", "validate", "deliver", "lineage", "profile", "reports", "run"} {
		if _, ok := at[name]; !ok {
			t.Errorf("%s is not measured", name)
		}
	}
	if at["reports"] < at["lineage"] || at["validate"] < at["run"] || at["deliver"] < at["run"] {
		t.Errorf("a stage comes before the one whose output it reads: %v", at)
	}
}

func TestAStageTakesTurnsWithATenthOfItsRowsAndFindsNothingOfItsLastTurn(t *testing.T) {
	t.Parallel()
	log := filepath.Join(t.TempDir(), "log")
	small, large := &growing{rows: 10, work: t.TempDir()}, &growing{rows: 100, work: t.TempDir()}
	s := stage{name: "x", writes: []string{"made"}, command: func(g *growing) []string {
		return []string{"sh", "-c", fmt.Sprintf("mkdir %s && echo %d >>%s", quote(g.at("made")), g.rows, quote(log))}
	}}
	got, err := large.beside(t.Context(), small, s)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(log); err != nil || string(text) != strings.Repeat("10\n100\n", growthTurns) {
		t.Errorf("the turns were %q, %v", text, err)
	}
	if got.rows != 100 || got.stage != "x" || got.CPU <= 0 {
		t.Errorf("measured is %+v", got)
	}
	if alone, err := small.beside(t.Context(), nil, s); err != nil || alone.power != (powers{}) {
		t.Errorf("the fewest rows grew by %v, %v", alone.power, err)
	}
}
