package reports_test

import (
	"fmt"
	"strings"
	"testing"

	"chartlift/internal/issue"
	"chartlift/reports"
)

// bereft records a run that loaded all it read, without the patients; others
// are groups of findings that come before that in every list.
func bereft(t *testing.T, others int) *reports.DB {
	t.Helper()
	db, _ := open(t)
	rec, visits := begin(t, db, reports.Options{})
	for n := range others {
		rec.Issue(visits, issue.Issue{Severity: issue.Error, Code: "bad-date", Rule: fmt.Sprintf("visit.r%d", n), Origin: issue.Origin{Row: 1}, Message: "this day does not exist"})
	}
	rec.Issue(0, issue.Issue{Severity: issue.Warning, Code: reports.PatientsAbsent, Type: "not-found", Message: "the patients are missing: persons cannot be made without patients.csv"})
	rec.Rows(visits, []reports.RowRange{{First: 1, Last: 10}})
	rec.Resources(visits, "Encounter", 10, 10, 10, 0)
	finish(t, rec, reports.Succeeded)
	return db
}

func TestARunWithoutItsPatientsIsNotToBeSigned(t *testing.T) {
	t.Parallel()
	for _, others := range []int{0, 50} { // behind more groups than a summary lists
		db := bereft(t, others)
		s, err := db.Summary(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		if s.Verdict.Level != "bad" || s.Verdict.Title != "Do not sign: the patients are missing" || !strings.HasPrefix(s.Verdict.Text, "The patients are missing: persons cannot be made without patients.csv. ") {
			t.Errorf("with %d others: %+v", others, s.Verdict)
		}
		got := answers(t, page(t, db, reports.PageOptions{}))
		for i, want := range []string{
			"Did everything arrive? bad: No: the patients are missing. ",
			"What did not? bad: The patients whom the records are about. ",
			"Why? bad: The tables of which patients are made were not given, or their file has another name. ",
			"What must a person decide? bad: ",
		} {
			if !strings.HasPrefix(got[i], want) {
				t.Errorf("with %d others (-want +got)\n-%s\n+%s", others, want, got[i])
			}
		}
		decide := got[3]
		if first := strings.Index(decide, "where the file with the patients is: give it, and run again #fix"); first < 0 || first > strings.Index(decide, ";") {
			t.Errorf("it is not the first thing to decide: %s", decide)
		}
		if strings.Contains(decide, "sign, or say why not") {
			t.Errorf("somebody is asked to sign: %s", decide)
		}
	}
}

func TestAJobThatReadsJUnitSeesThatThePatientsAreMissing(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	if err := bereft(t, 0).JUnit(t.Context(), "", &b); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), `<failure message="Do not sign: the patients are missing">`) {
		t.Errorf("no test fails:\n%s", b.String())
	}
}
