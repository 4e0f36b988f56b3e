package load

import "chartlift/internal/issue"

// Codes lists the stable codes of this package, sorted.
func Codes() []issue.Code {
	return []issue.Code{
		{
			Code: "unsendable-resource", Title: "a resource has a type, an id or a form that no target takes",
			Fix: "correct the mapping rule that makes the id, then run again",
		},
	}
}
