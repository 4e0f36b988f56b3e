package issue_test

import (
	"testing"

	"chartlift/internal/issue"
)

func TestACountAgreesWithWhatItCounts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		n          int64
		noun, want string
	}{
		{1, "row", "1 row"},
		{0, "row", "0 rows"},
		{2, "resource refused", "2 resource refuseds"}, // the last word counts: put it last
		{2, "entry", "2 entries"},
		{1, "entry", "1 entry"},
		{3, "day", "3 days"},
		{3, "key", "3 keys"},
		{1000, "certain pair", "1000 certain pairs"},
	} {
		if got := issue.Count(c.n, c.noun); got != c.want {
			t.Errorf("%d %s: %q", c.n, c.noun, got)
		}
	}
	if got := issue.Count(1, "table"); got != "1 table" {
		t.Error(got)
	}
}
