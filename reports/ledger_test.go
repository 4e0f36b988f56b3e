package reports_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/reports"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares got with testdata/name.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// twoTables records two mapped tables and one that is left behind.
func twoTables(t *testing.T, db *reports.DB) *reports.Recorder {
	t.Helper()
	rec, patients := begin(t, db, reports.Options{})
	rec.Rows(patients, []reports.RowRange{
		{First: 1, Last: 9_871},
		{First: 9_872, Last: 9_968, Outcome: reports.Merged, Reason: "exact-duplicate"},
		{First: 9_969, Last: 9_971, Outcome: reports.Filtered, Reason: "where"},
		{First: 9_972, Last: 10_012, Outcome: reports.Rejected, Reason: "bad-date"},
	})
	rec.Rows(source(t, rec, "allergies"), []reports.RowRange{{First: 1, Last: 1_200_000}})
	_, err := rec.Source(reports.SourceInfo{Source: "audit_trail.csv", Table: "audit_trail", Rows: 88_412})
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

func TestLedgerText(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	finish(t, twoTables(t, db), reports.Succeeded)
	golden(t, "ledger.txt", ledger(t, db).Text())
}

func TestLedgerJSONHasItsStableForm(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	finish(t, twoTables(t, db), reports.Succeeded)
	got, err := json.Marshal(ledger(t, db))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"run":"2026-11-22T10-11-12Z-1","status":"succeeded","balanced":true,"tables":[` +
		`{"source":"patients.csv","table":"patients","read":10012,"loaded":9871,"merged":97,"filtered":3,"rejected":41},` +
		`{"source":"allergies.csv","table":"allergies","read":1200000,"loaded":1200000,"merged":0,"filtered":0,"rejected":0}],` +
		`"left_behind":[{"source":"audit_trail.csv","table":"audit_trail","rows":88412}]}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}

func TestAnEmptyRunBalancesAndHasListsInJSON(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	rec, err := db.Begin(context.Background(), reports.RunInfo{})
	if err != nil {
		t.Fatal(err)
	}
	finish(t, rec, reports.Succeeded)
	got, _ := json.Marshal(ledger(t, db))
	if !strings.HasSuffix(string(got), `"balanced":true,"tables":[],"left_behind":[]}`) {
		t.Errorf("%s", got)
	}
}

func TestARunThatStoppedBeforeAnyRowDoesNotSayThatItBalances(t *testing.T) {
	t.Parallel()
	const nothing = "no row is counted: the run stopped before any had an outcome\n"
	empty, some := reports.LedgerTable{Table: "patients", Source: "p.csv.gz"}, reports.LedgerTable{Table: "patients", Source: "p.csv.gz", Read: 2, Loaded: 2}
	for name, tt := range map[string]struct {
		status string
		table  reports.LedgerTable
		want   string
	}{
		"failed, nothing counted":        {reports.Failed, empty, nothing},
		"failed, some rows counted":      {reports.Failed, some, "balanced\n"},
		"interrupted, nothing counted":   {reports.Interrupted, empty, nothing},
		"interrupted, some rows counted": {reports.Interrupted, some, "balanced\n"},
		"a table that has no rows":       {"succeeded", empty, "balanced\n"},
	} {
		l := reports.Ledger{Run: "r", Status: tt.status, Balanced: true, Tables: []reports.LedgerTable{tt.table}}
		if text := l.Text(); !strings.HasSuffix(text, "\n\n"+tt.want) {
			t.Errorf("%s: the ledger ends otherwise than with %q:\n%s", name, tt.want, text)
		}
	}
}

func TestABrokenWriterShows(t *testing.T) {
	t.Parallel()
	rows := []struct{ name, damage, says string }{
		{"a lost range", "DELETE FROM row_outcome WHERE outcome = 'filtered'", "not balance: patients: 3 rows read have no outcome"},
		{"a counter too low", "UPDATE source SET rows_read = rows_read - 5", "not balance: patients: 5 more outcomes than rows read; allergies: 5 more outcomes than rows read"},
		{
			"a row with two outcomes", "UPDATE row_outcome SET first_row = first_row - 1, last_row = last_row - 1 WHERE outcome = 'rejected'",
			"not balance: patients: 1 rows have two outcomes",
		},
		{"a range inside another", "UPDATE row_outcome SET first_row = 5, last_row = 101 WHERE outcome = 'merged'", "patients: 97 rows have two outcomes"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			db, path := open(t)
			finish(t, twoTables(t, db), reports.Succeeded)
			change(t, path, row.damage)
			l := ledger(t, db)
			if err := l.Check(); l.Balanced || !errors.Is(err, reports.ErrUnbalanced) {
				t.Errorf("balanced, %v", err)
			}
			lines := strings.Split(strings.TrimSpace(l.Text()), "\n")
			if last := lines[len(lines)-1]; !strings.Contains(last, row.says) {
				t.Errorf("last line %q, want %q", last, row.says)
			}
		})
	}
}

func TestRowsGivenTwiceShowThoughTheSumsAgree(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	rec, id := begin(t, db, reports.Options{})
	rec.Rows(id, []reports.RowRange{{First: 1, Last: 100}})
	rec.Rows(id, []reports.RowRange{{First: 91, Last: 110, Outcome: reports.Rejected, Reason: "refused"}})
	finish(t, rec, reports.Succeeded)
	if x := ledger(t, db).Tables[0]; x.Difference() != 0 || x.Twice != 10 || x.Balanced() {
		t.Errorf("%+v", x)
	}
}

func TestLedgerOfNoRunAndOfAnUnknownOne(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	for _, run := range []string{"", "2020-01-01T00-00-00Z-1", "7"} {
		if _, err := db.Ledger(context.Background(), run); !errors.Is(err, reports.ErrNoRun) {
			t.Errorf("%q: %v", run, err)
		}
	}
}
