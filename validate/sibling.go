package validate

import "chartlift/fhir"

// sibling checks _name: id and extensions of a primitive value
// (https://hl7.org/fhir/R4/json.html#primitive).
func (c *checker) sibling(m member, e *fhir.Element) {
	if e.Repeats() {
		c.siblings(m, e)
		return
	}
	c.object(m.node, e.Def())
	if c.tree.Find(m.parent, e.Name) != 0 {
		return
	}
	switch extended := c.tree.Find(m.node, "extension") != 0; {
	case !extended && c.tree.Count(m.node) > 0:
		c.fail(finding{rule: structureEmpty, message: "_" + e.Name + " without " + e.Name + " needs an extension; leave it out"})
	case extended:
		c.standsIn(e)
	}
}

// siblings checks the _name of a repeating element: an array, whose entries go
// with those of name. JSON's null fills both up to the same length; the
// reference validator does not count, nor does it miss what says nothing.
func (c *checker) siblings(m member, e *fhir.Element) {
	if c.tree.Kind(m.node) != fhir.Array {
		c.fail(finding{rule: structureArray, message: "_" + e.Name + " belongs to a repeating element: put it into an array"})
		return
	}
	values := c.tree.Find(m.parent, e.Name)
	value, content, gap := 0, false, false
	if values != 0 && c.tree.Kind(values) == fhir.Array {
		value = c.tree.First(values)
	}
	for i, n := 0, c.tree.First(m.node); n != 0; i, n = i+1, c.tree.Next(n) {
		c.at(i)
		if c.tree.Kind(n) != fhir.Null {
			content = true
			c.object(n, e.Def())
			c.alongside(n, value, e)
		} else {
			gap = gap || value == 0
		}
		if value != 0 {
			value = c.tree.Next(value)
		}
	}
	c.at(-1)
	switch {
	case !content:
		c.nothing(m, e, values)
	case values != 0 && c.tree.Count(values) != c.tree.Count(m.node):
		c.uneven(e, gap)
	}
}

// uneven reports a name and a _name of different length. A null beyond the last
// value breaks the reference validator.
func (c *checker) uneven(e *fhir.Element, gap bool) {
	f := finding{rule: structureSibling, message: e.Name + " and _" + e.Name + " differ in length; fill the shorter one with null"}
	if gap {
		c.fail(f)
		return
	}
	c.byLetter(f)
}

// alongside reports an entry of _name with an id only, where name has no value:
// the id of nothing.
func (c *checker) alongside(node, value int, e *fhir.Element) {
	switch extended := c.tree.Find(node, "extension") != 0; {
	case value != 0 && c.tree.Kind(value) != fhir.Null || c.tree.Count(node) == 0:
	case extended:
		c.standsIn(e)
	case value == 0: // of a null, the value says so
		c.fail(finding{rule: structureEmpty, message: "an entry of _" + e.Name + " without a value beside it needs an extension; leave it out"})
	}
}

// standsIn reports an extension in the place of a code that a value set
// demands.
func (c *checker) standsIn(e *fhir.Element) {
	if e.Binding != nil && e.Binding.Strength == "required" {
		c.byReference(finding{rule: bindingRequired, message: "a code of the value set " + e.Binding.ValueSet + " is required here; an extension does not stand for one"})
	}
}

// nothing reports a _name of nulls, or of no entry at all.
func (c *checker) nothing(m member, e *fhir.Element, values int) {
	f := finding{rule: structureEmpty, message: "_" + e.Name + " says nothing; leave it out"}
	if n := c.tree.Count(m.node); n > 0 && (values == 0 || n > c.tree.Count(values)) {
		c.fail(f)
		return
	}
	c.byLetter(f)
}
