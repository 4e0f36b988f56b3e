package reports_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"chartlift/internal/issue"
	"chartlift/reports"
)

// found is a matching of three records, two of which are one person.
func found() reports.Matching {
	ref := func(source, key string) reports.RecordRef { return reports.RecordRef{Source: source, Key: key} }
	origin := func(row int64) issue.Origin { return issue.Origin{Source: "emr.csv", Table: "emr", Row: row} }
	return reports.Matching{
		Records: 3, Compared: 3, Certain: 1, Possible: 1, Vetoed: 1, ExpectedFalse: .25, Policy: "weights", Links: "links", MergeFrom: "certain", Model: "{}", ModelSHA256: "abc",
		Blocks: []reports.MatchBlock{{Rule: "phone", Pairs: 3, Compared: 2}, {Rule: "phone", Pairs: 3, Left: 1, Skipped: true}},
		Clusters: []reports.MatchCluster{{ID: "c1", Members: []reports.MatchMember{
			{Ref: ref("emr", "1"), ID: "p1", Origin: origin(1), Grade: "certain", Survivor: "p1"}, {Ref: ref("lab", "7|x"), ID: "p7", Origin: origin(9), Grade: "certain", Survivor: "p1"},
		}}},
		Pairs: slices.Values([]reports.MatchPair{
			{Left: ref("emr", "1"), Right: ref("lab", "7|x"), LeftID: "p1", RightID: "p7", Bits: 12, Probability: .9999, Grade: "certain", Terms: []reports.MatchTerm{{Name: "start", Bits: -3, Total: -3}, {Name: "family", Level: "same", Left: "QUILL", Right: "QUILL", Bits: 9, Total: 6}}},
			{Left: ref("emr", "1"), Right: ref("emr", "2"), LeftID: "p1", RightID: "p2", Bits: 1, Probability: .7, Grade: "possible", Vetoes: "V2 V4"},
		}),
	}
}

func TestWhatMatchingFoundIsWrittenDownWhole(t *testing.T) {
	t.Parallel()
	db, path := open(t)
	rec, err := db.Begin(t.Context(), reports.RunInfo{Command: "run", Mapping: "two", Site: "s"})
	if err != nil {
		t.Fatal(err)
	}
	if err := rec.Matching(found()); err != nil {
		t.Fatal(err)
	}
	merge := reports.Merge{Cluster: "c1", Mode: "links", Survivor: "p1", Grade: "certain", Model: "abc", Decided: &reports.Decision{By: "Ann", At: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)}, Records: []reports.MergedRecord{
		{ID: "p1", Before: []byte(`{"id":"p1"}`)}, {ID: "p7", Before: []byte(`{"id":"p7"}`), References: 4},
	}}
	rec.Merges(func(yield func(reports.Merge, error) bool) { yield(merge, nil) })
	if err := rec.Finish(t.Context(), reports.Succeeded, 0); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]string{
		"SELECT n_records || ' ' || n_certain || ' ' || expected_false FROM dup_run":                                     "3 1 0.25",
		"SELECT group_concat(place || rule || skipped) FROM dup_block":                                                   "1phone0,2phone1",
		"SELECT group_concat(resource_id || ' ' || survivor_id || ' ' || row_no) FROM dup_member":                        "p1 p1 1,p7 p1 9",
		"SELECT group_concat(left_key || ' ' || right_key || ' ' || grade || ' ' || vetoes) FROM dup_pair":               "1 7|x certain ,1 2 possible V2 V4",
		"SELECT group_concat(name || ' ' || left_value || ' ' || total) FROM dup_term":                                   "start  -3.0,family QUILL 6.0",
		"SELECT group_concat(resource_id || before || n_references || decided_by || decided_at, ' ') FROM merge_journal": `p1{"id":"p1"}0Ann2026-03-01T09:00:00.000Z p7{"id":"p7"}4Ann2026-03-01T09:00:00.000Z`,
	} {
		if got := one[string](t, path, query); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
}

