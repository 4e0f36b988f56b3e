package main

import (
	"path"
	"slices"
	"strings"
)

// hl7Suite compares the mapping hl7v2-adt-oru with what Microsoft's
// FHIR-Converter expects of 67 HL7 v2 messages.
func hl7Suite() *suite {
	return &suite{
		name: "hl7v2", mapping: "hl7v2-adt-oru", truth: "hl7v2-fhir-converter/hl7v2.tar.gz", bar: 88,
		documents: hl7Documents, prepare: hl7Prepare, keys: hl7Keys, skips: hl7Skips, rules: hl7Rules(),
	}
}

// hl7Documents reads hl7v2/NAME.hl7 with expected/NAME-expected.json; three
// messages have no expected bundle.
func hl7Documents(truth string) ([]document, error) {
	names, files, err := readTar(truth)
	if err != nil {
		return nil, err
	}
	var all []document
	for _, name := range names {
		base, ok := strings.CutSuffix(path.Base(name), ".hl7")
		expected := files["expected/"+base+"-expected.json"]
		if ok && expected != nil {
			all = append(all, document{base + ".hl7", files[name], []byte(strings.TrimPrefix(string(expected), "\ufeff"))})
		}
	}
	return all, nil
}

// hl7Prepare takes off blanks around texts, which chartlift trims, and leaves
// one of several equal entries with one id: the converter writes a place or
// person again for each field that names it.
func hl7Prepare(b *bundle) {
	seen := map[string]bool{}
	b.entries = slices.DeleteFunc(b.entries, func(e *entry) bool {
		e.root.each(func(x *element) { x.text = strings.TrimSpace(x.text) })
		key := e.typ + "/" + e.id
		repeated := e.id != "" && seen[key]
		seen[key] = true
		return repeated
	})
}

// hl7Keys: what a resource is called, then what it is about.
func hl7Keys(r *entry) []string {
	all := func(paths ...string) string {
		var texts []string
		for _, p := range paths {
			texts = append(texts, r.root.all(p)...)
		}
		return strings.ToLower(strings.Join(texts, " "))
	}
	switch r.typ {
	case "Patient", "Account", "Encounter", "Appointment":
		return []string{all("identifier.value"), ""}
	case "Practitioner", "RelatedPerson":
		return []string{all("identifier.value", "name.family", "name.given"), all("name.family", "name.given"), all("identifier.value"), all("name.family"), strings.ToLower(r.root.first("name.family"))}
	case "Organization":
		return []string{all("name", "identifier.value"), all("name"), all("identifier.value")}
	case "Location":
		return []string{all("name", "physicalType.coding.code", "identifier.value"), all("name", "identifier.value"), all("name")}
	case "PractitionerRole":
		return []string{all("code.coding.code", "specialty.coding.code"), all("code.coding.code")}
	case "Observation":
		return []string{all("code.coding.code", "valueString", "valueQuantity.value"), all("code.coding.code")}
	case "Coverage":
		return []string{all("identifier.value"), all("class.value")}
	case "DocumentReference":
		return []string{all("masterIdentifier.value"), ""}
	case "Specimen":
		return []string{all("identifier.value"), all("type.coding.code")}
	}
	code := all("code.coding.code", "vaccineCode.coding.code", "medicationCodeableConcept.coding.code")
	return []string{all("identifier.value") + code, code, all("identifier.value")}
}

// hl7Skips: ids are made up on both sides.
func hl7Skips(_, path string) bool { return path == "id" || path == "resourceType" }
