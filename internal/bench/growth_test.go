package main

import (
	"math"
	"strings"
	"testing"
	"time"
)

func growthOf(stage string, costs ...cost) (all []grown) {
	for i, c := range costs {
		all = append(all, grown{stage, growthStart * int(math.Pow10(i)), c})
	}
	return all
}

func TestGrowthIsThePowerOfTheRows(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		before, after time.Duration
		want          float64
	}{{time.Second, 10 * time.Second, 1}, {time.Second, 100 * time.Second, 2}, {time.Second, time.Second, 0}, {time.Second, 12 * time.Second, 1.079}} {
		got := exponent(grown{rows: 1000, cost: cost{CPU: row.before}}, grown{rows: 10_000, cost: cost{CPU: row.after}})
		if math.Abs(got-row.want) > .001 {
			t.Errorf("from %s to %s is %.3f, want %.3f", row.before, row.after, got, row.want)
		}
	}
}

func TestTheTableOfGrowthNamesEachStageAndSize(t *testing.T) {
	t.Parallel()
	r := &report{growth: growthOf("run", cost{time.Second, 2 * time.Second, 50e6}, cost{8 * time.Second, 20 * time.Second, 60e6})}
	same := grown{"match", growthStart, cost{time.Second, time.Second, 1e6}}
	r.growth = append(r.growth, same, same) // no more people were made
	var b strings.Builder
	r.growthTable(&b)
	for _, want := range []string{
		"| run | 10000 | 1.00 | 2.00 | 5000 | 50 |  |\n| run | 100000 | 8.00 | 20.00 | 5000 | 60 | 1.00 |\n",
		"| match | 10000 | 1.00 | 1.00 | 10000 | 1 |  |\n", "10000000 rows: not measured this time",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not in the table:\n%s", want, b.String())
		}
	}
	if strings.Count(b.String(), "| match |") != 1 {
		t.Error("what was not measured again is told again")
	}
	b.Reset()
	if (&report{}).growthTable(&b); b.Len() > 0 {
		t.Errorf("nothing was measured, and the page says %q", b.String())
	}
}
