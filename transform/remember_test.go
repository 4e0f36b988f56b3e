package transform_test

import (
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/extract"
	"chartlift/internal/issue"
	"chartlift/transform"
)

// made is all that a row came to.
type made struct {
	JSON     []string
	Issues   []issue.Issue
	Rejected string
}

func TestAWorkerThatRemembersMakesTheSameAsANewOne(t *testing.T) {
	t.Parallel()
	_, binding, schema := shapeEngine(t)
	var issues []issue.Issue
	hooks := transform.Hooks{Report: func(i issue.Issue) { issues = append(issues, i) }}
	of := func(w *transform.Worker, rec *extract.Record) made {
		issues = nil
		row := w.Row(rec)
		m := made{Issues: issues, Rejected: row.Rejected}
		for _, b := range row.Built {
			m.JSON = append(m.JSON, string(b.Resource.JSON))
		}
		return m
	}
	old := binding.Worker(hooks)
	random := rand.New(rand.NewPCG(5, 6))
	reported, refused := 0, 0
	for i := range 5_000 {
		rec := shapeRecord(schema, i+1, someCells(random)...)
		want := of(binding.Worker(hooks), rec)
		if diff := cmp.Diff(want, of(old, rec)); diff != "" {
			t.Fatalf("row %d (new worker -, old worker +):\n%s", i+1, diff)
		}
		reported += len(want.Issues)
		if want.Rejected != "" {
			refused++
		}
	}
	if reported < 500 || refused < 100 {
		t.Errorf("%d issues, %d rows refused: the test proves little", reported, refused)
	}
}

func TestARowCostsAtMostOneAllocation(t *testing.T) {
	_, binding, schema := shapeEngine(t)
	worker := binding.Worker(transform.Hooks{Report: func(issue.Issue) {}})
	var records []*extract.Record
	for i := range 2_000 { // displays that never come again, so that remembering them does not pay
		display := "display " + strconv.Itoa(i)
		records = append(records, shapeRecord(schema, i+1, "final", "c", "1-8", display, "p1", "Practitioner/x", "2020-01-01T10:00:00Z", "n", strconv.Itoa(i), "kg", "", ""))
	}
	for _, rec := range records {
		worker.Row(rec)
	}
	next := 0
	allocs := testing.AllocsPerRun(1_000, func() {
		worker.Row(records[next%len(records)])
		next++
	})
	if allocs > 1 {
		t.Errorf("%v allocations a row, want at most 1", allocs)
	}
}
