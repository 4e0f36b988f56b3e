package main

import (
	"strings"

	"chartlift/fhir"
)

// structureKinds are mistakes in the shape of a resource.
func structureKinds() []kind {
	return []kind{
		{"required element missing", func(m *mutation) bool {
			s, ok := m.pick(func(s site) bool { return s.e.Min > 0 && s.e.Choice == "" })
			if ok {
				s.drop()
			}
			return ok
		}},
		{"required choice missing", func(m *mutation) bool {
			s, ok := m.pick(func(s site) bool { return s.e.Min > 0 && s.e.Choice != "" })
			if ok {
				s.drop()
			}
			return ok
		}},
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
		{"element's name misspelt", func(m *mutation) bool {
			s, ok := m.pick(func(s site) bool { return len(s.key) > 3 })
			if ok {
				s.parent.rename(s.key, m.one(s.key+"s", strings.ToUpper(s.key[:1])+s.key[1:], s.key[:len(s.key)-1], s.key[1:]))
			}
			return ok
		}},
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
		{"object instead of array", func(m *mutation) bool {
			s, ok := m.pick(func(s site) bool { return s.list != nil })
			if ok {
				s.parent.set(s.key, s.v)
			}
			return ok
		}},
		{"array instead of single value", func(m *mutation) bool {
			s, ok := m.pick(func(s site) bool { return s.list == nil })
			if ok {
				s.parent.set(s.key, listOf(s.v))
			}
			return ok
		}},
		{"array of two instead of single value", func(m *mutation) bool {
			s, ok := m.pick(func(s site) bool { return s.list == nil })
			if ok {
				s.parent.set(s.key, listOf(s.v, s.v.clone()))
			}
			return ok
		}},
		{"array in array", func(m *mutation) bool {
			s, ok := m.pick(func(s site) bool { return s.list != nil })
			if ok {
				s.replace(listOf(s.v))
			}
			return ok
		}},
		{"empty array", func(m *mutation) bool {
			s, ok := m.pick(func(s site) bool { return s.list != nil })
			if ok {
				s.list.items = nil
			}
			return ok
		}},
		{"empty object", func(m *mutation) bool {
			s, ok := m.pick(func(s site) bool { return s.v.kind == object })
			if ok {
				s.replace(&value{})
			}
			return ok
		}},
		{"object with an id only", func(m *mutation) bool {
			s, ok := m.pick(func(s site) bool { return s.v.kind == object && s.e.Type != "Reference" && s.e.Type != "Narrative" })
			if ok {
				s.replace(objectOf("id", "a1"))
			}
			return ok
		}},
		{"null instead of a value", func(m *mutation) bool {
			s, ok := m.pick(func(s site) bool { return s.list == nil })
			if ok {
				s.replace(plainOf("null"))
			}
			return ok
		}},
		{"null in an array", func(m *mutation) bool {
			s, ok := m.pick(func(s site) bool { return s.list != nil })
			if ok {
				s.list.items = append(s.list.items, plainOf("null"))
			}
			return ok
		}},
		{"text instead of object", func(m *mutation) bool {
			s, ok := m.pick(func(s site) bool { return s.v.kind == object })
			if ok {
				s.replace(textOf("text"))
			}
			return ok
		}},
		{"object instead of text", func(m *mutation) bool {
			s, ok := m.pick(isPrimitive)
			if ok {
				s.replace(objectOf("text", "x"))
			}
			return ok
		}},
		{"number or boolean instead of text", func(m *mutation) bool {
			s, ok := m.pick(func(s site) bool { return isPrimitive(s) && s.v.kind == text })
			if ok {
				s.replace(plainOf(m.one("1", "true", "2020")))
			}
			return ok
		}},
		{"text instead of number or boolean", func(m *mutation) bool {
			s, ok := m.pick(func(s site) bool { return isPrimitive(s) && s.v.kind == plain })
			if ok {
				s.replace(textOf(s.v.text))
			}
			return ok
		}},
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
		{"value that only its _sibling should have", func(m *mutation) bool {
			s, ok := m.pick(func(s site) bool { return isPrimitive(s) && s.list == nil })
			if ok {
				s.parent.set("_"+s.key, literal(m.one(`{"id":"a"}`, `{}`, `[]`, `{"foo":"x"}`, `{"extension":[]}`, `{"extension":[{"url":"http://example.org/x","valueString":"y"}]}`)))
			}
			return ok
		}},
		{"_sibling of an array of another length", func(m *mutation) bool {
			s, ok := m.pick(func(s site) bool { return isPrimitive(s) && s.list != nil })
			if ok {
				x := `{"extension":[{"url":"http://example.org/x","valueString":"y"}]}`
				s.parent.set("_"+s.key, literal(m.one("[null,null,"+x+"]", "["+x+","+x+","+x+"]", x, "[null]", "[{}]")))
			}
			return ok
		}},
		{"_sibling of a complex value", func(m *mutation) bool {
			s, ok := m.pick(func(s site) bool { return s.v.kind == object && s.list == nil })
			if ok {
				s.parent.set("_"+s.key, objectOf("id", "a"))
			}
			return ok
		}},
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

// branch returns another branch of the site's choice; nil where it has no other.
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
