package fhirserver

import (
	"context"
	"fmt"
	"net/http"
)

// ignoresConditions is what the proof writes down of a server, beside the ids
// of resources.
const ignoresConditions = "server/ignores-conditions"

// recall asks what earlier runs have found out about the server.
func (s *Sink) recall() error {
	known, err := s.ids.Lookup([]string{ignoresConditions})
	if err != nil {
		return fmt.Errorf("look up server ids: %w", err)
	}
	s.taught.noCondition = known[ignoresConditions].ID != ""
	return nil
}

// proveCondition sends the first conditional create twice, once in the life of
// a sink: a server that says that it looks at If-None-Exist and does not would
// double every resource whose answer is lost. It returns what is still to be
// delivered, and whether ways have changed.
func (d delivery) proveCondition(ctx context.Context, items []item) (rest []item, changed bool, err error) {
	d.sink.mu.Lock()
	proven := d.sink.proven
	d.sink.mu.Unlock()
	if proven {
		return items, false, nil
	}
	for i, it := range items {
		// One that refers to nothing can be sent by itself.
		if d.sink.way(it.entry.Resource.Type) != Conditional || refers(it) {
			continue
		}
		rest = append(append(rest, items[:i]...), items[i+1:]...)
		d.strategy = Single
		if err := d.deliver(ctx, []item{it}); err != nil || !it.out.OK() {
			return rest, false, err
		}
		good, err := d.replay(ctx, it)
		if err != nil {
			return rest, false, err
		}
		d.sink.mu.Lock()
		defer d.sink.mu.Unlock()
		d.sink.proven = true
		if good {
			return rest, false, nil
		}
		d.sink.taught.noCondition = true
		return rest, true, nil
	}
	return items, false, nil
}

// replay sends a conditional create that was answered once more, and removes
// what that may have doubled. That the server is no good is written down for
// later runs, too: what they send first is there already, and would be doubled
// by the proof.
func (d delivery) replay(ctx context.Context, it item) (good bool, err error) {
	kept, r, err := d.prepare([]item{it})
	if err != nil || len(kept) == 0 {
		return true, err
	}
	a, v, err := d.sink.client.send(ctx, r, 1)
	if err != nil || v != accepted || a.status != http.StatusCreated {
		return true, err
	}
	typ := it.entry.Resource.Type
	double := locatedID(a.header.Get("Location"), typ)
	known, err := d.sink.ids.Lookup([]string{it.ref()})
	if err != nil || double == "" || double == known[it.ref()].ID {
		return true, err
	}
	if err := d.sink.ids.Save(Known{Ref: ignoresConditions, ID: "yes"}); err != nil {
		return false, fmt.Errorf("write down what the server does: %w", err)
	}
	a, v, err = d.sink.client.send(ctx, request{method: http.MethodDelete, path: typ + "/" + double, tries: d.requests}, 1)
	if err != nil {
		return false, err
	}
	if v != accepted && a.status != http.StatusNotFound && a.status != http.StatusGone {
		return false, d.sink.client.fail("lying-server", a.status, "the server says that it creates on conditions (conditionalCreate) and does not: one "+typ+
			" is there twice now and cannot be deleted. Delete the newer one by hand, then run again: from now on it is searched before anything is created")
	}
	return false, nil
}
