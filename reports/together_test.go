package reports_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/reports"
)

func TestPairsThatWerePutTogetherMayBeAskedAgainToBeTakenBack(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	run := matched(t, db, matchPair("1", "2", .9999, 13, ""), matchPair("2", "3", .999, 10, ""), matchPair("4", "5", .99, 6, ""), matchPair("1", "8", .9, 3, ""))
	pairs, id, err := db.Together(t.Context(), "")
	if err != nil || id != run {
		t.Fatalf("%s, %v", id, err)
	}
	var got []string
	for _, p := range pairs {
		got = append(got, p.Left.Key+"-"+p.Right.Key)
	}
	if diff := cmp.Diff([]string{"2-3", "1-2"}, got); diff != "" { // the least likely first
		t.Error(diff)
	}
	if err := db.Explain(t.Context(), pairs); err != nil || len(pairs[0].Terms) != 3 {
		t.Errorf("%v, %v", pairs[0].Terms, err)
	}
	if _, _, err := db.Together(t.Context(), "no-such-run"); !errors.Is(err, reports.ErrNoRun) {
		t.Errorf("got %v", err)
	}
}

func TestWhoWasPutTogetherIsHandedOutRunByRun(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	first, last := matched(t, db), matched(t, db)
	ctx := t.Context()
	info, err := db.Run(ctx, last)
	if err != nil {
		t.Fatal(err)
	}
	var got [][]string
	take := func(run string, patients []string) error {
		got = append(got, append([]string{run}, patients...))
		return nil
	}
	if err := db.Merged(ctx, info.Mapping, info.Site, take); err != nil {
		t.Fatal(err)
	}
	want := [][]string{{first, "p1", "p2", "p3"}, {first, "p8", "p9"}, {last, "p1", "p2", "p3"}, {last, "p8", "p9"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	got = nil
	if err := db.Merged(ctx, info.Mapping, "another site", take); err != nil || got != nil {
		t.Errorf("of another site: %v, %v", got, err)
	}
	stop := errors.New("enough")
	if err := db.Merged(ctx, info.Mapping, info.Site, func(string, []string) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("who takes them cannot stop it: %v", err)
	}
}

func TestTheSurvivorOfAPatientIsToldUnlessItStandsForItself(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	matched(t, db)
	for id, want := range map[string]string{"p3": "p1", "p9": "p8", "p1": "", "p4": ""} {
		survivor, grade, err := db.Survivor(t.Context(), "", id)
		if survivor != want || err != nil || (grade == "certain") != (want != "") {
			t.Errorf("%s: %q, %q, %v; want %q", id, survivor, grade, err, want)
		}
	}
	if _, _, err := db.Survivor(t.Context(), "no such run", "p3"); !errors.Is(err, reports.ErrNoRun) {
		t.Errorf("a run that is not there: %v", err)
	}
}
