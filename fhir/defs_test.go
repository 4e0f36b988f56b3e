package fhir_test

import (
	"testing"

	"chartlift/fhir"

	"github.com/google/go-cmp/cmp"
)

func TestPatientHasItsElementsInOrderOfTheSpecification(t *testing.T) {
	t.Parallel()
	patient, ok := fhir.LookupType("Patient")
	if !ok || patient.Kind != fhir.ResourceKind {
		t.Fatalf("Patient: found %v", ok)
	}
	var names []string
	for _, e := range patient.Elements {
		names = append(names, e.Name)
	}
	want := []string{
		"id", "meta", "implicitRules", "language", "text", "contained", "extension", "modifierExtension",
		"identifier", "active", "name", "telecom", "gender", "birthDate", "deceasedBoolean", "deceasedDateTime",
		"address", "maritalStatus", "multipleBirthBoolean", "multipleBirthInteger", "photo", "contact",
		"communication", "generalPractitioner", "managingOrganization", "link",
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
}

func TestElementsKnowTypeCardinalityTargetsAndBinding(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		typ, name, choice, elementType string
		min, max                       int
		targets                        []string
	}{
		{"Patient", "id", "", "id", 0, 1, nil},
		{"HumanName", "id", "", "string", 0, 1, nil},
		{"Extension", "url", "", "uri", 1, 1, nil},
		{"Patient", "contact", "", "Patient.contact", 0, -1, nil},
		{"Patient", "contained", "", "Resource", 0, -1, nil},
		{"Patient", "deceasedBoolean", "deceased", "boolean", 0, 1, nil},
		{"Patient.contact", "organization", "", "Reference", 0, 1, []string{"Organization"}},
		{"Observation.component", "referenceRange", "", "Observation.referenceRange", 0, -1, nil},
		{"Observation", "status", "", "code", 1, 1, nil},
		{"Observation", "focus", "", "Reference", 0, -1, nil},
		{"MedicationRequest", "medicationReference", "medication", "Reference", 1, 1, []string{"Medication"}},
		{"Narrative", "div", "", "xhtml", 1, 1, nil},
		{"Timing", "repeat", "", "Timing.repeat", 0, 1, nil},
	} {
		def, ok := fhir.LookupType(c.typ)
		if !ok {
			t.Errorf("no type %s", c.typ)
			continue
		}
		e, _, ok := def.Element(c.name)
		if !ok {
			t.Errorf("no element %s.%s", c.typ, c.name)
			continue
		}
		if e.Choice != c.choice || e.Type != c.elementType || e.Min != c.min || e.Max != c.max || !cmp.Equal(e.Targets, c.targets) {
			t.Errorf("%s.%s is %+v", c.typ, c.name, *e)
		}
		if e.Def().Name != e.Type {
			t.Errorf("%s.%s: Def is %s, Type is %s", c.typ, c.name, e.Def().Name, e.Type)
		}
	}
}

func TestEveryElementIsFoundByItsName(t *testing.T) {
	t.Parallel()
	count := 0
	for _, typ := range fhir.ResourceTypes() {
		def, ok := fhir.LookupType(typ)
		if !ok {
			t.Fatalf("no type %s", typ)
		}
		for i := range def.Elements {
			e, at, ok := def.Element(def.Elements[i].Name)
			if !ok || at != i || e != &def.Elements[i] {
				t.Errorf("%s.%s: found %v at %d, want %d", typ, def.Elements[i].Name, ok, at, i)
			}
		}
		count++
	}
	if count != 146 {
		t.Errorf("%d resource types, R4 has 146", count)
	}
	patient, _ := fhir.LookupType("Patient")
	for _, name := range []string{"", "nam", "namf", "zzz"} {
		if _, _, ok := patient.Element(name); ok {
			t.Errorf("Patient has an element %q", name)
		}
	}
	if _, ok := fhir.LookupType("Pat"); ok {
		t.Error("there is a type Pat")
	}
}

func TestRequiredBindingsAreExpanded(t *testing.T) {
	t.Parallel()
	const genders, clinical = "http://hl7.org/fhir/administrative-gender", "http://terminology.hl7.org/CodeSystem/condition-clinical"
	for _, c := range []struct {
		typ, element, system, code string
		want                       bool
	}{
		{"Patient", "gender", "", "male", true},
		{"Patient", "gender", genders, "unknown", true},
		{"Patient", "gender", "", "M", false},
		{"Patient", "gender", clinical, "male", false},
		{"Condition", "clinicalStatus", clinical, "recurrence", true},
		{"Condition", "clinicalStatus", clinical, "ended", false},
		{"Observation", "status", "", "final", true},
		{"Observation", "status", "", "finished", false},
	} {
		def, _ := fhir.LookupType(c.typ)
		e, _, ok := def.Element(c.element)
		if !ok || e.Binding == nil || e.Binding.Strength != "required" {
			t.Fatalf("%s.%s has no required binding", c.typ, c.element)
		}
		if got := e.Binding.Has(c.system, c.code); got != c.want {
			t.Errorf("%s.%s has %s|%s: %v, want %v", c.typ, c.element, c.system, c.code, got, c.want)
		}
	}
	money, _ := fhir.LookupType("Money")
	if e, _, _ := money.Element("currency"); e.Binding == nil || e.Binding.Codes != nil {
		t.Error("currencies cannot be listed from HL7's definitions")
	}
}

func TestExtensionsAndProfilesAreFoundByIDAndURL(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"us-core-race", "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race"} {
		race, ok := fhir.LookupExtension(name)
		if !ok {
			t.Fatalf("no extension %s", name)
		}
		var parts []string
		for _, p := range race.Parts {
			parts = append(parts, p.Name)
		}
		if diff := cmp.Diff([]string{"detailed", "ombCategory", "text"}, parts); diff != "" {
			t.Error(diff)
		}
		if len(race.Types) != 0 || race.Parts[2].Min != 1 || race.Parts[1].Max != 5 || !cmp.Equal(race.Parts[1].Types, []string{"Coding"}) {
			t.Errorf("race is %+v", race)
		}
		if b := race.Parts[1].Binding; b.ValueSet != "http://hl7.org/fhir/us/core/ValueSet/omb-race-category" || b.Codes != nil {
			t.Errorf("OMB categories come from VSAC, which is not at hand: %+v", b)
		}
	}
	birthPlace, ok := fhir.LookupExtension("patient-birthPlace")
	if !ok || !cmp.Equal(birthPlace.Types, []string{"Address"}) {
		t.Errorf("birth place: %v %+v", ok, birthPlace)
	}
	profile, ok := fhir.LookupProfile("us-core-patient")
	want := fhir.ProfileDef{ID: "us-core-patient", URL: "http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient", Type: "Patient"}
	if !ok || !cmp.Equal(profile, want) {
		t.Errorf("profile: %v %+v", ok, profile)
	}
	if p, ok := fhir.LookupProfile("http://hl7.org/fhir/StructureDefinition/bp"); !ok || p.Type != "Observation" {
		t.Errorf("blood pressure: %v %+v", ok, p)
	}
	if _, ok := fhir.LookupExtension("nothing"); ok {
		t.Error("found an extension that does not exist")
	}
}
