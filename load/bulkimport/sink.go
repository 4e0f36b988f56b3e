package bulkimport

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"chartlift/fhir"
	"chartlift/load"
	"chartlift/load/compare"
	"chartlift/load/fhirserver"
)

// Sink tells what became of resources after their job, by reading them back,
// and sends by ordinary requests what the server has not, or has otherwise.
// Before any job it is the server's own sink.
type Sink struct {
	server *fhirserver.Sink
	client *fhirserver.Client
	job    *job // the last one, nil where there was none
	failed bool // the server says that it has not all of it
}

// Send answers for each entry of b as fhirserver.Sink does.
func (s *Sink) Send(ctx context.Context, b *load.Bundle) ([]load.Outcome, error) {
	if s.job == nil {
		out, err := s.server.Send(ctx, b)
		return out, locked(err)
	}
	outcomes := make([]load.Outcome, len(b.Entries))
	left := &load.Bundle{Seq: b.Seq, Atomic: b.Atomic}
	var places []int // of what is left, in b
	byType := map[string][]string{}
	for _, e := range b.Entries {
		if s.server.Way(e.Resource.Type) == fhirserver.Put {
			byType[e.Resource.Type] = append(byType[e.Resource.Type], e.Resource.ID)
		}
	}
	held, err := s.held(ctx, byType)
	if err != nil {
		return nil, fmt.Errorf("read back bundle %d: %w", b.Seq, err)
	}
	for i, e := range b.Entries {
		if there, ok := held[e.Resource.Ref()]; ok && same(e.Resource.JSON, there.JSON) {
			outcomes[i] = s.outcome(e.Resource.JSON, there)
			continue
		}
		left.Entries, places = append(left.Entries, e), append(places, i)
	}
	if len(places) == 0 {
		return outcomes, nil
	}
	sent, err := s.server.Send(ctx, left)
	if err != nil {
		return nil, locked(err)
	}
	for n, o := range sent {
		outcomes[places[n]] = o
	}
	return outcomes, nil
}

// most is how many ids one search asks for.
const most = 100

// held returns what the server has of these, by reference. After a job that
// ended well, what no search finds is looked for by itself: servers index late.
// After one that failed it is not worth the requests, as sending does no harm.
func (s *Sink) held(ctx context.Context, byType map[string][]string) (map[string]fhirserver.Stored, error) {
	all := map[string]fhirserver.Stored{}
	for typ, ids := range byType {
		for from := 0; from < len(ids); from += most {
			some := ids[from:min(from+most, len(ids))]
			found, ok, err := s.client.Find(ctx, typ, some)
			if err == nil && (!ok || !s.failed && len(found) < len(some)) {
				found, err = s.client.Current(ctx, typ, some)
			}
			if err != nil {
				return nil, err
			}
			for id, there := range found {
				all[typ+"/"+id] = there
			}
		}
	}
	return all, nil
}

// same reports whether a server holds what was sent.
func same(sent, held []byte) bool {
	differs, err := compare.Changes(sent, held)
	return err == nil && len(differs) == 0
}

// locked says what to do about a server that takes jobs and no other writes, as
// Azure with initialImportMode.
func locked(err error) error {
	var e *fhirserver.Error
	if errors.As(err, &e) && e.Status == http.StatusLocked {
		e.Message = "the server takes initial imports and no other writes, and some of the resources need one: those that a job left out, changes, types in a circle of references. " +
			"Switch its initialImportMode off, then load again without --bulk-mode initial: what is there is not sent again"
	}
	return err
}

// outcome says whether our job made what is there. What was there with this
// content before it is unchanged, and undo must not take it away. Without the
// server's clock neither is proved, nor where the time is the one that was
// sent: Azure's incremental mode keeps that.
func (s *Sink) outcome(sent []byte, there fhirserver.Stored) load.Outcome {
	o := load.Outcome{Status: http.StatusOK, Version: there.Version}
	at, err := time.Parse(time.RFC3339, there.Updated)
	if err != nil || s.job.Began.IsZero() || at.Equal(updated(sent)) {
		return o
	}
	o.Same = at.Before(s.job.Began)
	if there.Version == "1" && !o.Same {
		o.Status, o.Created = http.StatusCreated, true
	}
	return o
}

// updated is meta.lastUpdated of a resource, the zero time where it has none.
func updated(resource []byte) time.Time {
	var t fhir.Tree
	if t.Parse(resource) != nil || t.Find(0, "meta") == 0 {
		return time.Time{}
	}
	at, _ := time.Parse(time.RFC3339, t.FindText(t.Find(0, "meta"), "lastUpdated"))
	return at
}

// Commit has nothing to do: what was answered is on the server.
func (s *Sink) Commit() error { return nil }

// Close has nothing to do: the server's own sink is closed by its owner.
func (s *Sink) Close() error { return nil }
