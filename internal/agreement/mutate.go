package main

import (
	"math/rand/v2"
	"strings"

	"chartlift/fhir"
)

// site is a place in a resource: the value of one element, or of one of its
// array.
type site struct {
	parent *value        // the object that has the key
	typ    *fhir.TypeDef // of the parent
	e      *fhir.Element
	key    string
	list   *value // the array that the value stands in, nil outside
	index  int    // in the list
	v      *value
	depth  int
}

// replace puts another value into the site.
func (s site) replace(v *value) {
	if s.list != nil {
		s.list.items[s.index] = v
		return
	}
	s.parent.set(s.key, v)
}

// drop takes the whole element away.
func (s site) drop() { s.parent.remove(s.key) }

// mutation is a resource that is about to be broken.
type mutation struct {
	root  *value
	def   *fhir.TypeDef
	rng   *rand.Rand
	sites []site
}

// newMutation lists the sites of a copy of the resource. ok is false where its
// type is not known.
func newMutation(root *value, rng *rand.Rand) (m *mutation, ok bool) {
	def, ok := fhir.LookupType(root.getText("resourceType"))
	if !ok {
		return nil, false
	}
	m = &mutation{root: root.clone(), def: def, rng: rng}
	m.walk(m.root, def, 0)
	return m, true
}

func (m *mutation) walk(v *value, def *fhir.TypeDef, depth int) {
	for _, child := range v.members {
		e, _, ok := def.Element(child.key)
		if !ok {
			continue
		}
		s := site{parent: v, typ: def, e: e, key: child.key, v: child.value, depth: depth}
		if child.value.kind != array {
			m.visit(s)
			continue
		}
		for i, item := range child.value.items {
			s.list, s.index, s.v = child.value, i, item
			m.visit(s)
		}
	}
}

func (m *mutation) visit(s site) {
	m.sites = append(m.sites, s)
	if s.v.kind != object {
		return
	}
	def := s.e.Def()
	if def.Kind == fhir.Abstract {
		var ok bool
		if def, ok = fhir.LookupType(s.v.getText("resourceType")); !ok {
			return
		}
	}
	m.walk(s.v, def, s.depth+1)
}

// pick returns one of the sites that fit.
func (m *mutation) pick(fits func(site) bool) (site, bool) {
	var found []site
	for _, s := range m.sites {
		if fits(s) {
			found = append(found, s)
		}
	}
	if len(found) == 0 {
		return site{}, false
	}
	return found[m.rng.IntN(len(found))], true
}

// one returns one of the texts.
func (m *mutation) one(texts ...string) string { return texts[m.rng.IntN(len(texts))] }

// object returns a random object of the resource with its type, the resource
// itself among them.
func (m *mutation) object(fits func(*fhir.TypeDef) bool) (*value, *fhir.TypeDef) {
	type typed struct {
		v   *value
		def *fhir.TypeDef
	}
	var found []typed
	if fits(m.def) {
		found = append(found, typed{m.root, m.def})
	}
	for _, s := range m.sites {
		if def := s.e.Def(); s.v.kind == object && def.Kind != fhir.Abstract && fits(def) {
			found = append(found, typed{s.v, def})
		}
	}
	if len(found) == 0 {
		return nil, nil
	}
	at := found[m.rng.IntN(len(found))]
	return at.v, at.def
}

func anyType(*fhir.TypeDef) bool { return true }

// ofType fits the sites of a type.
func ofType(types ...string) func(site) bool {
	return func(s site) bool {
		for _, t := range types {
			if s.e.Type == t {
				return true
			}
		}
		return false
	}
}

// isPrimitive fits the values of primitive types.
func isPrimitive(s site) bool { return s.e.Def().Kind == fhir.Primitive && s.v.kind != array }

// bound reports whether the site has a required binding whose codes are known.
func bound(s site) bool {
	return s.e.Binding != nil && s.e.Binding.Strength == "required" && len(s.e.Binding.Codes) > 0
}

// setBound reports whether the site is bound to the value set with the name at
// the end of its address.
func setBound(name string) func(site) bool {
	return func(s site) bool { return s.e.Binding != nil && strings.HasSuffix(s.e.Binding.ValueSet, "/"+name) }
}
