package plausible_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/fhir"
	"chartlift/validate/plausible"
)

func TestAnAllergyToNothingIsFoundUnlessItsCodeSaysSo(t *testing.T) {
	t.Parallel()
	const none = `{"system":"http://snomed.info/sct","code":"716186003"}`
	rest := []string{
		`"code":{"text":"Penicillin"}`,
		`"code":{"text":"NKDA"}`, // 2
		`"code":{"coding":[` + none + `],"text":"None"}`,
		`"code":{"coding":[{"code":"7","display":"No known food allergies"}]}`, // 4
		`"code":{"coding":[{"code":"160244002","display":"No known allergies"}]}`,
		`"code":{"coding":[{"code":"7","display":"Latex"}],"text":"denies latex"}`, // 6
		`"code":{"text":"unknown"},"verificationStatus":{"coding":[{"code":"refuted"}]}`,
		`"code":{"text":"unknown"},"verificationStatus":{"coding":[{"code":"confirmed"}]}`, // 8
		`"code":{"coding":[]}`,
		``,
	}
	var all []fhir.Resource
	for n, r := range rest {
		all = append(all, resource("AllergyIntolerance", fmt.Sprint("a", n), r))
	}
	got, results := found(t, plausible.Options{}, all...)
	want := []string{"allergy-to-nothing 2", "allergy-to-nothing 4", "allergy-to-nothing 6", "allergy-to-nothing 8"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, r := range results {
		if r.Rule.Name == "allergy-to-nothing" && (r.N != 6 || r.Violated != 4) {
			t.Errorf("of those whose code says nothing, 4 of 6 violate it: %+v", r)
		}
	}
}
