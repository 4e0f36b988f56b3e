package clean

import (
	"net/url"
	"strings"
)

// hl7Cleaners turn the names that HL7 v2 messages give to code systems and
// authorities into URIs.
var hl7Cleaners = []Cleaner{
	{
		Name: "hl7_authority", In: []Type{Any}, Out: "uri", Nulls: true,
		Doc: "Makes the system of an Identifier of an HL7 v2 authority (HD): its name, universal id and type of id. An OID, UUID or URI is kept as such, " +
			"the number of US social security and providers gets FHIR's URI; any other authority becomes urn:id:NAME.",
		Params:  []Param{{Name: "UNIVERSAL", Kind: Either, Optional: true}, {Name: "TYPE", Kind: Either, Optional: true}},
		Compile: compileHL7Authority,
		Examples: []Example{
			{Pipe: "hl7_authority $U $T", In: "LAB", Columns: []string{"2.16.840.1.113883.19", "ISO"}, Out: "urn:oid:2.16.840.1.113883.19"},
			{Pipe: "hl7_authority $U $T", Null: true, Columns: []string{"2.16.840.1.113883.4.6", "ISO"}, Out: "http://hl7.org/fhir/sid/us-npi"},
			{Pipe: "hl7_authority $U $T", In: "LAB", Columns: []string{"lab.example.org", "DNS"}, Out: "urn:id:LAB"},
			{Pipe: "hl7_authority", In: "West Wing", Out: "urn:id:West%20Wing"},
			{Pipe: "hl7_authority", In: "USSSA", Out: "http://hl7.org/fhir/sid/us-ssn"},
		},
	},
	{
		Name: "hl7_system", In: []Type{Any}, Out: "uri",
		Doc: "Gives the URI of a code system that an HL7 v2 message names as table 0396 does: LN, SCT, I10C, HL70005. " +
			"An OID or URI is kept as such. A name that the table does not have, such as 99LAB, becomes urn:id:99LAB.",
		Compile: plain(hl7System),
		Examples: []Example{
			{Pipe: "hl7_system", In: "LN", Out: "http://loinc.org"},
			{Pipe: "hl7_system", In: "hl70005", Out: "http://terminology.hl7.org/CodeSystem/v2-0005"},
			{Pipe: "hl7_system", In: "2.16.840.1.113883.6.238", Out: "urn:oid:2.16.840.1.113883.6.238"},
			{Pipe: "hl7_system", In: "99LAB", Out: "urn:id:99LAB"},
			{Pipe: "hl7_system", In: "http://example.org/codes", Out: "http://example.org/codes"},
		},
	},
}

// hl7Systems are the names of HL7 table 0396 that FHIR has a URI for
// (http://hl7.org/fhir/R4/terminologies-systems.html), and those that senders
// in the United States use for them. SNM and SNM3 are not here: the codes of
// the old SNOMED are not those of SNOMED CT.
var hl7Systems = map[string]string{
	"LN": "http://loinc.org", "LNC": "http://loinc.org", "LOINC": "http://loinc.org",
	"SCT": "http://snomed.info/sct", "SNOMEDCT": "http://snomed.info/sct", "SNM3": "urn:oid:2.16.840.1.113883.6.51",
	"I9": "http://hl7.org/fhir/sid/icd-9", "I9C": "http://hl7.org/fhir/sid/icd-9-cm", "I9CDX": "http://hl7.org/fhir/sid/icd-9-cm",
	"I10": "http://hl7.org/fhir/sid/icd-10", "I10C": "http://hl7.org/fhir/sid/icd-10-cm", "ICD10CM": "http://hl7.org/fhir/sid/icd-10-cm",
	"I10P": "http://www.cms.gov/Medicare/Coding/ICD10", "ICDO": "urn:oid:2.16.840.1.113883.6.43",
	"CVX": "http://hl7.org/fhir/sid/cvx", "MVX": "http://hl7.org/fhir/sid/mvx", "NDC": "http://hl7.org/fhir/sid/ndc",
	"C4": "http://www.ama-assn.org/go/cpt", "CPT": "http://www.ama-assn.org/go/cpt", "CPT4": "http://www.ama-assn.org/go/cpt",
	"RXNORM": "http://www.nlm.nih.gov/research/umls/rxnorm", "UCUM": "http://unitsofmeasure.org", "UNII": "http://fdasis.nlm.nih.gov",
	"DCM": "http://dicom.nema.org/resources/ontology/DCM", "CDCREC": "urn:oid:2.16.840.1.113883.6.238",
	"NCIT": "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl", "NUCC": "http://nucc.org/provider-taxonomy", "NUCCPT": "http://nucc.org/provider-taxonomy",
	"ISO3166": "urn:iso:std:iso:3166", "ISO3166_1": "urn:iso:std:iso:3166", "ISO4217": "urn:iso:std:iso:4217",
}

