package mllp

import "strings"

// systems are names of code systems in HL7 table 0396; a system that it does
// not name stands with its address.
var systems = map[string]string{
	"http://loinc.org":                            "LN",
	"http://snomed.info/sct":                      "SCT",
	"http://unitsofmeasure.org":                   "UCUM",
	"http://hl7.org/fhir/sid/cvx":                 "CVX",
	"http://hl7.org/fhir/sid/mvx":                 "MVX",
	"http://hl7.org/fhir/sid/ndc":                 "NDC",
	"http://hl7.org/fhir/sid/icd-10":              "I10",
	"http://hl7.org/fhir/sid/icd-10-cm":           "I10C",
	"http://www.ama-assn.org/go/cpt":              "C4",
	"http://www.nlm.nih.gov/research/umls/rxnorm": "RXNORM",
}

func systemName(address string) string {
	if name, known := systems[address]; known {
		return name
	}
	return address
}

// coded writes a CodeableConcept as CWE: two codings at most, and its text as
// the original text. A text alone stands where receivers look for words.
func coded(c concept) string {
	parts := make([]string, 9)
	for i, k := range c.Coding[:min(2, len(c.Coding))] {
		parts[3*i], parts[3*i+1], parts[3*i+2] = k.Code, k.Display, systemName(k.System)
	}
	if len(c.Coding) == 0 {
		parts[1] = c.Text
	} else if c.Text != c.Coding[0].Display {
		parts[8] = c.Text
	}
	return components(parts...)
}

// unit writes the unit of a quantity as CWE: its code, or what it is called.
func unit(q quantity) string {
	if q.Code == "" {
		return components(q.Unit)
	}
	display := q.Unit
	if display == q.Code {
		display = ""
	}
	return components(q.Code, display, systemName(q.System))
}

// authority writes who gave an identifier out as HD.
func authority(system string) string {
	if oid, is := strings.CutPrefix(system, "urn:oid:"); is {
		return subcomponents("", oid, "ISO")
	}
	if system == "" {
		return ""
	}
	return subcomponents("", system, "URI")
}

// number writes an Identifier as CX.
func number(i identifier) string {
	if i.Value == "" {
		return ""
	}
	kind := ""
	if len(i.Type.Coding) > 0 {
		kind = i.Type.Coding[0].Code
	}
	return strings.TrimRight(components(i.Value)+"^^^"+authority(i.System)+"^"+escape(kind), "^")
}

// ours is the identifier that a resource's id is: the same in whatever message
// it is told of.
func ours(id string) string { return components(id, "", "", "FHIR", "RI") }

// order writes a resource's id as EI.
func order(id string) string { return components(id, "FHIR") }

// personName writes a HumanName as XPN. A name that is a text only stands whole
// where the family name does.
func personName(n humanName) string {
	family := n.Family
	if family == "" && len(n.Given) == 0 {
		family = n.Text
	}
	first, second := "", ""
	if len(n.Given) > 0 {
		first, second = n.Given[0], strings.Join(n.Given[1:], " ")
	}
	if family+first+second == "" {
		return ""
	}
	// Table 0200.
	kind := map[string]string{"official": "L", "usual": "D", "nickname": "N", "maiden": "M", "anonymous": "S", "temp": "U", "old": "U"}[n.Use]
	return components(family, first, second, strings.Join(n.Suffix, " "), strings.Join(n.Prefix, " "), "", kind)
}

// place writes an Address as XAD (use: table 0190).
func place(a address) string {
	lines := a.Line
	if len(lines) == 0 && a.Text != "" { // the street may stand there alone, whatever else is told
		lines = []string{a.Text}
	}
	first, rest := "", ""
	if len(lines) > 0 {
		first, rest = lines[0], strings.Join(lines[1:], ", ")
	}
	if first+a.City+a.State+a.PostalCode+a.Country+a.District == "" {
		return ""
	}
	kind := map[string]string{"home": "H", "work": "B", "temp": "C", "old": "BA"}[a.Use]
	return components(first, rest, a.City, a.State, a.PostalCode, a.Country, kind, "", a.District)
}

// reachedBy writes a ContactPoint as XTN (tables 0201, 0202). The number stands
// as it is told, not taken apart: where version 2.5.1 wants it (XTN.12) and
// where most receivers look (XTN.1).
func reachedBy(t telecom) string {
	if t.Value == "" {
		return ""
	}
	use := map[string]string{"home": "PRN", "work": "WPN", "mobile": "PRN"}[t.Use]
	if t.System == "email" {
		return components("", "NET", "Internet", t.Value)
	}
	kind := map[string]string{"phone": "PH", "fax": "FX", "pager": "BP"}[t.System]
	if t.Use == "mobile" && t.System == "phone" {
		kind = "CP"
	}
	return components(t.Value, use, kind, "", "", "", "", "", "", "", "", t.Value)
}

// yesNo writes a boolean by table 0136, "" where it is not told.
func yesNo(b *bool) string {
	switch {
	case b == nil:
		return ""
	case *b:
		return "Y"
	}
	return "N"
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// words is a concept as people read it.
func (c concept) words() string {
	if c.Text != "" || len(c.Coding) == 0 {
		return c.Text
	}
	return first(c.Coding[0].Display, c.Coding[0].Code)
}
