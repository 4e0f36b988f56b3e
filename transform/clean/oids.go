package clean

import (
	"encoding/base64"
	"html"
	"strings"
)

// oidURIs are the URIs that FHIR R4 has for object identifiers: code systems
// (terminologies-systems.html, terminology.hl7.org) and namespaces of
// identifiers (identifier-registry.html). Read-only.
var oidURIs = map[string]string{
	"1.2.840.10008.2.16.4":       "http://dicom.nema.org/resources/ontology/DCM",
	"2.16.840.1.113883.3.26.1.1": "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl",
	"2.16.840.1.113883.3.221.5":  "https://nahdo.org/sopt",
	"2.16.840.1.113883.4.1":      "http://hl7.org/fhir/sid/us-ssn",
	"2.16.840.1.113883.4.572":    "http://hl7.org/fhir/sid/us-medicare",
	"2.16.840.1.113883.4.6":      "http://hl7.org/fhir/sid/us-npi",
	"2.16.840.1.113883.4.9":      "http://fdasis.nlm.nih.gov",
	"2.16.840.1.113883.6.1":      "http://loinc.org",
	"2.16.840.1.113883.6.101":    "http://nucc.org/provider-taxonomy",
	"2.16.840.1.113883.6.103":    "http://hl7.org/fhir/sid/icd-9-cm",
	"2.16.840.1.113883.6.104":    "http://hl7.org/fhir/sid/icd-9-cm",
	"2.16.840.1.113883.6.12":     "http://www.ama-assn.org/go/cpt",
	"2.16.840.1.113883.6.13":     "http://www.ada.org/cdt",
	"2.16.840.1.113883.6.209":    "http://hl7.org/fhir/ndfrt",
	"2.16.840.1.113883.6.254":    "http://hl7.org/fhir/sid/icf",
	"2.16.840.1.113883.6.259":    "https://www.cdc.gov/nhsn/cdaportal/terminology/codesystem/hsloc.html",
	"2.16.840.1.113883.6.285":    "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
	"2.16.840.1.113883.6.3":      "http://hl7.org/fhir/sid/icd-10",
	"2.16.840.1.113883.6.316":    "urn:ietf:bcp:47",
	"2.16.840.1.113883.6.345":    "http://www.nlm.nih.gov/research/umls/MED-RT",
	"2.16.840.1.113883.6.4":      "http://www.cms.gov/Medicare/Coding/ICD10",
	"2.16.840.1.113883.6.59":     "http://hl7.org/fhir/sid/cvx",
	"2.16.840.1.113883.6.69":     "http://hl7.org/fhir/sid/ndc",
	"2.16.840.1.113883.6.8":      "http://unitsofmeasure.org",
	"2.16.840.1.113883.6.88":     "http://www.nlm.nih.gov/research/umls/rxnorm",
	"2.16.840.1.113883.6.90":     "http://hl7.org/fhir/sid/icd-10-cm",
	"2.16.840.1.113883.6.96":     "http://snomed.info/sct",
	"2.16.840.1.113883.12.227":   "http://hl7.org/fhir/sid/mvx",
	"2.16.840.1.113883.12.292":   "http://hl7.org/fhir/sid/cvx",
	"2.16.840.1.113883.5.1":      v3System + "AdministrativeGender",
	"2.16.840.1.113883.5.1008":   v3System + "NullFlavor",
	"2.16.840.1.113883.5.1076":   v3System + "ReligiousAffiliation",
	"2.16.840.1.113883.5.110":    v3System + "RoleClass",
	"2.16.840.1.113883.5.111":    v3System + "RoleCode",
	"2.16.840.1.113883.5.112":    v3System + "RouteOfAdministration",
	"2.16.840.1.113883.5.14":     v3System + "ActStatus",
	"2.16.840.1.113883.5.2":      v3System + "MaritalStatus",
	"2.16.840.1.113883.5.25":     v3System + "Confidentiality",
	"2.16.840.1.113883.5.4":      v3System + "ActCode",
	"2.16.840.1.113883.5.6":      v3System + "ActClass",
	"2.16.840.1.113883.5.60":     v3System + "LanguageAbilityMode",
	"2.16.840.1.113883.5.61":     v3System + "LanguageAbilityProficiency",
	"2.16.840.1.113883.5.7":      v3System + "ActPriority",
	"2.16.840.1.113883.5.8":      v3System + "ActReason",
	"2.16.840.1.113883.5.83":     v3System + "ObservationInterpretation",
	"2.16.840.1.113883.5.84":     v3System + "ObservationMethod",
	"2.16.840.1.113883.5.88":     v3System + "ParticipationFunction",
	"2.16.840.1.113883.5.90":     v3System + "ParticipationType",
}

