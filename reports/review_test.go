package reports_test

import (
	"context"
	"errors"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/reports"
)

func offer(t *testing.T, db *reports.DB, run string, pairs ...reports.ReviewPair) []string {
	t.Helper()
	ids, err := db.OfferPairs(context.Background(), run, pairs)
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

func TestAPairOfAWorksheetIsFoundByItsIDAgain(t *testing.T) {
	t.Parallel()
	db, path := open(t)
	rec, _ := begin(t, db, reports.Options{})
	a, b, c := ref("9"), ref("10"), reports.RecordRef{Source: "clinic", Table: "adults", Key: "=1"}
	ids := offer(t, db, rec.ID(), reports.ReviewPair{Left: a, Right: b}, reports.ReviewPair{Left: c, Right: a})
	if len(ids) != 2 || !regexp.MustCompile(`^[0-9a-f]{8}-1$`).MatchString(ids[0]) || ids[0][:8] != ids[1][:8] {
		t.Fatalf("ids are %v", ids)
	}
	got, err := db.OfferedPair(context.Background(), ids[1])
	want := reports.ReviewPair{Left: c, Right: a, Worksheet: ids[1][:8], Run: rec.ID()}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("(-want +got, %v):\n%s", err, diff)
	}
	if again := offer(t, db, rec.ID(), reports.ReviewPair{Left: a, Right: b}, reports.ReviewPair{Left: c, Right: a}); !cmp.Equal(again, ids) {
		t.Errorf("exported again, the pairs are called %v, before %v", again, ids)
	}
	if n := one[int](t, path, "SELECT count(*) FROM review_pair"); n != 2 {
		t.Errorf("%d pairs are kept", n)
	}
	if other := offer(t, db, "", reports.ReviewPair{Left: a, Right: b}); other[0][:8] == ids[0][:8] {
		t.Error("two worksheets have one id")
	}
}

func TestAPairThatNoWorksheetHasIsNotFound(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	ids := offer(t, db, "", reports.ReviewPair{Left: ref("1"), Right: ref("2")})
	for _, id := range []string{"", "-", "1", ids[0][:8], ids[0] + "2", "00000000-1", ids[0][:8] + "-x", "%-1"} {
		if _, err := db.OfferedPair(context.Background(), id); !errors.Is(err, reports.ErrNoPair) {
			t.Errorf("%q: %v", id, err)
		}
	}
	if got := offer(t, db, ""); len(got) != 0 {
		t.Errorf("a worksheet without pairs has %v", got)
	}
}
