package reports_test

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/reports"
)

func TestItIsToldWhichRunTookARunBack(t *testing.T) {
	t.Parallel()
	db, err := reports.Open(filepath.Join(t.TempDir(), "runs.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	begin := func(command, of string) *reports.Recorder {
		rec, err := db.Begin(t.Context(), reports.RunInfo{Command: command})
		if err == nil {
			err = rec.Deliver(reports.Delivery{Target: "http://x", Resumes: of})
		}
		if err != nil {
			t.Fatal(err)
		}
		return rec
	}
	finish := func(rec *reports.Recorder) {
		if err := rec.Finish(t.Context(), reports.Succeeded, 0); err != nil {
			t.Fatal(err)
		}
	}
	want := func(when string, want *reports.UndoneFacts) {
		t.Helper()
		got, err := db.UndoneBy(t.Context(), "1")
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", when, err, diff)
		}
	}
	first := begin("run", "")
	finish(first)
	want("nothing was taken back", nil)
	idle := begin("undo", first.ID())
	finish(idle)
	want("an undo that did nothing", nil)
	part := begin("undo", first.ID())
	part.Journal(1, true, []reports.Delivered{{Type: "Patient", ID: "a", Fate: reports.Deleted}})
	finish(part)
	want("some stayed", &reports.UndoneFacts{Number: 3, By: part.ID()})
	whole := begin("undo", first.ID())
	if err := whole.Undone(first.ID()); err != nil {
		t.Fatal(err)
	}
	finish(whole)
	want("all is gone", &reports.UndoneFacts{Number: 4, By: whole.ID(), Whole: true})
	s, err := db.Summary(t.Context(), "1")
	if err != nil || s.Verdict.Title != "Do not sign: taken back" || s.Undone == nil {
		t.Errorf("the verdict is %+v, %v", s.Verdict, err)
	}
}
