package reports_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"chartlift/internal/issue"
	"chartlift/reports"
)

// Workers write findings as they come to them. Two runs of the same files have
// the same reports.
func TestFindingsAreToldInAnOrderThatNoWorkerDecides(t *testing.T) {
	t.Parallel()
	var all []issue.Issue
	for _, code := range []string{"bad-date", "unmapped-code"} {
		for _, column := range []string{"DOB", "DIED"} {
			for n, message := range []string{"one way", "another way"} {
				for row := range int64(3) {
					all = append(all, issue.Issue{
						Severity: issue.Warning, Code: code, Rule: "patient.x", Column: column, Message: fmt.Sprint(message, ", row ", row), Origin: issue.Origin{Row: 7 - int64(n) + row},
					})
				}
			}
		}
	}
	told := func(all []issue.Issue) string {
		db, _ := open(t)
		rec, id := begin(t, db, reports.Options{})
		for _, i := range all {
			rec.Issue(id, i)
		}
		finish(t, rec, reports.Succeeded)
		table, err := db.Query(t.Context(), "findings", "")
		if err != nil {
			t.Fatal(err)
		}
		s, err := db.Summary(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		var sarif bytes.Buffer
		if err := db.SARIF(t.Context(), "", &sarif, nil); err != nil {
			t.Fatal(err)
		}
		var order []string
		for _, line := range strings.Split(sarif.String(), "\n") {
			if strings.Contains(line, `"ruleId"`) || strings.Contains(line, `"text"`) {
				order = append(order, line)
			}
		}
		return fmt.Sprint(table, s.Findings.First, order)
	}
	first := told(all)
	slices.Reverse(all)
	if again := told(all); first != again || !strings.Contains(first, "another way, row 0") || strings.Contains(first, "row 1]") {
		t.Errorf("%s\nand from behind\n%s", first, again)
	}
}
