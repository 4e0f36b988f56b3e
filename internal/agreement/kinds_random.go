package main

import (
	"strings"
	"unicode/utf8"

	"chartlift/fhir"
)

// randomKinds are mistakes that nobody thought of: a slip of the hand
// somewhere, the shape of another version, two mistakes at once.
func randomKinds() []kind {
	return []kind{
		{"a character slipped", at(func(s site) bool { return isPrimitive(s) && s.v.kind == text && s.v.text != "" && s.e.Type != "xhtml" }, func(m *mutation, s site) {
			s.replace(textOf(m.slipped(s.v.text)))
		})},
		{"a digit slipped", func(m *mutation) bool {
			s, ok := m.pick(func(s site) bool {
				return isPrimitive(s) && (s.v.kind == plain && s.v.text != "true" && s.v.text != "false" || isTemporal(s.e.Type)) && strings.ContainsAny(s.v.text, "0123456789")
			})
			if !ok {
				return false
			}
			at := m.rng.IntN(len(s.v.text))
			for s.v.text[at] < '0' || s.v.text[at] > '9' {
				at = (at + 1) % len(s.v.text)
			}
			changed := s.v.text[:at] + m.one("", "9", "0", "3", "00", " ", "-", ".") + s.v.text[at+1:]
			if s.v.kind == plain && !isJSONNumber(changed) {
				return false
			}
			s.replace(&value{kind: s.v.kind, text: changed})
			return true
		}},
		{"white space around a value", at(func(s site) bool { return isPrimitive(s) && s.v.kind == text && s.e.Type != "xhtml" }, func(m *mutation, s site) {
			s.replace(textOf(m.one(" ", "\n", "", "\t", "\u00a0") + s.v.text + m.one(" ", "\n", "  ", "\u00a0")))
		})},
		{"value of another element", func(m *mutation) bool {
			a, ok := m.pick(isPrimitive)
			if !ok {
				return false
			}
			b, ok := m.pick(func(s site) bool { return isPrimitive(s) && s.e.Type != a.e.Type && s.v.kind == a.v.kind })
			if ok {
				a.replace(b.v.clone())
			}
			return ok
		}},
		{"element moved into another object", func(m *mutation) bool {
			s, ok := m.pick(func(s site) bool { return s.depth > 0 })
			if !ok {
				return false
			}
			to, _ := m.object(anyType)
			if to == s.parent || to.get(s.key) != nil || within(s.parent.get(s.key), to) {
				return false
			}
			to.set(s.key, s.parent.get(s.key).clone())
			s.drop()
			return len(s.parent.members) > 0
		}},
		{"resourceType of another resource", func(m *mutation) bool {
			all := fhir.ResourceTypes()
			m.root.set("resourceType", textOf(all[m.rng.IntN(len(all))]))
			return true
		}},
		{"entry repeated in its array", at(func(s site) bool { return s.list != nil }, func(m *mutation, s site) {
			s.list.items = append(s.list.items, s.v.clone())
		})},
		{"code in another case", at(func(s site) bool { return isPrimitive(s) && s.e.Type == "code" && s.v.kind == text }, func(m *mutation, s site) {
			s.replace(textOf(m.one(strings.ToUpper(s.v.text), strings.ToLower(s.v.text), strings.ToUpper(s.v.text[:1])+s.v.text[1:])))
		})},
		{"system of an earlier version", at(hl7Coding, func(m *mutation, s site) {
			name := s.v.getText("system")[strings.LastIndexByte(s.v.getText("system"), '/')+1:]
			s.v.set("system", textOf(m.one("http://hl7.org/fhir/v3/"+strings.TrimPrefix(name, "v3-"), "http://hl7.org/fhir/"+name, "https://terminology.hl7.org/CodeSystem/"+name,
				"http://terminology.hl7.org/CodeSystem/"+name+"/", "http://terminology.hl7.org/"+name, "http://terminology.hl7.org/CodeSystem/"+strings.ToUpper(name), "http://terminology.hl7.org/ValueSet/"+name)))
		})},
		{"shape of another version", otherVersion},
		{"vital sign", vitalSign},
		{"meta", func(m *mutation) bool {
			m.root.set("meta", literal(m.one(`{"versionId":"a b"}`, `{"versionId":"1"}`, `{"lastUpdated":"2020-01-01"}`, `{"lastUpdated":"2020-01-01T00:00:00"}`, `{"profile":"http://example.org/p"}`, `{"profile":["p"]}`,
				`{"profile":["http://example.org/p|1.0"]}`, `{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"R"}]}`, `{"tag":[{"code":"a"}]}`, `{"tag":{"code":"a"}}`,
				`{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"zzz"}]}`, `{"source":"a b"}`, `{"source":"#a"}`, `{"profile":["http://hl7.org/fhir/StructureDefinition/Patient"]}`, `{"id":"x"}`)))
			return true
		}},
		{"timing", placed("Timing", `{"repeat":{"frequency":2,"period":1,"periodUnit":"d"}}`, `{"repeat":{"frequency":2,"period":1}}`, `{"repeat":{"period":1,"periodUnit":"day"}}`, `{"repeat":{"durationMax":2}}`,
			`{"repeat":{"boundsPeriod":{"start":"2020"},"frequency":1,"period":1,"periodUnit":"d"}}`, `{"code":{"text":"BID"}}`, `{"repeat":{"when":["MORN"],"offset":10}}`, `{"repeat":{"when":["C"],"offset":10}}`,
			`{"repeat":{"timeOfDay":["08:00"]}}`, `{"repeat":{"dayOfWeek":["monday"]}}`, `{"event":["2020-01-01T10:00:00Z"]}`, `{"event":"2020"}`, `{"repeat":{"frequency":0,"period":1,"periodUnit":"h"}}`, `{"repeat":{"duration":-1,"durationUnit":"h"}}`)},
		{"two mistakes at once", func(m *mutation) bool {
			all := namedKinds()
			first, second := all[m.rng.IntN(len(all))], all[m.rng.IntN(len(all))]
			if !first.apply(m) {
				return false
			}
			again, ok := newMutation(m.root, m.rng)
			if ok && second.apply(again) {
				m.root = again.root
				return true
			}
			return false
		}},
	}
}

