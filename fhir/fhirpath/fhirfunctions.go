package fhirpath

import (
	"strings"

	"chartlift/fhir"
)

// fhirFunctions are the functions that FHIR adds
// (https://hl7.org/fhir/R4/fhirpath.html#functions).
func fhirFunctions() []function {
	return []function{
		plain("hasValue", func(m *Machine, in span) span {
			if in.size() != 1 {
				return m.one(boolean(false))
			}
			v := m.stack[in.lo]
			return m.one(boolean(v.kind != Element || !v.null && v.def != nil && v.def.Kind == fhir.Primitive))
		}),
		plain("getValue", func(m *Machine, in span) span {
			if v, ok := m.single(in); ok && v.kind != Element {
				return m.one(v)
			}
			return nothing(m)
		}),
		unary("extension", extensions),
		plain("resolve", resolve),
		unary("conformsTo", conformsTo),
		plain("htmlChecks", func(m *Machine, in span) span {
			if m.HTML == nil {
				return m.stop(ErrUnsupported)
			}
			for i := in.lo; i < in.hi; i++ {
				if v := m.system(m.stack[i]); !m.HTML(v.text) {
					return m.one(boolean(false))
				}
			}
			return m.one(boolean(true))
		}),
	}
}

// extensions returns the extensions that have the URL.
func extensions(m *Machine, in span, arg term) span {
	url, ok := m.aText(arg(m))
	if !ok {
		return nothing(m)
	}
	lo := len(m.stack)
	for i := in.lo; i < in.hi; i++ {
		if m.stack[i].kind == Element {
			m.children(m.stack[i], "extension")
		}
	}
	kept := lo
	for i := lo; i < len(m.stack); i++ {
		if v := m.stack[i]; !v.null && m.tree.FindText(v.node, "url") == url {
			m.stack[kept] = v
			kept++
		}
	}
	m.stack = m.stack[:kept]
	return span{lo, kept}
}

// resolve returns the resources that references name: contained ones, and what
// Machine.Resolve finds.
func resolve(m *Machine, in span) span {
	lo := len(m.stack)
	for i := in.lo; i < in.hi; i++ {
		v := m.stack[i]
		reference := m.system(v).text
		if v.kind == Element && v.def != nil && v.def.Name == "Reference" {
			reference = m.tree.FindText(v.node, "reference")
		}
		if found, ok := m.Find(reference); ok {
			m.push(found)
		}
	}
	return span{lo, len(m.stack)}
}

// Find returns the resource that a literal reference names: a contained one, or
// what m.Resolve finds.
func (m *Machine) Find(reference string) (Value, bool) {
	id, local := strings.CutPrefix(reference, "#")
	if !local {
		if m.Resolve == nil || reference == "" {
			return Value{}, false
		}
		return m.Resolve(reference)
	}
	if id == "" {
		return m.Root, true
	}
	contained := m.tree.Find(m.Root.node, "contained")
	if contained == 0 {
		return Value{}, false
	}
	for c := m.tree.First(contained); c != 0; c = m.tree.Next(c) {
		if m.tree.FindText(c, "id") == id {
			return At(c, resourceDef(m.tree, c)), true
		}
	}
	return Value{}, false
}

// conformsTo knows the definitions of R4's own types: a value that is of the
// type conforms, because its own faults are found where it is judged. Profiles
// would take a validator; they cannot be run here.
func conformsTo(m *Machine, in span, arg term) span {
	url, ok := m.aText(arg(m))
	if !ok || in.size() == 0 {
		return nothing(m)
	}
	if in.size() > 1 {
		return m.stop(ErrNotSingle)
	}
	typ, own := strings.CutPrefix(url, "http://hl7.org/fhir/StructureDefinition/")
	if _, known := fhir.LookupType(typ); !own || !known {
		return m.stop(ErrUnsupported)
	}
	return m.one(boolean(m.is(m.stack[in.lo], "FHIR."+typ)))
}
