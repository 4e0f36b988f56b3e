package main

import (
	"path"
	"slices"
	"strings"
)

// ccdaSuite compares the mapping ccda with what Microsoft's FHIR-Converter
// expects of 22 C-CDA documents.
func ccdaSuite() *suite {
	return &suite{
		name: "ccda", mapping: "ccda", truth: "ccda-fhir-converter/ccda.tar.gz", bar: 98,
		documents: ccdaDocuments, keys: ccdaKeys, prepare: oneForm, skips: ccdaSkips, rules: ccdaRules(),
	}
}

// ccdaDocuments reads ccda/NAME.ccda with expected/NAME-expected.json.
func ccdaDocuments(truth string) ([]document, error) {
	names, files, err := readTar(truth)
	if err != nil {
		return nil, err
	}
	var all []document
	for _, name := range names {
		if base, ok := strings.CutSuffix(path.Base(name), ".ccda"); ok {
			all = append(all, document{base + ".xml", files[name], files["expected/"+base+"-expected.json"]})
		}
	}
	return all, nil
}

// ccdaKeys: the documents' own ids with the code first, then what a resource is
// about and when.
func ccdaKeys(r *entry) []string {
	code := strings.Join(slices.Concat(r.root.all("code.coding.code"), r.root.all("vaccineCode.coding.code"),
		r.root.all("medicationCodeableConcept.coding.code")), " ")
	when := r.root.first("effectiveDateTime") + r.root.first("onsetDateTime") + r.root.first("performedDateTime") + r.root.first("occurrenceDateTime")
	name := strings.Join(append(r.root.all("name.family"), r.root.all("name.given")...), " ")
	switch r.typ {
	case "Organization", "Location":
		name = r.root.first("name")
	case "Device":
		code = strings.Join(r.root.all("type.coding.code"), " ")
		if name = r.root.first("deviceName.name"); name == "" && code == "" {
			name = r.root.first("manufacturer")
		}
	case "DocumentReference":
		return []string{r.root.first("content.attachment.url") + r.root.first("content.attachment.data"), "-"}
	case "Patient", "Composition":
		return []string{""} // a document has one
	}
	ids := r.root.all("identifier.value")
	both := make([]string, 0, len(ids))
	for _, id := range ids {
		both = append(both, id+" "+code)
	}
	// What has none of these stays alone.
	return []string{strings.Join(both, "\n"), strings.Join(ids, "\n"), name, code + when, code, r.id}
}

// ccdaSkips: ids are made up on both sides, and which profile a resource claims
// says nothing about the source.
func ccdaSkips(_, path string) bool {
	return path == "id" || path == "meta" || path == "resourceType" || path == "text"
}

// oneForm writes both sides in one form where two forms say the same.
func oneForm(b *bundle) {
	inlineMedications(b)
	divideBloodPressures(b)
}

// divideBloodPressures makes an Observation of each component of a blood
// pressure, as the documents have them and the expected bundles do; FHIR wants
// one with two components (profile bp).
func divideBloodPressures(b *bundle) {
	var all []*entry
	for _, e := range b.entries {
		parts := e.root.members("component")
		if e.typ != "Observation" || e.root.first("code.coding.code") != "85354-9" || len(parts) == 0 {
			all = append(all, e)
			continue
		}
		ids := e.root.members("identifier")
		for i, part := range parts {
			one := &element{kids: slices.Clone(part.kids)}
			for _, k := range e.root.kids {
				own := k.name == "identifier" && len(ids) == len(parts) && k != ids[i]
				if k.name != "component" && k.name != "code" && !own {
					one.kids = append(one.kids, k)
				}
			}
			all = append(all, &entry{typ: e.typ, id: e.id, root: one})
		}
	}
	b.entries = all
}

// inlineMedications writes the code of a Medication where it is referred to:
// both ways say the same.
func inlineMedications(b *bundle) {
	for _, e := range b.entries {
		for _, m := range e.root.members("medicationReference") {
			drug := b.find(m.first("reference"))
			if drug == nil {
				continue
			}
			m.name, m.kids = "medicationCodeableConcept", nil
			for _, code := range drug.root.members("code") {
				m.kids = append(m.kids, code.kids...)
			}
		}
	}
}
