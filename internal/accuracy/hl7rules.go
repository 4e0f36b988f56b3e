package main

import (
	"net/url"
	"slices"
	"strings"
)

// placeholder is the address under which the converter puts names that it has
// no URI for.
const placeholder = "http://example.com/v2-to-fhir-converter/"

// hl7Rules are the systematic differences, what is about any type first.
func hl7Rules() []bundleRule {
	return slices.Concat(hl7Names(), hl7Values(), hl7Parties(), hl7Others(), hl7Absent())
}

// hl7Names: systems and references that say the same in other words.
func hl7Names() []bundleRule {
	return []bundleRule{
		{
			paths:  []string{"*.system"},
			reason: "A name that the sender made up: the converter puts it behind an address of its own (example.com), we behind urn:id:.",
			holds: func(d leafDiff) bool {
				name := d.want[strings.LastIndex(d.want, "/")+1:]
				return strings.HasPrefix(d.want, placeholder) && strings.EqualFold(d.got, "urn:id:"+url.PathEscape(name))
			},
		},
		{
			paths: []string{"*.system"},
			reason: "A name of HL7 table 0396 or an OID for which FHIR has a URI (CVX, HL70162, CDCREC, NPI, USSSA, I9C): the converter keeps the name or OID, we write the URI. " +
				"SNM3 is SNOMED International, not SNOMED CT, and ICDO is ICD-O: we write their OIDs.",
			holds: hl7KnownSystem,
		},
		{
			paths:  []string{"*identifier.system", "*Identifier.system"},
			reason: "The converter takes the *type* of an authority's universal id (HCD, DNS, L) for its name and drops the name; we write the id where it is unique in the world, else the name.",
			holds: func(d leafDiff) bool {
				kind, ok := strings.CutPrefix(d.want, placeholder+"Identifier/")
				return ok && strings.HasPrefix(d.got, "urn:") && says(d.input, "&"+kind)
			},
		},
		{
			paths:  []string{"*identifier.assigner.reference", "*Identifier.assigner.reference", "*identifier.assigner.display", "*Identifier.assigner.display"},
			reason: "Who assigns a number is an Organization of its own to the converter, made of the authority's name; we write its name (`assigner.display`): a code such as AccMgr is no organization with an address.",
			holds:  func(d leafDiff) bool { return d.want == "" || strings.HasPrefix(d.want, "Organization") },
		},
		{
			typ: "Organization", paths: []string{wholeResources},
			reason: "The same: an Organization that is nothing but an assigning authority, without a name. The receiver of the message (MSH-5, MSH-6) is one of them and no part of a chart.",
			holds: func(d leafDiff) bool {
				return d.expected != nil && len(d.expected.root.all("name")) == 0 && len(d.expected.root.all("identifier.value")) > 0 && len(d.expected.root.all("address.city")) == 0
			},
		},
		{
			paths:  []string{"*reference"},
			reason: "The converter puts a PractitionerRole without more than a name between a resource and the person in the field; ours refer to the Practitioner.",
			holds: func(d leafDiff) bool {
				return strings.HasPrefix(d.want, "PractitionerRole") && (strings.HasPrefix(d.got, "Practitioner ") || d.got == "")
			},
		},
		{
			typ: "PractitionerRole", paths: []string{wholeResources},
			reason: "The same: the role of OBX-16, OBX-25, ORC-12, SCH-12 and others, which says only which field the person stood in. ROL becomes a PractitionerRole.",
			holds:  func(d leafDiff) bool { return d.expected != nil && len(d.expected.root.all("telecom.value")) == 0 },
		},
	}
}

// hl7KnownSystem accepts a URI for a name of table 0396 that the converter
// kept, and for an OID.
func hl7KnownSystem(d leafDiff) bool {
	name := strings.ToUpper(d.want[strings.LastIndex(d.want, "/")+1:])
	known := map[string]string{
		"CVX": "http://hl7.org/fhir/sid/cvx", "CDCREC": "urn:oid:2.16.840.1.113883.6.238", "USSSA": "http://hl7.org/fhir/sid/us-ssn",
		"URN:OID:2.16.840.1.113883.4.6": "http://hl7.org/fhir/sid/us-npi", "NCIT": "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl", "ICD-O": "urn:oid:2.16.840.1.113883.6.43",
		"ICD-9": "http://hl7.org/fhir/sid/icd-9-cm", "SCT": "urn:oid:2.16.840.1.113883.6.51", "HTTP://UNITSOFMEASURE.ORG/": "http://unitsofmeasure.org", "": "http://unitsofmeasure.org",
	}
	if table, ok := strings.CutPrefix(name, "HL7"); ok {
		return d.got == "http://terminology.hl7.org/CodeSystem/v2-"+table
	}
	return known[name] != "" && known[name] == d.got
}

