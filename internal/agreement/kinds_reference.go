package main

import "chartlift/fhir"

// literalReference fits a Reference with a literal one.
func literalReference(s site) bool {
	return s.e.Type == "Reference" && s.v.kind == object && s.v.getText("reference") != ""
}

// pointed changes the text of a literal reference.
func pointed(references ...string) func(*mutation) bool {
	return at(literalReference, func(m *mutation, s site) {
		s.v.set("reference", textOf(m.one(references...)))
	})
}

// referenceKinds are mistakes in references and contained resources.
func referenceKinds() []kind {
	return []kind{
		{"reference to another type", at(func(s site) bool { return literalReference(s) && len(s.e.Targets) > 0 }, func(m *mutation, s site) {
			s.v.set("reference", textOf(m.one("", "", "http://example.org/fhir/")+m.otherType(s.e)+"/x"+m.one("", "/_history/2")))
		})},
		{"reference of no form", pointed(
			"Patient", "patient/1", "1", "Patient/", "Patient/1/2", "Patient/a b", "/Patient/1", "Pation/1", "Patient/1/_history", "Patient/1/_history/", "urn:uuid:1", "urn:oid:x",
			"urn:uuid:C757873D-EC9A-4326-A141-556F43239520", "http://", "http:/example.org/Patient/1", "Patient?identifier=x", "example.org/Patient/1", "Patient/1#a", "mailto:x@y", "Patient/"+"a_b", "?", "http://example.org/a b", " Patient/1",
		)},
		{"reference with a wrong type element", at(literalReference, func(m *mutation, s site) {
			s.v.set("type", textOf(m.one("Pation", "Practitioner", "http://hl7.org/fhir/StructureDefinition/Patient", "patient", "HumanName", "Location")))
		})},
		{"reference to a contained resource that is not there", pointed("#nobody", "#", "#a b")},
		{"reference with neither reference nor display", at(literalReference, func(m *mutation, s site) {
			s.replace(literal(m.one(`{"display":"x"}`, `{"identifier":{"value":"x"}}`, `{"type":"Patient"}`, `{"id":"x"}`)))
		})},
	}
}

// containedKinds are mistakes with contained resources.
func containedKinds() []kind {
	return []kind{
		{"contained resource that nothing references", func(m *mutation) bool {
			return m.contain(`{"resourceType":"Organization","id":"unused","name":"x"}`)
		}},
		{"contained resource without id", func(m *mutation) bool {
			return m.contain(`{"resourceType":"Organization","name":"x"}`)
		}},
		{"contained resource of the wrong type", func(m *mutation) bool {
			s, ok := m.pick(func(s site) bool { return literalReference(s) && len(s.e.Targets) > 0 && s.depth < 3 })
			if !ok || !m.contain(`{"resourceType":"`+m.otherType(s.e)+`","id":"c1"}`) {
				return false
			}
			s.v.set("reference", textOf("#c1"))
			return true
		}},
		{"contained resource that is broken", func(m *mutation) bool {
			s, ok := m.pick(literalReference)
			if !ok || !m.contain(m.one(
				`{"resourceType":"Patient","id":"c1","gender":"x"}`, `{"resourceType":"Patient","id":"c1","birthDate":"1.1.2000"}`, `{"resourceType":"Patient","id":"c1","foo":"x"}`,
				`{"resourceType":"Pation","id":"c1"}`, `{"id":"c1"}`, `{"resourceType":"Patient","id":"c_1"}`)) {
				return false
			}
			s.v.set("reference", textOf("#c1"))
			return true
		}},
		{"contained resource that is sound", func(m *mutation) bool {
			s, ok := m.pick(func(s site) bool {
				return literalReference(s) && (s.e.Allows("Patient") || s.e.Allows("Organization"))
			})
			if !ok {
				return false
			}
			typ := "Patient"
			if !s.e.Allows(typ) {
				typ = "Organization"
			}
			if !m.contain(`{"resourceType":"` + typ + `","id":"c1","active":true}`) {
				return false
			}
			s.v.set("reference", textOf("#c1"))
			return true
		}},
		{"contained resource in a contained one", func(m *mutation) bool {
			s, ok := m.pick(literalReference)
			if !ok || !m.contain(`{"resourceType":"Patient","id":"c1","contained":[{"resourceType":"Organization","id":"c2","name":"x"}],"managingOrganization":{"reference":"#c2"}}`) {
				return false
			}
			s.v.set("reference", textOf("#c1"))
			return true
		}},
		{"contained resource with meta, text or a security label", func(m *mutation) bool {
			s, ok := m.pick(func(s site) bool { return literalReference(s) && s.e.Allows("Patient") })
			if !ok || !m.contain(m.one(
				`{"resourceType":"Patient","id":"c1","meta":{"versionId":"1"}}`, `{"resourceType":"Patient","id":"c1","meta":{"lastUpdated":"2020-01-01T00:00:00Z"}}`,
				`{"resourceType":"Patient","id":"c1","meta":{"security":[{"code":"R"}]}}`,
				`{"resourceType":"Patient","id":"c1","text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>"}}`)) {
				return false
			}
			s.v.set("reference", textOf("#c1"))
			return true
		}},
		{"two contained resources with one id", func(m *mutation) bool {
			s, ok := m.pick(func(s site) bool { return literalReference(s) && s.e.Allows("Patient") })
			if !ok || !m.contain(`{"resourceType":"Patient","id":"c1"}`) {
				return false
			}
			m.root.get("contained").items = append(m.root.get("contained").items, objectOf("resourceType", "Patient", "id", "c1", "gender", "male"))
			s.v.set("reference", textOf("#c1"))
			return true
		}},
		{"contained resources that reference each other", func(m *mutation) bool {
			s, ok := m.pick(func(s site) bool { return literalReference(s) && s.e.Allows("Patient") })
			if !ok || !m.contain(`{"resourceType":"Patient","id":"c1","link":[{"other":{"reference":"#c2"},"type":"seealso"}]}`) {
				return false
			}
			m.root.get("contained").items = append(m.root.get("contained").items, objectOf("resourceType", "Patient", "id", "c2", "link", `[{"other":{"reference":"#c1"},"type":"seealso"}]`))
			s.v.set("reference", textOf(m.one("#c1", "Patient/1")))
			return true
		}},
	}
}

// otherType returns a resource type that the element may not point to.
func (m *mutation) otherType(e *fhir.Element) string {
	all := fhir.ResourceTypes()
	for {
		if typ := all[m.rng.IntN(len(all))]; !e.Allows(typ) {
			return typ
		}
	}
}

// contain adds a contained resource where the resource can have some and has
// none yet.
func (m *mutation) contain(resource string) bool {
	if _, _, can := m.def.Element("contained"); !can || m.root.get("contained") != nil {
		return false
	}
	m.root.set("contained", listOf(literal(resource)))
	return true
}
