package main

import (
	"html"
	"slices"
	"strings"
)

// ccdaRules lists the systematic differences to Microsoft's FHIR-Converter.
// Each was looked up in the documents.
func ccdaRules() []bundleRule {
	return slices.Concat(negationRules(), placeRules(), formRules(), silenceRules())
}

// negationRules: the converter does not look at negationInd.
func negationRules() []bundleRule {
	return []bundleRule{
		{
			"Immunization",
			[]string{"status"},
			"**They are wrong**: `negationInd` is not looked at, and an immunization that was refused is expected as completed.",
			func(d leafDiff) bool { return d.want == "completed" && d.got == "not-done" },
		},
		{
			"Condition",
			[]string{"code.coding.code", "code.coding.display"},
			"**They are wrong**: `negationInd` is not looked at. The problem \"problem\" that is denied is \"no current problems\" here.",
			func(d leafDiff) bool {
				return d.expected.root.first("code.coding.code") == "55607006" && d.ours != nil && d.ours.root.first("code.coding.code") == "160245001"
			},
		},
		{
			"Procedure",
			[]string{wholeResources},
			"**They are wrong**: `negationInd` is not looked at. \"No implanted device\" makes no procedure here; the narrative has it.",
			func(d leafDiff) bool { return d.got == "" && d.expected.root.first("code.coding.code") == "71388002" },
		},
		{
			"AllergyIntolerance",
			[]string{"clinicalStatus.coding.code"},
			"**They are wrong**: they take the status of the concern; the allergy itself is said to be active.",
			func(d leafDiff) bool { return d.want == "resolved" && d.got == "active" },
		},
		{
			"Condition",
			[]string{"clinicalStatus.coding.code", "clinicalStatus.coding.display", "clinicalStatus.coding.system"},
			"**They are wrong**: \"alive and well\" is how the patient is, not the status of the problem, and no code of Condition.clinicalStatus.",
			func(d leafDiff) bool { return d.expected.root.first("clinicalStatus.coding.code") == "81323004" },
		},
		{
			"",
			[]string{wholeResources},
			"**They are wrong**: moodCode is not looked at. A medication that is planned is a MedicationRequest, not a statement or an administration.",
			func(d leafDiff) bool {
				return d.got == "" && (d.typ == "MedicationStatement" || d.typ == "MedicationAdministration") && d.insteadIn("MedicationRequest")
			},
		},
		{
			"MedicationRequest",
			[]string{wholeResources},
			"**They are wrong**: what was dispensed (supply, moodCode EVN) is a MedicationDispense, not an order.",
			func(d leafDiff) bool { return d.got == "" && d.insteadIn("MedicationDispense") },
		},
	}
}

// placeRules: the same value stands elsewhere.
func placeRules() []bundleRule {
	return []bundleRule{
		{
			"Medication",
			[]string{wholeResources},
			"The drug stands in the statement (medicationCodeableConcept), where it is compared, and not in a resource of its own.",
			func(d leafDiff) bool {
				return d.got == "" && d.all.has("medicationCodeableConcept.coding.code", d.expected.root.first("code.coding.code"))
			},
		},
		{
			"Practitioner",
			[]string{"qualification.code.coding.code", "qualification.code.coding.display", "qualification.code.coding.system"},
			"The code of a role is no qualification: it is PractitionerRole.specialty or code.",
			func(d leafDiff) bool {
				member := lastName(d.path)
				return d.got == "" && (d.all.has("specialty.coding."+member, d.want) || d.all.has("code.coding."+member, d.want))
			},
		},
		{
			"AllergyIntolerance",
			[]string{"reaction.substance.coding.code", "reaction.substance.coding.display", "reaction.substance.coding.system"},
			"The substance is AllergyIntolerance.code; they have no code and repeat the substance in each reaction.",
			func(d leafDiff) bool {
				return d.ours != nil && slices.Contains(d.ours.root.all("code.coding."+lastName(d.path)), d.want)
			},
		},
		{
			"AllergyIntolerance",
			[]string{"reaction.severity"},
			"They make a reaction without manifestation of the severity of the allergy as a whole, which FHIR does not allow; it is a note.",
			func(d leafDiff) bool {
				return d.ours != nil && strings.HasPrefix(d.ours.root.first("note.text"), "Severity")
			},
		},
		{
			"Encounter",
			[]string{"class.code", "class.display", "class.system"},
			"A CPT code is Encounter.type, not the class. Where the document names no class it is said to be unknown.",
			func(d leafDiff) bool {
				code := d.expected.root.first("class.code")
				return d.ours != nil && slices.Contains(d.ours.root.all("type.coding.code"), code)
			},
		},
		{
			"Device",
			[]string{"manufacturer", "type.coding.display"},
			"manufacturerModelName is the name of a model: Device.deviceName.",
			func(d leafDiff) bool {
				return d.ours != nil && slices.Contains(d.ours.root.all("deviceName.name"), d.want)
			},
		},
		{
			"Consent",
			[]string{wholeResources},
			"An advance directive is kept as the Observation that it is, with its value: what it consents to would be a guess.",
			func(d leafDiff) bool {
				return d.got == "" && d.all.has("valueCodeableConcept.coding.code", d.expected.root.first("provision.code.coding.code"))
			},
		},
	}
}

