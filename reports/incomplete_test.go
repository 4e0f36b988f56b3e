package reports_test

import (
	"strings"
	"testing"

	"chartlift/internal/issue"
	"chartlift/reports"
)

// unwhole records a run that loaded all rows that it read, and what was found
// of its files.
func unwhole(t *testing.T, found ...issue.Issue) reports.Summary {
	t.Helper()
	db, _ := open(t)
	rec, visits := begin(t, db, reports.Options{})
	for _, i := range found {
		rec.Issue(0, i)
	}
	rec.Rows(visits, []reports.RowRange{{First: 1, Last: 10}})
	rec.Resources(visits, "Encounter", 10, 10, 10, 0)
	finish(t, rec, reports.Findings)
	s, err := db.Summary(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestARunOfAnExportThatIsNotWholeIsNotComplete(t *testing.T) {
	t.Parallel()
	cut := issue.Issue{Severity: issue.Error, Code: reports.DumpCut, Type: "incomplete", Message: "emr.sql: the dump is cut short at line 9"}
	empty := issue.Issue{Severity: issue.Error, Code: reports.EmptyFile, Type: "incomplete", Message: "lab.sql: the file is empty"}
	bereft := issue.Issue{Severity: issue.Warning, Code: reports.PatientsAbsent, Type: "not-found", Message: "the patients are missing: no file"}
	s := unwhole(t, bereft, cut, empty)
	if s.Verdict.Level != "bad" || s.Verdict.Title != "Not complete: the export was not read whole" ||
		!strings.HasPrefix(s.Verdict.Text, "emr.sql: the dump is cut short at line 9; lab.sql: the file is empty. The patients are missing: no file. ") {
		t.Errorf("%+v", s.Verdict)
	}
	last := s.Acceptance[len(s.Acceptance)-1]
	if last.Name != "exports-cut" || last.Status != reports.NotMet || last.Actual != 2 {
		t.Errorf("acceptance: %+v", last)
	}
}

func TestAnEmptyTableAmongOthersLeavesARunComplete(t *testing.T) {
	t.Parallel()
	s := unwhole(t, issue.Issue{Severity: issue.Warning, Code: reports.EmptyFile, Type: "incomplete", Message: "visits.csv: the file is empty"})
	if s.Incomplete != "" || s.Verdict.Level == "bad" {
		t.Errorf("%q, %+v", s.Incomplete, s.Verdict)
	}
	for _, c := range s.Acceptance {
		if c.Name == "exports-cut" {
			t.Errorf("a criterion of what is whole: %+v", c)
		}
	}
}
