package reports_test

import (
	"context"
	"strings"
	"testing"

	"chartlift/reports"
)

func TestTheOutputsHashIsTheSameForTheSameResourcesHoweverTheyWereTaken(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	db, _ := open(t)
	of := func(taken func(*reports.Recorder)) reports.Output {
		rec := delivering(t, db, reports.Delivery{Target: "out", Scope: "s"})
		taken(rec)
		finish(t, rec, reports.Succeeded)
		out, err := db.Output(ctx, rec.ID())
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	p := func(id, content string, fate reports.Fate) []reports.Delivered {
		return []reports.Delivered{delivered(id, content, fate)}
	}
	first := of(func(r *reports.Recorder) {
		r.Journal(1, true, p("p1", "a", reports.Created))
		r.Journal(2, true, p("p2", "b", reports.Created))
	})
	again := of(func(r *reports.Recorder) { // the second answer came first, one was there already, one was refused
		r.Journal(2, true, p("p2", "b", reports.Unchanged))
		r.Journal(1, true, append(p("p1", "a", reports.Updated), p("p9", "x", reports.Dead)...))
		r.Journal(3, false, p("p3", "c", reports.Sent))
	})
	other := of(func(r *reports.Recorder) {
		r.Journal(1, true, p("p1", "A", reports.Created))
		r.Journal(2, true, p("p2", "b", reports.Created))
	})
	if first != again || first.Resources != 2 || len(first.SHA256) != 64 {
		t.Errorf("%+v and %+v", first, again)
	}
	if other == first {
		t.Error("another content has the same hash")
	}
	sealed := reports.Output{Resources: 7, SHA256: strings.Repeat("cd", 32)}
	if files := of(func(r *reports.Recorder) {
		r.Journal(1, true, p("p1", "a", reports.Created))
		if err := r.Seal(sealed); err != nil {
			t.Fatal(err)
		}
	}); files != sealed {
		t.Errorf("the files' hash is %+v", files)
	}
	if none := of(func(*reports.Recorder) {}); none != (reports.Output{}) {
		t.Errorf("nothing was delivered: %+v", none)
	}
}

func TestTheSignOffNamesTheHashesOfSourcesMappingAndOutput(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	rec := delivering(t, db, reports.Delivery{Target: "out", Scope: "s"})
	rec.Journal(1, true, []reports.Delivered{delivered("p1", "a", reports.Created)})
	finish(t, rec, reports.Succeeded)
	out, err := db.Output(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	text := page(t, db, reports.PageOptions{})
	sign := text[strings.Index(text, `id="sign"`):]
	for _, want := range []string{strings.Repeat("ab", 32), out.SHA256, "of 1 resources"} {
		if !strings.Contains(sign, want) {
			t.Errorf("the sign-off lacks %s", want)
		}
	}
}
