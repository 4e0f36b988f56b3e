package main

import (
	"strings"

	"chartlift/fhir"
)

// structureKinds are mistakes in the shape of a resource.
func structureKinds() []kind {
	return []kind{
		{"required element missing", at(func(s site) bool { return s.e.Min > 0 && s.e.Choice == "" }, func(m *mutation, s site) {
			s.drop()
		})},
		{"required choice missing", at(func(s site) bool { return s.e.Min > 0 && s.e.Choice != "" }, func(m *mutation, s site) {
			s.drop()
		})},
		{"any element missing", func(m *mutation) bool {
			s, ok := m.pick(func(site) bool { return true })
			if ok {
				s.drop()
			}
			return ok && len(s.parent.members) > 0
		}},
		{"element that R4 does not know", func(m *mutation) bool {
			v, _ := m.object(anyType)
			v.set(m.one("foo", "colour", "effective", "Status", "valueFoo", "reference_", "fhir_comments"), textOf("x"))
			return true
		}},
		{"element's name misspelt", at(func(s site) bool { return len(s.key) > 3 }, func(m *mutation, s site) {
			s.parent.rename(s.key, m.one(s.key+"s", strings.ToUpper(s.key[:1])+s.key[1:], s.key[:len(s.key)-1], s.key[1:]))
		})},
		{"element of another type", func(m *mutation) bool {
			v, def := m.object(anyType)
			for _, name := range []string{"birthDate", "onsetDateTime", "family", "numerator", "city", "coding"} {
				if _, _, known := def.Element(name); !known && v.get(name) == nil {
					v.set(name, textOf("2020"))
					return true
				}
			}
			return false
		}},
	}
}

// formKinds are values of another form: an array for an object, a text for a
// number.
func formKinds() []kind {
	return []kind{
		{"object instead of array", at(func(s site) bool { return s.list != nil }, func(m *mutation, s site) {
			s.parent.set(s.key, s.v)
		})},
		{"array instead of single value", at(func(s site) bool { return s.list == nil }, func(m *mutation, s site) {
			s.parent.set(s.key, listOf(s.v))
		})},
		{"array of two instead of single value", at(func(s site) bool { return s.list == nil }, func(m *mutation, s site) {
			s.parent.set(s.key, listOf(s.v, s.v.clone()))
		})},
		{"array in array", at(func(s site) bool { return s.list != nil }, func(m *mutation, s site) {
			s.replace(listOf(s.v))
		})},
		{"empty array", at(func(s site) bool { return s.list != nil }, func(m *mutation, s site) {
			s.list.items = nil
		})},
		{"empty object", at(func(s site) bool { return s.v.kind == object }, func(m *mutation, s site) {
			s.replace(&value{})
		})},
		{"object with an id only", at(func(s site) bool { return s.v.kind == object && s.e.Type != "Reference" && s.e.Type != "Narrative" }, func(m *mutation, s site) {
			s.replace(objectOf("id", "a1"))
		})},
		{"null instead of a value", at(func(s site) bool { return s.list == nil }, func(m *mutation, s site) {
			s.replace(plainOf("null"))
		})},
		{"null in an array", at(func(s site) bool { return s.list != nil }, func(m *mutation, s site) {
			s.list.items = append(s.list.items, plainOf("null"))
		})},
		{"text instead of object", at(func(s site) bool { return s.v.kind == object }, func(m *mutation, s site) {
			s.replace(textOf("text"))
		})},
		{"object instead of text", at(isPrimitive, func(m *mutation, s site) {
			s.replace(objectOf("text", "x"))
		})},
		{"number or boolean instead of text", at(func(s site) bool { return isPrimitive(s) && s.v.kind == text }, func(m *mutation, s site) {
			s.replace(plainOf(m.one("1", "true", "2020")))
		})},
		{"text instead of number or boolean", at(func(s site) bool { return isPrimitive(s) && s.v.kind == plain }, func(m *mutation, s site) {
			s.replace(textOf(s.v.text))
		})},
	}
}

