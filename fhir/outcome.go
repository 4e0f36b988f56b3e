package fhir

import "strings"

// OutcomeIssue is one issue of an OperationOutcome. Diagnostics and Details
// are a server's words and may repeat patient data.
type OutcomeIssue struct {
	Severity    string
	Code        string
	Diagnostics string   // cut at 4 KiB
	Details     string   // details.text, else the display or code of its first coding; cut at 4 KiB
	Expression  []string // FHIRPath; the older location where there is no expression
}

// The bounds of what is kept of an outcome: servers list the same trouble
// thousands of times.
const (
	maxOutcomeIssues      = 100
	maxOutcomeExpressions = 20
	maxOutcomeText        = 4 << 10
)

// ReadOutcome returns the issues of the OperationOutcome at node i, at most
// 100; ok is false where the node is none. Nothing returned refers to t.
func ReadOutcome(t *Tree, i int) (issues []OutcomeIssue, ok bool) {
	if t.Len() == 0 || t.FindText(i, "resourceType") != "OperationOutcome" {
		return nil, false
	}
	list := t.Find(i, "issue")
	if list == 0 {
		return nil, true
	}
	for c := t.First(list); c != 0 && len(issues) < maxOutcomeIssues; c = t.Next(c) {
		issues = append(issues, OutcomeIssue{
			Severity:    kept(t.FindText(c, "severity")),
			Code:        kept(t.FindText(c, "code")),
			Diagnostics: kept(t.FindText(c, "diagnostics")),
			Details:     kept(conceptText(t, t.Find(c, "details"))),
			Expression:  expressions(t, c),
		})
	}
	return issues, true
}

// expressions returns where the issue stands. HAPI 3 and older servers fill
// location only.
func expressions(t *Tree, issue int) []string {
	list := t.Find(issue, "expression")
	if list == 0 {
		list = t.Find(issue, "location")
	}
	if list == 0 {
		return nil
	}
	var all []string
	for c := t.First(list); c != 0 && len(all) < maxOutcomeExpressions; c = t.Next(c) {
		if t.Kind(c) == String {
			all = append(all, kept(t.Text(c)))
		}
	}
	return all
}

// conceptText returns the most readable text of a CodeableConcept; i is 0 where
// there is none.
func conceptText(t *Tree, i int) string {
	if i == 0 {
		return ""
	}
	if text := t.FindText(i, "text"); text != "" {
		return text
	}
	codings := t.Find(i, "coding")
	if codings == 0 || t.First(codings) == 0 {
		return ""
	}
	first := t.First(codings)
	if display := t.FindText(first, "display"); display != "" {
		return display
	}
	return t.FindText(first, "code")
}

// kept copies text out of the tree, cut at the bound between two characters.
func kept(text string) string {
	if len(text) > maxOutcomeText {
		text = strings.ToValidUTF8(text[:maxOutcomeText], "")
	}
	return strings.Clone(text)
}
