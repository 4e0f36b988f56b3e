package dedupe_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/transform/dedupe"
)

// doubts are the doubtful pairs as text, ids in order.
func doubts(r *dedupe.Result) []string {
	var all []string
	for _, d := range r.Doubts() {
		all = append(all, fmt.Sprintf("%s-%s %s joins %d%s%s", min(d.L, d.R), max(d.L, d.R), d.Grade, d.Joins, d.Vetoes, d.Whole))
	}
	return all
}

// household are Greta in three records, her twin sister, and a fourth record
// that says less.
func household() [][]string {
	greta := func(id, given, ssn string) []string {
		return []string{id, given, "VOSS", "1988-02-14", ssn, "01002"}
	}
	return [][]string{
		greta("1", "GRETA", "611-22-3344"), greta("2", "GRETA", "611-22-3344"), greta("3", "GRETA", "611-22-3344"),
		greta("4", "ROSALIND", "709-11-8812"),
		{"5", "GRETA", "VOS", "1988-02-15", "", "01002"},
		{"6", "MARK", "QUINN", "2011-06-01", "", "02140"},
	}
}

func TestOfSeveralPairsOfTwoPersonsTheOneWorthMostIsAsked(t *testing.T) {
	t.Parallel()
	r := linkRows(t, dedupe.Options{Fields: plainFields(t)}, household()...)
	got := doubts(r)
	if len(got) == 0 || got[0][2:] != "5 probable joins 3" {
		t.Errorf("one question of three pairs is expected first: %v", got)
	}
	if d := r.Doubts()[0]; d.Value() <= 2 || d.Value() > 3 {
		t.Errorf("its value is %v", d.Value())
	}
	for i, d := range r.Doubts() {
		if d.L == "6" || d.R == "6" {
			t.Errorf("%d: Mark has nothing in common with anybody: %+v", i, d)
		}
	}
}

func TestWhatWasDecidedIsNotAskedAgain(t *testing.T) {
	t.Parallel()
	o := dedupe.Options{Fields: plainFields(t)}
	for _, d := range linkRows(t, o, household()...).Doubts() {
		o.Decisions = append(o.Decisions, dedupe.Decision{L: d.L, R: d.R})
	}
	for _, d := range linkRows(t, o, household()...).Doubts() {
		for _, decided := range o.Decisions {
			if decided.L == d.L && decided.R == d.R {
				t.Errorf("%s and %s were decided", d.L, d.R)
			}
		}
	}
}

func TestVetoedPairsAreAskedLast(t *testing.T) {
	t.Parallel()
	f := fields(t, "given", "given", "family", "family", "dob", "dob", "zip", "zip", "mrn", "mrn(unique)")
	r := linkRows(t, dedupe.Options{Fields: f},
		[]string{"1", "GRETA", "VOSS", "1988-02-14", "01002", "100"}, []string{"2", "GRETA", "VOSS", "1988-02-14", "01002", "200"},
		[]string{"3", "ROSALIND", "UNDERHILL", "1944-01-31", "99501", ""}, []string{"4", "ROSALIN", "UNDERHILL", "1944-01-31", "99502", ""},
	)
	if diff := cmp.Diff([]string{"3-4 probable joins 1", "1-2 possible joins 1V6"}, doubts(r)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// copies are records of Greta that differ in nothing but their ids.
func copies(n int) [][]string {
	var rows [][]string
	for i := range n {
		rows = append(rows, []string{fmt.Sprint(i), "GRETA", "VOSS", "1988-02-14", "611-22-3344", "01002"})
	}
	return rows
}

func TestALargeClusterIsAskedAsOftenAsItTakesToDecideIt(t *testing.T) {
	t.Parallel()
	o := dedupe.Options{Fields: plainFields(t)}
	all := linkRows(t, o, copies(12)...).Doubts()
	if len(all) != 11 || all[0].Whole != "large" || all[0].Joins != 1 {
		t.Fatalf("%d questions about 12 records, the first %+v", len(all), all[:min(1, len(all))])
	}
	for _, d := range all { // all are one person: nothing is left to be asked, and all are together
		o.Decisions = append(o.Decisions, dedupe.Decision{L: d.L, R: d.R, Same: true})
	}
	r := linkRows(t, o, copies(12)...)
	if left := doubts(r); len(left) > 0 || len(r.Clusters) != 1 || len(r.Clusters[0].Members) != 12 || r.Clusters[0].Review != "" {
		t.Errorf("after 11 answers there are %d clusters and these questions: %v", len(r.Clusters), left)
	}
	o.Decisions[3].Same = false // one answer tears them in two parts, which are two persons
	if left := doubts(linkRows(t, o, copies(12)...)); len(left) > 0 {
		t.Errorf("two parts are apart by one answer, yet these are asked: %v", left)
	}
}

func TestWhatAnAnswerLeavesOpenIsAskedNext(t *testing.T) {
	t.Parallel()
	o := dedupe.Options{Fields: plainFields(t)}
	rows := [][]string{
		{"a", "GRETA", "VOSS", "1988-02-14", "", "01002"}, {"b", "GRETA", "VOS", "1988-02-14", "", ""}, {"c", "GRETA", "VOSSE", "1988-02-14", "", "01002"},
	}
	first := linkRows(t, o, rows...).Doubts()
	if len(first) != 2 {
		t.Fatalf("%d questions about three records", len(first))
	}
	for _, d := range first { // a is not b, b is not c: that says nothing of a and c
		o.Decisions = append(o.Decisions, dedupe.Decision{L: d.L, R: d.R})
	}
	next := linkRows(t, o, rows...).Doubts()
	if len(next) != 1 {
		t.Fatalf("two answers leave one question, not %d", len(next))
	}
	for _, d := range first {
		if d.L == next[0].L && d.R == next[0].R {
			t.Errorf("%s and %s were decided", d.L, d.R)
		}
	}
}
