package fhirserver

import (
	"context"
	"net/http"

	"chartlift/fhir"
	"chartlift/load"
)

// item is one entry on its way, with the place for its outcome.
type item struct {
	entry load.Entry
	out   *load.Outcome
	unit  int // items of one unit refer to each other; see inOrder
}

func (i item) ref() string { return i.entry.Resource.Ref() }

// delivery is one Send.
type delivery struct {
	sink     *Sink
	strategy Strategy
	requests *int // sent so far, repetitions included
}

// limit is the number of entries in a request, as far as is known.
func (d delivery) limit() int {
	if d.strategy == Single {
		return 1
	}
	if learnt := int(d.sink.learnt.Load()); learnt > 0 {
		return min(learnt, d.sink.maxEntries)
	}
	return d.sink.maxEntries
}

// cut groups items in order, as many in a request as are allowed, and cuts no unit that fits into one.
func (d delivery) cut(items []item) [][]item {
	var groups [][]item
	for len(items) > 0 {
		end := d.fitting(items)
		for back := end; end < len(items) && back > 0; back-- {
			if apart(items, back) {
				end = back
				break
			}
		}
		groups = append(groups, items[:end])
		items = items[end:]
	}
	return groups
}

// fitting is the number of items that go into one request: by entries, by bytes, and so that no id
// comes twice, because a transaction may hold it only once (FHIR R4 section 3.1.0.11.2).
func (d delivery) fitting(items []item) int {
	limit, seen, size := d.limit(), map[string]bool{}, 0
	for i, it := range items {
		size += len(it.entry.Resource.JSON) + entryOverhead
		if i > 0 && (i >= limit || size > d.sink.maxBytes || seen[it.ref()]) {
			return i
		}
		seen[it.ref()] = true
	}
	return len(items)
}

// deliver sends items together and gives each its outcome.
func (d delivery) deliver(ctx context.Context, items []item) error {
	if len(items) > d.limit() {
		return d.deliverAll(ctx, d.cut(items))
	}
	a, v, err := d.sink.client.send(ctx, d.request(items), len(items))
	if err != nil {
		return err
	}
	return d.treat(ctx, items, a, v)
}

// treat acts on the answer to items.
func (d delivery) treat(ctx context.Context, items []item, a answer, v verdict) error {
	if v == accepted {
		d.sink.took(len(items))
		return d.settle(ctx, items, a)
	}
	if err := d.fatal(a); err != nil {
		return err
	}
	if len(items) == 1 {
		if v == tooMuch {
			d.sink.learnt.Store(0) // this one is too much by itself: nothing was learnt about numbers
		}
		*items[0].out = refusal(items[0].entry, a)
		return nil
	}
	if v == tooMuch && a.status == http.StatusBadRequest && int64(len(items)) <= d.sink.most.Load() {
		v = refused // so many were taken before: the words are about one entry, not about their number
	}
	switch v {
	case refused:
		return d.hunt(ctx, items)
	case tooMuch:
		d.sink.learn(len(items) / 2)
		return d.deliverAll(ctx, d.cut(items))
	}
	return d.halve(ctx, items, v)
}

func (d delivery) deliverAll(ctx context.Context, groups [][]item) error {
	for _, g := range groups {
		if err := d.deliver(ctx, g); err != nil {
			return err
		}
	}
	return nil
}

// halve delivers the halves of a request over which the server stumbles.
func (d delivery) halve(ctx context.Context, items []item, v verdict) error {
	half := middle(items)
	if err := d.deliver(ctx, items[:half]); err != nil {
		return err
	}
	if v == slow && allOK(items[:half]) {
		d.sink.learn(len(items) / 2)
	}
	return d.deliver(ctx, items[half:])
}

func allOK(items []item) bool {
	for _, it := range items {
		if !it.out.OK() {
			return false
		}
	}
	return true
}

// took remembers the largest request that the server took.
func (s *Sink) took(n int) {
	for was := s.most.Load(); int64(n) > was && !s.most.CompareAndSwap(was, int64(n)); was = s.most.Load() {
	}
}

// learn remembers that the server takes no more than n entries.
func (s *Sink) learn(n int) {
	n = max(n, 1)
	for {
		was := s.learnt.Load()
		if was > 0 && was <= int64(n) || s.learnt.CompareAndSwap(was, int64(n)) {
			return
		}
	}
}

// fatal returns the error for an answer after which no other entry can fare better.
func (d delivery) fatal(a answer) error {
	c := d.sink.client
	switch {
	case a.status == http.StatusMethodNotAllowed, a.status == http.StatusNotFound && a.noClientIDs():
		return c.fail("no-update-as-create", a.status,
			"the server does not let a client choose ids (CapabilityStatement.rest.resource.updateCreate); switch that on in the server")
	case a.status == http.StatusNotFound && !a.outcome:
		return c.fail("not-a-fhir-server", a.status, "the server no longer answers as FHIR at this address")
	}
	return nil
}

// settle reads the outcomes of a request that was taken. Inner answers that ask for patience
// (a 429 inside a 200, as Azure gives) are sent again by themselves.
func (d delivery) settle(ctx context.Context, items []item, a answer) error {
	if d.strategy == Single {
		*items[0].out = success(a.status, fhir.ResponseEntry{ETag: a.header.Get("ETag")}.Version())
		return nil
	}
	inner, err := parseResponse(a.body, len(items))
	if err != nil {
		return &Error{Code: "bad-answer", Target: d.sink.client.target, Status: a.status, Err: err, Message: "the server's answer to a " + string(d.strategy) + " is not one"}
	}
	var again []item
	for i, it := range items {
		in := innerAnswer(inner[i])
		switch v := judge(in, nil); {
		case v == accepted:
			*it.out = success(in.status, inner[i].Version())
		case v == refused || v == tooMuch:
			if err := d.fatal(in); err != nil {
				return err
			}
			*it.out = refusal(it.entry, in)
		default:
			again = append(again, it)
		}
	}
	return d.alone(ctx, again)
}

// alone sends what a busy server left over, one PUT each, with the patience of any request.
func (d delivery) alone(ctx context.Context, items []item) error {
	one := delivery{sink: d.sink, strategy: Single}
	for _, it := range items {
		if err := one.deliver(ctx, []item{it}); err != nil {
			return err
		}
	}
	return nil
}

// entryOverhead is about what an entry adds to its resource.
const entryOverhead = 120

// request is a PUT, or a bundle of PUTs, posted to the base.
func (d delivery) request(items []item) request {
	if d.strategy == Single {
		return request{method: http.MethodPut, path: items[0].ref(), body: items[0].entry.Resource.JSON, tries: d.requests}
	}
	size, entries := 64, make([]fhir.BundleEntry, len(items))
	for i, it := range items {
		size += len(it.entry.Resource.JSON) + entryOverhead
		entries[i] = fhir.BundleEntry{Method: http.MethodPut, URL: it.ref(), Resource: it.entry.Resource.JSON}
	}
	body := fhir.AppendTransaction(make([]byte, 0, size), string(d.strategy), entries)
	return request{method: http.MethodPost, body: body, tries: d.requests}
}
