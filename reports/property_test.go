package reports_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"chartlift/internal/issue"
	"chartlift/reports"
)

// randomRuns cuts rows 1 to n into ranges of random outcome.
func randomRuns(rnd *rand.Rand, n int64) []reports.RowRange {
	var out []reports.RowRange
	for row := int64(1); row <= n; {
		last := min(row+rnd.Int64N(9), n)
		x := reports.RowRange{First: row, Last: last, Outcome: reports.Outcome(rnd.IntN(4))}
		if x.Outcome != reports.Loaded {
			x.Reason = []string{"where", "bad-date"}[rnd.IntN(2)]
		}
		if x.Outcome == reports.Merged && rnd.IntN(2) == 0 {
			x.MergedInto = 1 + rnd.Int64N(n)
		}
		out = append(out, x)
		row = last + 1
	}
	return out
}

// perRow spells out what each row was given.
func perRow(ranges []reports.RowRange) map[int64]reports.RowRange {
	rows := map[int64]reports.RowRange{}
	for _, x := range ranges {
		for row := x.First; row <= x.Last; row++ {
			rows[row] = reports.RowRange{Outcome: x.Outcome, Reason: x.Reason, MergedInto: x.MergedInto}
		}
	}
	return rows
}

func TestAnyOrderOfRangesKeepsEveryRowsOutcome(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		db, _ := open(t)
		rec, id := begin(t, db, reports.Options{})
		given := randomRuns(rnd, 3_000)
		shuffled := append([]reports.RowRange(nil), given...)
		if seed%2 == 0 {
			rnd.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		}
		for len(shuffled) > 0 {
			n := min(1+rnd.IntN(40), len(shuffled))
			rec.Rows(id, shuffled[:n])
			shuffled = shuffled[n:]
		}
		finish(t, rec, reports.Succeeded)
		got, err := db.Outcomes(context.Background(), "", "patients")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(perRow(given), perRow(got)); diff != "" {
			t.Fatalf("seed %d: %s", seed, diff)
		}
		if l := ledger(t, db); l.Check() != nil || l.Total().Read != 3_000 {
			t.Errorf("seed %d: %s", seed, l.Text())
		}
		if len(got) > len(given) {
			t.Errorf("seed %d: %d ranges became %d", seed, len(given), len(got))
		}
	}
}

func TestCountersOnTheSourceAgreeWithTheRanges(t *testing.T) {
	t.Parallel()
	db, path := open(t)
	rec, id := begin(t, db, reports.Options{})
	rec.Rows(id, randomRuns(rand.New(rand.NewPCG(7, 7)), 2_000))
	finish(t, rec, reports.Succeeded)
	x := ledger(t, db).Tables[0]
	got := one[string](t, path, "SELECT rows_read || ' ' || rows_loaded || ' ' || rows_merged || ' ' || rows_filtered || ' ' || rows_rejected FROM source")
	if want := fmt.Sprint(x.Read, x.Loaded, x.Merged, x.Filtered, x.Rejected); got != want {
		t.Errorf("counters %s, ranges %s", got, want)
	}
}

func TestAReaderSeesABalanceAtEveryMoment(t *testing.T) {
	t.Parallel()
	db, path := open(t)
	rec, id := begin(t, db, reports.Options{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for row := int64(1); row < 60_000; row += 3 {
			rec.Rows(id, []reports.RowRange{{First: row, Last: row + 1}, {First: row + 2, Last: row + 2, Outcome: reports.Rejected, Reason: "x"}})
		}
	})
	other, err := reports.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	for range 40 {
		l := ledger(t, other)
		if err := l.Check(); err != nil || l.Status != "running" {
			t.Fatalf("%s: %v", l.Status, err)
		}
	}
	wg.Wait()
	finish(t, rec, reports.Succeeded)
	if n := ledger(t, other).Total().Read; n != 60_000 {
		t.Errorf("%d rows", n)
	}
}