const (
	v3System = "http://terminology.hl7.org/CodeSystem/v3-"
	v2Tables = "2.16.840.1.113883.12." // and the number of the table
)

// oidURI returns the URI of an object identifier or a UUID; those that FHIR has
// no name for stay what they are, as a URN.
func oidURI(s string) (Value, *Problem) {
	s = strings.TrimSpace(s)
	if uri, ok := oidURIs[s]; ok {
		return of(uri)
	}
	if table, ok := strings.CutPrefix(s, v2Tables); ok && len(table) <= 4 && onlyDigits(table) {
		return of("http://terminology.hl7.org/CodeSystem/v2-" + strings.Repeat("0", 4-len(table)) + table)
	}
	switch {
	case isOID(s):
		return of("urn:oid:" + s)
	case isUUID(s):
		return of("urn:uuid:" + strings.ToLower(s))
	}
	return bad("bad-oid", "the text is no object identifier (digits and points) and no UUID; correct the source, or name the system yourself")
}

// hl7ID makes an Identifier of root^extension. A root alone is the whole
// identifier, which FHIR writes as a URI (datatypes.html#identifier).
func hl7ID(s string) (Value, *Problem) {
	if strings.TrimSpace(s) == "" {
		return Value{}, nil
	}
	root, extension, _ := strings.Cut(s, "^")
	extension = strings.TrimSpace(extension)
	system, problem := oidURI(root)
	if problem != nil && extension == "" {
		return Of(identifierJSON("", s)), nil // an extension without a root
	}
	if problem != nil {
		return Of(identifierJSON("", extension)), problem
	}
	if extension == "" {
		return Of(identifierJSON("urn:ietf:rfc:3986", urn(root, system.Text))), nil
	}
	return Of(identifierJSON(system.Text, extension)), nil
}

// urn writes a root itself, not what FHIR calls the system that it names.
func urn(root, uri string) string {
	if strings.HasPrefix(uri, "urn:uuid:") {
		return uri
	}
	return "urn:oid:" + strings.TrimSpace(root)
}

func identifierJSON(system, value string) string {
	out := appendMember([]byte{'{'}, "system", system)
	return string(append(appendMember(out, "value", strings.TrimSpace(value)), '}'))
}

// xhtmlOf makes the div of a Narrative: a paragraph for each line, what tabs
// part stays parted. Characters that no XML may hold are left out; a div of
// nothing is none (invariant txt-2).
func xhtmlOf(s string) string {
	if s = printable(s); strings.TrimSpace(s) == "" {
		return ""
	}
	var b strings.Builder
	b.WriteString(`<div xmlns="http://www.w3.org/1999/xhtml">`)
	for line := range strings.Lines(s) {
		line = strings.TrimRight(line, "\r\n")
		if strings.TrimSpace(line) == "" {
			continue
		}
		b.WriteString("<p>" + strings.ReplaceAll(html.EscapeString(line), "\t", " | ") + "</p>")
	}
	b.WriteString("</div>")
	return b.String()
}

func base64Of(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

// base64Form drops the line breaks that MIME puts into base64, and checks it.
func base64Form(s string) (Value, *Problem) {
	s = stripChars(s, " \t\r\n")
	if _, err := base64.StdEncoding.DecodeString(s); err != nil {
		return bad("bad-base64", "the text is no base64; was the file cut, or is it plain text (then write base64)?")
	}
	return of(s)
}
