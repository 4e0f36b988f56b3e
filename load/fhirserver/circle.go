package fhirserver

import (
	"context"
	"slices"
	"strings"

	"chartlift/fhir"
)

// circle delivers items that refer to each other, one request each: those that
// come first go without their references to those that come later, and whole
// when all are there. A single item is no circle.
func (d delivery) circle(ctx context.Context, items []item) error {
	if len(items) == 1 {
		return d.one(ctx, items[0])
	}
	at := map[string]int{}
	for i, it := range items {
		at[it.ref()] = i
	}
	for i := range items {
		it := items[i]
		for ref := range fhir.References(it.entry.Resource.JSON) {
			if j, here := at[ref]; here && j >= i && optional(it.entry.Resource, ref) {
				if it.without == nil {
					it.without = map[string]bool{}
				}
				it.without[ref] = true
			}
		}
		items[i] = it
		if err := d.one(ctx, it); err != nil {
			return err
		}
	}
	for _, it := range items {
		if len(it.without) == 0 || !it.out.OK() {
			continue
		}
		if err := d.complete(ctx, it); err != nil {
			return err
		}
	}
	return nil
}

// complete sends again, whole, what was sent without some references.
func (d delivery) complete(ctx context.Context, it item) error {
	first := *it.out
	it.without = nil
	it.before = hashOf(nil) // what is there lacks references, whoever made it: it is another form, also where nobody can read it
	var err error
	if d.sink.way(it.entry.Resource.Type) == Put {
		err = d.one(ctx, it)
	} else {
		err = d.update(ctx, it)
	}
	if err == nil && it.out.OK() {
		it.out.Status, it.out.Created = first.Status, first.Created
	}
	return err
}

// optional reports whether a resource is one without what holds the reference.
func optional(r fhir.Resource, ref string) bool {
	def, ok := fhir.LookupType(r.Type)
	if !ok {
		return false
	}
	out, err := rewrite{without: map[string]bool{ref: true}, rename: same}.of(r.JSON)
	if err != nil {
		return false
	}
	var t fhir.Tree
	if t.Parse(out.json) != nil {
		return false
	}
	for _, name := range out.left {
		if e, _, ok := def.Element(name); !ok || e.Min > 0 && t.Find(0, name) == 0 {
			return false
		}
	}
	return true
}

// Unlinked returns a resource, as a server gives it, without its references to
// some others (Type/id), as far as R4 lets it be without them; changed is false
// where none could be left out.
func Unlinked(resource []byte, others map[string]bool) (out []byte, changed bool) {
	out, err := fhir.Canonical(resource)
	if err != nil {
		return nil, false
	}
	var t fhir.Tree
	if t.Parse(out) != nil {
		return nil, false
	}
	r := fhir.Resource{Type: strings.Clone(t.FindText(0, "resourceType")), ID: strings.Clone(t.FindText(0, "id")), JSON: out}
	for _, ref := range slices.Collect(fhir.References(out)) {
		if !others[ref] || !optional(r, ref) { // one after the other: of a list that may not be empty the last one stays
			continue
		}
		by, err := rewrite{id: r.ID, without: map[string]bool{ref: true}, rename: same}.of(r.JSON)
		if err != nil {
			return nil, false
		}
		r.JSON, changed = by.json, true
	}
	return r.JSON, changed
}