func TestCallersWaitForASlowWriterAndThenGoOn(t *testing.T) {
	t.Parallel()
	db, path := open(t)
	rec, id := begin(t, db, reports.Options{})
	lock := raw(t, path)
	lock.SetMaxOpenConns(1)
	if _, err := lock.Exec("BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	const rows = 60_000 // several times what may wait
	go func() {
		defer close(done)
		for row := int64(1); row <= rows; row++ {
			rec.Rows(id, []reports.RowRange{{First: row, Last: row, Outcome: reports.Outcome(row % 4), Reason: "r"}})
		}
	}()
	select {
	case <-done:
		t.Error("memory is not bounded: nobody waited for the writer")
	case <-time.After(400 * time.Millisecond):
	}
	if _, err := lock.Exec("ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	<-done
	finish(t, rec, reports.Succeeded)
	if n := ledger(t, db).Total().Read; n != rows {
		t.Errorf("%d rows", n)
	}
}

func TestManyProcessesMayOpenANewDatabaseAtOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "p", "runs.db")
	said := make([]string, 8)
	var wg sync.WaitGroup
	for n := range said {
		wg.Go(func() {
			child := exec.Command(os.Args[0])
			child.Env = append(os.Environ(), "CHARTLIFT_TEST_OPEN="+path)
			out, err := child.CombinedOutput()
			if err != nil || len(out) > 0 {
				said[n] = fmt.Sprint(string(out), err)
			}
		})
	}
	wg.Wait()
	if all := strings.Join(said, ""); all != "" {
		t.Error(all)
	}
	if n := one[int](t, path, "SELECT user_version FROM pragma_user_version"); n == 0 {
		t.Error("nobody made the schema")
	}
}

func TestLongAndBrokenValuesAreKeptShortAndAsText(t *testing.T) {
	t.Parallel()
	db, path := open(t)
	rec, id := begin(t, db, reports.Options{})
	rec.Issue(id, issue.Issue{Code: "long", Value: strings.Repeat("ü", 1_000_000)})
	rec.Issue(id, issue.Issue{Code: "broken", Value: "M\xfcller"})
	rec.Unit(reports.Unit{Seq: 1, Failures: []reports.EntryFailure{{Issues: []issue.Issue{
		{Code: "a", Value: strings.Repeat("x", 100_000)}, {Code: "b"}, {Code: "a"},
	}}}})
	finish(t, rec, reports.Succeeded)
	if v := one[string](t, path, "SELECT value FROM v_finding WHERE code = 'long'"); len(v) > 510 || !utf8.ValidString(v) || !strings.HasSuffix(v, "ü…") {
		t.Errorf("%d bytes are kept", len(v))
	}
	if v := one[string](t, path, "SELECT value FROM v_finding WHERE code = 'broken'"); v != "M�ller" {
		t.Errorf("kept %q", v)
	}
	if n := one[int](t, path, "SELECT length(server_text) FROM entry_failure"); n != 4_001 {
		t.Errorf("%d characters of the server are kept", n)
	}
	if v := one[string](t, path, "SELECT codes FROM v_dead_letter"); v != "a b" {
		t.Errorf("codes %q", v)
	}
}

func TestRefusedEntriesAreDeadLettersOfTheirRowAndNotCountedAsFindings(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	rec, id := begin(t, db, reports.Options{})
	refused := issue.Issue{Severity: issue.Error, Code: "refused", Message: "see the answer", Origin: issue.Origin{Row: 4}}
	rec.Issue(id, refused)
	rec.Unit(reports.Unit{Seq: 1, SourceID: id, FirstRow: 1, LastRow: 9, Failures: []reports.EntryFailure{
		{SourceID: id, Row: 4, Type: "Patient", ID: "p4", Status: 422, Issues: []issue.Issue{refused}},
	}})
	finish(t, rec, reports.Succeeded)
	s, err := db.RowStory(context.Background(), "", "patients", 4)
	if err != nil || len(s.Findings) != 1 || len(s.Refused) != 1 || s.Refused[0].Codes != "refused" {
		t.Errorf("%+v, %v", s, err)
	}
	if s, _ := db.RowStory(context.Background(), "", "patients", 5); len(s.Findings)+len(s.Refused) != 0 || len(s.Bundles) != 1 {
		t.Errorf("row 5 has what belongs to row 4: %+v", s)
	}
}

func FuzzShape(f *testing.F) {
	for _, seed := range []string{"", "31/02/1980", "O'Brien", "\xff\x00", "王明 ✓"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		got := reports.Shape(value)
		if (got == "") != (value == "") || !utf8.ValidString(got) {
			t.Fatalf("Shape(%q) = %q", value, got)
		}
		form, _, _ := strings.Cut(got, " (len ")
		for _, c := range strings.TrimSuffix(form, "…") {
			if c > '~' || c >= '0' && c <= '8' || c >= 'B' && c <= 'Z' || c >= 'b' && c <= 'z' {
				t.Fatalf("Shape(%q) = %q shows %q", value, got, c)
			}
		}
	})
}
