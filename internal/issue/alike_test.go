package issue_test

import (
	"testing"

	"chartlift/internal/issue"
)

func TestIssuesAreAlikeWhereTheySayTheSameOfOtherRows(t *testing.T) {
	t.Parallel()
	base := issue.Issue{Severity: issue.Error, Code: "c", Rule: "r", Column: "X", Expression: "Patient.name[0].given[1]", Message: "row 4 has the same key (line 5)", Value: "v", Origin: issue.Origin{Row: 9}}
	for name, change := range map[string]func(i *issue.Issue){
		"another row":         func(i *issue.Issue) { i.Origin.Row, i.Origin.Line = 10, 11 },
		"another value":       func(i *issue.Issue) { i.Value = "w" },
		"another place":       func(i *issue.Issue) { i.Expression = "Patient.name[12].given" },
		"another number":      func(i *issue.Issue) { i.Message = "row 4711 has the same key (line 12)" },
		"another suggestion":  func(i *issue.Issue) { i.Suggestion = "s" },
		"another severity":    func(i *issue.Issue) { i.Severity = issue.Warning },
		"brackets left open":  func(i *issue.Issue) { i.Expression = "Patient.name[0].given[" },
		"another place in it": func(i *issue.Issue) { i.At.Line = 7 },
	} {
		other := base
		if change(&other); other.Alike() != base.Alike() {
			t.Errorf("%s makes another kind: %+v", name, other.Alike())
		}
	}
	for name, change := range map[string]func(i *issue.Issue){
		"code":    func(i *issue.Issue) { i.Code = "d" },
		"rule":    func(i *issue.Issue) { i.Rule = "s" },
		"column":  func(i *issue.Issue) { i.Column = "Y" },
		"element": func(i *issue.Issue) { i.Expression = "Patient.name[0].family" },
		"message": func(i *issue.Issue) { i.Message = "row 4 has another key (line 5)" },
		"silence": func(i *issue.Issue) { i.Message = "" },
	} {
		other := base
		if change(&other); other.Alike() == base.Alike() {
			t.Errorf("another %s makes no other kind: %+v", name, other.Alike())
		}
	}
	want := issue.Alike{Rule: "r", Code: "c", Column: "X", Element: "Patient.name.given", Says: "row # has the same key (line #"}
	if got := base.Alike(); got != want {
		t.Errorf("it is %+v, want %+v", got, want)
	}
}
