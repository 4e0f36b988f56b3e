package reports_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/internal/issue"
	"chartlift/reports"
)

// matchPair is a pair of Patients p<l> and p<r> of the source patients.
func matchPair(l, r string, probability, bits float64, vetoes string) reports.MatchPair {
	p := reports.MatchPair{
		Left: ref(l), Right: ref(r), LeftID: "p" + l, RightID: "p" + r, Bits: bits, Probability: probability, Grade: "probable", Vetoes: vetoes,
		Terms: []reports.MatchTerm{
			{Name: "start", Bits: -3, Total: -3},
			{Name: "given", Level: "same", Left: "GRETA", Right: "<b>GRETA", Bits: 7, Frequency: -.5, Total: 3.5},
			{Name: "household", Level: "may be two members of one", Bits: -5.5, Total: -2},
		},
	}
	if vetoes != "" || probability < .95 {
		p.Grade = "possible"
	}
	return p
}

// matched is a finished run whose Patients 1, 2 and 3 were put together, and 9
// and 8, and whose doubtful pairs are these.
func matched(t *testing.T, db *reports.DB, pairs ...reports.MatchPair) string {
	t.Helper()
	rec, _ := begin(t, db, reports.Options{})
	m := reports.Matching{Records: 12, Compared: 20, Certain: 4, Probable: 2, Possible: 1, Policy: "weights", Links: "links", MergeFrom: "certain", Model: "{}", Pairs: slices.Values(pairs)}
	for _, members := range [][]string{{"1", "2", "3"}, {"8", "9"}} {
		c := reports.MatchCluster{ID: "c" + members[0]}
		for i, key := range members {
			c.Members = append(c.Members, reports.MatchMember{
				Ref: ref(key), ID: "p" + key, Origin: issue.Origin{Source: "patients.csv", Row: int64(i + 1)}, Grade: "certain", Survivor: "p" + members[0],
			})
		}
		m.Clusters = append(m.Clusters, c)
	}
	if err := rec.Matching(m); err != nil {
		t.Fatal(err)
	}
	rec.Merges(func(yield func(reports.Merge, error) bool) {
		for _, c := range m.Clusters {
			merge := reports.Merge{Cluster: c.ID, Mode: "links", Survivor: c.Members[0].ID, Grade: "certain"}
			for _, k := range c.Members {
				merge.Records = append(merge.Records, reports.MergedRecord{Ref: k.Ref, ID: k.ID})
			}
			if !yield(merge, nil) {
				return
			}
		}
	})
	finish(t, rec, reports.Succeeded)
	return rec.ID()
}

