package main

import (
	"path"
	"strings"
)

// ccdaSuite compares the mapping ccda with what Microsoft's FHIR-Converter expects of 22 C-CDA documents.
func ccdaSuite() *suite {
	return &suite{
		name: "ccda", mapping: "ccda", truth: "ccda-fhir-converter/ccda.tar.gz", bar: 0,
		documents: ccdaDocuments, keys: ccdaKeys, skips: ccdaSkips, rules: ccdaRules(),
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

// ccdaKeys: the documents' own ids first, then what a resource is about and when.
func ccdaKeys(r *entry) []string {
	code := strings.Join(append(r.root.all("code.coding.code"), r.root.all("vaccineCode.coding.code")...), " ")
	when := r.root.first("effectiveDateTime") + r.root.first("onsetDateTime") + r.root.first("performedDateTime") + r.root.first("occurrenceDateTime")
	name := strings.Join(append(r.root.all("name.family"), r.root.all("name.given")...), " ")
	if r.typ == "Organization" || r.typ == "Location" {
		name = r.root.first("name")
	}
	keys := []string{strings.Join(r.root.all("identifier.value"), " "), code + when, code, name}
	if r.typ == "Patient" || r.typ == "Composition" {
		keys = append(keys, "")
	}
	return keys
}

// ccdaSkips: ids are made up on both sides, and which profile a resource claims says nothing about the source.
func ccdaSkips(_, path string) bool {
	return path == "id" || path == "meta" || path == "resourceType" || path == "text"
}

func ccdaRules() []bundleRule { return nil }