// formRules: the same value is written otherwise.
func formRules() []bundleRule {
	return []bundleRule{
		{
			"",
			[]string{"*.system"},
			"Code systems for which FHIR has a URI are written with it, not as urn:oid:.",
			func(d leafDiff) bool {
				uri, ok := uriOfOID[strings.TrimPrefix(d.want, "urn:oid:")]
				return ok && uri == d.got
			},
		},
		{
			"",
			[]string{"*identifier.system"},
			"A root that is a UUID is urn:uuid:, not urn:oid:.",
			func(d leafDiff) bool {
				return strings.Contains(d.want, "-") && d.got == "urn:uuid:"+strings.TrimPrefix(d.want, "urn:oid:")
			},
		},
		{
			"Patient",
			[]string{"telecom.value"},
			"mailto: may have slashes behind it; they are no part of the address.",
			func(d leafDiff) bool { return d.got != "" && strings.TrimPrefix(d.want, "//") == d.got },
		},
		{
			"",
			[]string{"*identifier.value"},
			"A root that is an OID is urn:oid:; they write urn:uuid:, which is not valid.",
			func(d leafDiff) bool {
				oid := strings.TrimPrefix(d.want, "urn:uuid:")
				return oid != d.want && d.got == "urn:oid:"+oid
			},
		},
		{
			"",
			[]string{"*.line", "*.city", "*.value", "*.display", "*.title", "*.given", "*.family", "name", "valueString"},
			"Blanks at the ends, and line breaks inside, are not part of a text.",
			func(d leafDiff) bool { return d.got != "" && strings.Join(strings.Fields(d.want), " ") == d.got },
		},
		{
			"Composition",
			[]string{"identifier.value"},
			"They keep one half of the document's id.",
			func(d leafDiff) bool {
				system, value := d.ours.root.first("identifier.system"), d.ours.root.first("identifier.value")
				return system == "urn:oid:"+d.want || system == "urn:uuid:"+d.want || value == "urn:uuid:"+d.want
			},
		},
		{
			"Composition",
			[]string{"section.text.div"},
			"They write the section's title in the place of its narrative; here the narrative is kept.",
			func(d leafDiff) bool {
				text := strings.TrimSuffix(strings.TrimPrefix(d.want, `<div xmlns="http://www.w3.org/1999/xhtml">`), "</div>")
				return d.got != "" && slices.Contains(d.expected.root.all("section.title"), html.UnescapeString(text))
			},
		},
		{
			"Composition",
			[]string{"section.text.status"},
			"A narrative that people may have written is \"additional\": \"generated\" would say that it holds nothing but the entries.",
			func(d leafDiff) bool { return d.want == "generated" && d.got == "additional" },
		},
		{
			"Encounter",
			[]string{"status"},
			"An encounter that has an end is finished.",
			func(d leafDiff) bool { return d.want == "unknown" && d.got == "finished" },
		},
		{
			"Patient",
			[]string{"extension(us-core-race).extension(text).valueString"},
			"Of several races they write \"Mixed\"; here the text is the first one's name, and all have their codes.",
			func(d leafDiff) bool { return d.want == "Mixed" && d.got != "" },
		},
	}
}

