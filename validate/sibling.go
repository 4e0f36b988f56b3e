package validate

import "chartlift/fhir"

// sibling checks _name: id and extensions of a primitive value
// (https://hl7.org/fhir/R4/json.html#primitive).
func (c *checker) sibling(m member, e *fhir.Element) {
	if !e.Repeats() {
		c.object(m.node, e.Def())
		if c.tree.Find(m.node, "extension") == 0 && c.tree.Count(m.node) > 0 && c.tree.Find(m.parent, e.Name) == 0 {
			c.fail(finding{rule: structureEmpty, message: "_" + e.Name + " without " + e.Name + " needs an extension; leave it out"})
		}
		return
	}
	if c.tree.Kind(m.node) != fhir.Array {
		c.fail(finding{rule: structureArray, message: "_" + e.Name + " belongs to a repeating element: put it into an array"})
		return
	}
	if values := c.tree.Find(m.parent, e.Name); values != 0 && c.tree.Count(values) != c.tree.Count(m.node) {
		c.fail(finding{rule: structureSibling, message: e.Name + " and _" + e.Name + " differ in length; fill the shorter one with null"})
	}
	content := false
	for i, n := 0, c.tree.First(m.node); n != 0; i, n = i+1, c.tree.Next(n) {
		c.at(i)
		if c.tree.Kind(n) == fhir.Null {
			continue
		}
		content = true
		c.object(n, e.Def())
	}
	c.at(-1)
	if !content {
		c.fail(finding{rule: structureEmpty, message: "_" + e.Name + " says nothing; leave it out"})
	}
}
