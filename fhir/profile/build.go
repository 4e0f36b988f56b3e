package profile

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"chartlift/fhir"
)

// builder makes the tree of one profile out of the elements of its definition.
type builder struct {
	root *Node
	ids  []step // of the element before, for definitions without ids
}

// step is one part of an element's id: name or name:slice.
type step struct{ name, slice string }

// build returns the tree of the elements upon the tree of the base profile,
// which is nil for a type of R4.
func build(def *Definition, base *Node, elements []Element) (*Node, error) {
	typ, ok := fhir.LookupType(def.Type)
	if !ok {
		return nil, fmt.Errorf("R4 has no type %s", def.Type)
	}
	b := builder{root: newNode(step{name: def.Type})}
	if base != nil {
		b.root = clone(base)
	}
	b.root.ID, b.root.Name, b.root.typ = def.Type, def.Type, typ
	for i := range elements {
		if err := b.add(&elements[i]); err != nil {
			return nil, fmt.Errorf("element %d (%s): %w", i, nameOf(&elements[i]), err)
		}
	}
	if len(def.Snapshot) == 0 {
		fold(b.root, false)
	}
	share(b.root, b.root)
	prune(b.root)
	return b.root, nil
}

func nameOf(e *Element) string {
	if e.ID != "" {
		return e.ID
	}
	return e.Path
}

func newNode(s step) *Node {
	return &Node{Name: s.name, Slice: s.slice, Min: Unset, Max: Unset}
}

// clone copies a tree; values, types and invariants are never changed and stay
// shared.
func clone(n *Node) *Node {
	c := *n
	c.Children, c.Slices, c.Match, c.shares = nil, nil, nil, nil
	for _, child := range n.Children {
		c.Children = append(c.Children, clone(child))
	}
	for _, s := range n.Slices {
		c.Slices = append(c.Slices, clone(s))
	}
	return &c
}

// add states one element in the tree.
func (b *builder) add(e *Element) error {
	path := b.steps(e)
	b.ids = path
	if len(path) == 1 {
		b.whole(e)
		return nil
	}
	path = slices.Clone(path)
	n, err := b.ensure(path[1:])
	if err != nil || n == nil {
		return err
	}
	b.state(n, e, b.above(path[1:]))
	return nil
}

// whole states what the definition says of its values themselves, such as a
// fixed value of a text. How often they stand is for those to say who use it.
func (b *builder) whole(e *Element) {
	n := b.root
	n.Invariants = added(n.Invariants, e.Invariants)
	n.Fixed, n.Pattern = cmp.Or(e.Fixed, n.Fixed), cmp.Or(e.Pattern, n.Pattern)
	n.Low, n.High = cmp.Or(e.Low, n.Low), cmp.Or(e.High, n.High)
	n.MaxLength = cmp.Or(e.MaxLength, n.MaxLength)
}

// steps takes the id apart; where there is none, the path, with the slices of
// the element before.
func (b *builder) steps(e *Element) []step {
	path := strings.Split(e.Path, ".")
	if parts := strings.Split(e.ID, "."); len(parts) == len(path) {
		all := make([]step, len(parts))
		for i, part := range parts {
			all[i].name, all[i].slice, _ = strings.Cut(part, ":")
		}
		return all
	}
	all := make([]step, len(path))
	same := true
	for i, name := range path {
		all[i].name = name
		if same = same && i < len(b.ids) && b.ids[i].name == name; same && i < len(path)-1 {
			all[i].slice = b.ids[i].slice
		}
	}
	if e.SliceName != "" {
		all[len(all)-1].slice = e.SliceName
	}
	return all
}

