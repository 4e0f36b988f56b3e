package validate

import "chartlift/internal/issue"

// Codes returns the stable codes of all issues of this package, sorted: the
// rules.
func Codes() []issue.Code {
	rules := Rules()
	codes := make([]issue.Code, len(rules))
	for i, r := range rules {
		codes[i] = issue.Code{Code: r.ID, Title: r.Doc, Fix: r.Fix}
	}
	return codes
}
