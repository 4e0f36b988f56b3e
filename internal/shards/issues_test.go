package shards_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/internal/issue"
	"chartlift/internal/shards"
)

// dates are n issues of one kind, which say so many different things in turn.
func dates(n, different int) []issue.Issue {
	var out []issue.Issue
	for i := range n {
		out = append(out, issue.Issue{
			Severity: issue.Warning, Code: "bad-date", Type: "value", Rule: "p.birthDate", Column: "DOB", Expression: "Patient.birthDate", Value: fmt.Sprintf("%d\xff", i),
			Origin:  issue.Origin{Source: "p.csv", Table: "p", Row: int64(i + 1), Line: int64(2*i + 3)},
			At:      issue.Position{File: "m.yaml", Line: 4, Column: 2, Length: 3},
			Message: "set null or map it", Suggestion: fmt.Sprint("perhaps ", i%different),
		})
	}
	return out
}

// told encodes what a teller was told in this order.
func told(t *testing.T, list []issue.Issue) []byte {
	t.Helper()
	teller := shards.NewTeller()
	for _, i := range list {
		teller.Issue(1, i)
	}
	text, err := shards.EncodeIssues(teller)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// What issues say is written once for all that say it, also where more is said
// in turn than is looked back for.
func TestIssuesOfAKindComeBackWholeWhateverTheySay(t *testing.T) {
	t.Parallel()
	sizes := map[int]int{}
	for _, different := range []int{1, 3, 30, 900} {
		want := dates(900, different)
		text := told(t, want)
		sizes[different] = len(text)
		like, got, err := shards.DecodeIssues(text)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%d: %v\n%s", different, err, diff)
		}
		if like.N != 900 || like.Like.Value != "" || like.Like.Suggestion != "" || like.Like.Origin != want[0].Origin {
			t.Errorf("%d: they are like %+v", different, like.Like)
		}
	}
	if sizes[1] > 900*10 || sizes[3] > sizes[1]+1000 {
		t.Errorf("bytes by how much is said: %v", sizes)
	}
}

// Which worker was first is chance.
func TestIssuesAreTheSameBytesInWhateverOrderTheyWereTold(t *testing.T) {
	t.Parallel()
	list := dates(200, 5)
	want := told(t, list)
	slices.Reverse(list)
	if got := told(t, list); !slices.Equal(want, got) {
		t.Errorf("%d bytes, not the %d of the other order", len(got), len(want))
	}
}

func TestIssuesThatAreCutOffAreRefused(t *testing.T) {
	t.Parallel()
	text := told(t, dates(2, 2))
	refused := 0
	for n := range text {
		_, kept, err := shards.DecodeIssues(text[:n])
		if err != nil && !errors.Is(err, shards.ErrBroken) {
			t.Errorf("%d bytes: %v", n, err)
		}
		if err != nil {
			refused++
		} else if len(kept) == 2 {
			t.Errorf("%d bytes of %d gave both", n, len(text))
		}
	}
	if refused < len(text)-3 { // only between two issues may it end
		t.Errorf("%d of %d were refused", refused, len(text))
	}
}

func FuzzDecodeIssues(f *testing.F) {
	f.Add([]byte("\x02{}\x02[]"))
	f.Add([]byte("\x02{}\x04[{}]\x00\x02\x02\x01x"))
	f.Add([]byte("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if _, kept, err := shards.DecodeIssues(text); err == nil && len(kept) > len(text) {
			t.Errorf("%d issues in %d bytes", len(kept), len(text))
		}
	})
}
