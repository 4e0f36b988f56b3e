package fhirserver

import (
	"context"
	"errors"
	"strings"

	"chartlift/fhir"
)

// What answers to writes are asked for, kept in Client.telling.
const (
	tellMinimal int32 = iota // nothing but status and version
	tellWhole                // the resource as well: its version stands nowhere else (Medplum)
	tellNothing              // minimal again: the server does not tell versions even so
)

// mostUnfound is after how many searches that found nothing of what was just stored a server is not asked for versions any more. One that indexes late finds it
// soon, and by then its answers bring the resource along.
const mostUnfound = 20

// versionIn is the version that the answer to a request for one resource tells, "" where it tells none.
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

// learnVersions asks which versions those have that were stored and whose answer did not say: without it nobody could tell later whether a resource was
// changed since, and undo would have to leave it. From then on answers bring the resource along; a server that tells
// no versions at all is asked once; that it finds nothing is no word on them.
func (d delivery) learnVersions(ctx context.Context, items []item) error {
	c := d.sink.client
	if c.telling.Load() == tellNothing {
		return nil
	}
	untold := map[string][]item{}
	for _, it := range items {
		if it.put && it.out.OK() && it.out.Version == "" {
			untold[it.entry.Resource.Type] = append(untold[it.entry.Resource.Type], it)
		}
	}
	if len(untold) == 0 {
		return nil
	}
	c.telling.CompareAndSwap(tellMinimal, tellWhole)
	told, empty := false, true // a search that fails is an answer, too: it would fail again
	for typ, of := range untold {
		ids := make([]string, len(of))
		for i, it := range of {
			ids[i] = it.entry.Resource.ID
		}
		now, _, err := c.Find(ctx, typ, ids)
		empty = empty && err == nil
		var known *Error
		if err != nil && (ctx.Err() != nil || errors.As(err, &known) && known.Code != "bad-answer") {
			return err // else a server that searches badly, and may write well
		}
		for _, it := range of {
			s, there := now[it.entry.Resource.ID]
			told, empty = told || s.Version != "", empty && !there
			if there && sameContent(s.JSON, it.entry.Resource.JSON) {
				it.out.Version = s.Version
			}
		}
	}
	if !told && (!empty || c.unfound.Add(1) > mostUnfound) {
		c.telling.Store(tellNothing)
	}
	return nil
}