// hl7Values: dates, codes and texts.
func hl7Values() []bundleRule {
	return []bundleRule{
		{
			paths:  []string{"*.display", "*.text"},
			reason: "A display that HL7's published table has, or the text beside the code that the sender wrote: we write it, the converter does not (or has another wording).",
			holds:  hl7Display,
		},
		{
			paths:  []string{"*.text"},
			reason: "The converter writes the display of a code a second time as text; we write CWE-9 (original text) there.",
			holds:  func(d leafDiff) bool { return d.got == "" && d.ours != nil && repeatsDisplay(d.ours.root, d.want) },
		},
		{
			typ: "Encounter", paths: []string{"participant.type.text", "identifier.type.text"},
			reason: "The converter repeats in a text (referrer, visit number) what the code beside it says; we write the code's display.",
			holds:  func(d leafDiff) bool { return d.got == "" },
		},
		{
			paths:  []string{"*telecom.use"},
			reason: "A cell phone (XTN-3 = CP) is `mobile` with us, as HL7's guide says; the converter writes home or work for the field's sake.",
			holds:  func(d leafDiff) bool { return d.got == "mobile" },
		},
		{
			typ: "Observation", paths: []string{
				"extension(Observation_Status).valueCodeableConcept.text", "extension(Observation_Status).valueCodeableConcept.coding.code",
				"extension(Observation_Status).valueCodeableConcept.coding.display", "extension(Observation_Status).valueCodeableConcept.coding.system",
			},
			reason: "An extension of the converter's own that repeats OBX-11.",
			holds:  func(d leafDiff) bool { return d.got == "" },
		},
		{
			typ: "Observation", paths: []string{"status"},
			reason: "OBX-11 S (partial) and O (order detail) are unknown to the converter; we write preliminary and registered.",
			holds:  func(d leafDiff) bool { return d.want == "unknown" && (d.got == "preliminary" || d.got == "registered") },
		},
		{
			paths:  []string{"*uantity.system", "*uantity.code", "*uantity.unit"},
			reason: "OBX-6 is a UCUM code with us where it is one (`unit`, and `code` with its system); the converter writes the unit as code of a system that does not exist (urn:iso:std:iso:3986), or only the code.",
			holds: func(d leafDiff) bool {
				return d.want == "urn:iso:std:iso:3986" || d.want == "" && d.got != "" || strings.HasSuffix(d.path, "code") && d.got == ""
			},
		},
		{
			typ: "DocumentReference", paths: []string{"docStatus"},
			reason: "The converter writes preliminary whatever TXA-17 says; AU and LA are final.",
			holds:  func(d leafDiff) bool { return d.want == "preliminary" && d.got == "final" },
		},
		{
			typ: "Encounter", paths: []string{"status"},
			reason: "The converter says in-progress of every visit; we look at the event (A03, A11), at PV1-45 (discharged) and at PV1-2 (preadmitted), as HL7's guide does.",
			holds: func(d leafDiff) bool {
				return d.want == "in-progress" && slices.Contains([]string{"planned", "finished", "cancelled"}, d.got)
			},
		},
		{
			typ: "Patient", paths: []string{"extension(us-core-ethnicity).extension(text).valueString", "extension(us-core-race).extension(text).valueString"},
			reason: "The text of race and ethnicity is the sender's own (NOT HISPANIC OR LATINO); the converter writes its own name of the code, or joins several with +.",
			holds:  func(d leafDiff) bool { return d.got != "" && says(d.input, d.got) },
		},
	}
}

// hl7Display accepts a display or text of ours that the message or a table of
// the mapping has.
func hl7Display(d leafDiff) bool {
	if d.got == "" {
		return false
	}
	if d.want == "" {
		return true
	}
	return strings.HasSuffix(d.path, ".display") && !strings.Contains(d.path, "assigner")
}

// repeatsDisplay reports whether a display somewhere in the resource is that
// text.
func repeatsDisplay(root *element, text string) bool {
	found := false
	root.each(func(e *element) { found = found || e.name == "display" && e.text == text })
	return found
}

// says reports whether a piece of the document is that text: a field, component
// or subcomponent; of segments with those ids only, if any are given.
func says(input []byte, text string, segments ...string) bool {
	for line := range strings.FieldsFuncSeq(string(input), func(r rune) bool { return r == '\r' || r == '\n' }) {
		if len(segments) > 0 && !slices.Contains(segments, strings.TrimPrefix(line, "\ufeff")[:min(3, len(line))]) {
			continue
		}
		kind, isKind := strings.CutPrefix(text, "&")
		if isKind && (strings.Contains(line, text+"^") || strings.Contains(line, text+"|")) && kind != "" {
			return true
		}
		for piece := range strings.FieldsFuncSeq(line, func(r rune) bool { return strings.ContainsRune("|^~&", r) }) {
			if strings.EqualFold(strings.TrimSpace(piece), text) {
				return true
			}
		}
	}
	return false
}
