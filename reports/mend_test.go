package reports_test

import (
	"context"
	"slices"
	"testing"

	"chartlift/internal/issue"
	"chartlift/reports"
)

// refusing is a run of ten rows: 3 to 5 were refused by the target, 5 twice; 7
// by the target and by the validator.
func refusing(t *testing.T, db *reports.DB) (run string) {
	t.Helper()
	rec, id := begin(t, db, reports.Options{})
	if err := rec.Deliver(reports.Delivery{Target: "sandbox:"}); err != nil {
		t.Fatal(err)
	}
	refused := func(seq int64, name string, rows ...int64) {
		f := reports.EntryFailure{SourceID: id, Row: rows[0], Type: "Patient", ID: name, Status: 422, Issues: []issue.Issue{{Code: "refused-by-server"}}}
		for _, row := range rows {
			f.Rows = append(f.Rows, reports.RowRef{SourceID: id, Row: row})
		}
		rec.Unit(reports.Unit{Seq: seq, Entries: 1, Failures: []reports.EntryFailure{f}})
	}
	refused(1, "p34", 3, 4)
	refused(2, "p5", 5)
	refused(3, "q5", 5)
	refused(4, "p7", 7)
	rec.Resources(id, "Patient", 10, 10, 6, 4)
	rec.Rows(id, []reports.RowRange{
		{First: 1, Last: 2},
		{First: 3, Last: 5, Outcome: reports.Rejected, Reason: "refused-by-server"},
		{First: 6, Last: 6},
		{First: 7, Last: 7, Outcome: reports.Rejected, Reason: "bad-date"},
		{First: 8, Last: 10},
	})
	finish(t, rec, reports.Findings)
	return rec.ID()
}

func TestMendedDeadLettersChangeTheLedgerOfTheirRun(t *testing.T) {
	t.Parallel()
	db, path := open(t)
	run := refusing(t, db)
	retry, err := db.Begin(context.Background(), reports.RunInfo{Command: "retry"})
	if err != nil {
		t.Fatal(err)
	}
	dead, err := db.DeadLetters(context.Background(), run)
	if err != nil || len(dead) != 4 || dead[1].ID != "p5" {
		t.Fatal(dead, err)
	}
	mend := func(ids ...int64) int64 {
		rows, err := retry.Mend(run, ids)
		if err != nil {
			t.Fatal(err)
		}
		l, err := db.Ledger(context.Background(), run)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Check(); err != nil {
			t.Error(err)
		}
		return rows
	}
	loaded := func() int64 { return one[int64](t, path, "SELECT loaded FROM v_ledger") }
	if rows := mend(dead[0].FailureID); rows != 2 || loaded() != 8 {
		t.Errorf("%d rows are mended, %d loaded", rows, loaded())
	}
	if rows := mend(dead[1].FailureID); rows != 0 || loaded() != 8 {
		t.Errorf("row 5 has another dead letter, but %d rows are mended, %d loaded", rows, loaded())
	}
	if rows := mend(dead[2].FailureID, dead[3].FailureID); rows != 1 || loaded() != 9 {
		t.Errorf("%d rows are mended, %d loaded: row 7 has a bad date as well", rows, loaded())
	}
	if n := mend(); n != 0 {
		t.Errorf("nothing was mended, but %d", n)
	}
	if left, err := db.DeadLetters(context.Background(), run); err != nil || len(left) != 0 {
		t.Error(left, err)
	}
	if got := one[string](t, path, "SELECT n_loaded || ' ' || n_rejected FROM resource_count"); got != "10 0" {
		t.Errorf("resources are %s", got)
	}
	finish(t, retry, reports.Succeeded)
	if sum, err := db.Summary(context.Background(), run); err != nil || sum.Delivery.Refused != 0 || sum.Delivery.OK != sum.Delivery.Entries {
		t.Errorf("delivery is %+v, %v", sum.Delivery, err)
	}
	if table, err := db.Query(context.Background(), "dead-letters", run); err != nil || len(table.Rows) != 4 || !slices.Contains(table.Rows[0], retry.ID()) {
		t.Errorf("dead letters are %+v, %v", table.Rows, err)
	}
	if err := db.VerifyAudit(context.Background()); err != nil {
		t.Error(err)
	}
	if l := ledger(t, db); l.Run != run {
		t.Errorf("the ledger without a name is that of %s", l.Run)
	}
	if _, err := retry.Mend(run, []int64{dead[0].FailureID}); err == nil {
		t.Error("a dead letter is mended twice")
	}
}

func TestTheRunThatDeliveredIsFound(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	ctx := context.Background()
	if _, err := db.Delivering(ctx, ""); err == nil {
		t.Error("a run is found where there is none")
	}
	run := refusing(t, db)
	retry, _ := begin(t, db, reports.Options{})
	finish(t, retry, reports.Succeeded)
	if got, err := db.Delivering(ctx, ""); got != run || err != nil {
		t.Errorf("%s, %v", got, err)
	}
	if got, err := db.Delivering(ctx, "1"); got != run || err != nil {
		t.Errorf("%s, %v", got, err)
	}
	if _, err := db.Delivering(ctx, retry.ID()); err == nil {
		t.Error("a run that delivered nothing did")
	}
	sums, err := db.SourceSums(ctx, run)
	if err != nil || len(sums) != 1 || sums[0].Path != "/legacy/patients.csv" || len(sums[0].SHA256) != 64 {
		t.Error(sums, err)
	}
	if status, err := db.Status(ctx, run); status != reports.Findings || err != nil {
		t.Error(status, err)
	}
}