// asked are the doubts of the latest run as text.
func asked(t *testing.T, db *reports.DB) []string {
	t.Helper()
	doubts, _, err := db.Doubts(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, d := range doubts {
		all = append(all, fmt.Sprintf("%s-%s joins %d %s", d.Left.Key, d.Right.Key, d.Joins, d.Vetoes))
	}
	return all
}

func TestThePairWorthMostIsAskedFirstAndOnce(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	matched(t, db,
		matchPair("4", "5", .99, 6.6, ""), matchPair("1", "8", .9, 3.2, ""), matchPair("2", "9", .8, 2, ""), // 1 and 8, 2 and 9: the same two persons
		matchPair("1", "2", .999, 12, ""),                                      // one person already
		matchPair("2", "6", .999, 10, "V2"), matchPair("3", "6", .6, .6, "V2"), // the same question again
		matchPair("3", "4", .5, .1, ""),
	)
	want := []string{"1-8 joins 6 ", "3-4 joins 3 ", "4-5 joins 1 ", "2-6 joins 3 V2"}
	if diff := cmp.Diff(want, asked(t, db)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDecidedPairsOfARunAreNotAskedAgain(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	matched(t, db, matchPair("4", "5", .99, 6.6, ""), matchPair("6", "7", .98, 5.6, ""))
	decide(t, db, said("5", "4", reports.DifferentPersons), said("6", "7", reports.UnsurePerson))
	if diff := cmp.Diff([]string{"6-7 joins 1 "}, asked(t, db)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, _, err := db.Doubts(context.Background(), "no-such-run"); !errors.Is(err, reports.ErrNoRun) {
		t.Errorf("a run that is not there: %v", err)
	}
}

func TestTheScreenAndThePageCountPeopleAlike(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	run := matched(t, db, matchPair("4", "5", .99, 6.6, ""), matchPair("5", "6", .98, 5.6, ""), matchPair("4", "6", .97, 5, ""))
	f, ok, err := db.MatchFigures(context.Background(), run)
	if diff := cmp.Diff(reports.MatchFigures{Records: 12, Put: 5, Persons: 2, Open: 2}, f); diff != "" || !ok || err != nil {
		t.Errorf("%v, %v (-want +got):\n%s", ok, err, diff)
	}
	for want, f := range map[string]reports.MatchFigures{
		"12 Patients compared; 5 records put together as 2 persons; 2 pairs to be decided: chartlift review export": f,
		"1588 Patients compared; 2 records put together as 1 person; no pair to be decided":                         {Records: 1588, Put: 2, Persons: 1},
		"1 Patient compared; none put together; 1 pair to be decided: chartlift review export":                      {Records: 1, Open: 1},
	} {
		if got := f.Text(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	rec, _ := begin(t, db, reports.Options{})
	finish(t, rec, reports.Succeeded)
	if _, ok, err := db.MatchFigures(context.Background(), rec.ID()); ok || err != nil {
		t.Errorf("a run that matched nobody has figures: %v, %v", ok, err)
	}
}

func TestACircleOfPairsIsAskedByThoseThatConnectIt(t *testing.T) {
	t.Parallel()
	circle := []reports.MatchPair{matchPair("4", "5", .99, 6.6, ""), matchPair("5", "6", .98, 5.6, ""), matchPair("4", "6", .97, 5, "")}
	said := func(l, r, verdict string) reports.Decision {
		return reports.Decision{Left: ref(l), Right: ref(r), Verdict: verdict, By: "Ann"}
	}
	for name, c := range map[string]struct {
		decided []reports.Decision
		want    []string
	}{
		"nothing was decided":              {nil, []string{"4-5 joins 1 ", "5-6 joins 1 "}},
		"all are one":                      {[]reports.Decision{said("4", "5", reports.SamePerson), said("5", "6", reports.SamePerson)}, nil},
		"one is another, which is a third": {[]reports.Decision{said("4", "5", reports.DifferentPersons), said("5", "6", reports.SamePerson)}, nil},
		"one is two others' other":         {[]reports.Decision{said("4", "5", reports.DifferentPersons), said("5", "6", reports.DifferentPersons)}, []string{"4-6 joins 1 "}},
		"nobody could tell":                {[]reports.Decision{said("4", "5", reports.UnsurePerson)}, []string{"4-5 joins 1 ", "5-6 joins 1 "}},
	} {
		db, _ := open(t)
		matched(t, db, circle...)
		if _, err := db.Decide(context.Background(), reports.Import{}, c.decided); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, asked(t, db)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestTheEvidenceOfADoubtIsThatOfTheRun(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	p := matchPair("4", "5", .99, 6.6, "")
	matched(t, db, p)
	doubts, _, err := db.Doubts(context.Background(), "")
	if err == nil {
		err = db.Explain(context.Background(), doubts)
	}
	if err != nil || len(doubts) != 1 {
		t.Fatalf("%d doubts, %v", len(doubts), err)
	}
	if diff := cmp.Diff(p.Terms, doubts[0].Terms); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestThePageDrawsTheEvidenceOfDoubtfulPairs(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	var pairs []reports.MatchPair
	for i := range 12 {
		pairs = append(pairs, matchPair(fmt.Sprint(100+i), fmt.Sprint(200+i), .99, 6, ""))
	}
	pairs[0].Probability = .995
	matched(t, db, pairs...)
	got := page(t, db, reports.PageOptions{})
	for _, want := range []string{
		"12 Patients were compared: 4 certain pairs, 2 probable, 1 possible", "5 records were put together as 2 persons.", "12 pairs are to be decided by a person", "The 10 pairs that are worth most are shown",
		`<rect class="for" x="0" y="1" width="100" height="8"/>`, `<rect class="against" x="15.38" y="1" width="84.62" height="8"/>`, "d=\"M46.15 0V10\"",
		`aria-label="&#43;6.5 bits, 3.5 in all"`, "<code>AAAAA (len 5)</code>", "99.50 %",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Contains(got, "GRETA") || strings.Contains(got, "<code>100</code>") {
		t.Error("the page shows values although nobody asked")
	}
	shown := page(t, db, reports.PageOptions{ShowValues: true})
	if !strings.Contains(shown, "<code>&lt;b&gt;GRETA</code>") || strings.Contains(shown, "<b>GRETA") {
		t.Error("values that were asked for are not there, or not escaped")
	}
	if n := strings.Count(got, `class="pair"`); n != 10 {
		t.Errorf("%d pairs are drawn", n)
	}
}

func TestAPageOfARunWithoutMatchingSaysNothingOfPeople(t *testing.T) {
	t.Parallel()
	db, _ := sample(t, reports.Options{})
	if got := page(t, db, reports.PageOptions{}); strings.Contains(got, "Records of one person") {
		t.Error("a run that matched nobody has a section of people")
	}
}
