package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// tables is what the generated file holds, in its order.
type tables struct {
	types      []typeDef
	bindings   []binding
	extensions []extension
	profiles   []profile
	bindingAt  map[[2]string]int
	guide      *guide
}

type typeDef struct {
	name, kind string
	elements   []element
}

type element struct {
	name, choice, typ string
	min, max          int
	binding           int // index into tables.bindings, -1 for none
	targets           []string
	simple            bool // a Quantity without comparator
}

type binding struct {
	strength, valueSet string
	codes              []code
}

type extension struct {
	id, url string
	types   []string
	binding int
	parts   []extensionPart
}

type extensionPart struct {
	name     string
	types    []string
	min, max int
	binding  int
}

type profile struct {
	id, url, typ string
}

// build turns definitions into tables, everything sorted by name.
func build(g *guide) (*tables, error) {
	t := &tables{bindingAt: map[[2]string]int{}, guide: g}
	structures := slices.Clone(g.structures)
	slices.SortFunc(structures, func(a, b structure) int { return strings.Compare(a.Type, b.Type) })
	for i := range structures {
		t.addTypes(&structures[i])
	}
	slices.SortFunc(t.types, func(a, b typeDef) int { return strings.Compare(a.name, b.name) })
	for i := range g.profiles {
		t.addProfile(&g.profiles[i])
	}
	slices.SortFunc(t.extensions, func(a, b extension) int { return strings.Compare(a.id, b.id) })
	slices.SortFunc(t.profiles, func(a, b profile) int { return cmp.Or(strings.Compare(a.id, b.id), strings.Compare(a.url, b.url)) })
	t.sortBindings()
	return t, t.verify()
}

// verify makes sure that every element's type has a table of its own.
func (t *tables) verify() error {
	for _, d := range t.types {
		for _, e := range d.elements {
			if t.typeIndex(e.typ) < 0 {
				return fmt.Errorf("%s.%s: no definition of its type %q", d.name, e.name, e.typ)
			}
		}
	}
	return nil
}

func (t *tables) typeIndex(name string) int {
	i, found := slices.BinarySearchFunc(t.types, name, func(d typeDef, name string) int { return strings.Compare(d.name, name) })
	if !found {
		return -1
	}
	return i
}

// addTypes adds the type of s and one for each backbone element in it.
func (t *tables) addTypes(s *structure) {
	at := map[string]int{s.Type: len(t.types)}
	t.types = append(t.types, typeDef{name: s.Type, kind: kindOf(s)})
	all := s.Snapshot.Element
	for i, e := range all[1:] {
		dot := strings.LastIndexByte(e.Path, '.')
		parent, name := e.Path[:dot], e.Path[dot+1:]
		if s.Kind == "primitive-type" && name == "value" {
			continue // the value is the JSON value itself
		}
		// all[i+1] is e, so all[i+2] is the element after it.
		if i+2 < len(all) && strings.HasPrefix(all[i+2].Path, e.Path+".") {
			at[e.Path] = len(t.types)
			t.types = append(t.types, typeDef{name: e.Path, kind: "Backbone"})
		}
		_, backbone := at[e.Path]
		owner := &t.types[at[parent]]
		owner.elements = append(owner.elements, t.branches(name, &e, backbone, s.Kind == "resource" && parent == s.Type)...)
	}
}

func kindOf(s *structure) string {
	switch {
	case s.Abstract:
		return "Abstract"
	case s.Kind == "resource":
		return "ResourceKind"
	case s.Kind == "primitive-type":
		return "Primitive"
	}
	return "Complex"
}

// branches returns the element, or one element for each type of a choice.
func (t *tables) branches(name string, e *elementDef, backbone, ofResource bool) []element {
	one := element{name: name, min: e.Min, max: maxOf(e.Max), binding: t.bind(e)}
	switch {
	case backbone:
		one.typ = e.Path
		return []element{one}
	case e.ContentReference != "":
		one.typ = e.ContentReference[strings.IndexByte(e.ContentReference, '#')+1:]
		return []element{one}
	}
	base, choice := strings.CutSuffix(name, "[x]")
	var all []element
	for i, typ := range e.Type {
		branch := one
		branch.typ = typeOf(typ.Code, name, ofResource)
		branch.simple = slices.Contains(typ.Profile, simpleQuantity)
		if typ.Code == "Reference" {
			branch.targets = targetsOf(e.Type[i].TargetProfile)
		}
		if choice {
			branch.choice, branch.name = base, base+strings.ToUpper(typ.Code[:1])+typ.Code[1:]
		}
		if !codedTypes[branch.typ] {
			branch.binding = -1 // of a choice, only its coded branches are bound
		}
		all = append(all, branch)
	}
	return all
}

// codedTypes are the types that a binding speaks of (R4 terminologies, section
// 4.1.5).
var codedTypes = map[string]bool{"code": true, "Coding": true, "CodeableConcept": true, "Quantity": true, "string": true, "uri": true}

const simpleQuantity = "http://hl7.org/fhir/StructureDefinition/SimpleQuantity"

// typeOf replaces the FHIRPath types by which R4 describes id and url. The id
// of a resource is an id although its definition says string
// (https://hl7.org/fhir/R4/resource.html#id).
func typeOf(code, name string, ofResource bool) string {
	switch {
	case !strings.HasPrefix(code, "http://hl7.org/fhirpath/"):
		return code
	case name == "id" && ofResource:
		return "id"
	case name == "url":
		return "uri"
	}
	return "string"
}

// targetsOf returns the resource types of target profiles, nil for any.
func targetsOf(profiles []string) []string {
	var targets []string
	for _, p := range profiles {
		name := p[strings.LastIndexByte(p, '/')+1:]
		if name == "Resource" {
			return nil
		}
		targets = append(targets, name)
	}
	slices.Sort(targets)
	return slices.Compact(targets)
}

func maxOf(text string) int {
	if text == "*" {
		return -1
	}
	n := 0
	for _, digit := range text {
		n = n*10 + int(digit-'0')
	}
	return n
}

// bind returns the index of the element's binding, -1 for none.
func (t *tables) bind(e *elementDef) int {
	if e.Binding == nil || e.Binding.ValueSet == "" {
		return -1
	}
	url, _, _ := strings.Cut(e.Binding.ValueSet, "|")
	key := [2]string{url, e.Binding.Strength}
	if at, ok := t.bindingAt[key]; ok {
		return at
	}
	b := binding{strength: e.Binding.Strength, valueSet: url}
	if b.strength == "required" {
		b.codes, _ = t.guide.expand(url)
	}
	t.bindingAt[key] = len(t.bindings)
	t.bindings = append(t.bindings, b)
	return len(t.bindings) - 1
}
