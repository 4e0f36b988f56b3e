package main

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"chartlift/fhir"
)

// maker makes resources from the definitions of R4: what a type requires, and
// some of what it allows. Not all of them are sound, since invariants are not
// known to it; the reference validator says which.
type maker struct {
	rng   *rand.Rand
	share float64 // of the optional elements that are made
}

// maxNesting bounds how deep optional elements go.
const maxNesting = 5

// resource makes a resource of the type.
func (m *maker) resource(typ string) *value {
	def, ok := fhir.LookupType(typ)
	if !ok {
		return nil
	}
	v := &value{}
	v.set("resourceType", textOf(typ))
	m.fill(v, def, 1)
	return v
}

// fill adds elements to an object of the type.
func (m *maker) fill(v *value, def *fhir.TypeDef, depth int) {
	if m.special(v, def) {
		return
	}
	for i := 0; i < len(def.Elements); {
		branches := 1
		for e := def.Elements[i]; e.Choice != "" && i+branches < len(def.Elements) && def.Elements[i+branches].Choice == e.Choice; {
			branches++
		}
		e := &def.Elements[i+m.rng.IntN(branches)]
		i += branches
		if e.Min == 0 && (unwanted(e) || depth > maxNesting || m.rng.Float64() >= m.share) || e.Max == 0 {
			continue
		}
		v.set(e.Name, m.element(e, depth))
	}
	if len(v.members) == 0 {
		for i := range def.Elements {
			if e := &def.Elements[i]; !unwanted(e) && e.Max != 0 && e.Choice == "" {
				v.set(e.Name, m.element(e, depth))
				return
			}
		}
	}
}

// unwanted names elements that kinds of mistakes add, and that only make sense
// with others.
func unwanted(e *fhir.Element) bool {
	switch e.Name {
	case "extension", "modifierExtension", "contained", "implicitRules", "meta", "id":
		return true
	}
	return e.Type == "ElementDefinition" || e.Def().Kind == fhir.Abstract
}

func (m *maker) element(e *fhir.Element, depth int) *value {
	if !e.Repeats() {
		return m.one(e, depth)
	}
	list := listOf(m.one(e, depth))
	if m.rng.IntN(4) == 0 {
		list.items = append(list.items, m.one(e, depth))
	}
	return list
}

func (m *maker) one(e *fhir.Element, depth int) *value {
	switch def := e.Def(); {
	case def.Kind == fhir.Primitive:
		return m.primitive(e)
	case def.Kind == fhir.Abstract:
		return objectOf("resourceType", "Basic", "code", `{"text":"x"}`)
	case e.Type == "Reference":
		return m.reference(e)
	case e.Type == "Coding":
		return m.coding(e.Binding)
	case e.Type == "CodeableConcept":
		if e.Binding != nil && len(e.Binding.Codes) > 0 {
			v := &value{}
			v.set("coding", listOf(m.coding(e.Binding)))
			return v
		}
		return objectOf("text", "text")
	default:
		v := &value{}
		m.fill(v, def, depth+1)
		return v
	}
}

// special makes the types whose elements depend on each other.
func (m *maker) special(v *value, def *fhir.TypeDef) bool {
	switch def.Name {
	case "Narrative":
		v.set("status", textOf("generated"))
		v.set("div", textOf(`<div xmlns="http://www.w3.org/1999/xhtml"><p>text</p></div>`))
	case "Period":
		v.set("start", textOf("2019-03-04"))
		v.set("end", textOf("2020-05-06T10:00:00+01:00"))
	case "Quantity", "Distance":
		m.quantity(v, "m")
	case "Age", "Duration":
		m.quantity(v, "a")
	case "Count":
		m.quantity(v, "1")
	case "Range":
		v.set("low", objectOf("unit", "m"))
		v.get("low").set("value", plainOf("1"))
		v.set("high", v.get("low").clone())
		v.get("high").set("value", plainOf("20"))
	case "Money":
		v.set("value", plainOf("12.50"))
		v.set("currency", textOf("EUR"))
	case "Attachment":
		v.set("contentType", textOf("text/plain"))
		v.set("data", textOf("aGVsbG8="))
	case "Reference":
		v.set("reference", textOf("Patient/p1"))
	default:
		return false
	}
	return true
}

