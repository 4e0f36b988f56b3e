// Package validate says what is wrong with a FHIR R4 resource: unknown
// elements, cardinality, formats, choice types, required codes, references, invariants.
//
// Read [Validator] and [Rules] first. Profiles and slicing are not looked at.
//
//	v := validate.New(validate.Options{})
//	ok := v.Check(resource, origin, report)
package validate

import (
	"sync"

	"chartlift/fhir"
	"chartlift/fhir/fhirpath"
	"chartlift/internal/issue"
)

// ExtensionPolicy says what to do about extensions that neither R4 nor US Core defines.
type ExtensionPolicy uint8

// The policies for unknown extensions.
const (
	AllowUnknown ExtensionPolicy = iota
	WarnUnknown
	RefuseUnknown
)

// Options says how strict a Validator is.
type Options struct {
	// Resolve reports whether there is a resource of the type with the id. It
	// must be safe for concurrent use. nil: references are not resolved.
	Resolve func(typ, id string) bool
	// External holds prefixes of references that need not resolve.
	External []string
	// UnknownExtensions is AllowUnknown where not set.
	UnknownExtensions ExtensionPolicy
}

// Validator checks resources. It is made by New and safe for concurrent use.
type Validator struct {
	options    Options
	invariants *invariants
	idle       sync.Pool // of *checker, so that valid resources cost no allocation
}

// New returns a Validator that works by the options.
func New(options Options) *Validator {
	v := &Validator{options: options, invariants: newInvariants()}
	v.idle.New = func() any {
		c := &checker{invariants: v.invariants}
		c.machine = fhirpath.NewMachine(&c.tree)
		return c
	}
	return v
}

// Check checks one resource, hands what is wrong with it to report and returns
// false if any of that is an error. The issues carry origin.
func (v *Validator) Check(r fhir.Resource, origin issue.Origin, report issue.Reporter) bool {
	return v.check(r.JSON, task{origin: origin, report: report})
}

// CheckItem checks what Read found: like Check, but references also resolve
// inside the item's bundle, and entries of a bundle are left to their own items.
func (v *Validator) CheckItem(it *Item, report issue.Reporter) bool {
	return v.check(it.Resource.JSON, task{
		origin: it.Origin(), report: report, resolve: it.Resolve, envelope: it.Bundle,
		line: max(it.Line-1, 0),
	})
}

// task is what one check is about, beside the JSON.
type task struct {
	origin   issue.Origin
	report   issue.Reporter
	resolve  func(typ, id string) bool // inside the bundle, nil outside
	envelope bool                      // leave Bundle.entry.resource alone
	line     int64                     // lines before the resource in its file
}

func (v *Validator) check(json []byte, t task) bool {
	c := v.idle.Get().(*checker)
	defer v.idle.Put(c)
	c.task, c.options = t, &v.options
	c.errors, c.frames, c.contained = 0, c.frames[:0], c.contained[:0]
	c.root(json)
	c.task, c.options = task{}, nil
	return c.errors == 0
}
