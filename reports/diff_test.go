package reports_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/internal/issue"
	"chartlift/reports"
)

// later is a run after sample's: a few things are better, a few worse.
func later(t *testing.T, db *reports.DB) {
	t.Helper()
	rec, err := db.Begin(context.Background(), reports.RunInfo{Command: "run", Mapping: "mapping.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	patients, allergies := source(t, rec, "patients"), source(t, rec, "allergies")
	rec.Rows(patients, []reports.RowRange{{First: 1, Last: 10_012}})
	rec.Rows(allergies, []reports.RowRange{{First: 1, Last: 40_000}, {First: 40_001, Last: 42_117, Outcome: reports.Rejected, Reason: "refused"}})
	for n := range int64(5) {
		rec.Issue(patients, issue.Issue{Severity: issue.Error, Code: "bad-date", Rule: "patient.birthDate", Column: "DOB", Origin: issue.Origin{Row: n + 1}})
	}
	rec.Issue(patients, issue.Issue{Severity: issue.Warning, Code: "unknown-unit", Rule: "weight", Column: "W", Origin: issue.Origin{Row: 2}})
	rec.UnmappedCode("allergens", "local", "PCN", "Penicillin", 1_300)
	finish(t, rec, reports.Succeeded)
}

func TestTwoRunsAreComparedByWhatWasFoundAndNotByTheirNumbers(t *testing.T) {
	t.Parallel()
	db, _ := sample(t, reports.Options{})
	later(t, db)
	d, err := db.Diff(context.Background(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range d.Changes {
		if c.Area == "findings" || c.Area == "codes" || c.Area == "duplicates" {
			got = append(got, fmt.Sprint(c.Area, ": ", c.What, " ", c.Kind, " ", c.Before, " ", c.After, " ", c.Worse))
		}
	}
	want := []string{
		"duplicates: patients merged (patients.csv) gone 400 0 true",
		"findings: error bad-date patient.birthDate column DOB patients grown 4 5 true",
		"findings: warning unknown-unit weight column W patients new 0 1 true",
		"findings: warning unmapped-code allergy.code column ALLERGEN|CODE allergies gone 1312 0 false",
		"findings: error refused   patients gone 1 0 false",
		"codes: unmapped allergens PCN grown 1200 1300 true",
		"codes: unmapped allergens =NUT gone 100 0 false",
		"codes: unmapped allergens SOY gone 12 0 false",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if counts := []int{d.New, d.Gone, d.Grown, d.Shrunk}; !slices.Equal(counts, []int{1, 2, 1, 0}) {
		t.Errorf("kinds of findings: %v", counts)
	}
}

func TestARunComparedWithItselfHasNotChanged(t *testing.T) {
	t.Parallel()
	db, _ := sample(t, reports.Options{})
	d, err := db.Diff(context.Background(), "1", "1")
	if err != nil || len(d.Changes) != 0 {
		t.Errorf("%+v, %v", d.Changes, err)
	}
	if text := d.Table().Text(); text != "nothing\n" {
		t.Errorf("%q", text)
	}
	if title := d.Table().Title; title != "Nothing changed from run "+d.Before+" to run "+d.After || d.Before == "" || d.Before != d.After {
		t.Errorf("it does not name the runs: %q", title)
	}
}

// clustered records a run that found these clusters: their records by id, the
// first the one that survives.
func clustered(t *testing.T, db *reports.DB, possible int64, clusters map[string][]string) {
	t.Helper()
	rec, err := db.Begin(context.Background(), reports.RunInfo{Command: "run", Mapping: "m"})
	if err != nil {
		t.Fatal(err)
	}
	m := reports.Matching{Certain: int64(len(clusters)), Possible: possible}
	for id, records := range clusters {
		c := reports.MatchCluster{ID: id}
		for _, r := range records {
			c.Members = append(c.Members, reports.MatchMember{ID: r, Ref: reports.RecordRef{Source: "patients", Key: r}, Grade: "certain", Survivor: records[0]})
		}
		m.Clusters = append(m.Clusters, c)
	}
	if err := rec.Matching(m); err != nil {
		t.Fatal(err)
	}
	finish(t, rec, reports.Succeeded)
}

func TestClustersAreComparedByWhoIsInThem(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	clustered(t, db, 4, map[string][]string{"a": {"p1", "p7"}, "b": {"p2", "p8"}, "c": {"p3", "p9"}})
	clustered(t, db, 4, map[string][]string{"a": {"p1", "p7"}, "b": {"p2", "p6"}, "d": {"p4", "p5"}}) // one as it was, one with another member, one gone, one new
	d, err := db.Diff(context.Background(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range d.Changes {
		got = append(got, c.Area+": "+c.What+" "+c.Kind)
	}
	want := []string{
		"clusters: Patient/p4 in cluster d new", "clusters: Patient/p5 in cluster d new", "clusters: Patient/p6 in cluster b new",
		"clusters: Patient/p3 in cluster c gone", "clusters: Patient/p8 in cluster b gone", "clusters: Patient/p9 in cluster c gone",
		"clusters: Patient/p5 put together with Patient/p4 new", "clusters: Patient/p6 put together with Patient/p2 new",
		"clusters: Patient/p8 put together with Patient/p2 gone", "clusters: Patient/p9 put together with Patient/p3 gone",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	clustered(t, db, 9, map[string][]string{"a": {"p1", "p7"}})
	if d, err = db.Diff(context.Background(), "", ""); err != nil {
		t.Fatal(err)
	}
	text := d.Table().Text()
	for _, want := range []string{"pairs that are one person for certain", "pairs that are possibly one person", "clusters of records that are one person"} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not count %s:\n%s", want, text)
		}
	}
}

func TestTheFirstRunHasNoPreviousOne(t *testing.T) {
	t.Parallel()
	db, _ := sample(t, reports.Options{})
	if _, err := db.Diff(context.Background(), "", ""); !errors.Is(err, reports.ErrNoRun) {
		t.Errorf("got %v", err)
	}
	if _, err := db.Diff(context.Background(), "77", "1"); !errors.Is(err, reports.ErrNoRun) {
		t.Errorf("got %v", err)
	}
}

func TestLimitsOfAcceptanceAreNumbersOrShares(t *testing.T) {
	t.Parallel()
	got, err := reports.ParseLimits(map[string]string{"rows-rejected": "12", "codes-unmapped": " 0.5 % "})
	want := []reports.Limit{{Criterion: "codes-unmapped", AtMost: .5, Percent: true}, {Criterion: "rows-rejected", AtMost: 12}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for name, text := range map[string]string{"rows": "1", "rows-rejected": "few", "codes-unmapped": "-1", "critical-lost": "101%", "plausibility-failed": "NaN"} {
		if _, err := reports.ParseLimits(map[string]string{name: text}); !errors.Is(err, reports.ErrBadLimit) {
			t.Errorf("%s=%s: %v", name, text, err)
		}
	}
}

// verdicts are the criteria of the latest run with their states.
func verdicts(t *testing.T, db *reports.DB) string {
	t.Helper()
	s, err := db.Summary(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, c := range s.Acceptance {
		out = append(out, fmt.Sprintf("%s %s %d/%d (%s)", c.Name, c.Status, c.Actual, c.Of, c.Limit))
	}
	return strings.Join(out, "\n")
}

func TestARunIsJudgedByItsLimits(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	rec, patients := begin(t, db, reports.Options{})
	if err := rec.Accept([]reports.Limit{{Criterion: "rows-rejected", AtMost: 10, Percent: true}, {Criterion: "codes-unmapped", AtMost: 2}}); err != nil {
		t.Fatal(err)
	}
	rec.Rows(patients, []reports.RowRange{{First: 1, Last: 90}, {First: 91, Last: 100, Outcome: reports.Rejected, Reason: "bad-date"}})
	rec.UnmappedCode("c", "", "x", "", 3)
	rec.CrosswalkUse("c", "unmapped", 3)
	finish(t, rec, reports.Succeeded)
	want := `rows-unaccounted met 0/100 (none)
rows-rejected met 10/100 (at most 10 %)
resources-refused not measured 0/0 (none)
resources-unconfirmed not measured 0/0 (none)
critical-lost not measured 0/0 (none)
codes-unmapped not met 3/3 (at most 2)
plausibility-failed not measured 0/0 (none)`
	if diff := cmp.Diff(want, verdicts(t, db)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestARunThatDidNotEndHasMetNothing(t *testing.T) {
	t.Parallel()
	db, path := sample(t, reports.Options{})
	change(t, path, "UPDATE run SET status = 'interrupted'")
	if got := verdicts(t, db); strings.Contains(got, " met ") && !strings.Contains(got, "not met") || strings.Contains(got, "rows-unaccounted met") {
		t.Errorf("what was not read to the end is said to be met:\n%s", got)
	}
}

// sarif is what is looked at of a SARIF file.
type sarif struct {
	Version string
	Runs    []struct {
		Tool struct {
			Driver struct{ Rules []struct{ ID string } }
		}
		Results []struct {
			RuleID, Level       string
			Message             struct{ Text string }
			Locations           []place
			RelatedLocations    []place
			PartialFingerprints map[string]string
		}
	}
}

type place struct {
	PhysicalLocation struct {
		ArtifactLocation struct{ URI string }
		Region           struct{ StartLine, StartColumn int }
	}
}

func (p place) String() string {
	return fmt.Sprintf("%s:%d:%d", p.PhysicalLocation.ArtifactLocation.URI, p.PhysicalLocation.Region.StartLine, p.PhysicalLocation.Region.StartColumn)
}

func TestSARIFShowsFindingsAtLinesOfSourcesAndOfTheMapping(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	rec, patients := begin(t, db, reports.Options{})
	at := issue.Position{File: "maps/a b.yaml", Line: 12, Column: 18}
	rec.Issue(patients, issue.Issue{Severity: issue.Error, Code: "bad-date", Rule: "patient.birthDate", Column: "DOB", At: at, Message: "no such day", Value: "31.02.1980", Origin: issue.Origin{Row: 7, Line: 8}})
	rec.Issue(0, issue.Issue{Severity: issue.Warning, Code: "W0301", At: at, Message: "two rules do the same"})
	for n := range int64(30) {
		rec.Issue(patients, issue.Issue{Severity: issue.Information, Code: "note", Message: "look", Origin: issue.Origin{Row: n + 1}})
	}
	finish(t, rec, reports.Succeeded)
	var b bytes.Buffer
	if err := db.SARIF(context.Background(), "", &b, []issue.Code{{Code: "bad-date", Title: "A day that does not exist", Fix: "Correct it."}}); err != nil {
		t.Fatal(err)
	}
	var log sarif
	if err := json.Unmarshal(b.Bytes(), &log); err != nil || log.Version != "2.1.0" || len(log.Runs) != 1 {
		t.Fatalf("%v: %s", err, b.String())
	}
	results := log.Runs[0].Results
	var got []string
	for _, r := range results[:3] {
		got = append(got, fmt.Sprint(r.Level, " ", r.RuleID, " ", r.Message.Text, " ", r.Locations, " ", r.RelatedLocations))
	}
	want := []string{
		"error bad-date patients row 7, column DOB: no such day [patients.csv:8:0] [maps/a%20b.yaml:12:18]",
		"warning W0301 two rules do the same [maps/a%20b.yaml:12:18] []",
		"note note patients row 1: look (30 times in all) [patients.csv:0:0] []",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	prints := map[string]bool{}
	for _, r := range results {
		prints[r.PartialFingerprints["chartlift/v1"]] = true
	}
	if len(results) != 12 || len(prints) != 12 || len(log.Runs[0].Tool.Driver.Rules) != 3 {
		t.Errorf("%d results, of these ten rows of what was found thirty times; %d fingerprints, %d rules", len(results), len(prints), len(log.Runs[0].Tool.Driver.Rules))
	}
	if strings.Contains(b.String(), "31.02") {
		t.Error("a value of the source is in it")
	}
}
