package validate_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/validate"
)

// A code that names a vital sign brings R4's profile, which demands the code of
// its own page beside it; the letter of R4 knows that page alone.
func TestCodesLikeThoseOfVitalSignsBringTheProfileByDefault(t *testing.T) {
	t.Parallel()
	const missing = "slice-missing Observation.code\n"
	for _, c := range []struct{ name, coding, byDefault, byLetter string }{
		{"the code of R4's page", `{"system":"http://loinc.org","code":"8302-2"}`, "", ""},
		{"a standing height alone", `{"system":"http://loinc.org","code":"8308-9"}`, missing, ""},
		{"a standing height beside the code of the page", `{"system":"http://loinc.org","code":"8308-9"},{"system":"http://loinc.org","code":"8302-2"}`, "", ""},
		{"a height of SNOMED CT alone", `{"system":"http://snomed.info/sct","code":"1153637007"}`, missing, ""},
		{"the same number in another system", `{"system":"http://example.org","code":"8308-9"}`, "", ""},
		{"a code of something else", `{"system":"http://loinc.org","code":"2345-7"}`, "", ""},
	} {
		text := `{"resourceType":"Observation","status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs"}]}],` +
			`"code":{"coding":[` + c.coding + `]},"subject":{"reference":"Patient/1"},"effectiveDateTime":"2020-01-01","valueQuantity":{"value":170,"unit":"cm","system":"http://unitsofmeasure.org","code":"cm"}}`
		if diff := cmp.Diff(c.byDefault, errorsIn(t, validate.Options{}, text)); diff != "" {
			t.Errorf("%s, by default: %s", c.name, diff)
		}
		if diff := cmp.Diff(c.byLetter, errorsIn(t, validate.Options{Letter: true}, text)); diff != "" {
			t.Errorf("%s, by the letter: %s", c.name, diff)
		}
	}
}

func TestTheDefinitionOfAnotherTypeIsNoProfileOfAResource(t *testing.T) {
	t.Parallel()
	for profile, want := range map[string]string{
		"http://hl7.org/fhir/StructureDefinition/Observation":   "profile-type Patient\n",
		"http://hl7.org/fhir/StructureDefinition/Patient":       "",
		"http://hl7.org/fhir/StructureDefinition/Patient|4.0.1": "",
		"http://hl7.org/fhir/StructureDefinition/bodyweight":    "profile-type Patient\n",
	} {
		text := `{"resourceType":"Patient","meta":{"profile":["` + profile + `"]},"active":true}`
		if diff := cmp.Diff(want, errorsIn(t, validate.Options{}, text)); diff != "" {
			t.Errorf("%s: %s", profile, diff)
		}
	}
}

func TestTablesOfVersionTwoKnowTheirCodesInAnyCase(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ system, code, want string }{
		{"http://terminology.hl7.org/CodeSystem/v2-0203", "MR", ""},
		{"http://terminology.hl7.org/CodeSystem/v2-0203", "mr", ""},
		{"http://terminology.hl7.org/CodeSystem/v2-0203", "mrx", "coding-unknown Patient.identifier[0].type\n"},
		{"http://terminology.hl7.org/CodeSystem/v3-NullFlavor", "unk", "coding-unknown Patient.identifier[0].type\n"}, // which says that case matters
	} {
		text := `{"resourceType":"Patient","identifier":[{"type":{"coding":[{"system":"` + c.system + `","code":"` + c.code + `"}]},"value":"1"}]}`
		if diff := cmp.Diff(c.want, errorsIn(t, validate.Options{}, text)); diff != "" {
			t.Errorf("%s of %s: %s", c.code, c.system, diff)
		}
	}
}

// R4's own rules and those of a profile meet in one element: what the first
// have said, the second do not say again.
func TestAProfileDoesNotRepeatWhatR4sRulesSaid(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"a code that its system lacks": {
			`{"resourceType":"Provenance","meta":{"profile":["http://hl7.org/fhir/us/core/StructureDefinition/us-core-provenance"]},"target":[{"reference":"Patient/1"}],"recorded":"2020-01-01T00:00:00Z",` +
				`"agent":[{"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/provenance-participant-type","code":"zzz"}]},"who":{"reference":"Practitioner/1"}}]}`,
			"coding-unknown Provenance.agent[0].type\n",
		},
		"a required choice under a name that does not exist": {
			`{"resourceType":"Observation","meta":{"profile":["http://hl7.org/fhir/us/core/StructureDefinition/us-core-body-height"]},"status":"final","category":[{"coding":[{"system":` +
				`"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"8302-2"}]},"subject":{"reference":"Patient/1"},` +
				`"effectiveTime":"2020-01-01","valueQuantity":{"value":170,"unit":"cm","system":"http://unitsofmeasure.org","code":"cm"}}`,
			"structure-unknown-element Observation\n",
		},
	} {
		if diff := cmp.Diff(c.want, errorsIn(t, validate.Options{Guide: usCore(t)}, c.text)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestAContainedTargetFitsOneOfTheProfilesThatAReferenceMayNameAndNoOtherTypeDoes(t *testing.T) {
	t.Parallel()
	order := func(contained string) string {
		return `{"resourceType":"ServiceRequest","meta":{"profile":["http://hl7.org/fhir/us/core/StructureDefinition/us-core-servicerequest"]},"contained":[` + contained + `],"status":"active","intent":"order",` +
			`"code":{"text":"x"},"subject":{"reference":"Patient/1"},"requester":{"reference":"#c"}}`
	}
	for contained, want := range map[string]string{
		`{"resourceType":"Device","id":"c"}`:       "",
		`{"resourceType":"Practitioner","id":"c"}`: "reference-target ServiceRequest.requester\n", // US Core asks for a name and an identifier
		`{"resourceType":"Practitioner","id":"c","name":[{"family":"x"}],"identifier":[{"system":"http://example.org","value":"1"}]}`: "",
	} {
		if diff := cmp.Diff(want, errorsIn(t, validate.Options{Guide: usCore(t)}, order(contained))); diff != "" {
			t.Errorf("%s: %s", contained, diff)
		}
	}
}
