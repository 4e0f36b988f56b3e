package fhirserver

import (
	"context"
	"strings"
	"sync"
	"time"

	"chartlift/fhir"
	"chartlift/load"
)

// claims keep two bundles in flight from touching the same resource: a bundle waits for the earlier ones that write what it
// writes or refers to. Servers answer transactions that share a resource with conflicts, or let the earlier version win.
type claims struct {
	mu     sync.Mutex
	last   map[string]*claim // who claimed a resource last
	seq    int64             // of the bundle that came last
	arrive chan struct{}     // closed when the next bundle comes
}

type claim struct {
	done chan struct{}
	keys []string
}

// patience is how long a bundle waits for those before it to come at all. They are on their way to other senders; a gap in the numbers
// costs this once.
const patience = 50 * time.Millisecond

// take registers a bundle and waits for all earlier ones that it touches. With compartments, patients that it refers to count as
// touched: so much is only asked for where the server has answered with conflicts, because rows come sorted by patient, and
// neighbours would wait for each other for nothing.
func (c *claims) take(ctx context.Context, b *load.Bundle, compartments bool) (*claim, error) {
	if err := c.turn(ctx, b.Seq); err != nil {
		return nil, err
	}
	mine, before := c.register(b, compartments)
	for other := range before {
		select {
		case <-other.done:
		case <-ctx.Done():
			c.release(mine)
			return nil, ctx.Err()
		}
	}
	return mine, nil
}

// register notes what a bundle writes, and returns the bundles that it has to wait for. All of these came earlier, so that nobody
// waits in a circle.
func (c *claims) register(b *load.Bundle, compartments bool) (mine *claim, before map[*claim]bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.last == nil {
		c.last = map[string]*claim{}
	}
	mine, before = &claim{done: make(chan struct{})}, map[*claim]bool{}
	writes := map[string]bool{}
	for _, e := range b.Entries {
		writes[e.Resource.Ref()] = true
		for ref := range fhir.References(e.Resource.JSON) {
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
	return mine, before
}

// turn waits until the bundle before this one has come: senders take bundles in order, and may be overtaken between there and here.
func (c *claims) turn(ctx context.Context, seq int64) error {
	var timeout <-chan time.Time
	for {
		c.mu.Lock()
		if c.arrive == nil {
			c.arrive = make(chan struct{})
		}
		if seq <= c.seq+1 || seq <= 0 {
			c.come(seq)
			c.mu.Unlock()
			return nil
		}
		next := c.arrive
		c.mu.Unlock()
		if timeout == nil {
			timer := time.NewTimer(patience)
			defer timer.Stop()
			timeout = timer.C
		}
		select {
		case <-next:
		case <-timeout:
			c.mu.Lock()
			c.come(seq)
			c.mu.Unlock()
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// come notes a bundle. The caller holds mu.
func (c *claims) come(seq int64) {
	c.seq = max(c.seq, seq)
	close(c.arrive)
	c.arrive = make(chan struct{})
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
