package load

import (
	"bytes"
	"regexp"

	"chartlift/internal/issue"
)

// The forms of FHIR R4 sections 2.1.28 (resource names) and 2.24.0.1 (id).
var (
	typeForm = regexp.MustCompile(`^[A-Z][A-Za-z]{0,63}$`)
	idForm   = regexp.MustCompile(`^[A-Za-z0-9.-]{1,64}$`)
)

// Unsendable reports whether no target can take e, and why: type and id become part of
// addresses and file names, and the JSON must be one object on one line. Sinks ask it first
// and send such an entry nowhere.
func Unsendable(e Entry) (issue.Issue, bool) {
	var what string
	switch r := e.Resource; {
	case !typeForm.MatchString(r.Type):
		what = "the resource type is not a FHIR name"
	case !idForm.MatchString(r.ID):
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

func oneObject(b []byte) bool {
	return len(b) > 1 && b[0] == '{' && b[len(b)-1] == '}' && bytes.IndexByte(b, '\n') < 0
}
