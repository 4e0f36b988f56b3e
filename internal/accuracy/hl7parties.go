package main

import (
	"slices"
	"strings"
)

// hl7Parties: people and places, and what belongs to whom.
func hl7Parties() []bundleRule {
	return []bundleRule{
		{
			typ: "Patient", paths: []string{"*"},
			reason: "The converter adds to the patient what other segments say of a guarantor, an insured or a contact (GT1, IN1, IN2, CTD, DB1, PD1, NK1-30 to 32) where they are marked as the patient; " +
				"we keep it with Account, Coverage and RelatedPerson.",
			holds: elsewhere("PID", "NK1"),
		},
		{
			typ: "RelatedPerson", paths: []string{"*"},
			reason: "The converter adds to a next of kin the mother's number (PID-21), and to an insured what IN2 says; we read NK1, GT1 and IN1.",
			holds:  elsewhere("NK1", "GT1", "IN1"),
		},
		{
			typ: "RelatedPerson", paths: []string{"*"},
			reason: "NK1-30 to NK1-32 are name, telephone and address of the contact of an organization that is next of kin; the converter gives them to the person in NK1-2.",
			holds: func(d leafDiff) bool {
				return d.alone != nil && d.got == "" && d.ours != nil && slices.ContainsFunc(telling(d.alone), func(text string) bool { return fieldSays(d.input, "NK1", text, 30, 31, 32) })
			},
		},
		{
			typ: "Patient", paths: []string{"name.given"},
			reason: "XPN-15 (called by) is a further given name to the converter; a nickname is not what a passport says, and stays behind.",
			holds:  func(d leafDiff) bool { return d.got == "" && fieldSays(d.input, "PID", d.want, 5) },
		},
		{
			typ: "RelatedPerson", paths: []string{wholeResources},
			reason: "The converter makes a second RelatedPerson of the employer (GT1-16, IN2-3), or one without a name of the numbers in IN2.",
			holds:  func(d leafDiff) bool { return d.expected != nil && len(d.expected.root.all("name.family")) == 0 },
		},
		{
			typ: "Coverage", paths: []string{"*"},
			reason: "The converter adds numbers of IN2 (Medicare, Medicaid, military) to the policy; we write IN1-36 and IN1-49.",
			holds:  elsewhere("IN1"),
		},
		{
			typ: "Practitioner", paths: []string{wholeResources},
			reason: "A Practitioner without a name or number, made of the medical director in OBX-25, or people in segments that we leave behind (ACC, PDA, RF1, FT1, PRD, OBR-32).",
			holds: func(d leafDiff) bool {
				return d.expected != nil && (len(telling(d.expected.root)) == 0 || inOnly(d, d.expected.root, "ACC", "PDA", "RF1", "FT1", "PRD", "OBR", "PRT", "CTD"))
			},
		},
		{
			typ: "Location", paths: []string{
				"address.city", "address.country", "address.district", "address.line", "address.period.end", "address.period.start", "address.postalCode", "address.state",
				"address.type", "alias", "managingOrganization.reference", "type.coding.code", "type.coding.display", "type.coding.system",
			},
			reason: "The converter writes into a place what stands beside it in the segment (AIL-4, the notes behind AIL, an address, ORC-21); ours have what their own field says.",
			holds:  func(d leafDiff) bool { return d.got == "" && d.ours != nil },
		},
		{
			typ: "Location", paths: []string{wholeResources},
			reason: "A hospital, building or ward is one Location with us, wherever it stands in the message; the converter makes one for each path and field that names it.",
			holds:  func(d leafDiff) bool { return d.expected != nil && placeFields(d.input, d.expected.root.first("name")) },
		},
		{
			typ: "Location", paths: []string{"identifier.system", "identifier.value"},
			reason: "9.8 is called an OID in these messages, but no OID begins with 9: we write the sender's name of the place.",
			holds:  func(d leafDiff) bool { return d.want == "urn:oid:9.8" },
		},
		{
			typ: "Location", paths: []string{"description"},
			reason: "The converter writes the whole path (ward--room--bed--hospital) into every level's description; ours say it by `partOf`.",
			holds:  func(d leafDiff) bool { return d.got == "" && d.ours != nil },
		},
		{
			typ: "Location", paths: []string{"physicalType.coding.code", "physicalType.coding.system", "physicalType.coding.display", "physicalType.text"},
			reason: "FHIR has no code for a point of care (a ward or clinic); the converter calls it a level of a building (lvl), we write the text. A place that stands at two levels (bed 1 of facility 1) is one Location with two kinds to the converter.",
			holds: func(d leafDiff) bool {
				return d.ours != nil && (d.ours.root.first("physicalType.text") == "point of care" || d.want == "" || len(d.expected.root.all("physicalType.coding.code")) > 1)
			},
		},
		{
			typ: "Location", paths: []string{"partOf.reference"},
			reason: "Where a level of the path is missing (no floor), the converter leaves the levels around it unconnected, or connects them by another way; ours hang on the next level that is given.",
			holds:  func(d leafDiff) bool { return d.got != "" },
		},
		{
			typ: "Encounter", paths: []string{"location.location.reference"},
			reason: "A visit is in the bed with us, and in its ward with the converter: both are there, one part of the other.",
			holds: func(d leafDiff) bool {
				return strings.HasPrefix(d.want, "Location") && strings.HasPrefix(d.got, "Location")
			},
		},
		{
			typ: "Location", paths: []string{wholeResources},
			reason: "Places that are no PL: PV1-37 (discharged to), EVN-7, ORC-21's and ACC's addresses, PDA-2, OBR-32, SCH-15 and others; they stay behind.",
			holds: func(d leafDiff) bool {
				return d.expected != nil && !placeFields(d.input, d.expected.root.first("name"))
			},
		},
	}
}

