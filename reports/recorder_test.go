package reports_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"chartlift/internal/issue"
	"chartlift/reports"
)

// open returns a new run database and its path.
func open(t testing.TB) (*reports.DB, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), ".chartlift", "runs.db")
	db, err := reports.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db, path
}

// begin starts a run with one mapped table, patients.csv.
func begin(t testing.TB, db *reports.DB, o reports.Options) (*reports.Recorder, int64) {
	t.Helper()
	rec, err := db.Begin(context.Background(), reports.RunInfo{
		Command: "run", ToolVersion: "1.2.3", Mapping: "mapping.yaml", Target: "out", Options: o,
		Started: time.Date(2026, 11, 22, 10, 11, 12, 0, time.UTC),
	})
	if err != nil {
		t.Fatal(err)
	}
	return rec, source(t, rec, "patients")
}

func source(t testing.TB, rec *reports.Recorder, table string) int64 {
	t.Helper()
	id, err := rec.Source(reports.SourceInfo{
		Path: "/legacy/" + table + ".csv", Source: table + ".csv", Table: table, Format: "csv",
		SHA256: strings.Repeat("ab", 32), Bytes: 4096, Encoding: "windows-1252", Mapped: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func finish(t testing.TB, rec *reports.Recorder, status string) {
	t.Helper()
	if err := rec.Finish(context.Background(), status, 0); err != nil {
		t.Fatal(err)
	}
}

// raw opens the file beside the API, as a person with SQL would.
func raw(t testing.TB, path string) *sql.DB {
	t.Helper()
	conn, err := sql.Open("sqlite3", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// one returns the single value that a query gives.
func one[T any](t testing.TB, path, query string) T {
	t.Helper()
	var v T
	if err := raw(t, path).QueryRow(query).Scan(&v); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return v
}

func change(t testing.TB, path, statement string) {
	t.Helper()
	if _, err := raw(t, path).Exec(statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func ledger(t testing.TB, db *reports.DB) reports.Ledger {
	t.Helper()
	l, err := db.Ledger(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestRowsThatTouchAndAgreeBecomeOneRange(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	rec, id := begin(t, db, reports.Options{})
	rec.Rows(id, []reports.RowRange{{First: 1, Last: 100}, {First: 101, Last: 200}})
	rec.Rows(id, []reports.RowRange{{First: 301, Last: 400}})
	rec.Rows(id, []reports.RowRange{{First: 201, Last: 300}})
	rec.Rows(id, []reports.RowRange{
		{First: 401, Last: 401, Outcome: reports.Rejected, Reason: "bad-date"},
		{First: 402, Last: 402, Outcome: reports.Rejected, Reason: "bad-code"},
		{First: 403, Last: 403, Outcome: reports.Merged, Reason: "exact-duplicate", MergedInto: 7},
		{First: 404, Last: 404, Outcome: reports.Merged, Reason: "exact-duplicate", MergedInto: 7},
		{First: 405, Last: 410, Outcome: reports.Filtered, Reason: "where"},
	})
	for deadline := time.Now().Add(time.Minute); ledger(t, db).Total().Read < 410; time.Sleep(10 * time.Millisecond) { // a transaction of its own for the rest
		if time.Now().After(deadline) {
			t.Fatal("nothing is written before the end")
		}
	}
	rec.Rows(id, []reports.RowRange{{First: 411, Last: 420, Outcome: reports.Filtered, Reason: "where"}})
	finish(t, rec, reports.Succeeded)
	got, err := db.Outcomes(context.Background(), rec.ID(), "patients.csv")
	if err != nil {
		t.Fatal(err)
	}
	want := []reports.RowRange{
		{First: 1, Last: 400},
		{First: 401, Last: 401, Outcome: reports.Rejected, Reason: "bad-date"},
		{First: 402, Last: 402, Outcome: reports.Rejected, Reason: "bad-code"},
		{First: 403, Last: 403, Outcome: reports.Merged, Reason: "exact-duplicate", MergedInto: 7},
		{First: 404, Last: 404, Outcome: reports.Merged, Reason: "exact-duplicate", MergedInto: 7},
		{First: 405, Last: 420, Outcome: reports.Filtered, Reason: "where"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if l := ledger(t, db); !l.Balanced || l.Total().Read != 420 {
		t.Errorf("%+v", l)
	}
}

func TestARangeThatIsNoneStopsTheRecorder(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	for _, x := range []reports.RowRange{{First: 0, Last: 3}, {First: 5, Last: 4}} {
		rec, id := begin(t, db, reports.Options{})
		rec.Rows(id, []reports.RowRange{x})
		if err := rec.Err(); err == nil || !strings.Contains(err.Error(), "not a range") {
			t.Errorf("%v: %v", x, err)
		}
	}
}

func TestIssuesThatSayDifferentThingsAreCountedApart(t *testing.T) {
	t.Parallel()
	db, path := open(t)
	rec, id := begin(t, db, reports.Options{})
	tell := func(row int64, expression, message string) {
		rec.Issue(id, issue.Issue{Severity: issue.Error, Code: "binding-required", Rule: "binding-required", Expression: expression, Message: message, Origin: issue.Origin{Row: row}})
	}
	for n := range int64(1_500) {
		tell(n+1, fmt.Sprintf("Patient.telecom[%d].use", n%3), fmt.Sprintf("row %d has no such code", n))
	}
	tell(1_501, "Patient.gender", "row 7 has no such code")
	tell(1_502, "Patient.gender", "a code has no blanks")
	finish(t, rec, reports.Succeeded)
	table, err := db.Query(context.Background(), "findings", "")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, row := range table.Rows {
		got = append(got, fmt.Sprint(row[5:]))
	}
	want := []string{"[Patient.telecom[0].use 1500 1 2 3 row 0 has no such code]", "[Patient.gender 1 1501 row 7 has no such code]", "[Patient.gender 1 1502 a code has no blanks]"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("from the element on (-want +got):\n%s", diff)
	}
	if n := one[int](t, path, "SELECT count(*) FROM finding"); n != 1_002 {
		t.Errorf("%d findings are kept", n)
	}
}

func TestWhatIsSaidInTooManyWaysIsOneGroup(t *testing.T) {
	t.Parallel()
	db, path := open(t)
	rec, id := begin(t, db, reports.Options{})
	for n := range 5_000 {
		rec.Issue(id, issue.Issue{Severity: issue.Error, Code: "refused", Origin: issue.Origin{Row: int64(n + 1)}, Message: "answer " + strings.Repeat("x", n)})
	}
	rec.Issue(id, issue.Issue{Severity: issue.Error, Code: "other", Message: "its own"})
	finish(t, rec, reports.Succeeded)
	for query, want := range map[string]int{
		"SELECT count(*) FROM finding_group":                                    22,
		"SELECT sum(n_findings) FROM finding_group":                             5_001,
		"SELECT n_findings FROM finding_group WHERE message LIKE '%; others %'": 4_980,
		"SELECT count(*) FROM finding":                                          20 + 1_000 + 1,
	} {
		if n := one[int](t, path, query); n != want {
			t.Errorf("%s: %d, want %d", query, n, want)
		}
	}
}

func TestIssuesAreCountedExactlyAndKeptUpToAThousand(t *testing.T) {
	t.Parallel()
	db, path := open(t)
	rec, id := begin(t, db, reports.Options{})
	for n := range int64(2_500) {
		rec.Issue(id, issue.Issue{
			Severity: issue.Warning, Code: "bad-date", Rule: "patient.birthDate", Column: "DOB",
			Origin: issue.Origin{Row: n + 1, Line: n + 2}, Value: fmt.Sprint("31/02/", n), Message: "no such day",
		})
	}
	rec.Issue(id, issue.Issue{Severity: issue.Error, Code: "bad-date", Rule: "patient.birthDate", Column: "DOB", Message: "no such day"})
	rec.Issue(id, issue.Issue{Code: "bad-date", Rule: "patient.birthDate", Column: "DOD"})
	rec.Issue(0, issue.Issue{Code: "target-slow"})
	finish(t, rec, reports.Succeeded)

	conn := raw(t, path)
	rows, err := conn.Query("SELECT column_name, severity, n_findings, n_stored, first_row FROM finding_group ORDER BY group_id")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var got []string
	for rows.Next() {
		var column, severity string
		var n, stored, first int64
		if err := rows.Scan(&column, &severity, &n, &stored, &first); err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprint(column, " ", severity, " ", n, " ", stored, " ", first))
	}
	want := []string{"DOB error 2501 1000 1", "DOD information 1 1 0", " information 1 1 0"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if n := one[int](t, path, "SELECT count(*) FROM finding"); n != 1002 {
		t.Errorf("%d findings are kept", n)
	}
	if v := one[string](t, path, "SELECT value FROM v_finding WHERE row_no = 3"); v != "31/02/2" {
		t.Errorf("value of row 3 is %q", v)
	}
}

func TestConcurrentWritersLoseNothing(t *testing.T) {
	t.Parallel()
	db, path := open(t)
	rec, id := begin(t, db, reports.Options{})
	const workers, each = 8, 2_000
	var wg sync.WaitGroup
	for w := range int64(workers) {
		wg.Go(func() {
			for n := range int64(each) {
				row := w*each + n + 1
				rec.Rows(id, []reports.RowRange{{First: row, Last: row, Outcome: reports.Outcome(row % 4), Reason: "r"}})
				rec.Issue(id, issue.Issue{Code: "c", Rule: fmt.Sprint("rule ", row%3)})
				rec.Resources(id, "Patient", 2, 1, 1, 0)
				rec.UnmappedCode("sex", "local", fmt.Sprint(row%5), "shown", 1)
			}
		})
	}
	wg.Wait()
	finish(t, rec, reports.Succeeded)
	want := reports.LedgerTable{Source: "patients.csv", Table: "patients", Read: 16_000, Loaded: 4_000, Merged: 4_000, Filtered: 4_000, Rejected: 4_000}
	if diff := cmp.Diff([]reports.LedgerTable{want}, ledger(t, db).Tables); diff != "" {
		t.Error(diff)
	}
	for query, want := range map[string]int{
		"SELECT sum(n_findings) FROM finding_group": 16_000,
		"SELECT n_built FROM resource_count":        32_000,
		"SELECT sum(n_records) FROM code_map":       16_000,
		"SELECT count(*) FROM code_map":             5,
	} {
		if got := one[int](t, path, query); got != want {
			t.Errorf("%s: %d, want %d", query, got, want)
		}
	}
}

// Workers come upon a code in any order, and each may have another text for it.
func TestACodeIsShownByTheSameTextWhicheverWasMetFirst(t *testing.T) {
	t.Parallel()
	for _, texts := range [][]string{{"", "Nut", "Nut allergy", ""}, {"Nut allergy", "", "Nut"}, {"Nut", "Nut allergy"}} {
		for _, apart := range []bool{false, true} { // in transactions of their own
			db, path := open(t)
			rec, _ := begin(t, db, reports.Options{})
			for _, text := range texts {
				rec.UnmappedCode("allergens", "local", "NUT", text, 1)
				if apart {
					if err := rec.Await(); err != nil {
						t.Fatal(err)
					}
				}
			}
			finish(t, rec, reports.Succeeded)
			if got := one[string](t, path, "SELECT source_display FROM code_map"); got != "Nut" {
				t.Errorf("%q, apart %v: %q", texts, apart, got)
			}
		}
	}
}

// The items of a list may make parts of one element.
func TestOfRulesWithOneAddressTheFirstPlaceIsTold(t *testing.T) {
	t.Parallel()
	for range 8 { // what is written in one transaction has no order
		db, path := open(t)
		rec, _ := begin(t, db, reports.Options{})
		for _, at := range []string{"m.yaml:10:2", "m.yaml:9:14", "m.yaml:9:5"} {
			rec.RuleUse("patient.name", at, 2)
		}
		if err := rec.Await(); err != nil {
			t.Fatal(err)
		}
		rec.RuleUse("patient.name", "m.yaml:9:7", 1)
		finish(t, rec, reports.Succeeded)
		if got := one[string](t, path, "SELECT mapping_at || ' ' || n_values FROM rule_use"); got != "m.yaml:9:5 7" {
			t.Error(got)
		}
	}
}

func TestMaskedValuesNeverReachTheFile(t *testing.T) {
	t.Parallel()
	db, path := open(t)
	rec, id := begin(t, db, reports.Options{MaskValues: true})
	secrets := []string{"Hildegard", "31/02/1980", "943-476-5919", "Müller-Öztürk", "server said Hildegard"}
	for _, s := range secrets {
		rec.Issue(id, issue.Issue{Code: "bad-value", Value: s, Suggestion: s, Message: "correct it"})
	}
	rec.Unit(reports.Unit{Seq: 1, SourceID: id, Failures: []reports.EntryFailure{
		{SourceID: id, Row: 1, Type: "Patient", ID: "x", Status: 422, Issues: []issue.Issue{{Code: "refused", Value: secrets[4]}}},
	}})
	finish(t, rec, reports.Succeeded)
	db.Close() // which moves the log into the file
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range secrets {
		if strings.Contains(string(content), s) {
			t.Errorf("%q is in the file", s)
		}
	}
	if got := one[string](t, path, "SELECT group_concat(value, '|') FROM finding WHERE finding_id < 3"); got != "Aaaaaaaaa (len 9)|99/99/9999 (len 10)" {
		t.Errorf("kept: %s", got)
	}
}

func TestAKilledRunIsInterruptedWhenTheNextBegins(t *testing.T) {
	t.Parallel()
	db, path := open(t)
	first, id := begin(t, db, reports.Options{})
	first.Rows(id, []reports.RowRange{{First: 1, Last: 10}})
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := reports.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	second, _ := begin(t, again, reports.Options{})
	if second.ID() == first.ID() || !strings.HasSuffix(second.ID(), "Z-2") {
		t.Errorf("ids %s and %s", first.ID(), second.ID())
	}
	for _, name := range []string{first.ID(), "1"} {
		l, err := again.Ledger(context.Background(), name)
		if err != nil || l.Status != "interrupted" || l.Run != first.ID() || l.Total().Loaded != 10 {
			t.Errorf("%s: %+v, %v", name, l, err)
		}
	}
	finish(t, second, reports.Succeeded)
	if err := again.VerifyAudit(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestFinishWritesEvenWhenCancelledAndOnlyOnce(t *testing.T) {
	t.Parallel()
	db, path := open(t)
	rec, id := begin(t, db, reports.Options{})
	rec.Rows(id, []reports.RowRange{{First: 1, Last: 7}})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := rec.Finish(ctx, reports.Interrupted, 5); err != nil {
		t.Fatal(err)
	}
	rec.Rows(id, []reports.RowRange{{First: 8, Last: 9}})
	if err := rec.Finish(ctx, reports.Succeeded, 0); err == nil {
		t.Error("a second Finish was taken")
	}
	if l := ledger(t, db); l.Status != reports.Interrupted || l.Total().Loaded != 7 {
		t.Errorf("%+v", l)
	}
	if code := one[int](t, path, "SELECT exit_code FROM run"); code != 5 {
		t.Errorf("exit code %d", code)
	}
}

func TestSourceGivenAgainKeepsItsIdAndTheNewerFacts(t *testing.T) {
	t.Parallel()
	db, path := open(t)
	rec, id := begin(t, db, reports.Options{})
	rec.Rows(id, []reports.RowRange{{First: 1, Last: 3}})
	again, err := rec.Source(reports.SourceInfo{Source: "patients.csv", Table: "patients", SHA256: "feed", Mapped: true})
	if err != nil || again != id {
		t.Errorf("id %d and then %d, %v", id, again, err)
	}
	finish(t, rec, reports.Succeeded)
	if got := one[string](t, path, "SELECT sha256 || rows_read FROM source"); got != "feed3" {
		t.Errorf("got %s", got)
	}
}

func TestTheAuditLogHasAFileWithItsHash(t *testing.T) {
	t.Parallel()
	db, path := open(t)
	rec, _ := begin(t, db, reports.Options{})
	late := []reports.SourceInfo{{Source: "late.csv", Table: "late", Unhashed: true, Bytes: 7, Mapped: true}, {Source: "-", Table: "in", Mapped: true}}
	first, err := rec.Sources(late)
	if err != nil {
		t.Fatal(err)
	}
	late[0].SHA256, late[0].Unhashed = "feed", false
	second, err := rec.Sources(late[:1])
	if err != nil || len(first) != 2 || first[0] != second[0] || first[0] == first[1] {
		t.Errorf("ids %v and then %v: %v", first, second, err)
	}
	finish(t, rec, reports.Succeeded)
	if got := one[string](t, path, "SELECT group_concat(subject, '; ') FROM audit WHERE action = 'source' AND subject NOT LIKE 'patients%'"); got != "- in 0 bytes sha256:; late.csv late 7 bytes sha256:feed" {
		t.Errorf("got %s", got)
	}
}

func TestABundleSentAgainReplacesItsFigures(t *testing.T) {
	t.Parallel()
	db, path := open(t)
	rec, id := begin(t, db, reports.Options{})
	u := reports.Unit{Seq: 3, SourceID: id, FirstRow: 1, LastRow: 9, Entries: 9, Attempts: 1, Status: 503, Started: time.Unix(0, 0), Took: 1500 * time.Millisecond}
	rec.Unit(u)
	u.OK, u.Attempts, u.Status = 9, 2, 200
	rec.Unit(u)
	finish(t, rec, reports.Succeeded)
	got := one[string](t, path, "SELECT count(*) || ' ' || n_ok || ' ' || attempts || ' ' || http_status || ' ' || ms || ' ' || started_at FROM unit")
	if got != "1 9 2 200 1500 1970-01-01T00:00:00.000Z" {
		t.Errorf("got %s", got)
	}
}

func TestAuditLogShowsThatItWasChanged(t *testing.T) {
	t.Parallel()
	for _, tamper := range []string{
		"UPDATE audit SET subject = 'nothing' WHERE seq = 2",
		"DELETE FROM audit WHERE seq = 2",
		"DELETE FROM audit WHERE seq = 1",
		"UPDATE audit SET at = '2020-01-01T00:00:00.000Z' WHERE seq = 3",
	} {
		db, path := open(t)
		rec, _ := begin(t, db, reports.Options{})
		finish(t, rec, reports.Succeeded)
		if err := db.VerifyAudit(context.Background()); err != nil {
			t.Fatalf("untouched: %v", err)
		}
		change(t, path, tamper)
		if err := db.VerifyAudit(context.Background()); err == nil {
			t.Errorf("not seen: %s", tamper)
		}
	}
}

func TestShapeSaysTheFormAndNeverTheValue(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"":                       "",
		"31/02/1980":             "99/99/9999 (len 10)",
		"O'Brien":                "A'Aaaaa (len 7)",
		"Çelik ✓\x1b":            "Aaaaa ?? (len 8)",
		"王明":                     "aa (len 2)",
		strings.Repeat("x", 300): strings.Repeat("a", 40) + "… (len 300)",
	} {
		if got := reports.Shape(value); got != want {
			t.Errorf("Shape(%q) = %q, want %q", value, got, want)
		}
	}
}

func TestRunTellsHowItWasStarted(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	want := reports.RunInfo{
		Command: "run", ToolVersion: "1.2.3", Mapping: "m.yaml", MappingSHA256: "feed", Target: "out", Args: "--to out", DryRun: true,
		Site: "st-mary", Actor: "j.doe", Started: time.Date(2026, 11, 22, 10, 11, 12, 0, time.UTC), Options: reports.Options{MaskValues: true},
	}
	rec, err := db.Begin(context.Background(), want)
	if err != nil {
		t.Fatal(err)
	}
	want.ID = rec.ID()
	for _, name := range []string{"", "1", rec.ID()} {
		got, err := db.Run(context.Background(), name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	if _, err := db.Run(context.Background(), "2"); !errors.Is(err, reports.ErrNoRun) {
		t.Errorf("got %v", err)
	}
}
