package validate_test

import (
	"strings"
	"testing"

	"chartlift/validate"
)

// rulesOf returns the rules that the resource breaks.
func rulesOf(v *validate.Validator, json string) string {
	var rules []string
	for _, said := range codesOf(v, json) {
		if severity, rest, _ := strings.Cut(said, " "); severity == "error" {
			rule, _, _ := strings.Cut(rest, " ")
			rules = append(rules, rule)
		}
	}
	return strings.Join(rules, " ")
}

func TestQuantitiesAreHeldAgainstTheBoundsOfAProfileInAnyUnitThatRelates(t *testing.T) {
	t.Parallel()
	const ucum = `"system":"http://unitsofmeasure.org"`
	v := stating(t, "Observation",
		`{"id":"Observation.value[x]","path":"Observation.value[x]","minValueQuantity":{"value":1,"unit":"kg",`+ucum+`,"code":"kg"},"maxValueQuantity":{"value":10,"unit":"kg",`+ucum+`,"code":"kg"}}`)
	for quantity, want := range map[string]string{
		`"value":1,` + ucum + `,"code":"kg"`: "", `"value":10.000,` + ucum + `,"code":"kg"`: "", `"value":0.999999,` + ucum + `,"code":"kg"`: "profile-range", `"value":10.1,` + ucum + `,"code":"kg"`: "profile-range",
		`"value":1000,` + ucum + `,"code":"g"`: "", `"value":999,` + ucum + `,"code":"g"`: "profile-range", `"value":11000,` + ucum + `,"code":"g"`: "profile-range", `"value":-1,` + ucum + `,"code":"g"`: "profile-range",
		`"value":2.3,` + ucum + `,"code":"[lb_av]"`: "", `"value":2.2,` + ucum + `,"code":"[lb_av]"`: "profile-range",
		`"value":0.5,` + ucum + `,"code":"cm"`: "", `"value":0.5,"unit":"kg"`: "", `"value":0.5,"system":"http://x","code":"kg"`: "", `"unit":"kg"`: "", // what does not relate is not guessed
		`"value":1e99,` + ucum + `,"code":"g"`: "profile-range", `"value":1e999999999,` + ucum + `,"code":"g"`: "", // no exponent may ask for all memory
	} {
		json := `{"resourceType":"Observation","id":"o","status":"final","code":{"text":"weight"},"valueQuantity":{` + quantity + `}}`
		if got := rulesOf(v, json); got != want {
			t.Errorf("%s breaks %q, want %q", quantity, got, want)
		}
	}
}

func TestAProfileMaySayOfWhichTypeTheResourcesInABundleAre(t *testing.T) {
	t.Parallel()
	v := stating(t, "Bundle", `{"id":"Bundle.entry.resource","path":"Bundle.entry.resource","min":1,"type":[{"code":"Resource","profile":["http://hl7.org/fhir/StructureDefinition/Patient","http://hl7.org/fhir/StructureDefinition/Group|4.0.1"]}]}`)
	for resource, want := range map[string]string{
		`{"resourceType":"Patient","id":"p"}`: "", `{"resourceType":"Group","id":"g","type":"person","actual":true}`: "", `{"resourceType":"Basic","id":"b","code":{"text":"x"}}`: "profile-type",
	} {
		if got := rulesOf(v, `{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"http://x/y/1","resource":`+resource+`}]}`); got != want && !strings.Contains(got, want) || want == "" && got != "" && strings.Contains(got, "profile") {
			t.Errorf("%s breaks %q, want %q", resource, got, want)
		}
	}
	v = stating(t, "Parameters", `{"id":"Parameters.parameter.resource","path":"Parameters.parameter.resource","type":[{"code":"Resource","profile":["http://hl7.org/fhir/StructureDefinition/bodyweight"]}]}`)
	for typ, want := range map[string]string{
		`"Observation","status":"final","code":{"text":"x"}`: "cardinality-min", `"Patient"`: "profile-type",
	} {
		if got := rulesOf(v, `{"resourceType":"Parameters","parameter":[{"name":"a","resource":{"resourceType":`+typ+`,"id":"x"}}]}`); !strings.Contains(got, want) {
			t.Errorf("%s breaks %q, want %q", typ, got, want)
		}
	}
}

// %resource is the contained resource for what is said of its elements,
// %rootResource the one around it
// (https://hl7.org/fhir/R4/fhirpath.html#variables).
func TestInvariantsOnContainedResourcesSeeTheResourceThatTheyAreAbout(t *testing.T) {
	t.Parallel()
	constraint := func(path, expression string) string {
		return `{"id":"` + path + `","path":"` + path + `","constraint":[{"key":"x-1","severity":"error","human":"x","expression":"` + expression + `"}]}`
	}
	const patient = `{"resourceType":"Patient","id":"p","contained":[{"resourceType":"Practitioner","id":"d","name":[{"text":"x"}]}],"generalPractitioner":[{"reference":"#d"}]}`
	for path, expression := range map[string]string{
		"Patient.contained":           "%resource is Patient and %rootResource is Patient and $this is Practitioner",
		"Patient.contained.name":      "%resource is Practitioner and %rootResource is Patient and %context is HumanName",
		"Patient.generalPractitioner": "%resource is Patient and %rootResource is Patient",
	} {
		elements := []string{constraint(path, expression)}
		if path == "Patient.contained.name" {
			elements = []string{`{"id":"Patient.contained","path":"Patient.contained","type":[{"code":"Practitioner"}]}`, elements[0]}
		}
		if got := rulesOf(stating(t, "Patient", elements...), patient); got != "" {
			t.Errorf("%s: %s: %q", path, expression, got)
		}
	}
	elements := []string{`{"id":"Patient.contained","path":"Patient.contained","type":[{"code":"Practitioner"}]}`, constraint("Patient.contained.name", "%resource is Patient")}
	if got := rulesOf(stating(t, "Patient", elements...), patient); got != "invariant-failed" {
		t.Errorf("a contained name is said to be in the Patient: %q", got)
	}
}

func TestTwoConditionsNeedAWordOnHowTheyMeet(t *testing.T) {
	t.Parallel()
	const when = `{"question":"a","operator":"exists","answerBoolean":true}`
	v := validate.New(validate.Options{})
	for item, want := range map[string]string{
		`"enableWhen":[` + when + `]`: "", `"enableWhen":[` + when + `,` + when + `]`: "invariant-failed", `"enableWhen":[` + when + `,` + when + `],"enableBehavior":"all"`: "",
	} {
		json := `{"resourceType":"Questionnaire","id":"q","status":"active","item":[{"linkId":"a","text":"a","type":"string"},{"linkId":"b","text":"b","type":"string",` + item + `}]}`
		if got := rulesOf(v, json); got != want {
			t.Errorf("%s breaks %q, want %q", item, got, want)
		}
	}
}
