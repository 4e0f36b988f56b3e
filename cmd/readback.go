package cmd

import (
	"context"
	"fmt"
	"strings"

	"chartlift/fhir"
	"chartlift/internal/reconcile"
	"chartlift/load/fhirserver"
	"chartlift/load/serverids"
)

// readBack asks a server for what was delivered by the ids that it has here,
// also where the server gave others. The content of those is in Raw: references
// and identifiers in it are the server's, and expect says what it should be.
type readBack struct {
	*fhirserver.Client
	ids    *serverids.File // nil where all ids are ours
	theirs bool            // the server gave some
}

// readBack returns the server as verify, reconcile and undo ask it.
func (t *target) readBack() readBack {
	return readBack{t.server.Client(), t.ids, t.ids != nil && exists(t.idsPath)}
}

// expect returns what says in the server's words what it should hold; nil where
// these are ours.
func (t *target) expect() func([]fhir.Resource) ([][]byte, error) {
	if !t.readBack().theirs {
		return nil
	}
	return t.server.Expected
}

// known returns the server's id of each of ours that has another.
func (r readBack) known(resourceType string, ids []string) (map[string]string, error) {
	out := map[string]string{}
	if !r.theirs {
		return out, nil
	}
	refs := make([]string, len(ids))
	for i, id := range ids {
		refs[i] = resourceType + "/" + id
	}
	found, err := r.ids.Lookup(refs)
	if err != nil {
		return nil, fmt.Errorf("look up server ids: %w", err)
	}
	for i, id := range ids {
		if k := found[refs[i]]; k.ID != "" && k.ID != id {
			out[id] = k.ID
		}
	}
	return out, nil
}

// Current returns the resources by our ids.
func (r readBack) Current(ctx context.Context, resourceType string, ids []string) (map[string]fhirserver.Stored, error) {
	known, err := r.known(resourceType, ids)
	if err != nil {
		return nil, err
	}
	asked := make([]string, len(ids))
	for i, id := range ids {
		if asked[i] = known[id]; asked[i] == "" {
			asked[i] = id
		}
	}
	found, err := r.Client.Current(ctx, resourceType, asked)
	if err != nil {
		return nil, err
	}
	out := map[string]fhirserver.Stored{}
	for i, id := range ids {
		s, ok := found[asked[i]]
		if !ok {
			continue
		}
		if asked[i] != id {
			s.JSON, s.Raw = nil, s.JSON
		}
		out[id] = s
	}
	return out, nil
}

// Before asks for the version before one, by our id.
func (r readBack) Before(ctx context.Context, resourceType, id, version string) (s fhirserver.Stored, exists, ok bool, err error) {
	known, err := r.known(resourceType, []string{id})
	if err != nil {
		return s, false, false, err
	}
	if other := known[id]; other != "" {
		id = other
	}
	return r.Client.Before(ctx, resourceType, id, version)
}

// Apply makes changes, by our ids.
func (r readBack) Apply(ctx context.Context, changes []fhirserver.Change) (status int, err error) {
	theirs := make([]fhirserver.Change, len(changes))
	for i, c := range changes {
		known, err := r.known(c.Type, []string{c.ID})
		if err != nil {
			return 0, err
		}
		if theirs[i] = c; known[c.ID] != "" {
			theirs[i].ID = known[c.ID]
		}
	}
	return r.Client.Apply(ctx, theirs)
}

// CountWhere counts. Patients are not known to the server by our ids where it
// gave others.
func (r readBack) CountWhere(ctx context.Context, resourceType, query string) (n int64, ok bool, err error) {
	if r.theirs && strings.HasPrefix(query, "patient=") {
		return 0, false, nil
	}
	return r.Client.CountWhere(ctx, resourceType, query)
}

// Ours lists what bears the tag, or where the server gave the ids and cannot be
// asked for that, an identifier that only we give: by our ids where they are
// known.
func (r readBack) Ours(ctx context.Context, resourceType, tag string, each func(id string) error) (by reconcile.Asked, err error) {
	page := func(ids []string) error {
		ours, err := r.named(resourceType, ids)
		if err != nil {
			return err
		}
		for _, id := range ours {
			if err := each(id); err != nil {
				return err
			}
		}
		return nil
	}
	if tag != "" {
		if ok, err := r.Client.Marked(ctx, resourceType, fhirserver.Mark{Tag: tag}, page); ok || err != nil {
			return reconcile.ByTag, err
		}
	}
	if !r.theirs { // no identifier of ours was given then
		return reconcile.NotAsked, nil
	}
	ok, err := r.Client.Marked(ctx, resourceType, fhirserver.Mark{}, page)
	if !ok {
		return reconcile.NotAsked, err
	}
	return reconcile.ByIdentifier, err
}

// named returns our id of each of the server's, or the server's where it is not
// known.
func (r readBack) named(resourceType string, ids []string) ([]string, error) {
	if !r.theirs {
		return ids, nil
	}
	refs, err := r.ids.Refs(resourceType, ids)
	if err != nil {
		return nil, fmt.Errorf("look up our ids: %w", err)
	}
	ours := make([]string, len(ids))
	for i, id := range ids {
		if _, known, ok := strings.Cut(refs[id], "/"); ok {
			id = known
		}
		ours[i] = id
	}
	return ours, nil
}
