package validate

import "chartlift/fhir"

// strict reports whether e has a required binding whose codes are known.
// Bindings of other strengths ask for no certain code, and open lists such as
// media types cannot be enumerated.
func strict(e *fhir.Element) bool {
	return e.Binding != nil && e.Binding.Codes != nil && e.Binding.Strength == "required"
}

// code checks a code element against its required value set.
func (c *checker) code(e *fhir.Element, node int, text string) {
	if strict(e) && !e.Binding.Has("", text) {
		c.notInSet(e, node)
	}
}

// coding checks a Coding against its required value set.
func (c *checker) coding(e *fhir.Element, node int) {
	if strict(e) && !c.inSet(e.Binding, node) {
		c.notInSet(e, c.tree.Find(node, "code"))
	}
}

// concept asks for one coding from a required value set; text alone does not do
// (https://hl7.org/fhir/R4/terminologies.html#required).
func (c *checker) concept(e *fhir.Element, node int) {
	if !strict(e) {
		return
	}
	first := 0
	if codings := c.tree.Find(node, "coding"); codings != 0 {
		for n := c.tree.First(codings); n != 0; n = c.tree.Next(n) {
			if c.inSet(e.Binding, n) {
				return
			}
			if first == 0 {
				first = c.tree.Find(n, "code")
			}
		}
	}
	c.notInSet(e, first)
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
