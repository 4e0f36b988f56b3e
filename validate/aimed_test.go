package validate_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"chartlift/fhir/profile"
	"chartlift/validate"

	"github.com/google/go-cmp/cmp"
)

// defined returns the definition of a profile of the type, with the id as its
// name: http://x/ID.
func defined(id, typ string, elements ...string) string {
	return `{"resourceType":"StructureDefinition","id":"` + id + `","url":"http://x/` + id + `","name":"P","status":"active","kind":"resource","abstract":false,"type":"` + typ + `",` +
		`"baseDefinition":"http://hl7.org/fhir/StructureDefinition/` + typ + `","derivation":"constraint","differential":{"element":[` + strings.Join(elements, ",") + `]}}`
}

// guided returns a validator of a guide of these definitions.
func guided(t *testing.T, definitions ...string) *validate.Validator {
	t.Helper()
	g := profile.New()
	for _, text := range definitions {
		if err := g.Add("x.json", []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := g.Check(); err != nil && !errors.Is(err, profile.ErrUnknown) {
		t.Fatal(err)
	}
	return validate.New(validate.Options{Guide: g})
}

const (
	sliced   = `{"id":"Bundle.entry","path":"Bundle.entry","slicing":{"discriminator":[{"type":"profile","path":"resource"}],"rules":"open"}}`
	slice    = `{"id":"Bundle.entry:one","path":"Bundle.entry","sliceName":"one","min":1,"max":"1"}`
	resource = `{"id":"Bundle.entry:one.resource","path":"Bundle.entry.resource","min":1,"type":[{"code":"Encounter","profile":["http://x/visit"]}]}`
	subject  = `{"id":"Encounter.subject","path":"Encounter.subject","min":1,"type":[{"code":"Reference","targetProfile":["http://x/known"]}]}`
)

// A profile decides about a bundle's entry by what the entry's references lead
// to in the same bundle (https://hl7.org/fhir/R4/profiling.html#slicing,
// https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.type.targetProfile).
func TestAnEntryIsOfASliceByWhatItsReferencesLeadTo(t *testing.T) {
	t.Parallel()
	v := guided(t, defined("files", "Bundle", sliced, slice, resource), defined("visit", "Encounter", subject),
		defined("known", "Patient", `{"id":"Patient.identifier","path":"Patient.identifier","min":1}`))
	visit := func(reference string) string {
		return `{"resourceType":"Encounter","id":"e","status":"planned","class":{"code":"AMB"},"subject":{"reference":"` + reference + `"}}`
	}
	patient := func(identifier string) string {
		return `{"resourceType":"Patient","id":"p","active":true` + identifier + `}`
	}
	const identified, missing = `,"identifier":[{"value":"1"}]`, "error slice-missing Bundle\n"
	for _, c := range []struct{ name, own, reference, url, patient, want string }{
		{"a patient as it should be", base + "Encounter/e", "Patient/p", base + "Patient/p", patient(identified), ""},
		{"a patient who is not", base + "Encounter/e", "Patient/p", base + "Patient/p", patient(""), missing},
		{"a patient who is not, by UUID", uuid1, uuid2, uuid2, patient(""), missing},
		{"a patient elsewhere, of whom nobody knows more", base + "Encounter/e", "http://other.org/Patient/q", base + "Patient/p", patient(""), ""},
		{"a group instead", uuid1, uuid2, uuid2, `{"resourceType":"Group","id":"g","type":"person","actual":true}`, missing},
	} {
		text := bundled("collection", c.own, visit(c.reference), c.url, c.patient)
		text = strings.Replace(text, `"type":"collection"`, `"meta":{"profile":["http://x/files"]},"type":"collection"`, 1)
		if diff := cmp.Diff(c.want, said(t, v, text)); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

// References may go round in circles and thousands of them may lead to one
// resource: each is tried once by each profile.
func TestCirclesOfReferencesAreFollowedOnce(t *testing.T) {
	t.Parallel()
	const linked = `{"id":"Patient.link","path":"Patient.link","min":1},{"id":"Patient.link.other","path":"Patient.link.other","type":[{"code":"Reference","targetProfile":["http://x/linked"]}]}`
	v := guided(t, defined("ring", "Bundle", sliced, slice, strings.ReplaceAll(strings.Replace(resource, "Encounter", "Patient", 1), "visit", "linked")), defined("linked", "Patient", linked))
	const patients = 60 // each of whom refers to all: followed again and again there would be no end
	bundle := func(last string) string {
		var links, entries []string
		for i := range patients {
			links = append(links, fmt.Sprintf(`{"other":{"reference":"Patient/%d"},"type":"seealso"}`, i))
		}
		for i := range patients - 1 {
			entries = append(entries, fmt.Sprintf("%sPatient/%d", base, i), fmt.Sprintf(`{"resourceType":"Patient","id":"%d","link":[%s]}`, i, strings.Join(links, ",")))
		}
		entries = append(entries, fmt.Sprintf("%sPatient/%d", base, patients-1), fmt.Sprintf(`{"resourceType":"Patient","id":"%d"%s}`, patients-1, last))
		return strings.Replace(bundled("collection", entries...), `"type":"collection"`, `"meta":{"profile":["http://x/ring"]},"type":"collection"`, 1)
	}
	if diff := cmp.Diff("error cardinality-max Bundle\n", said(t, v, bundle(`,"link":[{"other":{"reference":"Patient/0"},"type":"seealso"}]`))); diff != "" {
		t.Errorf("all are linked, and so the slice: %s", diff)
	}
	if diff := cmp.Diff("error slice-missing Bundle\n", said(t, v, bundle(`,"active":true`))); diff != "" {
		t.Errorf("one is not linked, and all lead to that one: %s", diff)
	}
	var contained, links []string
	for i := range patients {
		links = append(links, fmt.Sprintf(`{"other":{"reference":"#%d"},"type":"seealso"}`, i))
	}
	for i := range patients {
		contained = append(contained, fmt.Sprintf(`{"resourceType":"Patient","id":"%d","link":[%s]}`, i, strings.Join(links, ",")))
	}
	patient := `{"resourceType":"Patient","id":"p","meta":{"profile":["http://x/linked"]},"contained":[` + strings.Join(contained, ",") + `],"link":[` + links[0] + `]}`
	if got := codesOf(v, patient); len(got) > 0 {
		t.Errorf("contained ones: %q", got)
	}
}

// https://hl7.org/fhir/R4/profiling.html#slicing: what tells slices apart may
// be said by the profile of a value, by a part of a profile
// (https://hl7.org/fhir/R4/extension-elementdefinition-profile-element.html),
// and by a fixed value of the whole.
func TestSlicesAreToldApartByWhatOtherDefinitionsSay(t *testing.T) {
	t.Parallel()
	library := defined("library", "Composition",
		`{"id":"Composition.section","path":"Composition.section","slicing":{"discriminator":[{"type":"pattern","path":"code"}],"rules":"open"}},{"id":"Composition.section.text","path":"Composition.section.text","min":1}`,
		`{"id":"Composition.section:a","path":"Composition.section","sliceName":"a"},{"id":"Composition.section:a.code","path":"Composition.section.code","min":1,"patternCodeableConcept":{"coding":[{"system":"http://x","code":"a"}]}}`,
		`{"id":"Composition.section:a.title","path":"Composition.section.title","min":1}`,
		`{"id":"Composition.section:b","path":"Composition.section","sliceName":"b"},{"id":"Composition.section:b.code","path":"Composition.section.code","min":1,"patternCodeableConcept":{"coding":[{"system":"http://x","code":"b"}]}}`)
	part := func(name, min string) string {
		return `{"id":"Composition.section:` + name + `","path":"Composition.section","sliceName":"` + name + `","min":` + min + `,"type":[{"code":"BackboneElement","profile":["http://x/library"],` +
			`"_profile":[{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/elementdefinition-profile-element","valueString":"Composition.section:` + name + `"}]}]}]}`
	}
	document := defined("document", "Composition",
		`{"id":"Composition.section","path":"Composition.section","slicing":{"discriminator":[{"type":"pattern","path":"code"}],"rules":"closed"}}`, part("a", "1"), part("b", "1"))
	v := guided(t, library, document)
	section := func(code, more string) string {
		return `{"code":{"coding":[{"system":"http://x","code":"` + code + `"}]}` + more + `,"entry":[{"display":"x"}]}`
	}
	const title, text = `,"title":"x"`, `,"text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>"}`
	for name, c := range map[string]struct {
		sections []string
		want     string
	}{
		"both":               {[]string{section("a", title+text), section("b", text)}, ""},
		"none":               {nil, "slice-missing slice-missing"},
		"one":                {[]string{section("a", title+text)}, "slice-missing"},
		"one that is wrong":  {[]string{section("a", text), section("b", text)}, "cardinality-min"},
		"what all must have": {[]string{section("a", title+text), section("b", "")}, "cardinality-min"},
		"a third":            {[]string{section("a", title+text), section("b", text), section("c", text)}, "slice-closed"},
	} {
		sections := ""
		if c.sections != nil {
			sections = `,"section":[` + strings.Join(c.sections, ",") + `]`
		}
		if got := rulesOf(v, `{"resourceType":"Composition","id":"c","meta":{"profile":["http://x/document"]},"status":"final","type":{"text":"x"},"date":"2020","title":"x","author":[{"display":"x"}]`+sections+`}`); got != c.want {
			t.Errorf("%s breaks %q, want %q", name, got, c.want)
		}
	}
	if got := codesOf(v, `{"resourceType":"Composition","id":"c","meta":{"profile":["http://x/library#Composition.section:a"]},"status":"final","type":{"text":"x"},"date":"2020","title":"x","author":[{"display":"x"}]}`); len(got) != 1 || got[0] != "information profile-unknown Composition" {
		t.Errorf("a part of a profile as that of a resource: %q", got)
	}
}

func TestAProfileOfATextIsHeldAgainstTheTextItself(t *testing.T) {
	t.Parallel()
	named := func(id, element string) string {
		return defined(id, "string", `{"id":"string","path":"string",`+element+`}`)
	}
	v := guided(t, named("exact", `"fixedString":"A"`), named("short", `"maxLength":3`),
		defined("p", "Observation", `{"id":"Observation.category","path":"Observation.category","slicing":{"discriminator":[{"type":"profile","path":"text"}],"rules":"open"}}`,
			`{"id":"Observation.category:a","path":"Observation.category","sliceName":"a","min":1}`,
			`{"id":"Observation.category:a.text","path":"Observation.category.text","min":1,"type":[{"code":"string","profile":["http://x/exact"]}]}`,
			`{"id":"Observation.code.text","path":"Observation.code.text","type":[{"code":"string","profile":["http://x/short"]}]}`))
	for _, c := range []struct{ category, code, want string }{
		{`[{"text":"A"}]`, "abc", ""}, {`[{"text":"B"},{"text":"A"}]`, "äöü", ""}, {`[{"text":"B"}]`, "abc", "slice-missing"}, {`[{"text":"A"}]`, "abcd", "profile-range"},
	} {
		json := `{"resourceType":"Observation","id":"o","meta":{"profile":["http://x/p"]},"status":"final","category":` + c.category + `,"code":{"text":"` + c.code + `"}}`
		if got := rulesOf(v, json); got != c.want {
			t.Errorf("%s breaks %q, want %q", json, got, c.want)
		}
	}
}

// What is of the type of its base defines no type of its own, whatever it says
// of its derivation.
func TestAProfileThatCallsItselfASpecializationIsOne(t *testing.T) {
	t.Parallel()
	v := guided(t, strings.Replace(defined("p", "Practitioner", `{"id":"Practitioner.telecom","path":"Practitioner.telecom","min":1,"slicing":{"discriminator":[{"type":"value","path":"use"}],"rules":"open"}}`,
		`{"id":"Practitioner.telecom:home","path":"Practitioner.telecom","sliceName":"home","min":1,"fixedContactPoint":{"use":"home"}}`), `"constraint"`, `"specialization"`, 1))
	for telecom, want := range map[string]string{`{"use":"home"}`: "", `{"use":"home","system":"phone","value":"1"}`: "profile-fixed", `{"use":"work"}`: "slice-missing"} {
		if got := rulesOf(v, `{"resourceType":"Practitioner","id":"p","meta":{"profile":["http://x/p"]},"telecom":[`+telecom+`]}`); got != want {
			t.Errorf("%s breaks %q, want %q", telecom, got, want)
		}
	}
}