// ensure returns the node at the path below the root, and makes what is missing
// of it. In the path it puts branches of choices under their choice. It is nil
// for the value of a primitive type, which is the JSON value itself.
func (b *builder) ensure(path []step) (*Node, error) {
	n := b.root
	for i := range path {
		s, base := resolve(n, path[i])
		path[i] = s
		if defs := n.defs(); base == nil && s.name == "value" && defs[0].Kind == fhir.Primitive {
			return nil, nil
		}
		if base == nil {
			return nil, fmt.Errorf("R4 has no element %s in %s", s.name, n.ID)
		}
		parent := n
		if n = parent.child(s.name); n == nil {
			n = newNode(step{name: s.name})
			n.ID, n.base = parent.ID+"."+s.name, base
			parent.Children = append(parent.Children, n)
		}
		if s.slice != "" {
			n = ensureSlice(n, s)
		}
	}
	return n, nil
}

// ensureSlice returns the slice of n; that of a slice is called outer/inner.
func ensureSlice(n *Node, s step) *Node {
	if outer, _, inner := strings.Cut(s.slice, "/"); inner {
		if o := n.slice(outer); o != nil {
			n = o
		}
	}
	if found := n.slice(s.slice); found != nil {
		return found
	}
	made := newNode(s)
	made.ID, made.base = strings.SplitN(n.ID, ":", 2)[0]+":"+s.slice, n.base
	if dot := strings.LastIndexByte(n.ID, '.'); dot >= 0 {
		made.ID = n.ID[:dot+1] + s.name + ":" + s.slice
	}
	if strings.HasSuffix(s.name, "[x]") {
		made.Types = branchTypes(n.base, s.slice)
		made.base = branchesOf(n.base, made.Types)
	}
	n.Slices = append(n.Slices, made)
	return made
}

// branchTypes returns the type that a slice of a choice has by its name:
// valueQuantity.
func branchTypes(base []*fhir.Element, name string) []Type {
	for _, e := range base {
		if e.Name == name {
			return []Type{{Code: e.Type}}
		}
	}
	return nil
}

// branchesOf returns the branches that have one of the types.
func branchesOf(base []*fhir.Element, types []Type) []*fhir.Element {
	if types == nil {
		return base
	}
	var kept []*fhir.Element
	for _, e := range base {
		if slices.ContainsFunc(types, func(t Type) bool { return t.Code == e.Type }) {
			kept = append(kept, e)
		}
	}
	return kept
}

// resolve finds the element of R4 that a step names below n. A branch of a
// choice (valueQuantity) is a slice of value[x].
func resolve(n *Node, s step) (step, []*fhir.Element) {
	for _, def := range n.defs() {
		choice, isChoice := strings.CutSuffix(s.name, "[x]")
		var base []*fhir.Element
		for i := range def.Elements {
			e := &def.Elements[i]
			switch {
			case isChoice && e.Choice == choice, !isChoice && e.Choice == "" && e.Name == s.name:
				base = append(base, e)
			case !isChoice && e.Choice != "" && e.Name == s.name:
				return resolve(n, step{e.Choice + "[x]", e.Name})
			}
		}
		if base != nil {
			return s, base
		}
	}
	return s, nil
}

// defs returns the types that a value of n may have.
func (n *Node) defs() []*fhir.TypeDef {
	if n.typ != nil {
		return []*fhir.TypeDef{n.typ}
	}
	var all []*fhir.TypeDef
	for _, e := range n.base {
		if e.Def().Kind != fhir.Abstract {
			all = append(all, e.Def())
		}
	}
	for _, t := range n.Types {
		if def, ok := fhir.LookupType(t.Code); ok && def.Kind == fhir.ResourceKind {
			all = append(all, def)
		}
	}
	if len(all) == 0 {
		for _, e := range n.base {
			all = append(all, e.Def())
		}
	}
	return all
}

// above returns the nodes that also speak of the element at the path, with
// fewer slices: what they say needs no repeating.
func (b *builder) above(path []step) []*Node {
	var sliced []int
	for i, s := range path {
		if s.slice != "" {
			sliced = append(sliced, i)
		}
	}
	var all []*Node
	for mask := 1; mask < 1<<min(len(sliced), 6); mask++ {
		fewer := slices.Clone(path)
		for bit, at := range sliced {
			if mask&(1<<bit) != 0 {
				fewer[at].slice = ""
			}
		}
		if n := find(b.root, fewer); n != nil {
			all = append(all, n)
		}
	}
	return all
}

