package reports_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/reports"
)

func TestASnapshotIsOneMomentOfADatabaseThatIsWrittenTo(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	db, _ := open(t)
	rec, patients := begin(t, db, reports.Options{})
	rec.Rows(patients, []reports.RowRange{{First: 1, Last: 500}})
	stop, done := make(chan struct{}), make(chan struct{})
	go func() { // the run goes on
		defer close(done)
		for row := int64(501); ; row += 10 {
			select {
			case <-stop:
				return
			default:
				rec.Rows(patients, []reports.RowRange{{First: row, Last: row + 8}, {First: row + 9, Last: row + 9, Outcome: reports.Rejected, Reason: "bad-date"}})
			}
		}
	}()
	dir := t.TempDir()
	for _, name := range []string{"a.db", "b.db"} {
		path := filepath.Join(dir, name)
		if err := db.Snapshot(ctx, path); err != nil {
			t.Fatal(err)
		}
		if stat, err := os.Stat(path); err != nil || stat.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v", stat.Mode(), err)
		}
		copied, err := reports.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		l, err := copied.Ledger(ctx, "")
		if err != nil || !l.Balanced || l.Status != "running" {
			t.Errorf("%+v, %v", l, err)
		}
		if err := copied.Close(); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	<-done
	finish(t, rec, reports.Succeeded)
}

func TestTwoSnapshotsOfAFinishedRunAreTheSameBytes(t *testing.T) {
	t.Parallel()
	db, _ := sample(t, reports.Options{})
	var texts [2][]byte
	for i := range texts {
		path := filepath.Join(t.TempDir(), "runs.db")
		if err := db.Snapshot(context.Background(), path); err != nil {
			t.Fatal(err)
		}
		var err error
		if texts[i], err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(texts[0], texts[1]) {
		t.Error("they differ")
	}
	if err := db.Snapshot(context.Background(), filepath.Join(t.TempDir(), "no", "folder")); err == nil {
		t.Error("a folder that is not there was written to")
	}
}

func TestALaterRunIntoTheSameTargetIsNoticed(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	db, _ := open(t)
	var ids []string
	for _, target := range []string{"out", "elsewhere", "out"} {
		rec, err := db.Begin(ctx, reports.RunInfo{Target: target})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, rec.ID())
		finish(t, rec, reports.Succeeded)
	}
	var got []bool
	for _, id := range ids {
		later, err := db.LaterInto(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, later)
	}
	if diff := cmp.Diff([]bool{true, false, false}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
