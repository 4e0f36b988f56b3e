package reports_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"chartlift/reports"
)

// errBroken is what a closed pipe answers.
var errBroken = errors.New("pipe is closed")

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errBroken }

func TestEveryWriterTellsThatItCouldNotWrite(t *testing.T) {
	t.Parallel()
	db, _ := sample(t, reports.Options{})
	ctx := context.Background()
	table, err := db.Query(ctx, "findings", "")
	if err != nil {
		t.Fatal(err)
	}
	for name, write := range map[string]func(io.Writer) error{
		"table as CSV":      table.CSV,
		"table as JSON":     table.JSON,
		"table as Markdown": table.Markdown,
		"summary JSON":      func(w io.Writer) error { return db.JSON(ctx, "", w) },
		"summary Markdown":  func(w io.Writer) error { return db.Markdown(ctx, "", w) },
		"JUnit":             func(w io.Writer) error { return db.JUnit(ctx, "", w) },
		"page":              func(w io.Writer) error { return db.Page(ctx, "", w, reports.PageOptions{}) },
	} {
		if err := write(brokenPipe{}); !errors.Is(err, errBroken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestReportsOfAClosedDatabaseAreErrors(t *testing.T) {
	t.Parallel()
	db, _ := sample(t, reports.Options{})
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	_, ledgerErr := db.Ledger(ctx, "")
	_, storyErr := db.RowStory(ctx, "", "patients", 1)
	_, queryErr := db.Query(ctx, "runs", "")
	_, outcomesErr := db.Outcomes(ctx, "", "patients")
	_, beginErr := db.Begin(ctx, reports.RunInfo{})
	for name, err := range map[string]error{
		"read ledger": ledgerErr, "tell row": storyErr, "report runs": queryErr, "read row outcomes": outcomesErr,
		"begin run": beginErr, "verify audit": db.VerifyAudit(ctx),
	} {
		if err == nil || !strings.HasPrefix(err.Error(), name) {
			t.Errorf("want an error of %q, got %v", name, err)
		}
	}
}

func TestReportsStopWithTheirContext(t *testing.T) {
	t.Parallel()
	db, _ := sample(t, reports.Options{})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := db.Summary(ctx, ""); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, err := db.Begin(ctx, reports.RunInfo{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestOpenWhereNothingCanBeWritten(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(file, "runs.db"), t.TempDir()} {
		if db, err := reports.Open(path); err == nil {
			db.Close()
			t.Errorf("%s was opened", path)
		}
	}
}

func TestASourceAfterTheEndIsRefused(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	rec, _ := begin(t, db, reports.Options{})
	finish(t, rec, reports.Succeeded)
	if _, err := rec.Source(reports.SourceInfo{Source: "late.csv", Mapped: true}); err == nil {
		t.Error("a source was added to a finished run")
	}
	if err := rec.Err(); err == nil || !strings.Contains(err.Error(), "already finished") {
		t.Errorf("got %v", err)
	}
}

func TestAnUnknownStatusIsRefused(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	rec, _ := begin(t, db, reports.Options{})
	err := rec.Finish(context.Background(), "splendid", 0)
	if err == nil || !strings.Contains(err.Error(), "finish run") {
		t.Errorf("got %v", err)
	}
	if l := ledger(t, db); l.Status != "running" {
		t.Errorf("status %s", l.Status)
	}
}

func TestOutcomesOfAnUnknownTableNameTheOthers(t *testing.T) {
	t.Parallel()
	db, _ := sample(t, reports.Options{})
	_, err := db.Outcomes(context.Background(), "", "patient.csv")
	if !errors.Is(err, reports.ErrNoSource) || !strings.Contains(err.Error(), "patients.csv, allergies.csv") {
		t.Errorf("got %v", err)
	}
}

func TestTwoRunsAreKeptApart(t *testing.T) {
	t.Parallel()
	db, _ := sample(t, reports.Options{})
	rec, id := begin(t, db, reports.Options{})
	rec.Rows(id, []reports.RowRange{{First: 1, Last: 5}})
	finish(t, rec, reports.Findings)
	ctx := context.Background()
	first, err := db.Summary(ctx, "1")
	if err != nil || first.Ledger.Total().Read != 52_129 || first.Findings.Errors != 5 || first.Codes.Codes != 3 {
		t.Errorf("the first run: %+v, %v", first.Ledger.Total(), err)
	}
	second, err := db.Summary(ctx, "")
	if err != nil || second.Ledger.Total().Read != 5 || second.Findings.Groups != 0 || second.Codes.Codes != 0 || second.Delivery.Bundles != 0 {
		t.Errorf("the second run: %+v, %v", second, err)
	}
	if s, err := db.RowStory(ctx, "", "patients", 118); err != nil || s.Outcome != "" {
		t.Errorf("the second run has row 118 of the first: %+v, %v", s, err)
	}
	runs, err := db.Query(ctx, "runs", "")
	if err != nil || len(runs.Rows) != 2 || runs.Rows[0][0] != "2" {
		t.Errorf("%v, %v", runs.Rows, err)
	}
}
