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