// slipped changes one character of a text.
func (m *mutation) slipped(s string) string {
	at := m.rng.IntN(len(s))
	for at > 0 && !utf8.RuneStart(s[at]) {
		at--
	}
	_, size := utf8.DecodeRuneInString(s[at:])
	other := m.one("", "x", "X", "9", " ", "_", "/", ":", "#", "é", "-", ".", s[at:at+size]+s[at:at+size])
	return s[:at] + other + s[at+size:]
}

func isTemporal(typ string) bool {
	return typ == "date" || typ == "dateTime" || typ == "instant" || typ == "time"
}

func isJSONNumber(s string) bool {
	return fhir.CheckPrimitive("decimal", s) == nil
}

// within reports whether an object lies inside a value.
func within(v, o *value) bool {
	if v == o {
		return true
	}
	for _, m := range v.members {
		if within(m.value, o) {
			return true
		}
	}
	for _, item := range v.items {
		if within(item, o) {
			return true
		}
	}
	return false
}

// otherVersion adds or changes what DSTU2, STU3, R4B or R5 have and R4 has not.
func otherVersion(m *mutation) bool {
	changes := map[string][][2]string{
		"Patient":             {{"animal", `{"species":{"text":"cat"}}`}, {"careProvider", `[{"reference":"Practitioner/1"}]`}},
		"Condition":           {{"clinicalStatus", `"active"`}, {"verificationStatus", `"confirmed"`}, {"patient", `{"reference":"Patient/1"}`}, {"context", `{"reference":"Encounter/1"}`}, {"assertedDate", `"2020"`}},
		"Observation":         {{"context", `{"reference":"Encounter/1"}`}, {"comments", `"x"`}, {"interpretation", `{"text":"x"}`}, {"category", `{"text":"x"}`}, {"related", `[]`}, {"triggeredBy", `[]`}},
		"AllergyIntolerance":  {{"clinicalStatus", `"active"`}, {"substance", `{"text":"x"}`}, {"assertedDate", `"2020"`}, {"type", `{"text":"allergy"}`}},
		"MedicationRequest":   {{"context", `{"reference":"Encounter/1"}`}, {"medication", `{"reference":{"reference":"Medication/1"}}`}, {"definition", `[]`}, {"note", `"x"`}},
		"MedicationStatement": {{"taken", `"y"`}, {"medication", `{"concept":{"text":"x"}}`}},
		"Encounter":           {{"class", `"inpatient"`}, {"class", `[{"text":"x"}]`}, {"patient", `{"reference":"Patient/1"}`}, {"reason", `[{"text":"x"}]`}, {"actualPeriod", `{"start":"2020"}`}},
		"Procedure":           {{"context", `{"reference":"Encounter/1"}`}, {"notPerformed", `true`}, {"occurrenceDateTime", `"2020"`}, {"status", `"aborted"`}},
		"Immunization":        {{"date", `"2020"`}, {"wasNotGiven", `false`}, {"notGiven", `false`}, {"vaccinationProtocol", `[]`}, {"vaccineCode", `[{"text":"x"}]`}},
		"DiagnosticReport":    {{"context", `{"reference":"Encounter/1"}`}, {"codedDiagnosis", `[{"text":"x"}]`}, {"image", `[]`}, {"status", `"complete"`}},
		"DocumentReference":   {{"created", `"2020-01-01T00:00:00Z"`}, {"indexed", `"2020-01-01T00:00:00Z"`}, {"class", `{"text":"x"}`}, {"author", `{"reference":"Practitioner/1"}`}},
		"Practitioner":        {{"practitionerRole", `[]`}, {"name", `{"family":"x"}`}, {"role", `{"text":"x"}`}},
		"Coverage":            {{"bin", `"x"`}, {"plan", `"x"`}, {"sequence", `1`}},
		"Goal":                {{"status", `"active"`}, {"statusDate", `"2020-01-01T00:00:00Z"`}, {"target", `{"dueDate":"2020"}`}},
		"CarePlan":            {{"context", `{"reference":"Encounter/1"}`}, {"category", `{"text":"x"}`}, {"description", `{"text":"x"}`}},
	}
	all := changes[m.def.Name]
	if len(all) == 0 {
		s, ok := m.pick(func(s site) bool { return s.e.Type == "HumanName" && s.v.kind == object })
		if ok {
			s.v.set("family", literal(`["x"]`)) // as in DSTU2
		}
		return ok
	}
	change := all[m.rng.IntN(len(all))]
	m.root.set(change[0], literal(change[1]))
	return true
}

