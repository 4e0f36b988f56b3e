package reports_test

import (
	"context"
	"fmt"
	"testing"

	"chartlift/internal/issue"
	"chartlift/reports"
)

// refusedRun is a run of n rows, all refused by the server but delivered whole,
// with more findings by more.
func refusedRun(t *testing.T, db *reports.DB, n int64, more func(rec *reports.Recorder, source int64)) (run string) {
	t.Helper()
	rec, id := begin(t, db, reports.Options{})
	if err := rec.Deliver(reports.Delivery{Target: "https://fhir.example.org"}); err != nil {
		t.Fatal(err)
	}
	for row := int64(1); row <= n; row++ {
		why := issue.Issue{Severity: issue.Error, Code: "refused-by-server", Message: "read the server's words", Value: "no such thing", Origin: issue.Origin{Row: row}}
		rec.Issue(id, why)
		rec.Unit(reports.Unit{Seq: row, Entries: 1, Failures: []reports.EntryFailure{{
			SourceID: id, Row: row, Type: "Patient", ID: fmt.Sprint("p", row), Status: 422, Issues: []issue.Issue{why}, Rows: []reports.RowRef{{SourceID: id, Row: row}},
		}}})
	}
	rec.Resources(id, "Patient", n, n, 0, n)
	rec.Rows(id, []reports.RowRange{{First: 1, Last: n, Outcome: reports.Rejected, Reason: "refused-by-server"}})
	if more != nil {
		more(rec, id)
	}
	if err := rec.Complete(); err != nil {
		t.Fatal(err)
	}
	if err := rec.Finish(context.Background(), reports.Findings, 3); err != nil {
		t.Fatal(err)
	}
	return rec.ID()
}

// mender is a retry that mends what it is told to.
type mender struct {
	t   *testing.T
	db  *reports.DB
	rec *reports.Recorder
	run string
}

func newMender(t *testing.T, db *reports.DB, run string) mender {
	t.Helper()
	rec, err := db.Begin(context.Background(), reports.RunInfo{Command: "retry"})
	if err != nil {
		t.Fatal(err)
	}
	if err := rec.Deliver(reports.Delivery{Target: "https://fhir.example.org", Resumes: run}); err != nil {
		t.Fatal(err)
	}
	return mender{t, db, rec, run}
}

// mend delivers the first n dead letters that are left.
func (m mender) mend(n int) {
	m.t.Helper()
	dead, err := m.db.DeadLetters(context.Background(), m.run)
	if err != nil {
		m.t.Fatal(err)
	}
	var ids []int64
	for _, d := range dead[:n] {
		ids = append(ids, d.FailureID)
	}
	if _, err := m.rec.Mend(m.run, ids); err != nil {
		m.t.Fatal(err)
	}
}

func (m mender) settle(warnings bool) bool {
	m.t.Helper()
	settled, err := m.rec.Settle(m.run, warnings)
	if err != nil {
		m.t.Fatal(err)
	}
	return settled
}

// findings are the counts that the reports tell.
func (m mender) findings() string {
	m.t.Helper()
	s, err := m.db.Summary(context.Background(), m.run)
	if err != nil {
		m.t.Fatal(err)
	}
	return fmt.Sprintf("%d errors, %d warnings, %d notes", s.Findings.Errors, s.Findings.Warnings, s.Findings.Notes)
}

