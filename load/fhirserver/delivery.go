package fhirserver

import (
	"bytes"
	"context"
	"net/http"

	"chartlift/fhir"
	"chartlift/load"
)

// item is one entry on its way, with the place for its outcome.
type item struct {
	entry   load.Entry
	out     *load.Outcome
	unit    int             // items of one unit refer to each other; see inOrder
	before  string          // hash of what was sent in an earlier run, "" where that is not known
	put     bool            // it goes under our id; decided when its request is made
	without map[string]bool // references that wait for a second request; see circle.go
}

func (i item) ref() string { return i.entry.Resource.Ref() }

// delivery is one Send.
type delivery struct {
	sink     *Sink
	strategy Strategy
	requests *int   // sent so far, repetitions included
	unwhole  int    // answers in a row that were cut or did not fit
	sized    func() // it looks for the size that the server takes: called when that is found; nil where it does not
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

// cut groups items in order, as many in a request as are allowed, and cuts no
// unit that fits into one.
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

// fitting is the number of items that go into one request: by entries, by
// bytes, and so that no id comes twice, because a transaction may hold it only
// once (FHIR R4 section 3.1.0.11.2).
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
	if err := d.sink.sizing.wait(ctx, d.sized != nil); err != nil {
		return err
	}
	if len(items) > d.limit() {
		return d.deliverAll(ctx, d.cut(items))
	}
	items, r, err := d.prepare(items)
	if err != nil || len(items) == 0 {
		return err
	}
	if r.entries = len(items); r.entries > 1 {
		r.limit = d.limit
	}
	a, v, err := d.sink.client.send(ctx, r, len(items))
	if err != nil {
		return err
	}
	if v == stale {
		return d.deliver(ctx, items)
	}
	return d.treat(ctx, items, a, v)
}

// treat acts on the answer to items.
func (d delivery) treat(ctx context.Context, items []item, a answer, v verdict) error {
	if v == accepted {
		d.took(len(items))
		return d.settle(ctx, items, a)
	}
	if d.noBundles(a) {
		return d.unbundled(ctx, items)
	}
	if d.sink.forbidden(items, a) {
		return d.route(ctx, items)
	}
	if err := d.fatal(a); err != nil {
		return err
	}
	if len(items) == 1 {
		if v == conflict && items[0].put {
			if there, err := d.readBack(ctx, items[0]); there || err != nil {
				return err
			}
		}
		if v == tooMuch {
			d.sink.learnt.Store(0) // this one is too much by itself: nothing was learnt about numbers
		}
		if v == refused {
			if err := d.walled(ctx, d.requestFor(items[0]), a); err != nil {
				return err
			}
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
		return d.shrink(ctx, items)
	}
	return d.halve(ctx, items, v)
}

// readBack looks whether the server holds what a conflict kept us from writing:
// the transaction of a run that was killed goes on over there, and meets our
// own. Then the resource is there as it should be.
func (d delivery) readBack(ctx context.Context, it item) (bool, error) {
	a, v, err := d.sink.client.send(ctx, request{method: http.MethodGet, path: it.ref(), tries: d.requests}, 1)
	if err != nil || v != accepted || !sameContent(a.body, it.entry.Resource.JSON) {
		return false, err
	}
	*it.out = success(http.StatusOK, versionIn(a))
	return true, nil
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

// took notes that the server took so many entries at once: then those go on who
// wait for a limit to be found.
func (d delivery) took(n int) {
	d.sink.took(n)
	if d.sized != nil {
		d.sized()
	}
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

// fatal returns the error for an answer after which no other entry can fare
// better.
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

// settle reads the outcomes of a request that was taken. Inner answers that ask
// for patience (a 429 inside a 200, as Azure gives) are sent again by
// themselves.
func (d delivery) settle(ctx context.Context, items []item, a answer) error {
	if d.strategy == Single {
		e := fhir.ResponseEntry{Status: a.status, Location: a.header.Get("Location"), ETag: a.header.Get("ETag"), Meta: versionIn(a)}
		return d.stored(ctx, items, []fhir.ResponseEntry{e})
	}
	inner, err := parseResponse(a.body, len(items))
	if err != nil && d.unwhole < brokenTries-1 && !webPage(a.body) {
		// What was done nobody knows, and to send it again changes nothing: all
		// that goes in bundles may be repeated.
		d.unwhole++
		if err := d.sink.client.pause(ctx, answer{}, d.unwhole); err != nil {
			return err
		}
		return d.deliver(ctx, items)
	}
	if err != nil {
		return &Error{Code: "bad-answer", Target: d.sink.client.target, Status: a.status, Err: err, Message: "the server's answer to a " + string(d.strategy) + " is not one"}
	}
	var good, again []item
	var taken []fhir.ResponseEntry
	for i, it := range items {
		in := innerAnswer(inner[i])
		switch v := judge(in, nil); {
		case v == accepted:
			good, taken = append(good, it), append(taken, inner[i])
		case d.sink.forbidden(items[i:i+1], in):
			again = append(again, it)
		case v == refused || v == tooMuch:
			if err := d.fatal(in); err != nil {
				return err
			}
			*it.out = refusal(it.entry, in)
		default:
			again = append(again, it)
		}
	}
	if err := d.stored(ctx, good, taken); err != nil {
		return err
	}
	return d.alone(ctx, again)
}

// webPage reports whether an answer comes from something else than a FHIR
// server: waiting does not cure that.
func webPage(body []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")) }

// alone sends what a busy server left over, one request each, with the patience
// of any request.
func (d delivery) alone(ctx context.Context, items []item) error {
	d.strategy = Single
	return d.route(ctx, items)
}

// entryOverhead is about what an entry adds to its resource.
const entryOverhead = 160
