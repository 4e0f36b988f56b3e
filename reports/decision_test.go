package reports_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"chartlift/reports"
)

func ref(key string) reports.RecordRef { return reports.RecordRef{Source: "patients", Key: key} }

// said is a decision of Ann's on the day of the demo.
func said(left, right, verdict string) reports.Decision {
	return reports.Decision{Left: ref(left), Right: ref(right), Verdict: verdict, By: "Ann", At: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}
}

func decide(t *testing.T, db *reports.DB, d ...reports.Decision) int {
	t.Helper()
	n, err := db.Decide(context.Background(), reports.Import{}, d)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestTheLastDecisionHoldsAndTheEarlierOnesAreKept(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	ctx := context.Background()
	same, different := said("10", "9", reports.SamePerson), said("9", "10", reports.DifferentPersons)
	different.By, different.Comment, different.Worksheet = "Ben", "twins: seen their charts", "7f3a21"
	if n := decide(t, db, same, said("1", "2", reports.UnsurePerson)); n != 2 {
		t.Errorf("%d decisions were written", n)
	}
	decide(t, db, different)
	different.Left, different.Right = ref("10"), ref("9") // keys are texts: "10" comes first
	held, err := db.Decisions(ctx)
	if diff := cmp.Diff([]reports.Decision{said("1", "2", reports.UnsurePerson), different}, held); diff != "" || err != nil {
		t.Errorf("what holds (-want +got, %v):\n%s", err, diff)
	}
	for _, pair := range [][2]string{{"9", "10"}, {"10", "9"}} {
		history, err := db.DecisionHistory(ctx, ref(pair[0]), ref(pair[1]))
		if diff := cmp.Diff([]reports.Decision{same, different}, history); diff != "" || err != nil {
			t.Errorf("history of %v (-want +got, %v):\n%s", pair, err, diff)
		}
	}
}

func TestDecisionsThatAreReadInStandInTheAuditLog(t *testing.T) {
	t.Parallel()
	db, path := open(t)
	ctx := context.Background()
	from := reports.Import{File: "review.xlsx", By: "Ann Baker", ToolVersion: "9"}
	d := []reports.Decision{said("1", "2", reports.SamePerson), said("3", "4", reports.DifferentPersons), said("5", "6", reports.SamePerson)}
	for range 2 { // the second time nothing is new, and nothing is said
		if _, err := db.Decide(ctx, from, d); err != nil {
			t.Fatal(err)
		}
	}
	if n := one[int64](t, path, "SELECT count(*) FROM audit WHERE action = 'decide'"); n != 1 {
		t.Errorf("the audit log tells it %d times", n)
	}
	if actor := one[string](t, path, "SELECT actor FROM audit WHERE action = 'decide'"); actor != "Ann Baker" {
		t.Errorf("the actor is %q", actor)
	}
	subject := one[string](t, path, "SELECT subject FROM audit WHERE action = 'decide'")
	if !strings.HasPrefix(subject, "2 same, 1 different, 0 unsure from review.xlsx sha256:") || len(subject) < 100 {
		t.Errorf("the entry says %q", subject)
	}
	if err := db.VerifyAudit(ctx); err != nil {
		t.Error(err)
	}
	if status := one[string](t, path, "SELECT status FROM run WHERE command = 'review'"); status != reports.Succeeded {
		t.Errorf("its run is %q", status)
	}
	if _, _, err := db.Doubts(ctx, ""); !errors.Is(err, reports.ErrNoRun) {
		t.Errorf("it is taken for a run whose reports are asked for: %v", err)
	}
}

func TestADecisionThatHoldsAlreadyIsNotWrittenAgain(t *testing.T) {
	t.Parallel()
	db, path := open(t)
	d := said("1", "2", reports.SamePerson)
	decide(t, db, d)
	later := d
	later.At = d.At.Add(time.Hour)
	later.Left, later.Right = d.Right, d.Left
	if n := decide(t, db, later); n != 0 {
		t.Errorf("a worksheet that is read twice wrote %d decisions", n)
	}
	decide(t, db, said("1", "2", reports.DifferentPersons))
	if n := decide(t, db, later); n != 1 {
		t.Errorf("a decision that was reversed and made again wrote %d", n)
	}
	if n := one[int](t, path, "SELECT count(*) FROM dup_decision"); n != 3 {
		t.Errorf("the history has %d lines, want 3", n)
	}
}

func TestWhatIsNoDecisionIsRefusedWithAllThatCameWithIt(t *testing.T) {
	t.Parallel()
	db, path := open(t)
	nobody := said("1", "2", reports.SamePerson)
	nobody.By = ""
	for want, bad := range map[string]reports.Decision{
		"both are record": said("1", "1", reports.SamePerson),
		`"perhaps"`:       said("1", "2", "perhaps"),
		"nobody is named": nobody,
	} {
		_, err := db.Decide(context.Background(), reports.Import{}, []reports.Decision{said("3", "4", reports.SamePerson), bad})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	unknownRun := said("1", "2", reports.SamePerson)
	unknownRun.Run = "no-such-run"
	if _, err := db.Decide(context.Background(), reports.Import{}, []reports.Decision{unknownRun}); err == nil {
		t.Error("a decision of a run that never was is kept")
	}
	if n := one[int](t, path, "SELECT count(*) FROM dup_decision"); n != 0 {
		t.Errorf("%d decisions were kept", n)
	}
}

func TestRecordsOfTwoSourcesWithOneKeyAreTwoRecords(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	a, b := reports.RecordRef{Source: "hospital", Key: "7"}, reports.RecordRef{Source: "clinic", Table: "adults", Key: "7"}
	decide(t, db, reports.Decision{Left: a, Right: b, Verdict: reports.SamePerson, By: "Ann"})
	held, err := db.Decisions(context.Background())
	if err != nil || len(held) != 1 || held[0].Left != b || held[0].Right != a || held[0].At.IsZero() {
		t.Errorf("got %+v, %v", held, err)
	}
}

func TestADatabaseOfAnEarlierVersionGetsTheTableOfDecisions(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs.db")
	for _, file := range []string{"schema.sql", "schema2.sql"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		change(t, path, string(text))
	}
	change(t, path, "PRAGMA user_version = 2")
	db, err := reports.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	decide(t, db, said("1", "2", reports.SamePerson))
	if held, err := db.Decisions(context.Background()); err != nil || len(held) != 1 {
		t.Errorf("got %+v, %v", held, err)
	}
}
