package main

import (
	"errors"
	"os"
	"strings"
	"testing"

	"chartlift/fhir/profile"
	"chartlift/validate"
)

const usCore = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-"

// guided are sound resources that name a profile of US Core.
func guided() []sample {
	return []sample{
		{"", `{"resourceType":"Patient","id":"a","meta":{"profile":["` + usCore + `patient"]},"identifier":[{"system":"urn:x:y","value":"1"}],"name":[{"family":"A"}],"gender":"male","birthDate":"2000-01-01"}`},
		{"", `{"resourceType":"Observation","id":"b","meta":{"profile":["` + usCore + `blood-pressure"]},"status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs"}]}],` +
			`"code":{"coding":[{"system":"http://loinc.org","code":"85354-9"}]},"subject":{"reference":"Patient/a"},"effectiveDateTime":"2020-01-01","component":[` +
			`{"code":{"coding":[{"system":"http://loinc.org","code":"8480-6"}]},"valueQuantity":{"value":120,"unit":"mmHg","system":"http://unitsofmeasure.org","code":"mm[Hg]"}},` +
			`{"code":{"coding":[{"system":"http://loinc.org","code":"8462-4"}]},"valueQuantity":{"value":80,"unit":"mmHg","system":"http://unitsofmeasure.org","code":"mm[Hg]"}}]}`},
		{"", `{"resourceType":"Condition","id":"c","meta":{"profile":["` + usCore + `condition-problems-health-concerns"]},"clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]},` +
			`"category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-category","code":"problem-list-item"}]}],"code":{"text":"x"},"subject":{"reference":"Patient/a"}}`},
		{"", `{"resourceType":"Observation","id":"o","meta":{"profile":["` + usCore + `observation-occupation"]},"status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"social-history"}]}],` +
			`"code":{"coding":[{"system":"http://loinc.org","code":"11341-5"}]},"subject":{"reference":"Patient/a"},"effectivePeriod":{"start":"2020-01-01"},"valueCodeableConcept":{"text":"x"}}`},
	}
}

func coreGuide(t *testing.T) *profile.Guide {
	t.Helper()
	g := profile.New()
	if err := errors.Join(g.AddPath(profile.USCore), g.Check()); err != nil {
		t.Fatal(err)
	}
	return g
}

func TestEveryMistakeAgainstAProfileCanBeMadeAndIsMostlyNoticed(t *testing.T) {
	t.Parallel()
	g := coreGuide(t)
	v := validate.New(validate.Options{Guide: g})
	for _, s := range guided() {
		tr := trial{text: s.text}
		if err := tr.judge(v); err != nil || len(tr.errors()) > 0 {
			t.Fatalf("%v %v", err, tr.errors())
		}
	}
	for _, k := range profileKinds(g) {
		all := k.mutants(guided(), 6, 1)
		if len(all) == 0 {
			t.Errorf("%s: nothing can be broken", k.name)
		}
		noticed := 0
		for i := range all {
			if err := all[i].judge(v); err != nil {
				t.Fatal(err)
			}
			if len(all[i].errors()) > 0 {
				noticed++
			}
		}
		if noticed == 0 && k.name != "must be supported, missing" {
			t.Errorf("%s: none of %d is noticed", k.name, len(all))
		}
	}
}

func TestHoldersAreFoundWhateverTheSlice(t *testing.T) {
	t.Parallel()
	root, err := parse([]byte(guided()[1].text))
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]int{
		"Observation.component:systolic.code": 2, "Observation.component:systolic.value[x].unit": 2, "Observation.category:VSCat.coding.code": 1,
		"Observation.value[x]": 0, "Observation.effective[x]": 1, "Observation.note": 0,
	} {
		if got := len(holders(root, id)); got != want {
			t.Errorf("%s: %d, not %d", id, got, want)
		}
	}
}

func TestExamplesKeepTheProfilesThatTheyName(t *testing.T) {
	t.Parallel()
	const path = "../../../shared/data/fhir-r4/packages/hl7.fhir.us.core-6.1.0.tgz"
	if _, err := os.Stat(path); err != nil {
		t.Skipf("%s is absent", path)
	}
	all, err := profiled(path)
	if err != nil || len(all) < 150 {
		t.Fatalf("%d examples, %v", len(all), err)
	}
	for _, s := range all {
		if !strings.Contains(s.text, `"profile":["http`) || strings.Contains(s.text, `"div"`) {
			t.Errorf("%.200s", s.text)
		}
	}
}
