package load

import (
	"bytes"

	"chartlift/fhir"
	"chartlift/internal/issue"
)

// Unsendable reports whether no target can take e, and why: type and id become
// part of addresses and file names, and the JSON must be one object on one
// line. Sinks ask it first and send such an entry nowhere.
func Unsendable(e Entry) (issue.Issue, bool) {
	var what string
	switch r := e.Resource; {
	case !isTypeName(r.Type):
		what = "the resource type is not a FHIR name"
	case fhir.CheckPrimitive("id", r.ID) != nil:
		what = "the resource id is not 1 to 64 letters, digits, dots and hyphens"
	case !oneObject(r.JSON):
		what = "the resource is not one JSON object on one line"
	default:
		return issue.Issue{}, false
	}
	return issue.Issue{
		Severity: issue.Error, Code: "unsendable-resource", Type: "structure", Origin: e.Origin,
		Value: e.Resource.Ref(), Message: what + "; correct the mapping of its id and type",
	}, true
}

// Dangling is Unsendable for targets that cannot be searched: they take no
// conditional references (Patient?identifier=…) either, as what these lead to
// there nobody could tell.
func Dangling(e Entry) (issue.Issue, bool) {
	if why, bad := Unsendable(e); bad {
		return why, true
	}
	if !fhir.HasConditional(e.Resource.JSON) {
		return issue.Issue{}, false
	}
	return issue.Issue{
		Severity: issue.Error, Code: "reference-unresolved", Type: "not-supported", Origin: e.Origin, Expression: e.Resource.Type,
		Message: "a reference asks for a resource by a search, which leads to none of those that are loaded, and this target cannot be searched; name it by its id",
	}, true
}

// isTypeName checks the form of a resource's name (FHIR R4 section 2.1.28). It
// is written by hand, as each resource on its way passes here: a regular
// expression took a fifth of a run.
func isTypeName(s string) bool {
	if s == "" || len(s) > 64 || s[0] < 'A' || s[0] > 'Z' {
		return false
	}
	for i := range len(s) {
		if c := s[i] | 0x20; c < 'a' || c > 'z' {
			return false
		}
	}
	return true
}

func oneObject(b []byte) bool {
	return len(b) > 1 && b[0] == '{' && b[len(b)-1] == '}' && bytes.IndexByte(b, '\n') < 0
}