// hl7Authorities are those of HL7 table 0363 for which FHIR R4 prefers a URI.
var hl7Authorities = map[string]string{
	"USSSA": "http://hl7.org/fhir/sid/us-ssn", "SSA": "http://hl7.org/fhir/sid/us-ssn", "NPI": "http://hl7.org/fhir/sid/us-npi",
}

// hl7System names a code system. HL7nnnn stands for a table of HL7 itself.
func hl7System(s string) string {
	name := strings.ToUpper(strings.TrimSpace(s))
	if uri, ok := hl7Systems[name]; ok {
		return uri
	}
	if table, ok := strings.CutPrefix(name, "HL7"); ok && matches(table, "9999") {
		return "http://terminology.hl7.org/CodeSystem/v2-" + table
	}
	return uriOf(strings.TrimSpace(s))
}

// uriOf makes a URI of a name: an OID or URI says so itself.
func uriOf(name string) string {
	switch {
	case name == "":
		return ""
	case isOID(name):
		uri, _ := oidURI(name)
		return uri.Text
	case strings.HasPrefix(name, "urn:"), strings.HasPrefix(name, "http://"), strings.HasPrefix(name, "https://"):
		return strings.ReplaceAll(name, " ", "%20")
	}
	return "urn:id:" + url.PathEscape(name)
}

// isOID reports whether s is an OID: a root below three and further numbers
// without zeros in front.
func isOID(s string) bool {
	arcs := strings.Split(s, ".")
	if len(arcs) < 3 || len(arcs[0]) != 1 || arcs[0] > "2" {
		return false
	}
	for _, arc := range arcs {
		if arc == "" || !onlyDigits(arc) || len(arc) > 1 && arc[0] == '0' {
			return false
		}
	}
	return true
}

// compileHL7Authority prefers what is unique in the world to the name, which is
// the sender's own.
func compileHL7Authority(args []Arg, _ Settings) (Func, error) {
	at := func(i int, columns []Value) string {
		if i >= len(args) {
			return ""
		}
		return strings.TrimSpace(args[i].value(columns).Text)
	}
	return func(in Value, columns []Value) (Value, *Problem) {
		return of(hl7Authority(strings.TrimSpace(in.Text), at(0, columns), strings.ToUpper(at(1, columns))))
	}, nil
}

func hl7Authority(name, universal, kind string) string {
	uri, known := hl7Authorities[strings.ToUpper(name)]
	switch {
	case (kind == "ISO" || kind == "") && isOID(universal), (kind == "UUID" || kind == "GUID") && isUUID(universal):
		id, _ := oidURI(universal)
		return id.Text
	case kind == "URI" && strings.Contains(universal, ":"):
		return strings.ReplaceAll(universal, " ", "%20")
	case known:
		return uri
	case name != "":
		return uriOf(name)
	}
	return uriOf(universal)
}

func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, c := range []byte(strings.ToLower(s)) {
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if !isDigit(c) && (c < 'a' || c > 'f') {
				return false
			}
		}
	}
	return true
}