func (m *maker) quantity(v *value, unit string) {
	v.set("value", plainOf([]string{"1", "12.5", "0.050", "300"}[m.rng.IntN(4)]))
	v.set("unit", textOf(unit))
	v.set("system", textOf("http://unitsofmeasure.org"))
	v.set("code", textOf(unit))
}

func (m *maker) reference(e *fhir.Element) *value {
	target := "Patient"
	if len(e.Targets) > 0 {
		target = e.Targets[m.rng.IntN(len(e.Targets))]
	}
	return objectOf("reference", fmt.Sprintf("%s/r%d", target, m.rng.IntN(99)))
}

func (m *maker) coding(b *fhir.Binding) *value {
	if b == nil || len(b.Codes) == 0 {
		return objectOf("system", "http://example.org/codes", "code", "c1")
	}
	c := b.Codes[m.rng.IntN(len(b.Codes))]
	return objectOf("system", c.System, "code", c.Code)
}

// samplesOf holds some values of each primitive type, all of them valid.
func samplesOf(typ string) []string {
	switch typ {
	case "boolean":
		return []string{"true", "false"}
	case "integer":
		return []string{"0", "1", "17", "-3"}
	case "positiveInt":
		return []string{"1", "42"}
	case "unsignedInt":
		return []string{"0", "42"}
	case "decimal":
		return []string{"1", "2.50", "-0.1", "1e2", "3.00000000000000000001"}
	case "date":
		return []string{"2020", "2020-02", "2020-02-29"}
	case "dateTime":
		return []string{"2020", "2020-02", "2020-02-29", "2020-02-29T23:59:59Z", "2020-02-29T10:00:00.123-05:00"}
	case "instant":
		return []string{"2020-02-29T23:59:59Z", "2020-02-29T10:00:00.123-05:00"}
	case "time":
		return []string{"00:00:00", "23:59:59.5"}
	case "id":
		return []string{"a", "A-1.b"}
	case "uri", "url":
		return []string{"http://example.org/x", "urn:oid:2.16.840.1.113883", "urn:uuid:c757873d-ec9a-4326-a141-556f43239520"}
	case "canonical":
		return []string{"http://example.org/x", "http://example.org/x|1.0"}
	case "oid":
		return []string{"urn:oid:2.16.840.1.113883"}
	case "uuid":
		return []string{"urn:uuid:c757873d-ec9a-4326-a141-556f43239520"}
	case "base64Binary":
		return []string{"aGVsbG8="}
	case "xhtml":
		return []string{`<div xmlns="http://www.w3.org/1999/xhtml">x</div>`}
	}
	return []string{"text", "Zwölf Boxkämpfer", "a b"}
}

func (m *maker) primitive(e *fhir.Element) *value {
	if e.Binding != nil && e.Type == "code" && len(e.Binding.Codes) > 0 {
		return textOf(e.Binding.Codes[m.rng.IntN(len(e.Binding.Codes))].Code)
	}
	if e.Type == "code" {
		return textOf(openCode(e))
	}
	all := samplesOf(e.Type)
	s := all[m.rng.IntN(len(all))]
	switch e.Type {
	case "boolean", "integer", "positiveInt", "unsignedInt", "decimal":
		return plainOf(s)
	}
	return textOf(s)
}

// openCode returns a code for elements whose value set cannot be listed.
func openCode(e *fhir.Element) string {
	if e.Binding == nil {
		return "code"
	}
	switch set := e.Binding.ValueSet; {
	case strings.HasSuffix(set, "/languages"):
		return "de-AT"
	case strings.HasSuffix(set, "/mimetypes"):
		return "text/plain"
	case strings.HasSuffix(set, "/currencies"):
		return "USD"
	case strings.HasSuffix(set, "/ucum-units"):
		return "mg"
	}
	return "code"
}
