package reports_test

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"chartlift/reports"
)

// runWith begins a run and finishes it after one row of one table was loaded.
func runWith(t *testing.T, info reports.RunInfo) *reports.DB {
	t.Helper()
	db, _ := open(t)
	rec, err := db.Begin(context.Background(), info)
	if err != nil {
		t.Fatal(err)
	}
	for _, dump := range []string{"bahmni.sql", "elis.sql"} {
		id, err := rec.Source(reports.SourceInfo{Source: filepath.Join("in", dump), Table: "patient", Mapped: true})
		if err != nil {
			t.Fatal(err)
		}
		rec.Rows(id, []reports.RowRange{{First: 1, Last: 1}})
		rec.Resources(id, "Patient", 1, 1, 1, 0)
		rec.Unit(reports.Unit{Seq: 1, Entries: 1, OK: 1, Status: 200, Attempts: 1})
	}
	finish(t, rec, reports.Succeeded)
	return db
}

func TestOnlyTargetsThatCanBeAskedAreSaidToBe(t *testing.T) {
	t.Parallel()
	const verify = "chartlift verify"
	for name, x := range map[string]struct {
		target, args string
		names        bool
	}{
		"a FHIR server":            {"https://fhir.example.org/r4", `{"flags":{"to":["https://fhir.example.org/r4"]}}`, true},
		"a FHIR server by name":    {"https://fhir.example.org/r4", `{"flags":{"outlet":["fhir"]}}`, true},
		"arguments that are gone":  {"https://fhir.example.org/r4", ``, true},
		"HL7 v2 posted to a web":   {"https://engine.example.org/channel", `{"flags":{"outlet":["hl7"]}}`, false},
		"bundles posted to a web":  {"https://engine.example.org/channel", `{"flags":{"outlet":["http"]}}`, false},
		"an engine that is dialed": {"mllps://engine.example.org:2575", `{}`, false},
		"a folder":                 {"out", `{}`, false},
	} {
		db := runWith(t, reports.RunInfo{Command: "load", Target: x.target, Args: x.args})
		var page bytes.Buffer
		if err := db.Page(context.Background(), "", &page, reports.PageOptions{}); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(page.String(), "asked the server yet: "+verify); got != x.names {
			t.Errorf("%s: verify is proposed: %v", name, got)
		}
	}
}

func TestMarkdownTellsTablesOfOneNameApart(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := runWith(t, reports.RunInfo{Command: "run", Target: "out"}).Markdown(context.Background(), "", &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"patient (in/bahmni.sql) | 1 |", "patient (in/elis.sql) | 1 |"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}

func TestTheStoryOfARowSaysSentOnlyWhereSomethingWasSent(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		info    reports.RunInfo
		written bool
	}{
		{reports.RunInfo{Command: "run", Target: "out"}, true},
		{reports.RunInfo{Command: "run", Target: "https://fhir.example.org", DryRun: true}, true},
		{reports.RunInfo{Command: "run", Target: "sandbox:"}, false},
		{reports.RunInfo{Command: "run", Target: "mllp://engine:2575"}, false},
	} {
		s, err := runWith(t, x.info).RowStory(context.Background(), "", "in/elis.sql", 1)
		if err != nil || s.Written != x.written {
			t.Errorf("%+v: written %v, %v", x.info, s.Written, err)
		}
		s.Bundles = []reports.StoryBundle{{Seq: 7, Status: 200, Attempts: 1, Entries: 3, OK: 2, Started: "now"}}
		want := "bundle 7: status 200, attempts 1, 2 of 3 entries taken, sent now\n"
		if x.written {
			want = "bundle 7: 2 of 3 entries written to files now\n"
		}
		if !strings.Contains(s.Text(), want) {
			t.Errorf("no %q in\n%s", want, s.Text())
		}
	}
}

func TestANameOfSeveralTablesIsNotSaidToBeOfNone(t *testing.T) {
	t.Parallel()
	_, err := runWith(t, reports.RunInfo{Command: "run"}).RowStory(context.Background(), "", "patient", 1)
	if !errors.Is(err, reports.ErrNoSource) || strings.Contains(err.Error(), "no such source") ||
		!strings.Contains(err.Error(), `"patient" names several: in/bahmni.sql, in/elis.sql; write one of these`) {
		t.Error(err)
	}
}
