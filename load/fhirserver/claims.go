package fhirserver

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"chartlift/fhir"
	"chartlift/load"
)

// claims keep two bundles in flight from touching the same resource: a bundle
// waits for the earlier ones that write what it writes or refers to. Servers
// answer transactions that share a resource with conflicts, or let the earlier
// version win.
type claims struct {
	mu     sync.Mutex
	last   map[string]*claim // who claimed a resource last
	queued map[*load.Bundle]*claim
}

// claim is a bundle's. It stands from when it is queued until it is answered
// for.
type claim struct {
	done   chan struct{}
	keys   []string
	before []*claim // those it waits for; all came earlier, so that nobody waits in a circle
}

// queue registers a bundle that will be taken later. With compartments,
// patients that it refers to count as touched: so much is only asked for where
// the server has answered with conflicts, because rows come sorted by patient,
// and neighbours would wait for each other for nothing.
func (c *claims) queue(b *load.Bundle, compartments bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.queued == nil {
		c.queued = map[*load.Bundle]*claim{}
	}
	c.queued[b] = c.register(b, compartments)
}

// take waits for all bundles that came before this one and that it touches. One
// that was not queued comes now.
func (c *claims) take(ctx context.Context, b *load.Bundle, compartments bool) (*claim, error) {
	c.mu.Lock()
	mine := c.queued[b]
	if delete(c.queued, b); mine == nil {
		mine = c.register(b, compartments)
	}
	c.mu.Unlock()
	for _, other := range mine.before {
		select {
		case <-other.done:
		case <-ctx.Done():
			c.release(mine)
			return nil, ctx.Err()
		}
	}
	mine.before = nil // they wait for nothing any more, and need not be kept
	return mine, nil
}

// register notes what a bundle writes, and whom it has to wait for. The caller
// holds mu.
func (c *claims) register(b *load.Bundle, compartments bool) *claim {
	if c.last == nil {
		c.last = map[string]*claim{}
	}
	mine, writes, before := &claim{done: make(chan struct{})}, map[string]bool{}, map[*claim]bool{}
	for _, e := range b.Entries {
		writes[e.Resource.Ref()] = true
		for ref := range fhir.References(e.Resource.JSON) {
			ref, _, _ = strings.Cut(ref, "/_history/")
			if compartments && strings.HasPrefix(ref, "Patient/") {
				writes[ref] = true
			}
			if other := c.last[ref]; other != nil {
				before[other] = true
			}
		}
	}
	for key := range writes {
		if other := c.last[key]; other != nil {
			before[other] = true
		}
		c.last[key] = mine
		mine.keys = append(mine.keys, key)
	}
	mine.before = slices.Collect(maps.Keys(before))
	return mine
}

// release lets those go on that wait for the bundle.
func (c *claims) release(mine *claim) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, key := range mine.keys {
		if c.last[key] == mine {
			delete(c.last, key)
		}
	}
	close(mine.done)
}
