package validate

import (
	"strings"

	"chartlift/fhir"
)

// containedResource is a resource inside another one.
type containedResource struct {
	id   string
	typ  string
	node int
	used bool
}

// scope is the resource whose contained resources #ids speak of: its part of
// checker.contained, and the one that is being checked, -1 outside of them.
type scope struct {
	node        int            // of the resource
	byID        map[string]int // the places of the contained resources, where these are many
	start       int
	inContained int
	elements    map[string]bool // ids of its elements, once they were asked for
	dangling    bool            // a reference to a contained resource that is not there was said: which is unused may be the same mistake
}

// resource checks the resource at node, with its type and its contained
// resources.
func (c *checker) resource(node int) {
	def, ok := c.known(node)
	if !ok {
		return
	}
	if def.Name == "Bundle" {
		defer c.open(node)()
	}
	outer := c.scope
	c.scope = scope{node: node, start: len(c.contained), inContained: -1}
	defer func(n int) { c.ids = c.ids[:n] }(len(c.ids))
	c.collect(node)
	back := c.within(node, def, false)
	c.object(node, def)
	c.profiled(node, def)
	back()
	for i := range c.contained[c.scope.start:] {
		if r := &c.contained[c.scope.start+i]; !r.used && r.id != "" && !c.scope.dangling {
			c.frames = append(c.frames, frame{element: element(def, "contained"), index: i})
			c.fail(finding{rule: containedUnused, message: "nothing in this resource references it; reference it or leave it out"})
			c.frames = c.frames[:len(c.frames)-1]
		}
	}
	c.contained = c.contained[:c.scope.start]
	c.scope = outer
}

func element(def *fhir.TypeDef, name string) *fhir.Element {
	e, _, _ := def.Element(name)
	return e
}

// known returns the type of the resource at node, or reports that there is
// none.
func (c *checker) known(node int) (*fhir.TypeDef, bool) {
	if c.tree.Kind(node) != fhir.Object {
		c.fail(finding{rule: structureJSONType, node: node, message: "a resource is written as a JSON object, not as " + c.tree.Kind(node).String()})
		return nil, false
	}
	at := c.tree.Find(node, "resourceType")
	if at != 0 && c.tree.Kind(at) == fhir.String {
		if def, ok := resourceType(c.tree.Text(at)); ok {
			top := &c.frames[len(c.frames)-1]
			top.typ, top.name = def, def.Name
			return def, true
		}
	}
	c.fail(finding{rule: structureType, node: at, message: "resourceType names no resource type of R4", suggestion: similarType(c.value(at))})
	return nil, false
}

// nested checks a resource inside another: contained, or in a Bundle or
// Parameters.
func (c *checker) nested(e *fhir.Element, node int) {
	if e.Name != "contained" {
		if !c.envelope {
			c.resource(node)
		}
		return
	}
	if def, ok := c.known(node); ok {
		outer := c.scope.inContained
		if index := c.frames[len(c.frames)-1].index; index >= 0 {
			c.scope.inContained = c.scope.start + index
		}
		if def.Name == "Bundle" {
			defer c.open(node)()
		}
		back := c.within(node, def, true)
		c.object(node, def)
		c.profiled(node, def)
		back()
		c.scope.inContained = outer // a contained resource in a contained one is wrong, but may be there
	}
}

// collect lists the contained resources of the resource at node before anything
// refers to them.
func (c *checker) collect(node int) {
	list := c.tree.Find(node, "contained")
	if list == 0 || c.tree.Kind(list) != fhir.Array {
		return
	}
	def, _ := fhir.LookupType("DomainResource")
	c.frames = append(c.frames, frame{element: element(def, "contained"), index: -1})
	if n := c.tree.Count(list); n > fewContained {
		c.scope.byID = make(map[string]int, n)
	}
	for i, n := 0, c.tree.First(list); n != 0; i, n = i+1, c.tree.Next(n) {
		c.at(i)
		r := containedResource{id: c.tree.FindText(n, "id"), typ: c.tree.FindText(n, "resourceType"), node: n}
		if r.id == "" {
			c.fail(finding{rule: containedID, message: "a contained resource needs an id, by which it is referenced"})
		} else if c.find(r.id) >= 0 {
			c.fail(finding{rule: containedID, message: "two contained resources have this id; give each its own"})
			r.used = true // one finding is enough
		}
		if c.scope.byID != nil && c.find(r.id) < 0 {
			c.scope.byID[r.id] = len(c.contained)
		}
		c.contained = append(c.contained, r)
	}
	c.frames = c.frames[:len(c.frames)-1]
}

// fewContained is how many contained resources are searched one by one.
const fewContained = 32

// find returns the place of the contained resource with the id in the current
// scope, -1 where none has it.
func (c *checker) find(id string) int {
	if c.scope.byID != nil {
		if at, there := c.scope.byID[id]; there {
			return at
		}
		return -1
	}
	for i := c.scope.start; i < len(c.contained); i++ {
		if c.contained[i].id == id {
			return i
		}
	}
	return -1
}

// used notes that something refers to #id and reports whether that is there. A
// contained resource that refers to its container by # counts as used (dom-3).
func (c *checker) used(id string) bool {
	if id == "" { // the container, which only a contained resource can mean
		at := c.scope.inContained
		if at >= 0 && at < len(c.contained) {
			c.contained[at].used = true
		}
		return at >= 0
	}
	at := c.find(id)
	if at >= 0 {
		c.contained[at].used = true
	}
	return at >= 0
}

// holdsItself reports that the contained resource at hand contains the one with
// the id: dom-2 says that it must not.
func (c *checker) holdsItself(id string) bool {
	node, isNode := c.machine.Resource.Node()
	if c.scope.inContained < 0 || !isNode {
		return false
	}
	list := c.tree.Find(node, "contained")
	if list == 0 || c.tree.Kind(list) != fhir.Array {
		return false
	}
	for n := c.tree.First(list); n != 0; n = c.tree.Next(n) {
		if c.tree.FindText(n, "id") == id {
			return true
		}
	}
	return false
}

// containedTarget checks a reference to #id.
func (c *checker) containedTarget(e *fhir.Element, node int, id string) {
	if !c.used(id) {
		if c.holdsItself(id) {
			return
		}
		c.scope.dangling = true
		c.fail(finding{rule: referenceContained, node: node, message: "no contained resource has this id; contain it or reference another"})
		return
	}
	if id == "" {
		return
	}
	typ := c.contained[c.find(id)].typ
	if _, known := resourceType(typ); known && !e.Allows(typ) {
		c.wrongTarget(e, node, strings.Clone(typ), true)
	}
}
