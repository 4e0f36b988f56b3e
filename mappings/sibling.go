package mappings

import (
	"strconv"
	"strings"

	"chartlift/fhir"
)

// sibling compiles _NAME: id and extensions of a primitive value, which JSON
// keeps beside it (https://hl7.org/fhir/R4/json.html#primitive). It is written
// whether or not the value is there: for why it is not, give it a condition.
func (c *compiler) sibling(def *fhir.TypeDef, key, value *node, t target, s scope) *Rule {
	e := c.siblingOf(def, key)
	if e == nil {
		return nil
	}
	if value.kind != mapping {
		c.add("E0117", value.pos, key.text+" holds the extensions of "+e.Name+": { extension(data-absent-reason): unknown }")
		return nil
	}
	return c.single(value, target{typ: "Element", address: t.address + "." + key.text, name: key.text, policy: t.policy}, s)
}

// siblingOf returns the element that _NAME stands beside, nil after a finding.
func (c *compiler) siblingOf(def *fhir.TypeDef, key *node) *fhir.Element {
	name := strings.TrimPrefix(key.text, "_")
	e, _, ok := def.Element(name)
	switch {
	case !ok:
		c.unknownElement(def, &node{kind: scalar, text: name, pos: at(key.pos, 1, runes(name))})
		return nil
	case !primitive(e.Type) || e.Type == "xhtml" || def.Kind == fhir.ResourceKind && name == "id":
		c.add("E0112", key.pos, key.text+" stands beside primitive values only; "+strconv.Quote(name)+" has members of its own: write its extensions there")
		return nil
	case e.Max != 1:
		c.add("E0112", key.pos, strconv.Quote(name)+" may occur several times, and extensions of its entries cannot be written")
		return nil
	}
	return e
}

// rank returns where an element stands in its object: the extensions of a value
// right behind it.
func rank(def *fhir.TypeDef, name string) int {
	base, sibling := strings.CutPrefix(name, "_")
	_, at, _ := def.Element(base)
	if sibling {
		return 2*at + 1
	}
	return 2 * at
}
