package profile

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"chartlift/fhir"
)

// Definition is a StructureDefinition as it was read.
type Definition struct {
	URL, Version, ID, Name string
	Type                   string
	Base                   string // baseDefinition
	Kind                   string // resource, complex-type, primitive-type, logical
	Constraint             bool   // derivation is constraint: a profile, no type of its own
	Contexts               []Context
	When                   []string // contextInvariant
	File                   string   // it came from
	Snapshot, Differential []Element
}

// Element is an ElementDefinition. Min is Unset and Max "" where it does not
// say.
type Element struct {
	ID, Path, SliceName string
	Min                 int
	Max                 string
	Types               []Type
	Fixed, Pattern      *Value
	Low, High           *Value // minValue and maxValue
	MaxLength           int
	Binding             *Binding
	Slicing             *Slicing
	Invariants          []Invariant
	MustSupport         bool
	Modifier            bool
	ContentReference    string
}

// decoder reads definitions out of a tree.
type decoder struct {
	tree *fhir.Tree
	file string
}

// definition reads the StructureDefinition at the root of the tree.
func (d decoder) definition() (*Definition, error) {
	def := &Definition{
		URL: d.text(0, "url"), Version: d.text(0, "version"), ID: d.text(0, "id"), Name: d.text(0, "name"),
		Type: d.text(0, "type"), Base: d.text(0, "baseDefinition"), Kind: d.text(0, "kind"),
		File: d.file,
	}
	def.Constraint = d.text(0, "derivation") == "constraint" || def.Base == r4+def.Type // what is of its base's type defines no new one
	if def.URL == "" || def.Type == "" {
		return nil, errors.New("a StructureDefinition needs url and type")
	}
	for n := range d.items(0, "context") {
		def.Contexts = append(def.Contexts, Context{Type: d.text(n, "type"), Expression: d.text(n, "expression")})
	}
	def.When = d.texts(0, "contextInvariant")
	var err error
	if def.Snapshot, err = d.elements("snapshot"); err != nil {
		return nil, err
	}
	if def.Differential, err = d.elements("differential"); err != nil {
		return nil, err
	}
	return def, nil
}

// maxElements bounds the elements of one definition; the largest of the
// published ones have some thousands.
const maxElements = 20_000

func (d decoder) elements(view string) ([]Element, error) {
	at := d.tree.Find(0, view)
	if at == 0 {
		return nil, nil
	}
	var all []Element
	for n := range d.items(at, "element") {
		e, err := d.element(n)
		if err != nil {
			return nil, fmt.Errorf("line %d: %s element %d (%s): %w", d.tree.Line(n), view, len(all), e.ID, err)
		}
		if all = append(all, e); len(all) > maxElements {
			return nil, fmt.Errorf("more than %d elements", maxElements)
		}
	}
	return all, nil
}

// element reads an ElementDefinition in one pass over its keys.
func (d decoder) element(node int) (Element, error) {
	e := Element{Min: Unset}
	if d.tree.Kind(node) != fhir.Object {
		return e, fmt.Errorf("an object is expected, not %s", d.tree.Kind(node))
	}
	for c := d.tree.First(node); c != 0; c = d.tree.Next(c) {
		if err := d.member(&e, d.tree.Key(c), c); err != nil {
			return e, fmt.Errorf("%s: %w", d.tree.Key(c), err)
		}
	}
	if e.Path == "" {
		return e, errors.New("an element needs a path")
	}
	return e, nil
}

func (d decoder) member(e *Element, key string, node int) (err error) {
	switch key {
	case "id":
		e.ID = d.string(node)
	case "path":
		e.Path = d.string(node)
	case "sliceName":
		e.SliceName = d.string(node)
	case "min":
		e.Min, err = d.count(node)
	case "max":
		if e.Max = d.string(node); e.Max != "*" && !isCount(e.Max) {
			err = errors.New("a whole number in quotes, or *, is expected")
		}
	case "maxLength":
		e.MaxLength, err = d.count(node)
	case "mustSupport":
		e.MustSupport = d.tree.Text(node) == "true"
	case "isModifier":
		e.Modifier = d.tree.Text(node) == "true"
	case "contentReference":
		e.ContentReference = d.string(node)
	case "type":
		e.Types = d.types(node)
	case "binding":
		e.Binding = &Binding{Strength: d.text(node, "strength"), ValueSet: d.text(node, "valueSet")}
	case "slicing":
		e.Slicing = d.slicing(node)
	case "constraint":
		e.Invariants = d.invariants(node)
	default:
		d.value(e, key, node)
	}
	return err
}