// placeKinds are members that do not belong where they stand, or not beside
// what stands there.
func placeKinds() []kind {
	return []kind{
		{"two types of one choice", func(m *mutation) bool {
			s, ok := m.pick(func(s site) bool { return s.e.Choice != "" })
			if !ok {
				return false
			}
			other := m.branch(s, true)
			if other == nil {
				return false
			}
			s.parent.set(other.Name, (&maker{rng: m.rng}).element(other, maxNesting))
			return true
		}},
		{"type that a choice does not have", func(m *mutation) bool {
			s, ok := m.pick(func(s site) bool { return s.e.Choice != "" && s.list == nil })
			if !ok {
				return false
			}
			for _, typ := range []string{"Address", "Age", "Instant", "Base64Binary"} {
				if _, _, known := s.typ.Element(s.e.Choice + typ); !known {
					s.parent.rename(s.key, s.e.Choice+typ)
					return true
				}
			}
			return false
		}},
		{"key that stands twice", func(m *mutation) bool {
			v, _ := m.object(anyType)
			if len(v.members) == 0 {
				return false
			}
			again := v.members[m.rng.IntN(len(v.members))]
			v.members = append(v.members, member{again.key, again.value.clone()})
			return true
		}},
		{"resourceType wrong or missing", func(m *mutation) bool {
			if m.rng.IntN(3) == 0 {
				m.root.remove("resourceType")
			} else {
				m.root.set("resourceType", textOf(m.one("Pation", "patient", "HumanName", "DomainResource", "Resource", "")))
			}
			return true
		}},
		{"value that only its _sibling should have", at(func(s site) bool { return isPrimitive(s) && s.list == nil }, func(m *mutation, s site) {
			s.parent.set("_"+s.key, literal(m.one(`{"id":"a"}`, `{}`, `[]`, `{"foo":"x"}`, `{"extension":[]}`, `{"extension":[{"url":"http://example.org/x","valueString":"y"}]}`)))
		})},
		{"_sibling of an array of another length", at(func(s site) bool { return isPrimitive(s) && s.list != nil }, func(m *mutation, s site) {
			x := `{"extension":[{"url":"http://example.org/x","valueString":"y"}]}`
			s.parent.set("_"+s.key, literal(m.one("[null,null,"+x+"]", "["+x+","+x+","+x+"]", x, "[null]", "[{}]")))
		})},
		{"_sibling of a complex value", at(func(s site) bool { return s.v.kind == object && s.list == nil }, func(m *mutation, s site) {
			s.parent.set("_"+s.key, objectOf("id", "a"))
		})},
		{"element that was not there before", func(m *mutation) bool {
			v, def := m.object(func(d *fhir.TypeDef) bool { return len(d.Elements) > 3 })
			if v == nil {
				return false
			}
			return m.add(v, def)
		}},
		{"elements of two objects exchanged", func(m *mutation) bool {
			a, ok := m.pick(func(s site) bool { return s.v.kind == object })
			if !ok {
				return false
			}
			b, ok := m.pick(func(s site) bool { return s.v.kind == object && s.e.Type != a.e.Type && s.depth == a.depth })
			if !ok {
				return false
			}
			va, vb := a.v, b.v
			a.replace(vb)
			b.replace(va)
			return true
		}},
	}
}

// branch returns another branch of the site's choice; nil where it has no
// other.
func (m *mutation) branch(s site, _ bool) *fhir.Element {
	var found []*fhir.Element
	for i := range s.typ.Elements {
		if e := &s.typ.Elements[i]; e.Choice == s.e.Choice && e.Name != s.key {
			found = append(found, e)
		}
	}
	if len(found) == 0 {
		return nil
	}
	return found[m.rng.IntN(len(found))]
}

// add adds an optional element to an object.
func (m *mutation) add(v *value, def *fhir.TypeDef) bool {
	for range 8 {
		e := &def.Elements[m.rng.IntN(len(def.Elements))]
		if v.get(e.Name) == nil && e.Max != 0 && !unwanted(e) {
			v.set(e.Name, (&maker{rng: m.rng, share: 0.3}).element(e, 3))
			return true
		}
	}
	return false
}
