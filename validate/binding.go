package validate

import (
	"strings"

	"chartlift/fhir"
	"chartlift/fhir/terms"
	"chartlift/internal/issue"
)

// strict reports whether e has a required binding whose codes are known.
// Bindings of other strengths ask for no certain code, and open lists such as
// media types cannot be enumerated.
func strict(e *fhir.Element) bool {
	return e.Binding != nil && e.Binding.Codes != nil && e.Binding.Strength == "required"
}

// valueSets of R4 whose codes are a rule, not a list.
const (
	setLanguages  = "http://hl7.org/fhir/ValueSet/languages"
	setCurrencies = "http://hl7.org/fhir/ValueSet/currencies"
	setMediaTypes = "http://hl7.org/fhir/ValueSet/mimetypes"
	setUnits      = "http://hl7.org/fhir/ValueSet/ucum-units"
)

// code checks a code element against its value set.
func (c *checker) code(e *fhir.Element, node int, text string) {
	switch {
	case strict(e):
		if !e.Binding.Has("", text) {
			c.notInSet(e, node)
		}
	case e.Binding.Codes == nil:
		c.openCode(e, node, text)
	}
}

// openCode checks a code of a value set that cannot be listed. Languages are
// bound as preferred, but with all of BCP 47 as the largest set
// (https://hl7.org/fhir/R4/resource-definitions.html#Resource.language).
func (c *checker) openCode(e *fhir.Element, node int, text string) {
	system := ""
	switch e.Binding.ValueSet {
	case setLanguages:
		system = terms.Languages
	case setCurrencies:
		system = terms.Currency
	case setUnits:
		system = terms.UCUM
	case setMediaTypes:
		if !terms.IsMediaType(text) {
			c.found(finding{rule: bindingAdvised, severity: issue.Warning, node: node, message: "a media type is type/subtype, such as application/pdf"})
		}
		return
	default:
		return
	}
	if c.terms.check(system, text) == terms.Absent {
		c.notInSet(e, node)
	}
}

// coding checks a Coding: its code is one of its system, and in the required
// value set.
func (c *checker) coding(e *fhir.Element, node int) {
	if !c.codingKnown(node) {
		return // one finding is enough
	}
	if strict(e) {
		if !c.inSet(e.Binding, node) {
			c.notInSet(e, c.tree.Find(node, "code"))
		}
		return
	}
	c.advise(e, node)
}

// codingKnown reports a code that its system does not have.
func (c *checker) codingKnown(node int) bool {
	at := c.tree.Find(node, "code")
	if at == 0 || c.tree.Kind(at) != fhir.String {
		return true
	}
	system := c.tree.FindText(node, "system")
	if system == "" || c.terms.check(system, c.tree.Text(at)) != terms.Absent {
		return true
	}
	if c.current != nil {
		return false // R4's own rules have said so
	}
	rule, message := codingUnknown, "its code system has no such code; map one that it has"
	if system == terms.UCUM {
		rule, message = unitUnknown, unitMessage
	}
	f := finding{rule: rule, node: at, message: message, severity: issue.Error}
	if c.options.WarnCodes {
		f.severity = issue.Warning
	}
	c.found(f)
	return false
}

// says reports a coding of a concept that names a system of HL7, whose codes
// are all at hand, and none of its codes. R4 allows it; the reference validator
// takes the missing code for one that the system lacks.
func (c *checker) says(node int) bool {
	system := c.tree.FindText(node, "system")
	if c.options.Letter || c.tree.Find(node, "code") != 0 || !listed(system) || c.terms.check(system, "") != terms.Absent {
		return true
	}
	f := finding{rule: codingUnknown, node: c.tree.Find(node, "system"), severity: issue.Error, message: "a system without a code says nothing; map its code, or leave the system out"}
	if c.options.WarnCodes {
		f.severity = issue.Warning
	}
	c.found(f)
	return false
}

// listed reports systems whose codes are a list, not a rule.
func listed(system string) bool {
	return system == terms.Countries || strings.HasPrefix(system, "http://terminology.hl7.org/") || strings.HasPrefix(system, "http://hl7.org/fhir/")
}

