// Package validate says what is wrong with a FHIR R4 resource: unknown
// elements, cardinality, formats, choice types, required codes, references,
// invariants, and the profiles that it names.
//
// Read [Validator] and [Rules] first; profiles are in profile*.go.
//
//	v := validate.New(validate.Options{})
//	ok := v.Check(resource, origin, report)
package validate

import (
	"sync"
	"sync/atomic"

	"chartlift/fhir"
	"chartlift/fhir/fhirpath"
	"chartlift/fhir/profile"
	"chartlift/fhir/terms"
	"chartlift/internal/issue"
)

// ExtensionPolicy says what to do about extensions that neither R4 nor US Core
// defines.
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
	// Guide holds the profiles and extensions that resources may name. nil:
	// those that R4 itself defines.
	Guide *profile.Guide
	// Profiles are canonical URLs of profiles that every resource of their type
	// must follow, whether it names them or not.
	Profiles []string
	// WarnProfiles makes warnings of what breaks a profile or the definition of
	// an extension: R4's own rules alone decide whether a resource is valid. A
	// migration need not lose a true value because a guide asks for more.
	WarnProfiles bool
	// WarnCodes makes warnings of codes that their own code system lacks, where
	// no value set demands one. A system that sends such a code says something
	// all the same, and a patient must not be lost for it.
	WarnCodes bool
	// Letter judges by the letter of R4 where HL7's reference validator is
	// known to judge otherwise (letter.go, docs/agreement.md): references to a
	// wrong type whose target is not at hand, control characters and empty
	// elements are errors instead of warnings. Runs set it, because what they
	// write becomes a chart.
	Letter bool
	// MustSupport counts how the elements that profiles must support are
	// filled. nil: nothing is counted.
	MustSupport *MustSupport
	// Terms are the code systems and value sets that codes are looked up in.
	// nil: those of R4 itself.
	Terms *terms.Set
	// Advice asks for warnings about codes outside of extensible and preferred
	// value sets as well, and for a count of the codes that nothing is known of
	// (NotChecked).
	Advice bool
	// Ask is asked about codes of systems that Terms does not know, such as a
	// terminology server; nil is nobody. It must be safe for concurrent use.
	Ask func(system, code string) terms.Verdict
}

// Validator checks resources. It is made by New and safe for concurrent use.
type Validator struct {
	options    Options
	invariants *invariants
	guide      *profile.Guide
	own        sync.Map     // of *profile.Node its invariants, of *profile.Profile those of its context, compiled
	missed     sync.Map     // canonical URLs of profiles that are not at hand and were said
	misses     atomic.Int64 // how many these are
	// profileNamed counts resources that named a profile which is at hand,
	// contained ones too.
	profileNamed atomic.Int64
	terms        *vocabulary
	types        map[string]string // FHIR issue-types by rule
	idle         sync.Pool         // of *checker, so that valid resources cost no allocation
}

// New returns a Validator that works by the options.
func New(options Options) *Validator {
	v := &Validator{options: options, invariants: newInvariants(), guide: options.Guide, types: issueTypes()}
	if v.guide == nil {
		v.guide = profile.New()
	}
	v.terms = newVocabulary(options, v.guide)
	v.idle.New = func() any {
		c := &checker{Validator: v}
		c.machine = fhirpath.NewMachine(&c.tree)
		return c
	}
	return v
}

// CheckSupport is Check, and counts in s, instead of Options.MustSupport, which
// elements are there that profiles must support.
func (v *Validator) CheckSupport(r fhir.Resource, origin issue.Origin, report issue.Reporter, s *MustSupport) bool {
	return v.check(r.JSON, task{origin: origin, report: report, support: s})
}

// ProfilesNamed returns how many of the resources checked so far named a
// profile that is at hand. With 0 a guide was loaded in vain: nothing but R4
// itself, and what Options.Profiles asks for, was checked.
func (v *Validator) ProfilesNamed() int64 { return v.profileNamed.Load() }

// Rehearsal returns a Validator that refuses what this one does, but for
// references: what they lead to may not have been made yet. Profiles that
// refuse nothing are not looked at.
func (v *Validator) Rehearsal() *Validator {
	o := v.options
	o.Resolve, o.MustSupport = func(string, string) bool { return true }, nil
	if o.WarnProfiles && o.UnknownExtensions != RefuseUnknown { // a guide tells which extensions are known
		o.Guide, o.Profiles = nil, nil
	}
	return New(o)
}

// Check checks one resource, hands what is wrong with it to report and returns
// false if any of that is an error. The issues carry origin.
func (v *Validator) Check(r fhir.Resource, origin issue.Origin, report issue.Reporter) bool {
	return v.check(r.JSON, task{origin: origin, report: report})
}

// ReadsValues reports whether resources that name the profiles and differ only
// in texts, numbers or days may have different verdicts.
func (v *Validator) ReadsValues(profiles []string) bool { return v.guide.ReadsValues(profiles) }

// CheckItem checks what Read found: like Check, but references also resolve
// inside the item's bundle, and entries of a bundle are left to their own
// items.
func (v *Validator) CheckItem(it *Item, report issue.Reporter) bool {
	return v.check(it.Resource.JSON, task{
		origin: it.Origin(), report: report, entries: it.entries, fullURL: it.fullURL, envelope: it.Bundle, line: max(it.Line-1, 0),
	})
}

// task is what one check is about, beside the JSON.
type task struct {
	origin   issue.Origin
	report   issue.Reporter
	entries  *entries     // of the bundle that the resource is or stands in, nil outside one
	fullURL  string       // of the entry that the resource stands in
	envelope bool         // leave Bundle.entry.resource alone
	line     int64        // lines before the resource in its file
	support  *MustSupport // counts for this resource; nil: Options.MustSupport does
}

func (v *Validator) check(json []byte, t task) bool {
	c := v.idle.Get().(*checker)
	defer v.idle.Put(c)
	c.task = t
	c.ids = c.ids[:0]
	c.errors, c.frames, c.contained, c.broken = 0, c.frames[:0], c.contained[:0], c.broken[:0]
	c.root(json)
	c.task, c.met = task{}, nil
	return c.errors == 0
}
