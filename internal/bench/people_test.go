package main

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"chartlift/transform/dedupe"
)

func TestASetOfPeopleIsWrittenWithItsTruth(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := peopleMain([]string{"large", "200", dir}); err != nil {
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
	if err := peopleMain([]string{"nowhere", "200", dir}); err == nil {
		t.Error("a set that is not there was made")
	}
}

func TestThePageOfMatchingShowsScoresAndRatios(t *testing.T) {
	t.Parallel()
	set := &peopleSet{name: "households", how: "some people", records: 10, all: dedupe.Scores{Precision: .999, Mixed: 2}, peer: dedupe.Scores{Precision: .8, Mixed: 30}}
	set.ours.turns, set.theirs.turns = []cost{{Wall: 1e9, CPU: 1e9, RSS: 1e6}}, []cost{{Wall: 4e9, CPU: 3e9, RSS: 5e6}}
	r := &report{notes: []string{"a note"}}
	page := r.peopleMarkdown([]*peopleSet{set}, "splink 5.0.0")
	for _, want := range []string{"| households | 10 | chartlift | 0.99900 |", "| Splink | 0.80000 |", "| ratio | 4.0 | 3.0 | 5.0 |", "splink 5.0.0", "- households: some people", "- a note"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
	set.withoutPeer = "not installed"
	if page := r.peopleMarkdown([]*peopleSet{set}, ""); strings.Contains(page, "| Splink |") {
		t.Error("the page shows a peer that did not run")
	}
}
