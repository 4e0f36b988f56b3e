package reports_test

import (
	"testing"

	"chartlift/internal/issue"
	"chartlift/reports"
)

func TestARecorderThatDiscardsKeepsTheRunAndNothingOfItsRows(t *testing.T) {
	t.Parallel()
	db, path := open(t)
	rec, id := begin(t, db, reports.Options{Discard: true})
	if err := rec.Deliver(reports.Delivery{Target: "out", Files: true}); err != nil {
		t.Fatal(err)
	}
	rec.Rows(id, []reports.RowRange{{First: 1, Last: 9}})
	rec.Issue(id, issue.Issue{Severity: issue.Error, Code: "bad-date"})
	rec.Journal(1, true, []reports.Delivered{{Type: "Patient", ID: "a"}})
	rec.Unit(reports.Unit{Seq: 1, SourceID: id, Entries: 1})
	rec.Resources(id, "Patient", 9, 9, 9, 0)
	if err := rec.Await(); err != nil { // it does not wait for what nobody writes
		t.Fatal(err)
	}
	if err := rec.Complete(); err != nil {
		t.Fatal(err)
	}
	finish(t, rec, reports.Succeeded)
	for query, want := range map[string]int64{
		"SELECT COUNT(*) FROM run WHERE status = 'succeeded'": 1, "SELECT complete FROM delivery": 1, "SELECT rows_read FROM source": 0,
		"SELECT COUNT(*) FROM row_outcome": 0, "SELECT COUNT(*) FROM finding_group": 0, "SELECT COUNT(*) FROM journal": 0, "SELECT COUNT(*) FROM unit": 0,
	} {
		if got := one[int64](t, path, query); got != want {
			t.Errorf("%s: %d, want %d", query, got, want)
		}
	}
}
