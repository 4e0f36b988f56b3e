package handover_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"chartlift/load/handover"
)

// The index grows by pages, and its table by doubling: nothing is lost at
// either seam, and each resource is found by who refers to it.
func TestManyResourcesAreAllThereInTheirOrder(t *testing.T) {
	t.Parallel()
	const n = 40_000
	path := filepath.Join(t.TempDir(), "Observation.ndjson")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n { // each refers to the one after it, so that all must be sorted the other way round
		fmt.Fprintf(f, `{"resourceType":"Observation","id":"o%d","status":"final","code":{"text":"x"},"hasMember":[{"reference":"Observation/o%d"}]}`+"\n", i, i+1)
	}
	fmt.Fprintf(f, "\n"+`{"resourceType":"Observation","id":"o%d","status":"final","code":{"text":"x"}}`+"\n", n)
	fmt.Fprintln(f, `{"resourceType":"Observation","id":"o17","status":"final","code":{"text":"other"}}`)
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	set, err := handover.Open(context.Background(), []string{path}, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	if len(set.Left) != 1 || set.Left[0].Issue.Code != "duplicate-resource" || set.Left[0].Row != n+2 || set.Left[0].Issue.Origin.Line != n+3 {
		t.Errorf("left out: %+v", set.Left)
	}
	levels, err := set.Levels()
	if err != nil || len(levels) != 1 || levels[0].Len() != n+1 {
		t.Fatalf("%d levels, %v", len(levels), err)
	}
	for i := range n + 1 {
		item, err := levels[0].Item(i)
		if err != nil || item.Resource.ID != fmt.Sprintf("o%d", n-i) || item.Row != int64(n-i+1) {
			t.Fatalf("place %d: %s of row %d, %v", i, item.Resource.ID, item.Row, err)
		}
	}
}

// A million resources are to take less than 100 MB of index.
func TestTheIndexIsSmall(t *testing.T) {
	const n = 100_000
	path := filepath.Join(t.TempDir(), "Patient.ndjson")
	text := make([]byte, 0, n*48)
	for i := range n {
		text = fmt.Appendf(text, `{"resourceType":"Patient","id":"p%d"}`+"\n", i)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	text = nil
	live := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := live()
	set, err := handover.Open(context.Background(), []string{path}, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if got := (float64(live()) - float64(before)) / n; got > 75 {
		t.Errorf("a resource takes %.0f bytes", got)
	}
	if err := set.Close(); err != nil {
		t.Fatal(err)
	}
}
