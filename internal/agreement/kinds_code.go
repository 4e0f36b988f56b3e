package main

import (
	"strings"

	"chartlift/fhir"
)

// coded replaces a required coding by another value.
func coded(typ string, change func(m *mutation, s site, b *fhir.Binding) bool) func(*mutation) bool {
	return func(m *mutation) bool {
		s, ok := m.pick(func(s site) bool { return s.e.Type == typ && bound(s) && s.v.kind != array })
		return ok && change(m, s, s.e.Binding)
	}
}

// ownCoding fits a Coding, alone or in a CodeableConcept, of a code system of
// HL7.
func hl7Coding(s site) bool {
	system := s.v.getText("system")
	return s.e.Type == "Coding" && s.v.kind == object && s.v.getText("code") != "" &&
		(strings.HasPrefix(system, "http://terminology.hl7.org/CodeSystem/") || strings.HasPrefix(system, "http://hl7.org/fhir/"))
}

// codeKinds are mistakes in codes and units.
func codeKinds() []kind {
	return []kind{
		{"code that a required set lacks", coded("code", func(m *mutation, s site, b *fhir.Binding) bool {
			s.replace(textOf(m.one("zzz", strings.ToUpper(b.Codes[0].Code), b.Codes[0].Code+"s", "unknown", "UNKNOWN", "Final")))
			return true
		})},
		{"concept with a code that a required set lacks", coded("CodeableConcept", func(m *mutation, s site, b *fhir.Binding) bool {
			s.replace(objectOf("coding", `[{"system":"`+b.Codes[0].System+`","code":"`+m.one("zzz", strings.ToUpper(b.Codes[0].Code)+"_")+`"}]`))
			return true
		})},
		{"concept with a system that a required set lacks", coded("CodeableConcept", func(m *mutation, s site, b *fhir.Binding) bool {
			s.replace(objectOf("coding", `[{"system":"`+m.one("http://example.org/x", "http://snomed.info/sct", "urn:oid:1.2.3")+`","code":"`+b.Codes[0].Code+`"}]`))
			return true
		})},
		{"concept without system", coded("CodeableConcept", func(_ *mutation, s site, b *fhir.Binding) bool {
			s.replace(objectOf("coding", `[{"code":"`+b.Codes[0].Code+`"}]`))
			return true
		})},
		{"concept of text only", coded("CodeableConcept", func(_ *mutation, s site, _ *fhir.Binding) bool {
			s.replace(objectOf("text", "some text"))
			return true
		})},
		{"concept with a right and a foreign coding", coded("CodeableConcept", func(_ *mutation, s site, b *fhir.Binding) bool {
			s.replace(objectOf("coding", `[{"system":"http://example.org/x","code":"a"},{"system":"`+b.Codes[0].System+`","code":"`+b.Codes[0].Code+`"}]`))
			return true
		})},
		{"concept with a right and a wrong coding", coded("CodeableConcept", func(_ *mutation, s site, b *fhir.Binding) bool {
			s.replace(objectOf("coding", `[{"system":"`+b.Codes[0].System+`","code":"`+b.Codes[0].Code+`"},{"system":"`+b.Codes[0].System+`","code":"zzz"}]`))
			return true
		})},
		{"code that its HL7 system lacks", at(hl7Coding, func(m *mutation, s site) {
			s.v.set("code", textOf(m.one("zzz", s.v.getText("code")+"x", strings.ToLower(s.v.getText("code"))+"_")))
		})},
		{"display that its HL7 system lacks", at(hl7Coding, func(m *mutation, s site) {
			s.v.set("display", textOf(m.one("Something else", "?")))
		})},
		{"concept of a system of HL7 where others are preferred", at(func(s site) bool { return s.e.Type == "CodeableConcept" && s.v.kind == object && !bound(s) }, func(m *mutation, s site) {
			s.replace(objectOf("coding", `[{"system":"`+m.one("http://terminology.hl7.org/CodeSystem/v3-ActCode", "http://terminology.hl7.org/CodeSystem/v2-0203",
				"http://terminology.hl7.org/CodeSystem/observation-category", "http://hl7.org/fhir/administrative-gender", "http://terminology.hl7.org/CodeSystem/v3-NullFlavor")+
				`","code":"`+m.one("AMB", "MR", "laboratory", "male", "UNK", "zzz")+`"}]`))
		})},
	}
}