// find returns the node at the path, nil where there is none.
func find(n *Node, path []step) *Node {
	for _, s := range path {
		if s, _ = resolve(n, s); n.child(s.name) == nil {
			return nil
		}
		if n = n.child(s.name); s.slice != "" {
			if outer, _, inner := strings.Cut(s.slice, "/"); inner && n.slice(outer) != nil {
				n = n.slice(outer)
			}
			if n = n.slice(s.slice); n == nil {
				return nil
			}
		}
	}
	return n
}

// part returns what the tree says of the element with the id, nil where
// nothing. What is said of all values of an element counts for those of a slice
// of it as well.
func (n *Node) part(id string) *Node {
	var path []step
	for _, s := range strings.Split(id, ".") {
		name, slice, _ := strings.Cut(s, ":")
		path = append(path, step{name, slice})
	}
	if path = path[1:]; len(path) == 0 {
		return nil
	}
	found := find(n, path)
	if found == nil || path[len(path)-1].slice == "" {
		return found
	}
	path[len(path)-1].slice = ""
	all, both := find(n, path), *found
	both.Children = append(slices.Clone(found.Inside()), all.Inside()...)
	both.Invariants = append(slices.Clone(found.Invariants), all.Invariants...)
	return &both
}

// state writes down what the element says beyond R4 and the nodes above.
func (b *builder) state(n *Node, e *Element, above []*Node) {
	if e.Min != Unset {
		n.Min = e.Min
	}
	if e.Max != "" {
		n.Max = maxOf(e.Max)
	}
	if types := narrowed(n, e.Types, above); types != nil {
		n.Types = types
		n.base = branchesOf(n.base, codesOnly(n))
	}
	if e.Fixed != nil {
		n.Fixed = e.Fixed
	}
	if e.Pattern != nil {
		n.Pattern = e.Pattern
	}
	if b := restated(n, e.Binding); b != nil && !bound(n, b, above) {
		n.Binding = b
	}
	if e.Slicing != nil {
		n.Slicing = merged(n.Slicing, e.Slicing)
	}
	n.MustSupport = n.MustSupport || e.MustSupport && !slices.ContainsFunc(above, func(a *Node) bool { return a.MustSupport })
	if e.MaxLength > 0 {
		n.MaxLength = e.MaxLength
	}
	if e.Low != nil {
		n.Low = e.Low
	}
	if e.High != nil {
		n.High = e.High
	}
	n.Invariants = added(n.Invariants, e.Invariants, above...)
	if e.ContentReference != "" {
		n.content = e.ContentReference
	}
}

// restated returns the binding with the value set that it had before where a
// profile changes the strength alone.
func restated(n *Node, b *Binding) *Binding {
	switch {
	case b == nil || b.ValueSet != "":
		return b
	case n.Binding != nil:
		return &Binding{Strength: b.Strength, ValueSet: n.Binding.ValueSet}
	}
	for _, e := range n.base {
		if e.Binding != nil {
			return &Binding{Strength: b.Strength, ValueSet: e.Binding.ValueSet}
		}
	}
	return nil
}

// merged states a slicing once more: a profile may restate only some of it.
func merged(old, slicing *Slicing) *Slicing {
	if old == nil {
		return slicing
	}
	m := *slicing
	if len(m.Discriminators) == 0 {
		m.Discriminators = old.Discriminators
	}
	if m.Rules == "" {
		m.Rules = old.Rules
	}
	m.Ordered = m.Ordered || old.Ordered
	return &m
}

func maxOf(text string) int {
	if n, err := strconv.Atoi(text); err == nil {
		return n
	}
	return -1
}

// codesOnly returns the types of n where its element is a choice, whose
// branches they narrow.
func codesOnly(n *Node) []Type {
	if !strings.HasSuffix(n.Name, "[x]") {
		return nil
	}
	return n.Types
}