func TestWhatWasMendedIsNoErrorAnyMore(t *testing.T) {
	t.Parallel()
	db, path := open(t)
	m := newMender(t, db, refusedRun(t, db, 3, nil))
	m.mend(1)
	if got := m.findings(); got != "2 errors, 0 warnings, 1 notes" {
		t.Errorf("one of three is mended: %s", got)
	}
	if m.settle(false) {
		t.Error("the run counts as succeeded while two rows are refused")
	}
	if first := one[int64](t, path, "SELECT first_row FROM finding_group WHERE severity = 'error'"); first != 2 {
		t.Errorf("the group of errors begins with row %d, which is not in it", first)
	}
	m.mend(2)
	if got := m.findings(); got != "0 errors, 0 warnings, 3 notes" {
		t.Errorf("all are mended: %s", got)
	}
	if got := one[string](t, path, "SELECT group_concat(severity || ' ' || row_no || ' ' || value, '; ') FROM v_finding"); got != "information 1 no such thing; information 2 no such thing; information 3 no such thing" {
		t.Errorf("the server's words are gone or changed: %s", got)
	}
	if n := one[int64](t, path, "SELECT count(*) FROM finding_group WHERE n_findings = 0 OR n_stored < 0"); n != 0 {
		t.Errorf("%d groups hold nothing", n)
	}
	if !m.settle(false) || m.settle(false) {
		t.Error("the run is settled once")
	}
	if status, err := db.Status(context.Background(), m.run); status != reports.Succeeded || err != nil {
		t.Error(status, err)
	}
	if code := one[int64](t, path, "SELECT exit_code FROM run WHERE run_no = 1"); code != 0 {
		t.Errorf("its exit code is %d", code)
	}
	if err := db.VerifyAudit(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestFindingsBeyondThoseKeptAreCountedAsMendedToo(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	m := newMender(t, db, refusedRun(t, db, 1_003, nil))
	m.mend(1_002)
	if got := m.findings(); got != "1 errors, 0 warnings, 1002 notes" {
		t.Errorf("all but one are mended: %s", got)
	}
	m.mend(1)
	if got := m.findings(); got != "0 errors, 0 warnings, 1003 notes" || !m.settle(false) {
		t.Errorf("all are mended: %s", got)
	}
}

func TestARunIsSettledOnlyWhereNothingElseIsWrong(t *testing.T) {
	t.Parallel()
	finding := func(s issue.Severity) func(*reports.Recorder, int64) {
		return func(rec *reports.Recorder, id int64) {
			rec.Issue(id, issue.Issue{Severity: s, Code: "bad-date", Message: "correct the date", Origin: issue.Origin{Row: 1}})
		}
	}
	for _, row := range []struct {
		name     string
		more     func(*reports.Recorder, int64)
		warnings bool
		want     bool
	}{
		{"nothing else", nil, true, true},
		{"an error of ours", finding(issue.Error), false, false},
		{"a warning", finding(issue.Warning), false, true},
		{"a warning, and the run was to fail on warnings", finding(issue.Warning), true, false},
		{"a note", finding(issue.Information), true, true},
		{"a row that the mapping refused", func(rec *reports.Recorder, id int64) {
			rec.Rows(id, []reports.RowRange{{First: 9, Last: 9, Outcome: reports.Rejected, Reason: "bad-date"}})
		}, false, false},
		{"a resource that the validator refused", func(rec *reports.Recorder, id int64) { rec.Resources(id, "Patient", 1, 0, 0, 1) }, false, false},
	} {
		db, _ := open(t)
		m := newMender(t, db, refusedRun(t, db, 2, row.more))
		m.mend(2)
		if got := m.settle(row.warnings); got != row.want {
			t.Errorf("%s: settled is %v", row.name, got)
		}
	}
}

func TestTwoLettersOfARowWithOneCodeAreMendedTogether(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	run := refusing(t, db) // row 5 was refused twice, its findings were not recorded
	m := newMender(t, db, run)
	m.mend(4)
	if got := m.findings(); got != "0 errors, 0 warnings, 0 notes" {
		t.Errorf("findings were made up: %s", got)
	}

	db, _ = open(t)
	m = newMender(t, db, refusedRun(t, db, 1, func(rec *reports.Recorder, id int64) {
		why := issue.Issue{Severity: issue.Error, Code: "refused-by-server", Message: "read the server's words", Origin: issue.Origin{Row: 1}}
		rec.Issue(id, why)
		rec.Unit(reports.Unit{Seq: 99, Entries: 1, Failures: []reports.EntryFailure{{SourceID: id, Row: 1, Type: "Encounter", ID: "e", Status: 422, Issues: []issue.Issue{why}}}})
	}))
	m.mend(1)
	if got := m.findings(); got != "2 errors, 0 warnings, 0 notes" {
		t.Errorf("the encounter of the row is refused still: %s", got)
	}
	m.mend(1)
	if got := m.findings(); got != "0 errors, 0 warnings, 2 notes" {
		t.Errorf("both are mended: %s", got)
	}
}

func TestARetryIsKnownToHaveNoRowsOfItsOwn(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	ctx := context.Background()
	run := refusedRun(t, db, 1, nil)
	m := newMender(t, db, run)
	for _, name := range []string{"2", m.rec.ID()} {
		if earlier, command, err := db.Followed(ctx, name); earlier != run || command != "retry" || err != nil {
			t.Errorf("%s: %q, %q, %v", name, earlier, command, err)
		}
	}
	for _, name := range []string{"", "1", run} {
		if earlier, command, err := db.Followed(ctx, name); earlier+command != "" || err != nil {
			t.Errorf("%q has rows: %q, %q, %v", name, earlier, command, err)
		}
	}
	if _, _, err := db.Followed(ctx, "77"); err == nil {
		t.Error("there is no run 77")
	}
}

func TestAKilledRunIsMarkedByWhoeverNoticesIt(t *testing.T) {
	t.Parallel()
	db, path := open(t)
	ctx := context.Background()
	if running, err := db.Running(ctx); running || err != nil {
		t.Error(running, err)
	}
	begin(t, db, reports.Options{}) // and never finished
	if running, err := db.Running(ctx); !running || err != nil {
		t.Error(running, err)
	}
	if err := db.Interrupt(ctx); err != nil {
		t.Fatal(err)
	}
	if status, err := db.Status(ctx, ""); status != reports.Interrupted || err != nil {
		t.Error(status, err)
	}
	if n := one[int64](t, path, "SELECT count(*) FROM audit WHERE action = 'interrupt'"); n != 1 {
		t.Errorf("the audit log tells it %d times", n)
	}
	if err := db.VerifyAudit(ctx); err != nil {
		t.Error(err)
	}
}
