package fhirserver

import (
	"context"
	"slices"
	"sync"
	"time"
)

const (
	gateFirst = 2    // requests at once in the beginning
	gateRise  = 1.05 // throughput that is worth one more request at once
	gateHold  = 8    // windows after which more is tried again
)

// gate lets as many requests through at once as the server gets on with: one more after each window in which throughput
// rose, half after a 429, a 503, a conflict or silence, half where answers take twice as long and no more get through (additive increase,
// multiplicative decrease). How many that is cannot be configured well: a server whose CPU is the limit gains nothing from the
// second request, one behind 50 ms of network gains from the fourth.
type gate struct {
	clock Clock
	most  int
	every time.Duration // least distance of two requests, 0: none

	mu      sync.Mutex
	limit   int
	inside  int
	waiting []chan struct{}
	next    time.Time // of the next request, by every
	halved  time.Time // when the limit was halved last

	// The window under way.
	began   time.Time
	entries int
	took    []time.Duration

	// What is compared with.
	rate   float64
	median time.Duration
	raised bool // the last change was one up
	held   int  // windows since
}

func newGate(c Clock, most int, perSecond float64) *gate {
	g := &gate{clock: c, most: max(1, most)}
	g.limit = min(gateFirst, g.most)
	if perSecond > 0 {
		g.every = time.Duration(float64(time.Second) / perSecond)
	}
	return g
}

// enter waits for a place, and for the time that the rate limit gives. Whoever has entered must leave.
func (g *gate) enter(ctx context.Context) error {
	g.mu.Lock()
	if g.inside < g.limit && len(g.waiting) == 0 {
		g.inside++
		g.mu.Unlock()
		return g.pace(ctx)
	}
	mine := make(chan struct{})
	g.waiting = append(g.waiting, mine)
	g.mu.Unlock()
	select {
	case <-mine:
		return g.pace(ctx)
	case <-ctx.Done():
		g.abandon(mine)
		return ctx.Err()
	}
}

// abandon takes back a place in the queue, or the one that was given meanwhile.
func (g *gate) abandon(mine chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if i := slices.Index(g.waiting, mine); i >= 0 {
		g.waiting = slices.Delete(g.waiting, i, i+1)
		return
	}
	g.inside--
	g.admit()
}

// pace waits until the rate limit allows the request.
func (g *gate) pace(ctx context.Context) error {
	if g.every == 0 {
		return nil
	}
	g.mu.Lock()
	now := g.clock.Now()
	at := g.next
	if at.Before(now) {
		at = now
	}
	g.next = at.Add(g.every)
	g.mu.Unlock()
	if wait := at.Sub(now); wait > 0 {
		if err := g.clock.Sleep(ctx, wait); err != nil {
			g.mu.Lock()
			defer g.mu.Unlock()
			g.inside--
			g.admit()
			return err
		}
	}
	return nil
}

// admit lets in who waits. The caller holds mu.
func (g *gate) admit() {
	for g.inside < g.limit && len(g.waiting) > 0 {
		close(g.waiting[0])
		g.waiting = g.waiting[1:]
		g.inside++
	}
}

// leave gives the place back and learns from how it went: a request of some entries took so long and came to v.
func (g *gate) leave(v verdict, entries int, took time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside--
	switch v {
	case busy, slow, conflict:
		now := g.clock.Now()
		if !now.Add(-took).Before(g.halved) { // one halving for all that were under way together
			g.limit, g.halved = max(1, g.limit/2), now
		}
		g.forget()
		g.rate, g.raised, g.held = 0, false, 0
	case accepted:
		if g.began.IsZero() {
			g.began = g.clock.Now().Add(-took)
		}
		g.entries += entries
		g.took = append(g.took, took)
		g.judge()
	}
	g.admit()
}

// forget begins a new window.
func (g *gate) forget() { g.began, g.entries, g.took = time.Time{}, 0, g.took[:0] }

// judge ends the window, where it is long enough, and decides how many may pass at once from now on.
func (g *gate) judge() {
	elapsed := g.clock.Now().Sub(g.began)
	if len(g.took) < max(4, 2*g.limit) || elapsed <= 0 {
		return
	}
	slices.Sort(g.took)
	median := g.took[len(g.took)/2]
	rate := float64(g.entries) / elapsed.Seconds()
	switch {
	case g.rate == 0 || rate >= g.rate*gateRise:
		g.step(+1, rate, median)
	case median > 2*g.median && g.limit > 1:
		g.step(-g.limit/2, rate, median)
	case g.raised: // the last one more was of no use
		g.step(-1, g.rate, g.median)
	default:
		if g.held++; g.held >= gateHold {
			g.step(+1, rate, median)
		}
	}
	g.forget()
}

func (g *gate) step(by int, rate float64, median time.Duration) {
	was := g.limit
	g.limit = min(g.most, max(1, g.limit+by))
	g.rate, g.median, g.raised, g.held = rate, median, g.limit > was, 0
}