// silenceRules: the document does not say what they expect, or the reader has
// no column for it.
func silenceRules() []bundleRule {
	return []bundleRule{
		{
			"Patient",
			[]string{"*extension(us-core-ethnicity).extension(ombCategory).valueCoding.code", "*extension(us-core-ethnicity).extension(ombCategory).valueCoding.display", "*extension(us-core-ethnicity).extension(ombCategory).valueCoding.system"},
			"**They are wrong**: UNK is no ethnicity category of US Core (it is one of race); the text says Unknown.",
			func(d leafDiff) bool {
				return d.got == "" && slices.Contains(d.expected.root.all("extension(us-core-ethnicity).extension(ombCategory).valueCoding.code"), "UNK")
			},
		},
		{
			"Composition",
			[]string{"section.mode", "identifier.use"},
			"Not in the document: they write snapshot and official everywhere.",
			func(d leafDiff) bool { return d.got == "" && (d.want == "snapshot" || d.want == "official") },
		},
		{
			"Patient",
			[]string{"communication.language.coding.display"},
			"Not in the document: the name of a language code.",
			func(d leafDiff) bool { return d.got == "" },
		},
		{
			"Location",
			[]string{wholeResources},
			"A Location of which nothing is known makes no resource.",
			func(d leafDiff) bool { return d.got == "" && len(d.expected.root.kids) == 2 },
		},
		{
			"DocumentReference",
			[]string{"date"},
			"They write the time of their own run.",
			func(d leafDiff) bool { return strings.HasPrefix(d.want, "2022-03-25T08:35:") },
		},
		{
			"DocumentReference",
			[]string{"content.attachment.data", "content.attachment.hash", "content.attachment.contentType"},
			"They attach the whole document, gzipped; here it is the file that the document holds.",
			func(d leafDiff) bool {
				return d.ours != nil && strings.HasPrefix(d.expected.root.first("content.attachment.data"), "H4sI")
			},
		},
		{
			"DocumentReference",
			[]string{wholeResources},
			"They attach the document itself, gzipped. It is not in a table; keep the file, whose hash the run has.",
			func(d leafDiff) bool {
				return d.got == "" && strings.HasPrefix(d.expected.root.first("content.attachment.data"), "H4sI")
			},
		},
	}
}

// uriOfOID are the URIs of the code systems that the documents use
// (terminologies-systems.html). Read-only. It is not that of chartlift, so that
// a mistake there would show.
var uriOfOID = map[string]string{
	"1.2.840.10008.2.16.4":       "http://dicom.nema.org/resources/ontology/DCM",
	"2.16.840.1.113883.3.26.1.1": "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl",
	"2.16.840.1.113883.5.1":      "http://terminology.hl7.org/CodeSystem/v3-AdministrativeGender",
	"2.16.840.1.113883.5.4":      "http://terminology.hl7.org/CodeSystem/v3-ActCode",
	"2.16.840.1.113883.5.8":      "http://terminology.hl7.org/CodeSystem/v3-ActReason",
	"2.16.840.1.113883.5.111":    "http://terminology.hl7.org/CodeSystem/v3-RoleCode",
	"2.16.840.1.113883.6.259":    "https://www.cdc.gov/nhsn/cdaportal/terminology/codesystem/hsloc.html",
	"2.16.840.1.113883.12.112":   "http://terminology.hl7.org/CodeSystem/v2-0112",
	"2.16.840.1.113883.12.292":   "http://hl7.org/fhir/sid/cvx",
	"2.16.840.1.113883.6.103":    "http://hl7.org/fhir/sid/icd-9-cm",
	"2.16.840.1.113883.6.13":     "http://www.ada.org/cdt",
}

// insteadIn reports whether we have the resource under another type: with its
// identifier or, where it has none, its drug.
func (d leafDiff) insteadIn(typ string) bool {
	path := "identifier.value"
	if d.expected.root.first(path) == "" {
		path = "medicationCodeableConcept.coding.code"
	}
	return slices.ContainsFunc(d.all.entries, func(e *entry) bool {
		return e.typ == typ && slices.Contains(e.root.all(path), d.expected.root.first(path))
	})
}

func lastName(path string) string { return path[strings.LastIndex(path, ".")+1:] }
