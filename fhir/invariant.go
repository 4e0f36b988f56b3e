package fhir

import "sort"

// Invariant is a rule that the definition of R4 states for a type or an
// element, as a FHIRPath expression.
type Invariant struct {
	Path       string // of a type (Period, Patient.contact) or of one element (Organization.address)
	Key        string // per-1
	Error      bool   // otherwise a warning
	Human      string // the rule in words
	Expression string
}

// Invariants returns the invariants of the type or element with the path,
// sorted by key. The choice in an element's name is left out:
// Observation.effective. What all elements share (ele-1) is not among them. The
// slice must not be changed.
func Invariants(path string) []Invariant {
	from := sort.Search(len(invariants), func(i int) bool { return invariants[i].Path >= path })
	to := from
	for to < len(invariants) && invariants[to].Path == path {
		to++
	}
	return invariants[from:to]
}

// AllInvariants returns all invariants, sorted by path and key. The slice must
// not be changed.
func AllInvariants() []Invariant { return invariants[:] }