// codingKinds are codings and units that are incomplete, or of no system.
func codingKinds() []kind {
	return []kind{
		{"concept in a system that is no URI", at(func(s site) bool { return s.e.Type == "Coding" && s.v.kind == object && !bound(s) }, func(m *mutation, s site) {
			s.v.set("system", textOf(m.one("LOINC", "loinc", "2.16.840.1.113883.6.1", "urn:oid:2.16.840.1.113883.6.1", "http://loinc.org/", "http://hl7.org/fhir/ValueSet/marital-status", "http://hl7.org/fhir/sid/icd-10-cm", "terminology/x", "http://terminology.hl7.org/CodeSystem/not-there", "http://hl7.org/fhir/not-there")))
		})},
		{"coding without system", at(func(s site) bool { return s.e.Type == "Coding" && s.v.kind == object && s.v.getText("system") != "" }, func(m *mutation, s site) {
			s.v.remove("system")
		})},
		{"coding without code", at(func(s site) bool { return s.e.Type == "Coding" && s.v.kind == object && s.v.getText("code") != "" }, func(m *mutation, s site) {
			s.v.remove("code")
		})},
		{"unit that UCUM lacks", func(m *mutation) bool {
			s, ok := m.pick(ofType("Quantity", "Age", "Duration", "Distance"))
			if ok && s.v.kind == object {
				s.v.set("system", textOf("http://unitsofmeasure.org"))
				s.v.set("code", textOf(m.one("mmHg", "Grad", "mg//dL", "mg/dl", "%", "/min", "{beats}/min", "kg/m2", "mm[hg]", "10*3/uL", "x10^3", "IU", "[IU]", "mcg", "ug", "mg per day", "{", "m{a b}", "K/uL", "Cel", "degC", "[degF]", "10^3/uL", "mol/kg{H2O}", "(mg)/dL", "mg/", "MM[HG]", "g.m/s2", "1/", "m-1", "m+2")))
			}
			return ok && s.v.kind == object
		}},
		{"quantity's code without system", func(m *mutation) bool {
			s, ok := m.pick(ofType("Quantity", "Age", "Duration", "Distance", "Count"))
			if ok && s.v.kind == object {
				s.v.remove("system")
				s.v.set("code", textOf("mg"))
			}
			return ok && s.v.kind == object
		}},
		{"quantity's comparator", func(m *mutation) bool {
			s, ok := m.pick(ofType("Quantity", "Age", "Duration", "Distance", "Count"))
			if ok && s.v.kind == object {
				s.v.set("comparator", textOf(m.one("=", "<", "==", "ca", ">=", "ad")))
			}
			return ok && s.v.kind == object
		}},
	}
}

// namedCodeKinds are codes of the standards beyond HL7: languages, media types,
// currencies, countries.
func namedCodeKinds() []kind {
	return []kind{
		{"language", func(m *mutation) bool {
			m.root.set("language", textOf(m.one("de", "de-DE", "german", "xx", "en_US", "en-us", "DE", "e", "deu", "zh-Hans-CN", "en-XX", "sgn", "i-klingon", "x-private", "english", "12")))
			return true
		}},
		{"media type", at(func(s site) bool { return isPrimitive(s) && setBound("mimetypes")(s) }, func(m *mutation, s site) {
			s.replace(textOf(m.one("text", "text/", "application/pdf", "image/*", "text/plain;charset=utf-8", "text/plain; charset=utf-8", "pdf", "a/b/c", "text plain", "foo/bar", "image/jpg", "application/fhir+json", "TEXT/PLAIN")))
		})},
		{"currency", func(m *mutation) bool {
			s, ok := m.pick(ofType("Money"))
			if ok && s.v.kind == object {
				s.v.set("currency", textOf(m.one("EUR", "eur", "XXX", "Euro", "US$", "ZZZ", "DEM", "BTC", "USD", "XAU")))
			}
			return ok && s.v.kind == object
		}},
		{"address' country or state", func(m *mutation) bool {
			s, ok := m.pick(ofType("Address"))
			if ok && s.v.kind == object {
				s.v.set(m.one("country", "state"), textOf(m.one("XX", "Germany", "DE", "U.S.", "usa", "MA")))
			}
			return ok && s.v.kind == object
		}},
	}
}
