package validate

import (
	"strconv"

	"chartlift/fhir"
	"chartlift/fhir/fhirpath"
)

// maxElements is above the number of elements of the widest type of R4; a test
// makes sure.
const maxElements = 384

// seen remembers which elements of an object were there.
type seen struct {
	bits     [maxElements / 64]uint64
	branches [8]uint16 // places of the branches of choice types; no type has more choices
	count    int
}

func (s *seen) has(at int) bool { return s.bits[at>>6]&(1<<(at&63)) != 0 }
func (s *seen) add(at int)      { s.bits[at>>6] |= 1 << (at & 63) }

// branch returns the branch of the choice that was there, or nil.
func (s *seen) branch(def *fhir.TypeDef, choice string) *fhir.Element {
	for _, at := range s.branches[:s.count] {
		if e := &def.Elements[at]; e.Choice == choice {
			return e
		}
	}
	return nil
}

// object checks the object at node, which has the type def.
func (c *checker) object(node int, def *fhir.TypeDef) {
	if c.tree.Kind(node) != fhir.Object {
		c.fail(finding{rule: structureJSONType, node: node, message: def.Name + " is written as a JSON object, not as " + c.tree.Kind(node).String()})
		return
	}
	if first := c.foreign(node, def); first != 0 {
		c.anotherType(node, def, c.tree.Key(first))
		return
	}
	var s seen
	content, next := 0, 0
	for child := c.tree.First(node); child != 0; child = c.tree.Next(child) {
		key := c.tree.Key(child)
		if def.Kind == fhir.ResourceKind && key == "resourceType" {
			if content++; child != c.tree.Find(node, key) {
				c.byLetter(finding{rule: structureDuplicate, message: "resourceType stands twice; remove one of the two"})
			}
			continue
		}
		name, sibling := key, false
		if key != "" && key[0] == '_' {
			name, sibling = key[1:], true
		}
		at := place(def, name, next)
		if at < 0 || sibling && def.Elements[at].Def().Kind != fhir.Primitive {
			content++
			c.unknown(def, key)
			continue
		}
		next = at
		if name != "id" || def.Kind == fhir.Primitive {
			content++
		}
		c.member(member{parent: node, node: child, at: at, sibling: sibling}, def, &s)
	}
	if content == 0 && c.hollow(node) {
		return
	}
	c.required(node, def, &s)
	c.invariantsOf(node, def)
}

// anotherType reports an object most of whose elements its type does not have;
// key is the first of them.
func (c *checker) anotherType(node int, def *fhir.TypeDef, key string) {
	if c.tree.Count(node) == 1 {
		c.unknown(def, key)
		return
	}
	c.fail(finding{
		rule: structureUnknown, key: key, suggestion: nearest(def, key),
		message: def.Name + " does not have most of the elements that stand here, such as " + strconv.Quote(shortened(key)) + "; correct the type, or move this to where it belongs",
	})
}

// hollow reports an object without content (ele-1), and whether that is all
// there is to say. With an id in it, which something may point to, the
// reference validator takes it.
func (c *checker) hollow(node int) bool {
	f := finding{rule: structureEmpty, message: "an object needs content beside its id; leave it out"}
	if c.tree.Count(node) == 0 {
		c.fail(f)
		return true
	}
	c.byLetter(f)
	return c.options.Letter
}

// place returns where def has the element name, -1 where nowhere. Keys mostly
// come in the order of the specification, so it first looks at the next few.
func place(def *fhir.TypeDef, name string, next int) int {
	for at := next; at < len(def.Elements) && at < next+6; at++ {
		if def.Elements[at].Name == name {
			return at
		}
	}
	if _, at, ok := def.Element(name); ok {
		return at
	}
	return -1
}

// member is a key of an object with its value.
type member struct {
	parent, node int
	at           int // place of the element in its type
	sibling      bool
}

func (c *checker) member(m member, def *fhir.TypeDef, s *seen) {
	e := &def.Elements[m.at]
	c.frames = append(c.frames, frame{element: e, typ: e.Def(), index: -1})
	if e.Choice != "" && !s.has(m.at) {
		if other := s.branch(def, e.Choice); other != nil {
			c.above(finding{rule: choiceMultiple, message: e.Name + " and " + other.Name + " exclude each other; keep one"})
		}
		if s.count < len(s.branches) {
			s.branches[s.count] = uint16(m.at)
			s.count++
		}
	}
	s.add(m.at)
	if m.sibling {
		c.sibling(m, e)
	} else {
		c.element(m, e)
	}
	c.frames = c.frames[:len(c.frames)-1]
}

// above reports an error of the object that the current element stands in.
func (c *checker) above(f finding) { c.outside(func() { c.fail(f) }) }

// outside reports something about the object that the current element stands
// in.
func (c *checker) outside(report func()) {
	last := len(c.frames) - 1
	own := c.frames[last]
	c.frames = c.frames[:last]
	report()
	c.frames = append(c.frames, own)
}

