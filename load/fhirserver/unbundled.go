package fhirserver

import (
	"context"
	"net/http"
	"slices"

	"chartlift/fhir"
	"chartlift/load"
)

// aboutBundles is how servers say that they take none.
var aboutBundles = load.Pattern(`(?i)transaction|batch|bundle`)

// noBundles reports whether an answer may say that the server takes no bundles,
// whatever its statement says. One that took a bundle before does.
func (d delivery) noBundles(a answer) bool {
	if d.strategy == Single || d.sink.most.Load() > 0 {
		return false
	}
	switch a.status {
	case http.StatusMethodNotAllowed, http.StatusNotImplemented:
		return true
	case http.StatusBadRequest, http.StatusNotFound, http.StatusUnprocessableEntity:
		said := slices.ContainsFunc(a.issues, func(i fhir.OutcomeIssue) bool { return i.Code == "not-supported" })
		return said && !a.noClientIDs() && aboutBundles().MatchString(a.text())
	}
	return false
}

// unbundled delivers one by one what was refused as a bundle. The same status
// may say that clients choose no ids, so the first goes alone as a probe: where
// it is ids that the server does not take, the others go in bundles, as
// creates.
func (d delivery) unbundled(ctx context.Context, items []item) error {
	by := d
	by.strategy = Single
	if d.sink.single.Load() {
		return by.route(ctx, items)
	}
	end := 1
	for end < len(items) && !apart(items, end) {
		end++
	}
	before := d.sink.givesIDs()
	if err := by.route(ctx, items[:end]); err != nil {
		return err
	}
	if d.sink.givesIDs() != before {
		return d.route(ctx, items[end:])
	}
	d.sink.single.Store(true)
	return by.route(ctx, items[end:])
}

// givesIDs reports whether the server was found out to take no ids of clients.
func (s *Sink) givesIDs() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.taught.noIDs
}