// telling returns the texts by which an element is known: its number, or its
// name, or the lines of its address.
func telling(e *element) []string {
	for _, paths := range [][]string{
		{"identifier.value", "name.family"}, {"value"}, {"family"}, {"line", "city"}, {"name"}, {"telecom.value"}, {"address.line"}, {"district"}, {"coding.display", "coding.code", "text"},
	} {
		var all []string
		for _, path := range paths {
			all = append(all, slices.DeleteFunc(e.all(path), func(text string) bool { return text == "" })...)
		}
		if len(all) > 0 {
			return all
		}
	}
	return nil
}

// elsewhere accepts an element without counterpart whose texts stand in the
// message, but not in the segments that the mapping makes the resource of.
func elsewhere(own ...string) func(d leafDiff) bool {
	return func(d leafDiff) bool {
		if d.alone == nil || d.got != "" || d.ours == nil {
			return false
		}
		texts := telling(d.alone)
		return len(texts) > 0 && !slices.ContainsFunc(texts, func(text string) bool { return says(d.input, text, own...) }) &&
			slices.ContainsFunc(texts, func(text string) bool { return says(d.input, text) })
	}
}

// inOnly reports whether the texts by which a resource is known stand in those
// segments only.
func inOnly(d leafDiff, e *element, segments ...string) bool {
	for _, text := range e.all("name.family") {
		if !says(d.input, text, segments...) || says(d.input, text, "PV1", "PD1", "ROL", "EVN", "PR1", "DG1", "ORC", "RXA", "TXA", "OBX", "AIP") {
			return false
		}
	}
	return true
}

// eachField calls do with the fields of the segments of a kind.
func eachField(input []byte, id string, do func(number int, field string)) {
	for line := range strings.FieldsFuncSeq(string(input), func(r rune) bool { return r == '\r' || r == '\n' }) {
		fields := strings.Split(strings.TrimPrefix(line, "\ufeff"), "|")
		if fields[0] != id {
			continue
		}
		for number, field := range fields {
			do(number, field)
		}
	}
}

// fieldSays reports whether one of the fields has the text as a component or
// subcomponent.
func fieldSays(input []byte, id, text string, numbers ...int) bool {
	found := false
	eachField(input, id, func(number int, field string) {
		pieces := strings.FieldsFunc(field, func(r rune) bool { return strings.ContainsRune("~^&", r) })
		found = found || slices.Contains(numbers, number) && slices.Contains(pieces, text)
	})
	return found
}

// placeFields reports whether a place stands in a field that the mapping makes
// places of.
func placeFields(input []byte, name string) bool {
	for id, numbers := range map[string][]int{
		"PV1": {3, 6, 11, 42, 43}, "PV2": {1}, "AIL": {3}, "ORC": {13}, "PR1": {23}, "ROL": {13}, "PRT": {9}, "RXA": {11, 27}, "FT1": {16},
	} {
		if fieldSays(input, id, name, numbers...) {
			return true
		}
	}
	return false
}
