package fhirpath

import (
	"strings"

	"chartlift/fhir"
)

// member returns the invocation of an element's name. At the start of an
// expression the name of the focus's own type stands for the focus
// (Appointment.status).
func member(name string, first bool) invocation {
	return func(m *Machine, in span) span {
		lo := len(m.stack)
		for i := in.lo; i < in.hi; i++ {
			v := m.stack[i]
			if v.kind != Element {
				m.infoMember(v, name)
				continue
			}
			if first && v.def != nil && (v.def.Name == name || v.def.Derives(name)) {
				m.push(v)
				continue
			}
			m.children(v, name)
		}
		return span{lo, len(m.stack)}
	}
}

// children pushes the children of an element that have the name; "" is all of
// them.
func (m *Machine) children(v Value, name string) {
	if v.def == nil {
		return
	}
	holder := v.node
	if v.def.Kind == fhir.Primitive {
		holder = v.sibling // the id and the extensions of a primitive stand in its _name
		if holder == 0 {
			return
		}
	}
	if m.tree.Kind(holder) != fhir.Object {
		return
	}
	for c := m.tree.First(holder); c != 0; c = m.tree.Next(c) {
		key := m.tree.Key(c)
		bare, isSibling := strings.CutPrefix(key, "_")
		e, ok := element(v.def, bare, name)
		switch {
		case !ok:
		case !isSibling:
			m.items(e, c, m.tree.Find(holder, "_"+key))
		case m.tree.Find(holder, bare) == 0:
			m.items(e, 0, c) // a primitive that has extensions only
		}
	}
}

// element returns the element with the JSON key if it answers to the name: its
// own, or that of its choice.
func element(def *fhir.TypeDef, key, name string) (*fhir.Element, bool) {
	if name != "" && key != name && !strings.HasPrefix(key, name) {
		return nil, false
	}
	e, _, ok := def.Element(key)
	if !ok {
		return nil, false
	}
	if e.Choice != "" {
		return e, name == "" || e.Choice == name
	}
	return e, name == "" || e.Name == name
}

// items pushes the values of one key: node its value, sibling that of its _key,
// either 0 where it is not there.
func (m *Machine) items(e *fhir.Element, node, sibling int) {
	list := node
	if list == 0 {
		list = sibling
	}
	if m.tree.Kind(list) != fhir.Array {
		m.item(e, node, sibling)
		return
	}
	n, s := 0, 0
	if node != 0 {
		n = m.tree.First(node)
	}
	if sibling != 0 && m.tree.Kind(sibling) == fhir.Array {
		s = m.tree.First(sibling)
	}
	for n != 0 || s != 0 {
		m.item(e, n, s)
		if n != 0 {
			n = m.tree.Next(n)
		}
		if s != 0 {
			s = m.tree.Next(s)
		}
	}
}

// item pushes one value of an element.
func (m *Machine) item(e *fhir.Element, node, sibling int) {
	if sibling != 0 && m.tree.Kind(sibling) != fhir.Object {
		sibling = 0
	}
	null := node == 0 || m.tree.Kind(node) == fhir.Null
	if null && sibling == 0 {
		return
	}
	def := e.Def()
	if def.Kind == fhir.Abstract && !null {
		def = resourceDef(m.tree, node)
	}
	m.push(Value{node: node, sibling: sibling, null: null, def: def})
}

// descendants pushes all that lies below the values of in, in the order of the
// text.
func (m *Machine) descendants(in span) span {
	lo := len(m.stack)
	for i := in.lo; i < in.hi; i++ {
		m.below(m.stack[i])
	}
	return span{lo, len(m.stack)}
}

// below is bounded by fhir.MaxDepth, the depth that a tree can have.
func (m *Machine) below(v Value) {
	if v.kind != Element || m.err != nil {
		return
	}
	lo := len(m.stack)
	m.children(v, "")
	kids := len(m.stack) - lo
	for i := range kids {
		m.below(m.stack[lo+i])
	}
}
