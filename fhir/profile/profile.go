// Package profile knows implementation guides: it reads their packages, gives a
// profile its snapshot where it comes without, and compiles it into a tree that
// holds only what the profile says beyond R4 itself.
//
// Read [Guide] and [Node] first.
//
//	g := profile.New()
//	err := g.AddPath("hl7.fhir.us.core-6.1.0.tgz")
//	p, err := g.Profile("http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient")
package profile

import (
	"errors"
	"strings"

	"chartlift/fhir"
)

// ErrUnknown is in the chain of an error about a profile that no definition at
// hand defines.
var ErrUnknown = errors.New("no definition at hand defines it")

// Unset stands for a cardinality that a profile does not state.
const Unset = -2

// Profile is a compiled StructureDefinition: a profile of a resource or data
// type, or an extension.
type Profile struct {
	URL      string
	Version  string
	Name     string
	Title    string // of us-core-patient: us-core-patient
	Type     string // of the resources or values that it is about
	Root     *Node
	Contexts []Context // of an extension: where it may stand; none is anywhere
	When     []string  // of an extension: FHIRPath that must be true of what it stands in, with the extension as %extension
	Modifier bool      // of an extension: it changes the meaning of what it stands in
	bases    []string  // canonical URLs of the profiles that it derives from
}

// Derives reports whether the profile derives from the one with the canonical
// URL, so that it says all of what that says.
func (p *Profile) Derives(url string) bool {
	for _, base := range p.bases {
		if base == url {
			return true
		}
	}
	return false
}

// HasPart reports whether the extension has a part of that name.
func (p *Profile) HasPart(name string) bool {
	list := p.Root.child("extension")
	if list == nil {
		return false
	}
	for _, s := range list.Slices {
		if u := s.child("url"); u != nil && u.Fixed != nil && u.Fixed.Text == name || s.Slice == name {
			return true
		}
	}
	return false
}

// Context is a place where an extension may stand: of the type element, a path
// (Patient, Element, Patient.contact); of the type extension, the URL of
// another extension; of the type fhirpath, an expression.
type Context struct{ Type, Expression string }

// Node is what a profile says of one element, or of one slice of an element.
// What R4 says already is left out, and what is said of the element without
// slices counts for each slice as well.
type Node struct {
	ID          string // of the ElementDefinition: Observation.component:systolic.code
	Name        string // of the element in its parent; of a choice value[x]
	Slice       string // the slice's name, "" outside of slices
	Min, Max    int    // Unset where the profile does not say; a Max of -1 is *
	Types       []Type // nil where the profile does not narrow them
	Fixed       *Value
	Pattern     *Value
	Binding     *Binding
	Invariants  []Invariant
	MustSupport bool
	MaxLength   int // 0 is any
	Low, High   *Value
	Children    []*Node
	Slicing     *Slicing
	Slices      []*Node
	Match       []Matcher // of a slice: what makes a value one of it; none is that nobody can say

	base    []*fhir.Element // the element in R4, of a choice its branches; none for the root
	bound   []fhir.Element  // of the base those that are coded, with the binding of the profile
	typ     *fhir.TypeDef   // of the root: its type
	content string          // its contentReference
	shares  *Node           // the element whose children count here as well
}

// Inside returns the nodes of the children: its own, and for a contentReference
// those of the element that it names.
func (n *Node) Inside() []*Node {
	if n.shares != nil && len(n.Children) == 0 {
		return n.shares.Children
	}
	return n.Children
}

// Required reports whether the profile, or R4 itself, demands a value of the
// element.
func (n *Node) Required() bool { return n.Min > 0 || len(n.base) > 0 && n.base[0].Min > 0 }

// Type is one of the types that a value may have.
type Type struct {
	Code     string
	Profiles []string // canonical URLs, of which a value must meet one; nil is any
	Targets  []string // of a Reference: canonical URLs of the profiles of what it may point to; nil is any
	// TargetTypes are the types of resources of Targets; nil where a target is
	// not known, so that any may be meant.
	TargetTypes []string
}

// Binding ties a coded element to a value set.
type Binding struct {
	Strength string
	ValueSet string // canonical URL, with the version where the profile names one
}

// Invariant is a rule that the profile adds.
type Invariant struct {
	fhir.Invariant
	Source string // canonical URL of the definition that states it
}

// Slicing says how the values of an element are told apart.
type Slicing struct {
	Discriminators []Discriminator
	Rules          string // open, closed or openAtEnd
	Ordered        bool
}

// Discriminator is one of the criteria of a slicing: Type is value, pattern,
// type, profile or exists.
type Discriminator struct{ Type, Path string }

// Bound returns the element with the binding of the profile; nil where the
// profile binds it to nothing.
func (n *Node) Bound(base *fhir.Element) *fhir.Element {
	for i := range n.bound {
		if n.bound[i].Name == base.Name {
			return &n.bound[i]
		}
	}
	return nil
}

// Key returns the JSON name of the element; of a choice the part that all its
// branches begin with.
func (n *Node) Key() (name string, choice bool) { return strings.CutSuffix(n.Name, "[x]") }

// child returns the child with the name, nil where there is none.
func (n *Node) child(name string) *Node {
	for _, c := range n.Children {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// slice returns the slice with the name, nil where there is none.
func (n *Node) slice(name string) *Node {
	for _, s := range n.Slices {
		if s.Slice == name {
			return s
		}
	}
	return nil
}
