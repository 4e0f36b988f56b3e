package mllp

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"chartlift/fhir"
)

// carried are the elements of each type that messages tell of. What else a
// resource has is counted (Sink.Uncarried).
var carried = map[string][]string{
	"Patient": {
		"active", "address", "birthDate", "communication", "deceasedBoolean", "deceasedDateTime", "gender", "identifier", "link", "maritalStatus",
		"multipleBirthBoolean", "multipleBirthInteger", "name", "telecom",
	},
	"Observation": {
		"category", "code", "component", "dataAbsentReason", "effectiveDateTime", "effectiveInstant", "effectivePeriod", "encounter", "interpretation",
		"issued", "method", "note", "referenceRange", "status", "subject", "valueBoolean", "valueCodeableConcept", "valueDateTime", "valueInteger",
		"valuePeriod", "valueQuantity", "valueRange", "valueRatio", "valueString", "valueTime",
	},
	"DiagnosticReport": {
		"code", "conclusion", "effectiveDateTime", "effectivePeriod", "encounter", "issued", "result", "status", "subject",
	},
	"Immunization": {
		"doseQuantity", "expirationDate", "lotNumber", "manufacturer", "occurrenceDateTime", "patient", "primarySource", "route", "site", "status",
		"statusReason", "vaccineCode",
	},
}

// Carries says which message carries resources of the type, "" where none does.
func Carries(typ string) string {
	return map[string]string{
		"Patient":          "ADT^A28, or A31 where it was sent before",
		"Observation":      "ORU^R01, by patient and encounter, or with its report",
		"DiagnosticReport": "ORU^R01, where all its results are in the same bundle (in a run, output of the mapping: bundle.per: patient)",
		"Immunization":     "VXU^V04",
	}[typ]
}

// silent are elements that say nothing of the patient.
func silent(name string) bool {
	return name == "resourceType" || name == "id" || name == "meta" || name == "text"
}

// decode reads a resource, and returns its elements that no message tells of.
func decode[T any](r fhir.Resource) (out *T, left []string, err error) {
	// A modifier may turn the meaning round: what it stands in must not be told
	// without it (FHIR R4 section 2.4.1).
	for _, name := range []string{"modifierExtension", "implicitRules"} {
		if bytes.Contains(r.JSON, []byte(`"`+name+`"`)) {
			return nil, nil, fmt.Errorf("%w: %s", errNotCarried, name)
		}
	}
	out = new(T)
	if err := json.Unmarshal(r.JSON, out); err != nil {
		// encoding/json repeats values in its errors: patient data.
		return nil, nil, fmt.Errorf("%w: an element has not the form that R4 gives it", errNotCarried)
	}
	var tree fhir.Tree
	if err := tree.Parse(r.JSON); err != nil {
		return nil, nil, fmt.Errorf("%w: it is not JSON", errNotCarried)
	}
	for c := tree.First(0); c != 0; c = tree.Next(c) {
		if name := tree.Key(c); !silent(name) && !slices.Contains(carried[r.Type], name) {
			left = append(left, r.Type+"."+strings.Clone(name))
		}
	}
	return out, left, nil
}
