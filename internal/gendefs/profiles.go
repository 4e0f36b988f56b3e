package main

import (
	"cmp"
	"slices"
	"strings"
)

// addProfile adds a constraint: an extension or a profile. Slices of a type
// that is neither are constraints on data types (SimpleQuantity) and count as
// profiles.
func (t *tables) addProfile(s *structure) {
	if s.Type != "Extension" {
		t.profiles = append(t.profiles, profile{s.ID, s.URL, s.Type})
		return
	}
	x := extension{id: s.ID, url: s.URL, binding: -1}
	parts := map[string]int{}
	for i := range s.Snapshot.Element {
		e := &s.Snapshot.Element[i]
		slice, isPart := strings.CutPrefix(e.ID, "Extension.extension:")
		switch {
		case isPart && !strings.Contains(slice, "."):
			parts[slice] = len(x.parts)
			x.parts = append(x.parts, extensionPart{name: e.SliceName, min: e.Min, max: maxOf(e.Max), binding: -1})
		case isPart:
			t.addPart(&x, parts, slice, e)
		case e.Max != "0" && isValue(e.ID, "Extension."):
			x.types = valueTypes(e)
			x.binding = t.bind(e)
		}
	}
	slices.SortStableFunc(x.parts, func(a, b extensionPart) int { return strings.Compare(a.name, b.name) })
	t.extensions = append(t.extensions, x)
}

// addPart takes the name and the value of a part from an element below its
// slice.
func (t *tables) addPart(x *extension, parts map[string]int, slice string, e *elementDef) {
	name, below, _ := strings.Cut(slice, ".")
	at, known := parts[name]
	if !known {
		return
	}
	switch {
	case below == "url" && e.FixedURI != "":
		x.parts[at].name = e.FixedURI
	case e.Max != "0" && isValue(below, ""):
		x.parts[at].types = valueTypes(e)
		x.parts[at].binding = t.bind(e)
	}
}

// isValue reports whether id is value[x] or a single branch such as
// valueCoding, below prefix.
func isValue(id, prefix string) bool {
	rest, ok := strings.CutPrefix(id, prefix+"value")
	return ok && !strings.ContainsAny(rest, ".:")
}

func valueTypes(e *elementDef) []string {
	var types []string
	for _, typ := range e.Type {
		types = append(types, typ.Code)
	}
	slices.Sort(types)
	return slices.Compact(types)
}

// sortBindings puts the bindings in order of value set and strength, so that
// the generated file does not depend on the order of definitions.
func (t *tables) sortBindings() {
	order := make([]int, len(t.bindings))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		x, y := t.bindings[a], t.bindings[b]
		return cmp.Or(strings.Compare(x.valueSet, y.valueSet), strings.Compare(x.strength, y.strength))
	})
	moved := make([]int, len(order))
	sorted := make([]binding, len(order))
	for to, from := range order {
		moved[from], sorted[to] = to, t.bindings[from]
	}
	t.bindings = sorted
	t.renumber(moved)
}

func (t *tables) renumber(moved []int) {
	move := func(at *int) {
		if *at >= 0 {
			*at = moved[*at]
		}
	}
	for i := range t.types {
		for j := range t.types[i].elements {
			move(&t.types[i].elements[j].binding)
		}
	}
	for i := range t.extensions {
		move(&t.extensions[i].binding)
		for j := range t.extensions[i].parts {
			move(&t.extensions[i].parts[j].binding)
		}
	}
}

// usCoreURL begins the canonical URLs of US Core.
const usCoreURL = "http://hl7.org/fhir/us/core/"
