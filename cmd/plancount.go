package cmd

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"chartlift/fhir"
	"chartlift/internal/pipeline"
	"chartlift/load"
	"chartlift/reports"
)

// counting is a sink that takes everything, counts it and sends it nowhere.
// Bundles must come in order: what a resource refers to before or with it.
type counting struct {
	lost  map[string]bool // types that the target does not take
	types map[string]*typeCount
	gone  map[string]bool // references to what is not taken, or refers to something that is not
}

// typeCount counts resources of one type. Dragged are those that refer to what
// the target does not take, directly or by others.
type typeCount struct{ resources, bytes, dragged int64 }

func newCounting(lost map[string]bool) *counting {
	return &counting{lost: lost, types: map[string]*typeCount{}, gone: map[string]bool{}}
}

// Send counts a bundle.
func (c *counting) Send(_ context.Context, b *load.Bundle) ([]load.Outcome, error) {
	out := make([]load.Outcome, len(b.Entries))
	for i, e := range b.Entries {
		out[i] = load.Outcome{Status: http.StatusCreated, Created: true}
		c.add(e.Resource)
	}
	for len(c.lost) > 0 && c.drag(b) { // resources of a circle stand in one bundle, in any order
	}
	return out, nil
}

// add counts one resource, whatever it refers to.
func (c *counting) add(r fhir.Resource) {
	of := c.types[r.Type]
	if of == nil {
		of = &typeCount{}
		c.types[r.Type] = of
	}
	of.resources++
	of.bytes += int64(len(r.JSON))
}

// drag notes which resources of a bundle go with others, and reports whether it
// found one.
func (c *counting) drag(b *load.Bundle) (found bool) {
	for _, e := range b.Entries {
		ref := e.Resource.Ref()
		if c.lost[e.Resource.Type] || c.gone[ref] || !c.refersToLost(e.Resource) {
			continue
		}
		c.gone[ref], found = true, true
		c.types[e.Resource.Type].dragged++
	}
	return found
}

func (c *counting) refersToLost(r fhir.Resource) bool {
	for ref := range fhir.References(r.JSON) {
		typ, _, _ := strings.Cut(ref, "/")
		if c.lost[typ] || c.gone[ref] {
			return true
		}
	}
	return false
}

// Commit has nothing to do.
func (c *counting) Commit() error { return nil }

// Close has nothing to do.
func (c *counting) Close() error { return nil }

// toSend is what a run would send.
type toSend struct {
	types map[string]*typeCount
	sum   pipeline.Summary
}

// notTaken says which of some types a server takes no new resource of.
func (t *target) notTaken(types map[string]int64) map[string]bool {
	lost := map[string]bool{}
	for _, p := range t.plan(types) {
		lost[p.Type] = p.lost()
	}
	maps.DeleteFunc(lost, func(_ string, is bool) bool { return !is || t.server == nil })
	return lost
}

// count converts everything and sends nothing, to say how much of what would be
// sent.
func (m *migration) count(ctx context.Context, o runOptions) (*toSend, error) {
	lost := m.target.notTaken(m.ownTypes())
	m.s.message("converting everything, to count what would be sent; nothing is sent")
	if err := m.rehearsing(ctx); err != nil {
		return nil, err
	}
	sink := newCounting(lost)
	job := m.job(o)
	if err := m.asBefore(ctx, o, &job); err != nil {
		return nil, err
	}
	job.Sink, job.Senders, job.Staged = sink, 1, false
	sum, err := pipeline.Run(ctx, job)
	if err = errors.Join(err, m.rec.Finish(ctx, reports.Succeeded, 0)); err != nil {
		return nil, fmt.Errorf("count what would be sent: %w", err)
	}
	return &toSend{sink.types, sum}, nil
}

// asBefore gives a job what the run database of the project knows: what the
// target holds already, and what people decided.
func (m *migration) asBefore(ctx context.Context, o runOptions, job *pipeline.Job) (err error) {
	own := m.db
	defer func() { m.db = own }()
	if exists(m.s.database()) {
		if m.db, err = reports.OpenReadOnly(m.s.database()); err != nil {
			return err
		}
		defer func(kept *reports.DB) { err = errors.Join(err, kept.Close()) }(m.db)
		if job.Held, err = m.held(ctx, o.deltaOptions); err != nil {
			return err
		}
	}
	job.Match, err = m.matching(ctx, o)
	return err
}

// ownTypes are the types that the mapping makes, with no count.
func (m *migration) ownTypes() map[string]int64 {
	var types []string
	for _, def := range m.prog.Maps {
		types = append(types, def.Resource)
	}
	return zero(types)
}

// refers says which types those of the mapping refer to.
func (m *migration) refers() map[string][]string {
	out := map[string][]string{}
	for _, def := range m.prog.Maps {
		for _, to := range def.Refs {
			if !slices.Contains(out[def.Resource], to.Resource) {
				out[def.Resource] = append(out[def.Resource], to.Resource)
			}
		}
	}
	return out
}

// dependants returns the types, beside those lost, that refer to them, directly
// or by others; sorted.
func dependants(lost []string, refers map[string][]string) []string {
	gone := map[string]bool{}
	for _, typ := range lost {
		gone[typ] = true
	}
	for more := true; more; {
		more = false
		for typ, to := range refers {
			if !gone[typ] && slices.ContainsFunc(to, func(t string) bool { return gone[t] }) {
				gone[typ], more = true, true
			}
		}
	}
	for _, typ := range lost {
		delete(gone, typ)
	}
	return slices.Sorted(maps.Keys(gone))
}
