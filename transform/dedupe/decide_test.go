package dedupe_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/transform/dedupe"
)

func same(l, r string) dedupe.Decision { return dedupe.Decision{L: l, R: r, Same: true} }

func different(l, r string) dedupe.Decision { return dedupe.Decision{L: l, R: r} }

func TestContradictionsAreFoundOverAnyNumberOfDecisions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		decisions []dedupe.Decision
		want      []string
	}{
		{"nothing decided", nil, nil},
		{"three that agree", []dedupe.Decision{same("a", "b"), same("c", "b"), different("c", "d")}, nil},
		{"two persons apart from each other", []dedupe.Decision{different("a", "b"), different("b", "c"), different("a", "c")}, nil},
		{"a triangle", []dedupe.Decision{same("a", "b"), different("c", "a"), same("b", "c")}, []string{"a = b = c, but a and c are two persons"}},
		{"the shortest way is told", []dedupe.Decision{same("a", "b"), same("b", "c"), same("c", "d"), same("a", "c"), different("a", "d")}, []string{"a = c = d, but a and d are two persons"}},
		{"the later word on one pair holds", []dedupe.Decision{different("a", "b"), same("b", "a"), different("x", "x")}, nil},
		{"two groups", []dedupe.Decision{same("a", "b"), same("b", "c"), different("a", "c"), same("x", "y"), same("y", "z"), different("z", "x")}, []string{"a = b = c, but a and c are two persons", "x = y = z, but x and z are two persons"}},
	} {
		var got []string
		for _, found := range dedupe.Contradictions(c.decisions) {
			got = append(got, found.String())
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// strangers are five records with next to nothing in common; 1 and 3 could not
// be joined by themselves (V3).
func strangers() [][]string {
	return [][]string{
		{"1", "GRETA", "VOSS", "1944-01-31", "", "01002"},
		{"2", "ROSALIND", "UNDERHILL", "1950-07-04", "", "99501"},
		{"3", "GRETA", "VOSS", "1988-02-14", "", "01002"},
		{"4", "MARK", "QUINN", "2011-06-01", "", "02140"},
		{"5", "THADDEUS", "PELL", "1971-12-24", "", "60601"},
	}
}

func TestDecisionsThatContradictEachOtherJoinNothing(t *testing.T) {
	t.Parallel()
	o := dedupe.Options{Fields: plainFields(t), Decisions: []dedupe.Decision{same("1", "2"), same("2", "3"), different("1", "3"), same("4", "5")}}
	r := linkRows(t, o, strangers()...)
	if len(r.Clusters) != 1 || r.Clusters[0].Members[0].ID != "4" {
		t.Errorf("the clusters are %+v; 4 and 5 alone are not disputed", r.Clusters)
	}
	if got := verdict(t, r, "1", "3"); !strings.Contains(got, "V8") {
		t.Errorf("what was decided to be two persons: %s", got)
	}
	var found []string
	for _, i := range r.Issues {
		if i.Code == "decision-contradiction" {
			found = append(found, i.Value)
			if strings.Contains(i.Message, "1 =") {
				t.Errorf("the message names records: %s", i.Message)
			}
		}
	}
	if diff := cmp.Diff([]string{"1 = 2 = 3, but 1 and 3 are two persons"}, found); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAChainOfDecisionsIsOnePersonAgainstScoresAndVetoes(t *testing.T) {
	t.Parallel()
	o := dedupe.Options{Fields: plainFields(t), Decisions: []dedupe.Decision{same("1", "2"), same("2", "3"), same("4", "3"), same("5", "4")}}
	r := linkRows(t, o, strangers()...)
	if got := verdict(t, r, "1", "3"); !strings.Contains(got, "V3") {
		t.Fatalf("mother and daughter: %s; the test needs a veto to overrule", got)
	}
	if len(r.Clusters) != 1 || len(r.Clusters[0].Members) != 5 || r.Clusters[0].Review != "" {
		t.Fatalf("the clusters are %+v", r.Clusters)
	}
	for _, m := range r.Clusters[0].Members {
		if m.Grade != dedupe.Certain {
			t.Errorf("%s is %s although people decided", m.ID, m.Grade)
		}
	}
}

func TestWhatIsDecidedToBeOnePersonDoesNotBringInAThirdThatAVetoForbids(t *testing.T) {
	t.Parallel()
	rows := append(strangers(), []string{"6", "GRETA", "VOSS", "1944-01-31", "", "01002"})
	o := dedupe.Options{Fields: plainFields(t), Decisions: []dedupe.Decision{same("2", "3")}}
	together := clusterOf(linkRows(t, o, rows...), dedupe.Possible)
	if together["2"] == "" || together["2"] != together["3"] {
		t.Errorf("2 and 3 were decided to be one: %v", together)
	}
	if together["1"] == together["3"] && together["1"] != "" {
		t.Errorf("1 and 3 are a generation apart: %v", together)
	}
}