// concept checks the codings of a CodeableConcept, and asks for one from a
// required value set; text alone does not do
// (https://hl7.org/fhir/R4/terminologies.html#required).
func (c *checker) concept(e *fhir.Element, node int) {
	first, known, in := 0, true, false
	if codings := c.tree.Find(node, "coding"); codings != 0 && c.tree.Kind(codings) == fhir.Array {
		for n := c.tree.First(codings); n != 0; n = c.tree.Next(n) {
			if c.tree.Kind(n) != fhir.Object {
				return // said elsewhere
			}
			in = in || strict(e) && c.inSet(e.Binding, n)
			if first == 0 {
				first = n
			}
		}
		for n := first; n != 0 && (in || !strict(e)); n = c.tree.Next(n) {
			known = c.codingKnown(n) && c.says(n) && known
		}
	}
	switch {
	case strict(e) && !in && c.broke():
	case strict(e) && !in:
		at := 0
		if first != 0 {
			at = c.tree.Find(first, "code")
		}
		c.notInSet(e, at)
	case !strict(e) && known && first != 0:
		c.advise(e, first)
	}
}

// advise looks at the codings from node on: none of them is in the value set
// that the element should use.
func (c *checker) advise(e *fhir.Element, node int) {
	if e.Binding == nil || !c.terms.advice || e.Binding.Strength != "extensible" && e.Binding.Strength != "preferred" {
		return
	}
	set := e.Binding.ValueSet
	for n := node; n != 0; n = c.tree.Next(n) {
		system := c.tree.FindText(n, "system")
		if set == setLanguages && system == terms.Languages || c.terms.table().InSet(set, system, c.tree.FindText(n, "code")) != terms.Absent {
			return
		}
		if e.Type == "Coding" {
			break // what follows are other elements
		}
	}
	c.found(finding{rule: bindingAdvised, severity: issue.Warning, node: c.tree.Find(node, "code"), message: "a code of the value set " + set + " should stand here, where one fits"})
}

// inSet reports whether the Coding at node is in the value set. A Coding
// without system names no concept, so it is in none.
func (c *checker) inSet(b *fhir.Binding, node int) bool {
	system := c.tree.FindText(node, "system")
	return system != "" && b.Has(system, c.tree.FindText(node, "code"))
}

func (c *checker) notInSet(e *fhir.Element, node int) {
	message := "a code of the value set " + e.Binding.ValueSet + " is required here"
	if e.Type != "code" {
		message += ", with its system"
	}
	f := finding{rule: bindingRequired, node: node, message: message, suggestion: similarCode(e.Binding, c.value(node))}
	if c.current != nil {
		c.breach(f, e.Binding.ValueSet)
		return
	}
	c.fail(f)
}

const unitMessage = "UCUM has no such unit; write its code, or leave system and code out and keep the text in unit"

// quantity checks the unit, and that a SimpleQuantity has no comparator.
func (c *checker) quantity(e *fhir.Element, node int) {
	if at := c.tree.Find(node, "comparator"); at != 0 && e.Simple && !c.said("comparator") {
		c.fail(finding{rule: cardinalityMax, node: at, message: "a comparator is not allowed here; leave it out"})
	}
	at := c.tree.Find(node, "code")
	if at == 0 || c.tree.Kind(at) != fhir.String || c.tree.Text(at) == "" {
		return
	}
	system := c.tree.FindText(node, "system")
	if system == "" || c.current != nil || c.terms.check(system, c.tree.Text(at)) != terms.Absent {
		return
	}
	message := unitMessage
	if system != terms.UCUM {
		message = "the system of this quantity has no such code; map one that it has"
	}
	f := finding{rule: unitUnknown, node: at, message: message}
	if e.Type == "Age" || e.Type == "Duration" || e.Type == "Distance" {
		c.byLetter(f) // their units are bound to a set that others may extend, and the reference validator only warns then
		return
	}
	c.fail(f)
}

// owner returns the type of the object that the current element stands in, nil
// where there is none.
func (c *checker) owner() *fhir.TypeDef {
	if n := len(c.frames); n >= 2 {
		return c.frames[n-2].typ
	}
	return nil
}