func TestTheRunBeforeIsTheLastOneOfTheMappingAndSiteThatDelivered(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	for _, r := range []struct {
		info    reports.RunInfo
		cluster string
	}{
		{reports.RunInfo{Mapping: "two", Site: "s"}, "first"},
		{reports.RunInfo{Mapping: "two", Site: "s"}, "second"},
		{reports.RunInfo{Mapping: "two", Site: "elsewhere"}, "other site"},
		{reports.RunInfo{Mapping: "three", Site: "s"}, "other mapping"},
		{reports.RunInfo{Mapping: "two", Site: "s", DryRun: true}, "rehearsal"},
	} {
		rec, err := db.Begin(t.Context(), r.info)
		if err != nil {
			t.Fatal(err)
		}
		m := found()
		m.Clusters[0].ID = r.cluster
		if err := errors.Join(rec.Matching(m), rec.Finish(t.Context(), reports.Failed, 1)); err != nil { // a run that failed may have delivered
			t.Fatal(err)
		}
	}
	got, err := db.EarlierMatching(t.Context(), "two", "s")
	if diff := cmp.Diff(map[string]reports.Earlier{"p1": {Cluster: "second", Survivor: "p1"}, "p7": {Cluster: "second", Survivor: "p1"}}, got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestWhereValuesAreMaskedNoValueOfAMatchedPatientIsKept(t *testing.T) {
	t.Parallel()
	db, path := open(t)
	rec, err := db.Begin(t.Context(), reports.RunInfo{Options: reports.Options{MaskValues: true}})
	if err != nil {
		t.Fatal(err)
	}
	if err := rec.Matching(found()); err != nil {
		t.Fatal(err)
	}
	rec.Merges(func(yield func(reports.Merge, error) bool) {
		yield(reports.Merge{Mode: "single", Records: []reports.MergedRecord{{ID: "p1", Before: []byte(`QUILL`)}}}, nil)
	})
	if err := rec.Finish(context.Background(), reports.Succeeded, 0); err != nil {
		t.Fatal(err)
	}
	if got := one[string](t, path, "SELECT (SELECT group_concat(left_value || right_value) FROM dup_term) || (SELECT group_concat(before) FROM merge_journal)"); strings.Contains(got, "QUILL") {
		t.Errorf("kept: %s", got)
	}
}

func TestAMergeThatCannotBeReadEndsTheRecording(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	rec, err := db.Begin(t.Context(), reports.RunInfo{})
	if err != nil {
		t.Fatal(err)
	}
	broken := errors.New("the disk is gone")
	rec.Merges(func(yield func(reports.Merge, error) bool) { yield(reports.Merge{}, broken) })
	if err := rec.Err(); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	_ = rec.Finish(t.Context(), reports.Failed, 1)
}

func TestTheReportOfPeopleListsEachPersonWithTheSurvivorFirst(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	rec, err := db.Begin(t.Context(), reports.RunInfo{})
	if err != nil {
		t.Fatal(err)
	}
	m := found()
	m.Clusters = append(m.Clusters, reports.MatchCluster{ID: "c0", Review: "large", Members: []reports.MatchMember{{ID: "p8", Grade: "possible"}, {ID: "p9", Grade: "possible"}}})
	m.Clusters[0].Members[0].Survivor, m.Clusters[0].Members[1].Survivor = "p7", "p7"
	if err := rec.Matching(m); err != nil {
		t.Fatal(err)
	}
	rec.Merges(func(yield func(reports.Merge, error) bool) {
		yield(reports.Merge{Mode: "links", Survivor: "p7", Records: []reports.MergedRecord{{ID: "p7"}, {ID: "p1", References: 12}}}, nil)
	})
	if err := rec.Finish(t.Context(), reports.Succeeded, 0); err != nil {
		t.Fatal(err)
	}
	table, err := db.Query(t.Context(), "people", "")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, row := range table.Rows {
		got = append(got, strings.Join(row, " "))
	}
	want := []string{"p7 p7 lab emr.csv 9 certain links 0 ", "p7 p1 emr emr.csv 1 certain links 12 "}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