// vitalSign makes the resource one of R4's vital signs, with a mistake in it or
// none.
func vitalSign(m *mutation) bool {
	code := m.one("8867-4", "9279-1", "2708-6", "59408-5", "8310-5", "8302-2", "9843-4", "29463-7", "39156-5", "85354-9", "85353-1", "8480-6", "3141-9", "8287-5", "8462-4", "8478-0")
	unit := m.one("/min", "%", "Cel", "[degF]", "cm", "[in_i]", "kg", "[lb_av]", "g", "kg/m2", "mm[Hg]", "mmHg", "bpm", "lbs")
	quantity := `{"value":1,"unit":"x","system":"http://unitsofmeasure.org","code":"` + unit + `"}`
	v := literal(`{"resourceType":"Observation","id":"made","status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs"}]}],` +
		`"code":{"coding":[{"system":"http://loinc.org","code":"` + code + `"}]},"subject":{"reference":"Patient/1"},"effectiveDateTime":"2020-01-01","valueQuantity":` + quantity + `}`)
	if code == "85354-9" && m.rng.IntN(2) == 0 {
		v.remove("valueQuantity")
		v.set("component", literal(`[{"code":{"coding":[{"system":"http://loinc.org","code":"8480-6"}]},"valueQuantity":`+quantity+`},{"code":{"coding":[{"system":"http://loinc.org","code":"`+m.one("8462-4", "8480-6", "1-1")+`"}]},"valueQuantity":`+quantity+`}]`))
	}
	switch m.rng.IntN(12) {
	case 0:
		v.remove("category")
	case 1:
		v.set("category", literal(`[{"text":"vital"}]`))
	case 2:
		v.remove("subject")
	case 3:
		v.remove("effectiveDateTime")
	case 4:
		v.remove("valueQuantity")
	case 5:
		v.remove("valueQuantity")
		v.set("dataAbsentReason", literal(`{"text":"x"}`))
	case 6:
		v.remove("valueQuantity")
		v.set("valueString", textOf("x"))
	case 7:
		v.get("code").get("coding").items = append(v.get("code").get("coding").items, literal(`{"system":"http://snomed.info/sct","code":"271649006"}`))
	case 8:
		v.set("status", textOf("cancelled"))
	}
	m.root = v
	return true
}
