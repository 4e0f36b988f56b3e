package validate

import (
	"strings"

	"chartlift/fhir"
)

// system asks for an absolute URI as the system of an Identifier, a Coding or a
// quantity (https://hl7.org/fhir/R4/datatypes.html#Identifier, #Coding): a
// number or a name of its own means something else in every house.
func (c *checker) system(e *fhir.Element, node int) {
	at := c.tree.Find(node, "system")
	if at == 0 || c.tree.Kind(at) != fhir.String || c.tree.Text(at) == "" {
		return
	}
	schemes, coded := "http https urn", e.Type != "Identifier"
	switch {
	case !coded:
		schemes = "http https urn ldap"
	case e.Type == "Coding" && c.leftToBinding(e), !c.options.Letter && c.tree.Find(node, "code") == 0:
		return // the reference validator has no code to look up, and does not look at its system either
	}
	text := c.tree.Text(at)
	scheme, _, absolute := strings.Cut(text, ":")
	switch {
	case !absolute:
		c.fail(finding{rule: primitiveFormat, node: at, message: "a system is an absolute URI, such as urn:oid:… or https://…"})
	case !among(schemes, scheme):
		c.byReference(finding{rule: primitiveFormat, node: at, message: "HL7's validator takes systems that begin with one of: " + schemes})
	case coded && c.terms.table().Has(text):
		c.fail(finding{rule: codingUnknown, node: at, message: "this is the address of a value set, not of a code system; write that of the system its codes are from"})
	}
}

// leftToBinding reports a Coding that is part of a concept or has a value set,
// which says all about its system.
func (c *checker) leftToBinding(e *fhir.Element) bool {
	if owner := c.owner(); owner != nil && owner.Name == "CodeableConcept" {
		return true
	}
	return !c.options.Letter && e.Binding != nil && e.Binding.Strength != "example"
}

// identifier checks the value of an identifier whose system says that it is a
// URI.
func (c *checker) identifier(node int) {
	at := c.tree.Find(node, "value")
	if at == 0 || c.tree.FindText(node, "system") != "urn:ietf:rfc:3986" || c.tree.Kind(at) != fhir.String {
		return
	}
	if scheme, _, absolute := strings.Cut(c.tree.Text(at), ":"); !absolute || scheme == "" {
		c.byReference(finding{rule: primitiveFormat, node: at, message: "with the system urn:ietf:rfc:3986 the value is a whole URI, such as urn:uuid:… or urn:oid:…"})
	}
}
