package main

import (
	"slices"

	"chartlift/fhir"
)

// extended adds one of the extensions to an object of the resource.
func extended(extensions ...string) func(*mutation) bool {
	return func(m *mutation) bool {
		v, def := m.object(func(d *fhir.TypeDef) bool { _, _, ok := d.Element("extension"); return ok })
		if v == nil || v.get("extension") != nil || def.Name == "Extension" {
			return false
		}
		v.set("extension", listOf(literal(m.one(extensions...))))
		return true
	}
}

const hl7Extension = "http://hl7.org/fhir/StructureDefinition/"

// extensionKinds are mistakes in extensions and narratives.
func extensionKinds() []kind {
	return []kind{
		{"extension without url", extended(`{"valueString":"x"}`, `{"url":"","valueString":"x"}`, `{"url":null,"valueString":"x"}`)},
		{"extension without value", extended(`{"url":"http://example.org/x"}`, `{"url":"http://example.org/x","id":"a"}`)},
		{"extension with value and parts", extended(`{"url":"http://example.org/x","valueString":"x","extension":[{"url":"y","valueString":"z"}]}`)},
		{"extension with two values", extended(`{"url":"http://example.org/x","valueString":"x","valueCode":"y"}`)},
		{"extension with a value of no type", extended(`{"url":"http://example.org/x","valueFoo":"x"}`, `{"url":"http://example.org/x","value":"x"}`, `{"url":"http://example.org/x","valueString":{"x":1}}`)},
		{"extension with a url of no form", extended(`{"url":"x y","valueString":"x"}`, `{"url":"x","valueString":"x"}`, `{"url":"#x","valueString":"x"}`, `{"url":"x/y","valueString":"x"}`, `{"url":"urn:x","valueString":"x"}`)},
		{"extension that nobody knows", extended(`{"url":"http://example.org/x","valueString":"x"}`)},
		{"extension that HL7 does not know", extended(`{"url":"` + hl7Extension + `not-there","valueString":"x"}`)},
		{"modifier extension", func(m *mutation) bool {
			v, _ := m.object(func(d *fhir.TypeDef) bool { _, _, ok := d.Element("modifierExtension"); return ok })
			if v == nil || v.get("modifierExtension") != nil {
				return false
			}
			v.set("modifierExtension", listOf(literal(m.one(`{"url":"http://example.org/x","valueString":"x"}`, `{"url":"`+hl7Extension+`data-absent-reason","valueCode":"unknown"}`, `{"url":"`+hl7Extension+`request-doNotPerform","valueBoolean":true}`))))
			return true
		}},
		{"extension in a place that it is not for", extended(
			`{"url":"`+hl7Extension+`patient-birthPlace","valueAddress":{"city":"x"}}`, `{"url":"`+hl7Extension+`humanname-own-name","valueString":"x"}`,
			`{"url":"`+hl7Extension+`patient-birthTime","valueDateTime":"2020-01-01T00:00:00Z"}`, `{"url":"`+hl7Extension+`ordinalValue","valueDecimal":1}`,
			`{"url":"`+hl7Extension+`encounter-reasonCancelled","valueCodeableConcept":{"text":"x"}}`)},
		{"extension of HL7 with a value of the wrong type", extended(
			`{"url":"`+hl7Extension+`patient-birthPlace","valueString":"x"}`, `{"url":"`+hl7Extension+`data-absent-reason","valueString":"unknown"}`,
			`{"url":"`+hl7Extension+`iso21090-EN-qualifier","valueString":"x"}`, `{"url":"`+hl7Extension+`rendered-value","valueCode":"x"}`)},
		{"extension of HL7 with a wrong code", extended(
			`{"url":"`+hl7Extension+`data-absent-reason","valueCode":"zzz"}`, `{"url":"`+hl7Extension+`iso21090-nullFlavor","valueCode":"zzz"}`, `{"url":"`+hl7Extension+`data-absent-reason","valueCode":"unknown"}`)},
		{"extension of HL7 twice", func(m *mutation) bool {
			v, def := m.object(func(d *fhir.TypeDef) bool { return d.Kind != fhir.ResourceKind })
			if v == nil || v.get("extension") != nil || def.Name == "Extension" {
				return false
			}
			x := objectOf("url", hl7Extension+"data-absent-reason", "valueCode", "unknown")
			v.set("extension", listOf(x, x.clone()))
			return true
		}},
		{"extension of HL7 with parts", func(m *mutation) bool {
			if m.def.Name != "Patient" || m.root.get("extension") != nil {
				return false
			}
			m.root.set("extension", listOf(literal(m.one(
				`{"url":"`+hl7Extension+`patient-nationality","extension":[{"url":"code","valueCodeableConcept":{"text":"x"}}]}`,
				`{"url":"`+hl7Extension+`patient-nationality","extension":[{"url":"cod","valueCodeableConcept":{"text":"x"}}]}`,
				`{"url":"`+hl7Extension+`patient-nationality","extension":[{"url":"code","valueString":"x"}]}`,
				`{"url":"`+hl7Extension+`patient-nationality","valueString":"x"}`,
				`{"url":"`+hl7Extension+`patient-citizenship","extension":[{"url":"code","valueCodeableConcept":{"text":"x"}},{"url":"code","valueCodeableConcept":{"text":"x"}}]}`))))
			return true
		}},
		{"random extension of HL7", func(m *mutation) bool {
			defs := fhir.Extensions()
			x := defs[m.rng.IntN(len(defs))]
			if len(x.Types) == 0 {
				return false
			}
			v, def := m.object(func(d *fhir.TypeDef) bool { _, _, ok := d.Element("extension"); return ok })
			if v == nil || v.get("extension") != nil || def.Name == "Extension" {
				return false
			}
			ext, _ := fhir.LookupType("Extension")
			for i := range ext.Elements {
				if e := &ext.Elements[i]; e.Choice == "value" && slices.Contains(x.Types, e.Type) {
					branch := *e
					branch.Binding = x.Binding
					made := objectOf("url", x.URL)
					made.set(e.Name, (&maker{rng: m.rng}).one(&branch, 2))
					v.set("extension", listOf(made))
					return true
				}
			}
			return false
		}},
		{"narrative that is not allowed", narrated(
			`<div xmlns="http://www.w3.org/1999/xhtml"><script>x</script></div>`, `<div xmlns="http://www.w3.org/1999/xhtml" onclick="x()">x</div>`,
			`<p xmlns="http://www.w3.org/1999/xhtml">x</p>`, `<div>x</div>`, `x`, `<div xmlns="http://www.w3.org/1999/xhtml">x`, `<div xmlns="http://www.w3.org/1999/xhtml"><p>x</div>`,
			`<div xmlns="http://www.w3.org/1999/xhtml"></div>`, `<div xmlns="http://www.w3.org/1999/xhtml"> </div>`, `<div xmlns="http://www.w3.org/1999/xhtml"><form/>x</div>`,
			`<div xmlns="http://www.w3.org/1999/xhtml"><foo>x</foo></div>`, `<div xmlns="http://www.w3.org/1999/xhtml"><p foo="x">x</p></div>`, `<div xmlns="http://www.w3.org/1999/xhtml">&nbsp;x</div>`,
			`<div xmlns="http://www.w3.org/1999/xhtml">&foo;x</div>`, `<div xmlns="http://www.w3.org/1999/xhtml"><a href="javascript:x()">x</a></div>`, `<div xmlns="http://www.w3.org/1999/xhtml"><img src="x.png"/></div>`,
			`<div xmlns="http://www.w3.org/1999/xhtml"><iframe src="x"/>x</div>`, `<div xmlns="http://www.w3.org/1999/xhtml"><!-- c -->x</div>`, `<?xml version="1.0"?><div xmlns="http://www.w3.org/1999/xhtml">x</div>`,
			`<div xmlns="http://www.w3.org/1999/xhtml"><b>x</b> &lt; &#160;y</div>`, `<div xmlns="http://www.w3.org/1999/xhtml" style="color:red">x</div>`, `<div xmlns="http://www.w3.org/1999/xhtml"><style>x</style>y</div>`,
			`<div xmlns="http://www.w3.org/1999/xhtml"><p>x<br></p></div>`, `<div xmlns="http://www.w3.org/1999/xhtml"><table><tr><td colspan="2">x</td></tr></table></div>`, `<DIV xmlns="http://www.w3.org/1999/xhtml">x</DIV>`,
			`<div xmlns="http://www.w3.org/1999/xhtml"><object data="x"/>x</div>`, `<div xmlns="http://www.w3.org/1999/xhtml"><input type="text"/>x</div>`, `<div xmlns="http://www.w3.org/1999/xhtml"><font color="red">x</font></div>`,
			`<div xmlns="http://www.w3.org/1999/xhtml"><a name="b">x</a><a href="#b">y</a></div>`, `<div xmlns="http://www.w3.org/1999/xhtml"><a href="#none">y</a></div>`, `<div xmlns="http://www.w3.org/1999/xhtml"><p id="a">x</p><p id="a">y</p></div>`,
			`<div xmlns="http://www.w3.org/1999/xhtml">x</div><div xmlns="http://www.w3.org/1999/xhtml">y</div>`, `<div xmlns="http://www.w3.org/1999/xhtml">x</div> `, ` <div xmlns="http://www.w3.org/1999/xhtml">x</div>`,
			`<h:div xmlns:h="http://www.w3.org/1999/xhtml">x</h:div>`, `<div xmlns="http://www.w3.org/1999/xhtml"><![CDATA[x]]></div>`, `<div xmlns="http://www.w3.org/1999/xhtml"><p>x & y</p></div>`, `<div xmlns="http://www.w3.org/1999/xhtml"><nav>x</nav></div>`)},
		{"narrative without status or div", func(m *mutation) bool {
			if _, _, can := m.def.Element("text"); !can || m.def.Kind != fhir.ResourceKind {
				return false
			}
			m.root.set("text", literal(m.one(`{"status":"generated"}`, `{"div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>"}`, `{"status":"none","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>"}`, `{"status":"empty","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>"}`)))
			return true
		}},
	}
}

func narrated(divs ...string) func(*mutation) bool {
	return func(m *mutation) bool {
		if e, _, can := m.def.Element("text"); !can || e.Type != "Narrative" {
			return false
		}
		v := objectOf("status", "generated")
		v.set("div", textOf(m.one(divs...)))
		m.root.set("text", v)
		return true
	}
}
