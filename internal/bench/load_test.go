package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"chartlift/fhir"
)

func TestTheNetworkDelaysAndKeepsEveryByte(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(w, r.Body)
	}))
	t.Cleanup(server.Close)
	p, err := delaying(server.URL, 60*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	text := strings.Repeat("0123456789", 100_000)
	for try := range 2 { // the second goes over the same connection
		began := time.Now()
		res, err := http.Post(p.base, "text/plain", strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		back, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil || string(back) != text {
			t.Fatalf("try %d: %d bytes came back, %v", try, len(back), err)
		}
		if took := time.Since(began); took < 60*time.Millisecond {
			t.Errorf("try %d took %v", try, took)
		}
	}
}

func TestTheFaultyProxySpoilsItsShareAndNoReading(t *testing.T) {
	t.Parallel()
	var done atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { done.Add(1) }))
	t.Cleanup(server.Close)
	p, err := faulty(server.URL, 0.3)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	counts := map[string]int{}
	for range 400 {
		res, err := http.Post(p.base, "text/plain", strings.NewReader("x"))
		if err != nil {
			counts["cut"]++
			continue
		}
		_ = res.Body.Close()
		counts[res.Status[:3]]++
	}
	for _, kind := range []string{"cut", "503", "429"} {
		if n := counts[kind]; n < 15 || n > 70 { // a tenth each
			t.Errorf("%d of 400 are %s: %v", n, kind, counts)
		}
	}
	if got := int(done.Load()); got != counts["200"]+counts["cut"] {
		t.Errorf("the server did %d; %v", got, counts)
	}
	for range 50 {
		res, err := http.Get(p.base)
		if err != nil || res.StatusCode != 200 {
			t.Fatalf("a reading is spoilt: %v %v", res, err)
		}
		_ = res.Body.Close()
	}
}

func TestALoadHasFamiliesWhoseReferencesStay(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "in")
	if err := writeLoad(dir, "x-", families, 40); err != nil {
		t.Fatal(err)
	}
	patients := map[string]bool{}
	var lines int
	for _, name := range []string{"Patient", "Observation"} {
		text, err := os.ReadFile(filepath.Join(dir, name+".ndjson"))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			lines++
			canonical, err := fhir.Canonical([]byte(line))
			if err != nil {
				t.Fatalf("%v: %s", err, line)
			}
			var tree fhir.Tree
			if err := tree.Parse(canonical); err != nil {
				t.Fatal(err)
			}
			if name == "Patient" {
				patients["Patient/"+tree.FindText(0, "id")] = true
				continue
			}
			for ref := range fhir.References(canonical) {
				if !patients[ref] {
					t.Errorf("%s leads nowhere", ref)
				}
			}
		}
	}
	if lines != 40 || len(patients) != 10 {
		t.Errorf("%d resources, %d patients", lines, len(patients))
	}
}

func TestLoadersSendEverythingOnce(t *testing.T) {
	t.Parallel()
	var entries, puts atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Method == http.MethodPut {
			puts.Add(1)
			return
		}
		entries.Add(int64(strings.Count(string(body), `"method":"PUT"`)))
	}))
	t.Cleanup(server.Close)
	b := &loadBench{}
	if turn, err := b.fixed(t.Context(), server.URL, lanes{at: 3, entries: 17}, 200); err != nil || turn.resources != 200 || entries.Load() != 200 {
		t.Errorf("%d entries arrived, %+v, %v", entries.Load(), turn, err)
	}
	if _, err := b.oneByOne(t.Context(), server.URL, 20); err != nil || puts.Load() != 20 {
		t.Errorf("%d puts arrived, %v", puts.Load(), err)
	}
	down := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(down.Close)
	if _, err := b.fixed(t.Context(), down.URL, lanes{at: 2, entries: 100}, 200); err == nil {
		t.Error("a server that takes nothing is measured")
	}
}

func TestRatiosAreThoseWithinARound(t *testing.T) {
	t.Parallel()
	turn := func(seconds float64) loadTurn {
		return loadTurn{resources: 100, took: time.Duration(seconds * float64(time.Second)), server: 10 * time.Second, loader: cost{CPU: 500 * time.Millisecond, RSS: 64 << 20}}
	}
	b := &loadBench{options: options{runs: 3}}
	for i, at := range []float64{1, 10, 2} { // the second round met a busy machine
		b.add(defaults, "0s", turn(at))
		b.add("fixed: 2 at once, 100 entries", "0s", turn(at*[]float64{0.9, 1.1, 0.95}[i]))
		b.add("fixed: 4 at once, 100 entries", "0s", turn(at*2))
	}
	if got := b.besideBest("0s"); got < 0.949 || got > 0.951 {
		t.Errorf("beside the best: %.3f", got)
	}
	if quiet := b.markdown(&report{load: "0.10"}); strings.Contains(quiet, "quiet machine") {
		t.Error("a quiet machine is called busy")
	}
	page := b.markdown(&report{load: "640.2"})
	if !strings.Contains(page, "Run it again on a quiet machine.") {
		t.Error("nothing says that the figures are of a busy machine")
	}
	for _, want := range []string{
		"| chartlift load, defaults | 0s | 50 | 100.0 | 5.0 % | 64 MB |", "| defaults beside the best fixed setting, no network | ≥ 0.9 | 0.95 |",
		"| speed beside the Medplum command line | ≥ 1.5 | not measured |", "| the loader's processor time beside the server's | < 10 % | 5.0 % |",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %s:\n%s", want, page)
		}
	}
}

func TestThePageOfBatchesJudgesByTheServersTime(t *testing.T) {
	t.Parallel()
	b := &loadBench{options: options{runs: 2, loadN: 1600}}
	for i, ours := range []time.Duration{3, 4} {
		b.add(defaults, filled, loadTurn{resources: 100, took: time.Second, server: ours * 100 * time.Millisecond})
		b.add(batches, filled, loadTurn{resources: 100, took: time.Second / 10, server: []time.Duration{10, 16}[i] * 100 * time.Millisecond})
	}
	page := b.batchesPage(&report{load: "0.10"})
	for _, want := range []string{
		"| the server's processor time beside batches, 60000 resources there | ≤ 0.4 | 0.28 |", "| the server's processor time beside batches, nearly empty | ≤ 0.4 | not measured |",
		"| updates in batches of 100 | 0s, H2 filled | 1000 | 13.0 |", "Each load has 100 resources",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %s:\n%s", want, page)
		}
	}
}
