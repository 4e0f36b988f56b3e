package fhirserver_test

import (
	"testing"

	"chartlift/load/fhirserver"
)

// A resource loses a reference only where R4 lets it be without: what would be
// left of another must not be put into a chart.
func TestAReferenceIsOnlyTakenFromWhatMayBeWithoutIt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, resource, without, want string }{
		{
			"an optional one", `{"resourceType":"Observation","id":"o","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/p"},"encounter":{"reference":"Encounter/e"}}`,
			"Encounter/e", `{"resourceType":"Observation","id":"o","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/p"}}`,
		},
		{
			"one of a list", `{"resourceType":"DiagnosticReport","id":"r","status":"final","code":{"text":"x"},"result":[{"reference":"Observation/a"},{"reference":"Observation/b"}]}`,
			"Observation/a", `{"resourceType":"DiagnosticReport","id":"r","status":"final","code":{"text":"x"},"result":[{"reference":"Observation/b"}]}`,
		},
		{
			"one that must be there", `{"resourceType":"Condition","id":"c","subject":{"reference":"Patient/p"}}`, "Patient/p", "",
		},
		{
			"one of another", `{"resourceType":"Condition","id":"c","subject":{"reference":"Patient/p"}}`, "Patient/q", "",
		},
		{
			"the last of a list that may not be empty", `{"resourceType":"Provenance","id":"v","target":[{"reference":"Patient/p"}],"recorded":"2026-01-01T00:00:00Z","agent":[{"who":{"display":"x"}}]}`,
			"Patient/p", "",
		},
		{"what is no resource", `[1]`, "Patient/p", ""},
		{"what is no JSON", `{"resourceType":`, "Patient/p", ""},
		{"a type that nobody knows", `{"resourceType":"Invention","id":"i","subject":{"reference":"Patient/p"}}`, "Patient/p", ""},
	} {
		got, changed := fhirserver.Unlinked([]byte(c.resource), map[string]bool{c.without: true})
		if changed != (c.want != "") || changed && string(got) != c.want {
			t.Errorf("%s: %v, %s", c.name, changed, got)
		}
	}
}