// required reports the elements of def that were not there.
func (c *checker) required(node int, def *fhir.TypeDef, s *seen) {
	bare := len(def.Required()) > 1 && c.bare(node, def)
	for i, at := range def.Required() {
		e := &def.Elements[at]
		if bare && i > 0 {
			return // the first finding says that all are missing
		}
		switch {
		case s.has(int(at)), c.misnamed(node, def, e):
		case bare:
			c.fail(finding{rule: cardinalityMin, key: e.Name, message: "this " + def.Name + " says nothing: " + e.Name + " and what else it must have are missing; map them, or leave it out"})
		case e.Choice == "":
			c.fail(finding{rule: cardinalityMin, key: e.Name, message: e.Name + " is required here; map it or give it a default"})
		case s.branch(def, e.Choice) == nil:
			c.fail(finding{rule: choiceMissing, key: e.Choice, message: "one of the types of " + e.Choice + "[x] is required here, such as " + e.Name})
		}
	}
}

// unknown reports a key that def does not have.
func (c *checker) unknown(def *fhir.TypeDef, key string) {
	c.fail(finding{
		rule: structureUnknown, key: key, suggestion: nearest(def, key),
		message: def.Name + " has no element " + strconv.Quote(shortened(key)) + "; correct its name or use an extension",
	})
}

// element checks the value of one key: an array where e repeats, a single value
// where not.
func (c *checker) element(m member, e *fhir.Element) {
	array := c.tree.Kind(m.node) == fhir.Array
	switch {
	case e.Max == 0:
		c.fail(finding{rule: cardinalityMax, message: e.Name + " is not allowed here; leave it out"})
		return
	case array && !e.Repeats():
		c.fail(finding{rule: structureSingle, message: e.Name + " does not repeat: keep one value, without brackets"})
		return
	case !array:
		if e.Repeats() {
			c.fail(finding{rule: structureArray, message: e.Name + " repeats: put its value into an array"})
		}
		c.single(m, e, m.node)
		return
	}
	count := c.tree.Count(m.node)
	if count == 0 {
		c.noValues(e)
	}
	for i, n := 0, c.tree.First(m.node); n != 0; i, n = i+1, c.tree.Next(n) {
		c.at(i)
		c.single(m, e, n)
	}
}

// noValues reports an empty array (https://hl7.org/fhir/R4/json.html). The
// reference validator overlooks those of primitive values.
func (c *checker) noValues(e *fhir.Element) {
	f := finding{rule: structureEmpty, message: "an array needs a value; leave it out"}
	if e.Def().Kind == fhir.Primitive && e.Min == 0 {
		c.byLetter(f)
		return
	}
	c.fail(f)
}

// single checks one value of e.
func (c *checker) single(m member, e *fhir.Element, node int) {
	def := e.Def()
	switch {
	case c.tree.Kind(node) == fhir.Null:
		if !c.extended(m) {
			c.fail(finding{rule: structureNull, message: "null is only for a repeating value whose _" + e.Name + " has an extension; leave it out"})
		}
	case def.Kind == fhir.Primitive && c.excused(m, node):
		c.byLetter(finding{rule: primitiveFormat, node: node, message: "an empty text is no value; leave it out, _" + e.Name + " says why it is missing"})
	case def.Kind == fhir.Primitive:
		c.primitive(e, node)
	case def.Kind == fhir.Abstract:
		c.nested(e, node)
	default:
		c.object(node, def)
		c.typed(e, node)
	}
	if own := c.invariants.byElement[e]; own != nil && c.tree.Kind(node) != fhir.Null {
		c.hold(own, fhirpath.At(node, def))
	}
}

// typed checks what the data type of a complex value asks for beyond its
// elements.
func (c *checker) typed(e *fhir.Element, node int) {
	switch e.Type {
	case "Coding", "Identifier", "Quantity", "Age", "Duration", "Distance", "Count":
		c.system(e, node)
	}
	switch e.Type {
	case "Identifier":
		c.identifier(node)
	case "Coding":
		if owner := c.owner(); owner == nil || owner.Name != "CodeableConcept" { // whose codings are looked at together
			c.coding(e, node)
		}
	case "CodeableConcept":
		c.concept(e, node)
	case "Reference":
		c.reference(e, node)
	case "Extension":
		c.extension(e, node)
	case "Quantity", "Age", "Duration", "Distance", "Count":
		c.quantity(e, node)
	case "Attachment":
		c.attachment(node)
	case "Bundle.entry":
		c.entry(node)
	}
}

// excused reports an empty text whose _sibling has an extension, which the
// reference validator takes for a value that is left out.
func (c *checker) excused(m member, node int) bool {
	if c.tree.Kind(node) != fhir.String || c.tree.Text(node) != "" || c.frames[len(c.frames)-1].index >= 0 {
		return false
	}
	sibling := c.tree.Find(m.parent, "_"+c.tree.Key(m.node))
	return sibling != 0 && c.tree.Find(sibling, "extension") != 0
}

// extended reports whether the null at the current index has an extension in
// its _sibling.
func (c *checker) extended(m member) bool {
	index := c.frames[len(c.frames)-1].index
	if index < 0 {
		return false
	}
	name := c.tree.Key(m.node)
	for n := c.tree.First(m.parent); n != 0; n = c.tree.Next(n) {
		key := c.tree.Key(n)
		if len(key) != len(name)+1 || key[0] != '_' || key[1:] != name || c.tree.Kind(n) != fhir.Array {
			continue
		}
		entry := c.tree.First(n)
		for ; entry != 0 && index > 0; index-- {
			entry = c.tree.Next(entry)
		}
		return entry != 0 && c.tree.Find(entry, "extension") != 0
	}
	return false
}
