package fhirserver

import (
	"fmt"

	"chartlift/fhir"
)

// Expected returns what the server should hold of resources that were delivered
// to it, in canonical JSON or not as they are given: where it gave the ids,
// under these, with our id as an identifier, and referring to others of ours by
// their ids there. One is nil where nobody can tell which of two resources a
// reference of it means.
func (s *Sink) Expected(delivered []fhir.Resource) ([][]byte, error) {
	var refs []string
	for _, r := range delivered {
		refs = append(refs, r.Ref())
		for ref := range fhir.References(r.JSON) {
			refs = append(refs, ref)
		}
	}
	known, err := s.ids.Lookup(refs)
	if err != nil {
		return nil, fmt.Errorf("look up server ids: %w", err)
	}
	n := names{sink: s, known: known}
	out := make([][]byte, len(delivered))
	for i, r := range delivered {
		w := rewrite{id: r.ID, rename: n.delivered}
		if k := known[r.Ref()]; k.ID != "" && k.ID != r.ID {
			w.id, w.identifier = k.ID, identifierOf(r)
		}
		by, err := w.of(r.JSON)
		if err != nil {
			return nil, fmt.Errorf("rewrite one %s: %w", r.Type, err)
		}
		if by.missing == "" {
			out[i] = by.json
		}
	}
	return out, nil
}

// delivered is rename for what was sent: a reference of which nothing is known
// cannot have waited for an id, so it went as it stands.
func (n names) delivered(ref string) (string, bool) {
	to, ok := n.rename(ref)
	if !ok && n.known[ref].ID == "" {
		return ref, true
	}
	return to, ok
}
