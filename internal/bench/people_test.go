package main

import (
	"encoding/csv"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"chartlift/transform/dedupe"
)

func TestASetOfPeopleIsWrittenWithItsTruth(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := peopleMain([]string{"large", "200", dir, ""}); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(filepath.Join(dir, "people.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	truth, err := readClusters(filepath.Join(dir, "truth.csv"), "")
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) < 201 || len(truth) != len(rows)-1 || truth[rows[1][0]] == "" {
		t.Errorf("%d rows have %d truths", len(rows)-1, len(truth))
	}
	text, err := os.ReadFile(filepath.Join(dir, "fields.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if fields, err := dedupe.ParseFields(text); err != nil || len(fields.List) != len(rows[0])-1 {
		t.Errorf("the fields file has %v, %v", fields, err)
	}
	if err := peopleMain([]string{"nowhere", "200", dir, ""}); err == nil {
		t.Error("a set that is not there was made")
	}
}

func TestThePageOfMatchingShowsScoresAndRatios(t *testing.T) {
	t.Parallel()
	set := &peopleSet{name: "households", how: "some people", records: 10, all: dedupe.Scores{Precision: .999, Mixed: 2}, peer: dedupe.Scores{Precision: .8, Mixed: 30}}
	set.ours.turns, set.theirs.turns = []cost{{Wall: 1e9, CPU: 1e9, RSS: 1e6}}, []cost{{Wall: 4e9, CPU: 3e9, RSS: 5e6}}
	set.peerBest.points = []point{{bits: 0, scores: dedupe.Scores{Precision: .7, F1: .7}}, {bits: 15, scores: dedupe.Scores{Precision: .9, F1: .95}}}
	r := &report{notes: []string{"a note"}}
	page := r.peopleMarkdown([]*peopleSet{set}, "splink 5.0.0")
	for _, want := range []string{"| households | 10 | chartlift, default | 0.95 | 0.99900 |", "| Splink, default | 0.95 | 0.80000 |", "| Splink, best | 15 bits | 0.90000 |", "| ratio | 4.0 | 3.0 | 5.0 |", "splink 5.0.0", "- households: some people", "- a note"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
	set.withoutPeer = "not installed"
	if page := r.peopleMarkdown([]*peopleSet{set}, ""); strings.Contains(page, "| Splink") {
		t.Error("the page shows a peer that did not run")
	}
}

func TestTheBestThresholdIsThatOfTheHighestF1WithTheFewestMixedClusters(t *testing.T) {
	t.Parallel()
	at := func(bits, f1 float64, mixed int) point { return point{bits, dedupe.Scores{F1: f1, Mixed: mixed}} }
	for name, c := range map[string]struct {
		points []point
		want   float64
	}{
		"highest F1":            {[]point{at(0, .8, 0), at(5, .9, 9), at(10, .7, 0)}, 5},
		"fewer mixed of equals": {[]point{at(0, .9, 3), at(5, .9, 1), at(10, .9, 2)}, 5},
		"lowest of the same":    {[]point{at(12, .9, 1), at(8, .9, 1), at(10, .9, 1)}, 8},
		"a single one":          {[]point{at(-6, 0, 0)}, -6},
	} {
		if got, ok := (sweep{c.points}).best(); !ok || got.bits != c.want {
			t.Errorf("%s: got %v, %v, want %v bits", name, got, ok, c.want)
		}
	}
	if _, ok := (sweep{}).best(); ok {
		t.Error("there is a best of no thresholds")
	}
}

func TestThresholdsReadAsProbabilitiesUntilTheyAreAllNines(t *testing.T) {
	t.Parallel()
	for bits, want := range map[float64]string{-6: "0.015", 0: "0.5", 2: "0.8", math.Log2(19): "0.95", 8: "0.996", 10: "10 bits", 21: "21 bits"} {
		if got := threshold(bits); got != want {
			t.Errorf("%v bits read %q, want %q", bits, got, want)
		}
	}
	for _, bits := range sweptBits() {
		if p := chance(bits); p <= 0 || p >= 1 {
			t.Errorf("%v bits are the probability %v: no threshold", bits, p)
		}
	}
	if !slices.IsSorted(sweptBits()) || !slices.Contains(sweptBits(), math.Log2(.95/.05)) {
		t.Error("the thresholds are not sorted, or the default is none of them")
	}
}

func TestScoringClustersOfOneThresholdRemovesTheirFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "clusters.csv")
	if err := os.WriteFile(path, []byte("id,cluster_id\na,1\nb,1\nc,1\nd,4\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var s sweep
	if err := s.add(6, path, map[string]string{"a": "x", "b": "x", "c": "y", "d": "y"}); err != nil {
		t.Fatal(err)
	}
	got := s.points[0]
	if got.bits != 6 || got.scores.Mixed != 1 || got.scores.Recall != .5 || got.scores.Precision != 1.0/3 {
		t.Errorf("scored %+v", got)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Error("the clusters are still there")
	}
	if err := s.add(8, path, nil); err == nil {
		t.Error("clusters that are not there were scored")
	}
}

func TestPackagedFebrlFilesAreReadAndTheirTruthIsHidden(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := "rec_id, given_name, surname, street_number, address_1, address_2, suburb, postcode, state, date_of_birth, soc_sec_id\n" +
		"rec-7-org, ana, garcia, 12, elm st, flat 2, perth, 6000, wa, 19540703, 1234567\n" +
		"rec-7-dup-0, anna, garcia, 12, elm st, , perth, 6000, wa, 19540703, 1234567\n" +
		"rec-9-org, bo, li, 3, oak rd, , perth, 6000, wa, 19700101, 7654321\n"
	if err := os.WriteFile(filepath.Join(dir, "dataset77.csv"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := febrlFiles(dir, "dataset77")()
	if err != nil {
		t.Fatal(err)
	}
	if len(p.rows) != 4 || len(p.truth) != 3 {
		t.Fatalf("%d rows, %d truths", len(p.rows), len(p.truth))
	}
	of := map[string]string{}
	for _, row := range p.rows[1:] {
		if strings.Contains(row[0], "rec") || row[1] != strings.TrimSpace(row[1]) || slices.Contains(row, "flat 2") {
			t.Errorf("the row is %q", row)
		}
		of[row[1]] = p.truth[row[0]]
	}
	if of["ana"] != "7" || of["anna"] != "7" || of["bo"] != "9" {
		t.Errorf("the truth is %v", of)
	}
	if _, err := febrlFiles(dir, "dataset78")(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a set that is nowhere: %v", err)
	}
}
