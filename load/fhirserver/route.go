package fhirserver

import (
	"context"
	"net/http"
	"slices"

	"chartlift/fhir"
)

// way is how a type is written, by the statement and by what answers have
// taught since.
func (s *Sink) way(typ string) Way {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.client.capability.way(typ, s.taught)
}

// forbidden reports whether an answer to items says that clients may not choose
// ids, and another way to write them is left. The first write is the probe: a
// statement may be silent about updateCreate, as HAPI's is, or wrong.
func (s *Sink) forbidden(items []item, a answer) bool {
	no := a.status == http.StatusMethodNotAllowed || a.status == http.StatusNotFound && a.noClientIDs()
	if !no {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	taught := s.taught
	taught.noIDs = true
	put := false
	for _, it := range items {
		typ := it.entry.Resource.Type
		put = put || s.client.capability.way(typ, s.taught) == Put || it.put
		if s.client.capability.way(typ, taught) == Refused {
			return false
		}
	}
	if put {
		s.taught = taught
	}
	return put
}

// carrier is how items of a way travel.
func (d delivery) carrier(w Way) Strategy {
	if w == Put || w == Conditional && d.strategy == Transaction {
		return d.strategy
	}
	return Single
}

// route delivers items, each the way of its type: as many as can in one
// request, and all in their order, so that what others refer to is there first.
func (d delivery) route(ctx context.Context, items []item) error {
	for len(items) > 0 {
		carrier := d.carrier(d.sink.way(items[0].entry.Resource.Type))
		end := 1
		for end < len(items) && d.carrier(d.sink.way(items[end].entry.Resource.Type)) == carrier {
			end++
		}
		by := d
		by.strategy = carrier
		if err := by.run(ctx, items[:end]); err != nil {
			return err
		}
		items = items[end:]
	}
	return nil
}

// run delivers items that travel alike.
func (d delivery) run(ctx context.Context, items []item) error {
	items, changed, err := d.proveCondition(ctx, items)
	if err != nil {
		return err
	}
	if changed {
		return d.route(ctx, items)
	}
	if d.strategy != Single {
		return d.deliverAll(ctx, d.cut(items))
	}
	for len(items) > 0 {
		end := 1
		for end < len(items) && items[end].unit == items[0].unit {
			end++
		}
		if err := d.circle(ctx, items[:end]); err != nil {
			return err
		}
		items = items[end:]
	}
	return nil
}

// one delivers a single resource its way.
func (d delivery) one(ctx context.Context, it item) error {
	d.strategy = Single
	switch d.sink.way(it.entry.Resource.Type) {
	case Searched, Journaled:
		return d.search(ctx, it)
	}
	return d.deliver(ctx, []item{it})
}

// request is one request for items, of which every reference resolves.
func (d delivery) request(items []item, by []rewritten) request {
	if d.strategy == Single {
		return d.singleRequest(items[0], by[0])
	}
	size, entries := 64, make([]fhir.BundleEntry, len(items))
	for i, it := range items {
		entries[i] = fhir.BundleEntry{Method: http.MethodPut, URL: it.ref(), Resource: by[i].json}
		if !it.put {
			entries[i].Method, entries[i].URL = http.MethodPost, it.entry.Resource.Type
			entries[i].FullURL, entries[i].IfNoneExist = urn(it.ref()), condition(it.entry.Resource.ID)
		}
		size += len(by[i].json) + entryOverhead
	}
	r := d.bundleOf(items)
	r.body = fhir.AppendTransaction(make([]byte, 0, size), string(d.strategy), entries)
	return r
}

// bundleOf is the request for items together, without its body.
func (d delivery) bundleOf(items []item) request {
	r := request{method: http.MethodPost, tries: d.requests}
	for _, it := range items {
		if typ := it.entry.Resource.Type; !slices.Contains(r.holds, typ) {
			r.holds = append(r.holds, typ)
		}
	}
	return r
}

// requestFor is the request that takes a single item, without its body.
func (d delivery) requestFor(it item) request {
	if d.strategy == Single {
		return d.singleRequest(it, rewritten{})
	}
	return d.bundleOf([]item{it})
}

func (d delivery) singleRequest(it item, by rewritten) request {
	r := request{method: http.MethodPut, path: it.ref(), body: by.json, tries: d.requests}
	if !it.put {
		r.method, r.path, r.ifNoneExist = http.MethodPost, it.entry.Resource.Type, condition(it.entry.Resource.ID)
	}
	return r
}
