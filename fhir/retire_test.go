package fhir_test

import (
	"errors"
	"testing"

	"chartlift/fhir"
)

func TestResourcesAreMarkedAsEnteredInError(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{"resourceType":"Encounter","id":"e","meta":{"versionId":"3","lastUpdated":"2026","source":"x"},"status":"finished","_status":{"id":"a"},"class":{"code":"AMB"}}`: `{"resourceType":"Encounter","id":"e","meta":{"source":"x"},"status":"entered-in-error","class":{"code":"AMB"}}`,
		`{"resourceType":"Condition","id":"c","clinicalStatus":{"text":"x"},"verificationStatus":{"text":"y"},"subject":{"reference":"Patient/p"}}`:                        `{"resourceType":"Condition","id":"c","verificationStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-ver-status","code":"entered-in-error"}]},"subject":{"reference":"Patient/p"}}`,
		`{"resourceType":"AllergyIntolerance","id":"a","clinicalStatus":{"text":"x"},"patient":{"reference":"Patient/p"}}`:                                                 `{"resourceType":"AllergyIntolerance","id":"a","verificationStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-verification","code":"entered-in-error"}]},"patient":{"reference":"Patient/p"}}`,
		`{"resourceType":"Observation","id":"o","code":{"text":"x"}}`:                                                                                                      `{"resourceType":"Observation","id":"o","status":"entered-in-error","code":{"text":"x"}}`,
	} {
		got, err := fhir.EnteredInError([]byte(in))
		if err != nil || string(got) != want {
			t.Errorf("%s becomes\n%s, want\n%s (%v)", in, got, want, err)
		}
	}
	for _, typ := range []string{"Patient", "Organization", "Practitioner", "Provenance"} {
		if got, err := fhir.EnteredInError([]byte(`{"resourceType":"` + typ + `","id":"x"}`)); !errors.Is(err, fhir.ErrNoRetirement) {
			t.Errorf("%s becomes %s, %v", typ, got, err)
		}
	}
	for _, bad := range []string{"{", "[]", `{"id":"x"}`} {
		if got, err := fhir.EnteredInError([]byte(bad)); err == nil {
			t.Errorf("%s becomes %s", bad, got)
		}
	}
}
