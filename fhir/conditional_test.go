package fhir_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/fhir"
)

func TestOnlyOneIdentifierCanBeLookedUp(t *testing.T) {
	t.Parallel()
	for ref, want := range map[string]fhir.Conditional{
		"Patient?identifier=urn:mrn|17":                    {Type: "Patient", System: "urn:mrn", Value: "17", Query: "identifier=urn%3Amrn%7C17"},
		"Patient?identifier=urn%3Amrn%7C17":                {Type: "Patient", System: "urn:mrn", Value: "17", Query: "identifier=urn%3Amrn%7C17"},
		"Patient?identifier=17":                            {Type: "Patient", Value: "17", AnySystem: true, Query: "identifier=17"},
		"Patient?identifier=|17":                           {Type: "Patient", Value: "17", Query: "identifier=%7C17"},
		"Location?identifier=https://x.org/l|A%20B/%C3%A9": {Type: "Location", System: "https://x.org/l", Value: "A B/é", Query: "identifier=https%3A%2F%2Fx.org%2Fl%7CA+B%2F%C3%A9"},
	} {
		got, conditional, ok := fhir.ParseConditional(ref)
		if diff := cmp.Diff(want, got); diff != "" || !conditional || !ok {
			t.Errorf("%s: %v %v (-want +got)\n%s", ref, conditional, ok, diff)
		}
	}
	for _, ref := range []string{
		"Patient?", "Patient?name=x", "Patient?identifier=", "Patient?identifier=s|", "Patient?identifier=s|1|2", "Patient?identifier=s|1&name=x", "Patient?identifier=1,2",
		"Patient?identifier=1%2C2", "Patient?identifier=a+b", "Patient?identifier=%zz", `Patient?identifier=a\\|b`, "Patient?identifier:not=1", "Patient?_id=1", "Patient?identifier=1#x",
	} {
		if _, conditional, ok := fhir.ParseConditional(ref); !conditional || ok {
			t.Errorf("%s: conditional %v, can be looked up %v", ref, conditional, ok)
		}
	}
	for _, ref := range []string{"Patient/1", "#p?x", "urn:uuid:1?identifier=1", "https://x.org/Patient?identifier=1", "?identifier=1", "patient?identifier=1", "", "Patient/1?identifier=2"} {
		if _, conditional, ok := fhir.ParseConditional(ref); conditional || ok {
			t.Errorf("%s is taken for conditional", ref)
		}
	}
}

func TestAnIdentifierIsThatOfTypeSystemAndValue(t *testing.T) {
	t.Parallel()
	const two = `{"resourceType":"Patient","identifier":[{"system":"a","value":"1"},{"value":"2"}]}`
	for _, row := range []struct {
		ref, json string
		want      bool
	}{
		{"Patient?identifier=a|1", two, true},
		{"Patient?identifier=b|1", two, false},
		{"Patient?identifier=1", two, true},
		{"Patient?identifier=|1", two, false},
		{"Patient?identifier=|2", two, true},
		{"Patient?identifier=a|2", two, false},
		{"Person?identifier=a|1", two, false},
		{"Patient?identifier=a|1", `{"resourceType":"Patient"}`, false},
		{"Patient?identifier=1", `{"resourceType":"Patient","name":[{"text":"1"}]}`, false},
		{"QuestionnaireResponse?identifier=a|1", `{"resourceType":"QuestionnaireResponse","identifier":{"system":"a","value":"1"}}`, true},
		{"QuestionnaireResponse?identifier=a|2", `{"resourceType":"QuestionnaireResponse","identifier":{"system":"a","value":"1"}}`, false},
	} {
		c, _, ok := fhir.ParseConditional(row.ref)
		var tree fhir.Tree
		if err := tree.Parse([]byte(row.json)); err != nil || !ok {
			t.Fatal(row.ref, err)
		}
		if got := c.Names(&tree, 0); got != row.want {
			t.Errorf("%s in %s: %v", row.ref, row.json, got)
		}
	}
}

func TestReferencesAreRenamedAndTheirLookAlikesStay(t *testing.T) {
	t.Parallel()
	const json = `{"identifier":[{"value":"Patient?identifier=1"}],"subject":{"reference":"Patient?identifier=1"},"encounter":{"reference":"Encounter/2"}}`
	if !fhir.HasConditional([]byte(json)) || fhir.HasConditional([]byte(`{"subject":{"reference":"Patient/1"},"url":"Patient?identifier=1"}`)) {
		t.Error("conditional references are not told from others")
	}
	got := string(fhir.RenameReferences([]byte(json), func(ref string) (string, bool) { return "Patient/p", ref == "Patient?identifier=1" }))
	want := `{"identifier":[{"value":"Patient?identifier=1"}],"subject":{"reference":"Patient/p"},"encounter":{"reference":"Encounter/2"}}`
	if got != want {
		t.Errorf("renamed is %s", got)
	}
	const cut = `{"subject":{"reference":"Patient`
	if got := string(fhir.RenameReferences([]byte(cut), func(string) (string, bool) { return "x", true })); got != cut {
		t.Errorf("what is cut becomes %s", got)
	}
}