// value reads fixed[x], pattern[x], minValue[x] and maxValue[x].
func (d decoder) value(e *Element, key string, node int) {
	for _, v := range []struct {
		prefix string
		to     **Value
	}{{"fixed", &e.Fixed}, {"pattern", &e.Pattern}, {"minValue", &e.Low}, {"maxValue", &e.High}} {
		if rest, ok := strings.CutPrefix(key, v.prefix); ok && rest != "" && rest[0] >= 'A' && rest[0] <= 'Z' {
			*v.to = valueAt(d.tree, node)
		}
	}
}

func (d decoder) types(node int) []Type {
	var all []Type
	for n := range d.list(node) {
		t := Type{Code: d.text(n, "code"), Profiles: d.profiles(n), Targets: d.texts(n, "targetProfile")}
		if strings.HasPrefix(t.Code, "http://hl7.org/fhirpath/") {
			t.Code = "string" // ids and urls are described by FHIRPath's types; R4's own tables know better
		}
		all = append(all, t)
	}
	return all
}

// profileElement is the extension of a type's profile that says from which of
// its elements on the profile counts.
const profileElement = r4 + "elementdefinition-profile-element"

// profiles returns the canonical URLs of a type's profiles. One that counts
// from one of its elements on, such as that of the sections of a document, has
// the id of the element behind a #
// (https://hl7.org/fhir/R4/extension-elementdefinition-profile-element.html).
func (d decoder) profiles(node int) []string {
	all, i := d.texts(node, "profile"), 0
	for n := range d.items(node, "_profile") {
		for x := range d.items(n, "extension") {
			if id := d.text(x, "valueString"); id != "" && i < len(all) && d.text(x, "url") == profileElement {
				all[i] += "#" + id
			}
		}
		i++
	}
	return all
}

func (d decoder) slicing(node int) *Slicing {
	s := &Slicing{Rules: d.text(node, "rules")}
	if at := d.tree.Find(node, "ordered"); at != 0 {
		s.Ordered = d.tree.Text(at) == "true"
	}
	for n := range d.items(node, "discriminator") {
		s.Discriminators = append(s.Discriminators, Discriminator{Type: d.text(n, "type"), Path: d.text(n, "path")})
	}
	return s
}

func (d decoder) invariants(node int) []Invariant {
	var all []Invariant
	for n := range d.list(node) {
		i := Invariant{Source: d.text(n, "source")}
		i.Key, i.Human, i.Expression = d.text(n, "key"), d.text(n, "human"), d.text(n, "expression")
		i.Error = d.text(n, "severity") != "warning" && !d.bestPractice(n)
		all = append(all, i)
	}
	return all
}

// bestPractice reports whether the constraint is marked as a recommendation
// only.
func (d decoder) bestPractice(node int) bool {
	for n := range d.items(node, "extension") {
		if at := d.tree.Find(n, "valueBoolean"); at != 0 && strings.HasSuffix(d.text(n, "url"), "/elementdefinition-bestpractice") {
			return d.tree.Text(at) == "true"
		}
	}
	return false
}

// text returns a copy of the text of the string with the key.
func (d decoder) text(node int, key string) string { return strings.Clone(d.tree.FindText(node, key)) }

func (d decoder) string(node int) string {
	if d.tree.Kind(node) != fhir.String {
		return ""
	}
	return strings.Clone(d.tree.Text(node))
}

func (d decoder) count(node int) (int, error) {
	if text := d.tree.Text(node); d.tree.Kind(node) == fhir.Number && isCount(text) {
		return strconv.Atoi(text)
	}
	return 0, errors.New("a whole number from 0 on is expected")
}

// isCount reports whether the text is a whole number of a size that elements
// can have.
func isCount(text string) bool {
	_, err := strconv.ParseUint(text, 10, 31)
	return err == nil
}

func (d decoder) texts(node int, key string) []string {
	var all []string
	for n := range d.items(node, key) {
		if text := d.string(n); text != "" {
			all = append(all, text)
		}
	}
	return all
}

// items returns the entries of the array with the key.
func (d decoder) items(node int, key string) func(yield func(int) bool) {
	at := d.tree.Find(node, key)
	if at == 0 {
		return func(func(int) bool) {}
	}
	return d.list(at)
}

func (d decoder) list(node int) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		if d.tree.Kind(node) != fhir.Array {
			return
		}
		for n := d.tree.First(node); n != 0; n = d.tree.Next(n) {
			if !yield(n) {
				return
			}
		}
	}
}
