package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func sampleRows(t *testing.T, lines ...string) []map[string]any {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rows")
	var all strings.Builder
	// Which encounters are in the sample depends on their hash: look for one
	// that is.
	id := 0
	for !inSample([]byte("Encounter/"+strconv.Itoa(id)+`"`), 2000) {
		id++
	}
	for _, l := range lines {
		all.WriteString(strings.ReplaceAll(l, "ENC", `"encounter":{"reference":"Encounter/`+strconv.Itoa(id)+`"}`) + "\n")
	}
	if err := os.WriteFile(path, []byte(all.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	rows, err := readSample(path, 2000)
	if err != nil || len(rows) != len(lines) {
		t.Fatalf("%d rows of %d, %v", len(rows), len(lines), err)
	}
	return rows
}

func TestTheVerdictTellsNullsAndDigitsFromRealDifferences(t *testing.T) {
	t.Parallel()
	ours := sampleRows(
		t, `{"id":"1",ENC,"value":6.20}`, `{"id":"2",ENC,"value":7.5,"code":"a"}`, `{"id":"3",ENC,"text":"b"}`, `{"id":"4",ENC,"value":1.5}`, `{"id":"5",ENC,"value":2}`,
	)
	theirs := sampleRows(
		t, `{"id":"x",ENC,"text":"b"}`, `{"id":"y",ENC,"value":6.2}`, `{"id":"z",ENC,"code":"a","value":7.5,"text":null}`, `{"id":"v",ENC,"value":1.50,"text":null}`, `{"id":"w",ENC,"value":3}`,
	)
	v := verdict{lines: true}
	v.judge(ours, theirs)
	want := verdict{lines: true, sampled: 5, equal: 1, nulls: 1, decimals: 1, both: 1}
	if diff := cmp.Diff(want, v, cmp.AllowUnexported(verdict{})); diff != "" {
		t.Error(diff)
	}
}

func TestTheMedianIsTheTurnInTheMiddle(t *testing.T) {
	t.Parallel()
	turns := []cost{{Wall: 9 * time.Second}, {Wall: time.Second}, {Wall: 3 * time.Second}}
	seconds := func(c cost) float64 { return c.Wall.Seconds() }
	if got := median(turns, seconds); got != 3 {
		t.Errorf("median of three: %v", got)
	}
	if got := median(turns[:2], seconds); got != 5 {
		t.Errorf("median of two: %v", got)
	}
}

// measured is a contender that took so long in its only turn.
func measured(c contender, wall, cpu float64, mb int64) *contender {
	c.turns = []cost{{Wall: time.Duration(wall * 1e9), CPU: time.Duration(cpu * 1e9), RSS: mb * 1e6}}
	return &c
}

func TestTheTablesGiveRatiosToOurs(t *testing.T) {
	t.Parallel()
	all := []*contender{
		measured(contender{name: "chartlift", converts: true, verdict: verdict{lines: true, sampled: 10, equal: 10}}, 2, 4, 80),
		measured(contender{name: "chartlift, 1 processor", converts: true}, 4, 4, 60),
		measured(contender{name: floorName(1), goal: "9"}, 1, 1, 9),
		measured(contender{name: floorName(2)}, .5, 1, 9),
		measured(contender{name: "DuckDB json_object", goal: "1", converts: true, verdict: verdict{sampled: 10, nulls: 7}}, 9, 18, 400),
	}
	var b strings.Builder
	costTable(&b, 1_000_000, all)
	ratioTable(&b, all)
	correctness(&b, 1_000_000, all)
	for _, want := range []string{
		"| chartlift | 2.00 | 4.00 | 500000 | 250000 | 80 |",
		"| floor, one goroutine | 4.0 | 4.0 | ≤ 5 times |",
		"| floor, 2 goroutines | 4.0 | 4.0 |  |",
		"for the floor, how many times",
		"| DuckDB json_object | 4.5 | 4.5 | ≥ 2 times |",
		"one encounter in 2000 ",
		"| DuckDB json_object | no | 10 | 0 | 7 | 0 | 0 | 3 |",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the page lacks %q:\n%s", want, b.String())
		}
	}
	want := []figure{{goal: "9", value: 4, cpu: 4}, {goal: "1", value: 4.5, cpu: 4.5}}
	if diff := cmp.Diff(want, figuresOf(all), cmp.AllowUnexported(figure{})); diff != "" {
		t.Error(diff)
	}
	b.Reset()
	if ratioTable(&b, append(all[:2:2], all[4])); strings.Contains(b.String(), "floor") {
		t.Errorf("there is no floor, and it says %s", b.String())
	}
}

func TestMeasureGivesTheCostOfAProcessOrItsWords(t *testing.T) {
	t.Parallel()
	got, err := measure(t.Context(), []string{"sh", "-c", "sleep 0.05"}, nil)
	if err != nil || got.Wall < 50*time.Millisecond || got.RSS < 100<<10 {
		t.Errorf("%+v, %v", got, err)
	}
	_, err = measure(t.Context(), []string{"sh", "-c", "echo because >&2; exit 3"}, nil)
	if err == nil || !strings.Contains(err.Error(), "because") {
		t.Errorf("%v", err)
	}
}

func TestAPeerThatCannotBeInstalledIsLeftOutAndNamed(t *testing.T) {
	t.Parallel()
	a := &arena{cache: t.TempDir(), work: t.TempDir()}
	ctx := t.Context()
	blocked := &arena{cache: "/dev/null/none", work: a.work}
	if got := blocked.peers(ctx, []string{"duckdb"}, 0); len(got) != 0 || len(blocked.missing) != 1 || !strings.Contains(blocked.missing[0], "duckdb") {
		t.Errorf("%d peers, missing %q", len(got), blocked.missing)
	}
	want := []figure{{goal: "1", left: "left out: it could not be installed here"}, {goal: "2", left: "left out: it could not be installed here"}}
	if diff := cmp.Diff(want, unmeasured(0, blocked.missing), cmp.AllowUnexported(figure{})); diff != "" {
		t.Error(diff)
	}
	if got := a.peers(ctx, nil, 0); len(got) != 0 {
		t.Errorf("%d peers that nobody asked for", len(got))
	}
	if got := a.peers(ctx, []string{"whistle"}, rowsOfEngines); len(got) != 0 || len(a.missing) != 1 || !strings.Contains(a.missing[0], "no package registry") {
		t.Errorf("%d peers, missing %q", len(got), a.missing)
	}
}
