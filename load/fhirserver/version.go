package fhirserver

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"chartlift/fhir"
	"chartlift/load"
)

// What answers to writes are asked for, kept in Client.telling.
const (
	tellMinimal int32 = iota // nothing but status and version
	tellWhole                // the resource as well: its version stands nowhere else (Medplum)
	tellNothing              // minimal again: the server does not tell versions even so
)

// mostUnfound is after how many searches that found nothing of what was just
// stored a server is not asked for versions any more. One that indexes late
// finds it soon, and by then its answers bring the resource along.
const mostUnfound = 20

// versionIn is the version that the answer to a request for one resource tells,
// "" where it tells none.
func versionIn(a answer) string {
	e := fhir.ResponseEntry{ETag: a.header.Get("ETag"), Location: a.header.Get("Location")}
	if v := e.Version(); v != "" {
		return v
	}
	var t fhir.Tree
	if len(a.body) == 0 || t.Parse(a.body) != nil || t.FindText(0, "resourceType") == "OperationOutcome" {
		return ""
	}
	if meta := t.Find(0, "meta"); meta != 0 {
		return strings.Clone(t.FindText(meta, "versionId"))
	}
	return ""
}

// learnVersions asks which versions those have that were stored and whose
// answer did not say: without it nobody could tell later whether a resource was
// changed since, and undo would have to leave it. From then on answers bring
// the resource along; a server that tells no versions at all is asked once;
// that it finds nothing is no word on them. Where the answer to a creation was
// lost, the next try is told only that the resource is there, so that this is
// the only place to learn its version.
func (d delivery) learnVersions(ctx context.Context, items []item) error {
	c := d.sink.client
	if c.telling.Load() == tellNothing {
		return nil
	}
	untold, err := d.untold(items)
	if err != nil || len(untold) == 0 {
		return err
	}
	c.telling.CompareAndSwap(tellMinimal, tellWhole)
	told, empty := false, true // a search that fails is an answer, too: it would fail again
	for typ, of := range chunks(untold) {
		ids := make([]string, len(of))
		for i, u := range of {
			ids[i] = u.id
		}
		now, _, err := c.Find(ctx, typ, ids)
		empty = empty && err == nil
		var known *Error
		if err != nil && (ctx.Err() != nil || errors.As(err, &known) && known.Code != "bad-answer") {
			return err // else a server that searches badly, and may write well
		}
		for _, u := range of {
			s, there := now[u.id]
			told, empty = told || s.Version != "", empty && !there
			if there && sameContent(s.JSON, u.json) {
				u.out.Version = s.Version
			}
		}
	}
	if !told && (!empty || c.unfound.Add(1) > mostUnfound) {
		c.telling.Store(tellNothing)
	}
	return nil
}

// chunks yields what fits into one search, by type.
func chunks(untold map[string][]stead) iter.Seq2[string, []stead] {
	return func(yield func(string, []stead) bool) {
		for typ, all := range untold {
			for of := range slices.Chunk(all, 100) {
				if !yield(typ, of) {
					return
				}
			}
		}
	}
}

// stead is a stored resource as the server should hold it.
type stead struct {
	id   string // the server's
	json []byte // with the server's ids in it
	out  *load.Outcome
}

// untold returns, by type, what was stored and has no version yet.
func (d delivery) untold(items []item) (map[string][]stead, error) {
	var without []item
	for _, it := range items {
		if it.out.OK() && it.out.Version == "" {
			without = append(without, it)
		}
	}
	if len(without) == 0 {
		return nil, nil
	}
	known, err := d.sink.ids.Lookup(wanted(without))
	if err != nil {
		return nil, fmt.Errorf("look up server ids: %w", err)
	}
	all := map[string][]stead{}
	for _, it := range without {
		typ, w := it.entry.Resource.Type, rewrite{id: it.entry.Resource.ID, rename: d.names(nil, known).rename}
		if !it.put {
			w.id, w.identifier = known[it.ref()].ID, identifierOf(it.entry.Resource)
		}
		by, err := w.of(it.entry.Resource.JSON)
		if err != nil {
			return nil, fmt.Errorf("rewrite one %s: %w", typ, err)
		}
		if w.id != "" && by.missing == "" {
			all[typ] = append(all[typ], stead{w.id, by.json, it.out})
		}
	}
	return all, nil
}
