package fhirserver

import (
	"context"
	"slices"
	"sync"
	"time"
)

const (
	gateFirst  = 4    // requests at once in the beginning
	gateDouble = 1.10 // throughput that is worth twice as many at once
	gateRise   = 1.05 // throughput that is worth one more
	gateSame   = 0.97 // throughput that makes one less as good
	gateQueue  = 0.75 // share of the more at which answers that take longer tell of a queue
	gateHold   = 4    // windows after which another number is tried
	gateForget = 12   // windows after which it is tried again what was too much
	gateBlur   = 0.3  // weight of a new window in what is known of the throughput
	gateStrike = 2.2  // failures, old ones fading, that halve
	gateFade   = 0.85 // of a failure with each request that went well
)

// gate lets as many requests through at once as the server gets on with. It
// begins with four, which no server minds, and doubles as long as twice as many
// get clearly more through (slow start), unless the first answers show a queue;
// then it tries one more now and then, and stays where that gained. Where
// requests wait for each other over there it tries one less in place of that.
// It halves after a 429 or a conflict, after two of few requests that failed in
// another way (a single one is an accident, and a server with accidents is not
// overloaded), and where answers take twice as long and no more get through
// (additive increase, multiplicative decrease). How many that is cannot be
// configured well: a server whose CPU is the limit gains nothing from the
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
	least   int // entries of the smallest request
	largest int // and of the largest
	took    []time.Duration
	drain   int // answers that count for nothing yet: their requests were under way when the limit fell
	idle    int // of its requests those that left while there was room: more room would change nothing

	// What is compared with.
	rate    float64 // entries a second at the limit that was kept last, 0 where nothing is known
	median  time.Duration
	from    int     // the limit before the change that is on trial, 0 where none is
	steady  bool    // the slow start is over
	held    int     // windows since the last change
	strikes float64 // failures, old ones fading
	ceiling int     // at which the server had too much last, 0: none is known
	below   int     // windows since
	down    bool    // one less was tried last, and did worse

	// The shortest answers seen: how long they take where nothing waits.
	alone   time.Duration
	aloneAt int // requests at once
	aloneOf int // entries of a request
}

func newGate(c Clock, most int, perSecond float64) *gate {
	g := &gate{clock: c, most: max(1, most)}
	g.limit = min(gateFirst, g.most)
	if perSecond > 0 {
		g.every = time.Duration(float64(time.Second) / perSecond)
	}
	return g
}

// enter waits for a place, and for the time that the rate limit gives. Whoever
// has entered must leave.
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
			g.back()
			return err
		}
	}
	return nil
}

// back gives a place back that was not used.
func (g *gate) back() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside--
	g.admit()
}

// admit lets in who waits. The caller holds mu.
func (g *gate) admit() {
	for g.inside < g.limit && len(g.waiting) > 0 {
		close(g.waiting[0])
		g.waiting = g.waiting[1:]
		g.inside++
	}
}

// trip is how a request went.
type trip struct {
	verdict verdict
	entries int
	took    time.Duration
	asked   bool // the server asked for patience in so many words: 429, or Retry-After
}

// leave gives the place back and learns from how it went.
func (g *gate) leave(t trip) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.inside < g.limit && len(g.waiting) == 0 {
		g.idle++
	}
	g.inside--
	switch t.verdict {
	case busy, slow, conflict:
		g.strikes++
		if t.asked || t.verdict == conflict || g.strikes >= gateStrike {
			g.halve(t.took)
		}
	case accepted:
		g.strikes *= gateFade
		if g.drain > 0 {
			if g.drain--; g.drain == 0 {
				g.forget(g.clock.Now())
			}
			break
		}
		if g.began.IsZero() {
			g.began = g.clock.Now().Add(-t.took)
		}
		g.entries += t.entries
		g.largest = max(g.largest, t.entries)
		if g.least = min(g.least, t.entries); len(g.took) == 0 {
			g.least = t.entries
		}
		g.took = append(g.took, t.took)
		g.judge()
	}
	g.admit()
}

// halve lets half as many in, once for all that were under way together, and
// remembers where that was.
func (g *gate) halve(took time.Duration) {
	now := g.clock.Now()
	if !now.Add(-took).Before(g.halved) {
		g.ceiling, g.below = g.limit, 0
		g.halved = now
		g.fall(max(1, g.limit/2))
	}
	g.forget(time.Time{})
	g.rate, g.from, g.held, g.steady, g.strikes = 0, 0, 0, true, 0
}

// fall lets fewer in. What is under way now still stands in the longer queue,
// and tells nothing of the shorter one.
func (g *gate) fall(to int) { g.limit, g.drain = to, g.inside }

// forget begins a new window at a time; at the zero time, with the beginning of
// its first request.
func (g *gate) forget(at time.Time) {
	g.began, g.entries, g.largest, g.took, g.idle = at, 0, 0, g.took[:0], 0
}

// judge ends the window, where it is long enough, and decides how many may pass
// at once from now on.
func (g *gate) judge() {
	now := g.clock.Now()
	elapsed := now.Sub(g.began)
	if len(g.took) < g.enough() || elapsed <= 0 {
		return
	}
	slices.Sort(g.took)
	median := g.took[len(g.took)/2]
	rate := float64(g.entries) / elapsed.Seconds()
	starved := 2*g.idle > len(g.took)
	g.below++
	g.note(median)
	switch {
	case g.rate == 0:
		g.keep(rate, median)
		if g.steady = g.steady || g.queues(); !g.queues() {
			g.raise(starved)
		}
	case g.from > 0:
		g.weigh(rate, median)
	case median > 2*g.median && rate < g.rate*gateRise && g.limit > 1:
		g.fall(max(1, g.limit/2))
		g.keep(rate, median)
	default:
		g.keep(g.rate+gateBlur*(rate-g.rate), g.median+time.Duration(gateBlur*float64(median-g.median)))
		if g.held++; g.held >= gateHold {
			g.try(starved)
		}
	}
	g.forget(now) // what was under way counts in the window in which it ends
}

// note remembers how long answers take at least. Of the very first, if they are
// for requests of one size, the quickest waited for nobody. Where sizes have
// changed since, such as from reading to writing, nothing is known but the
// window itself.
func (g *gate) note(median time.Duration) {
	size := g.entries / len(g.took)
	other := g.aloneOf > 0 && (size > 2*g.aloneOf || 2*size < g.aloneOf)
	if other {
		g.rate, g.from = 0, 0
	}
	switch {
	case g.alone == 0 && 2*g.least > g.largest:
		g.alone, g.aloneAt, g.aloneOf = g.took[0], 1, size
	case median < g.alone || g.alone == 0 || other:
		g.alone, g.aloneAt, g.aloneOf = median, g.limit, size
	}
}

// enough is how many answers a window has: in the slow start few, as a wrong
// step is mended soon.
func (g *gate) enough() int {
	if g.steady {
		return max(4, 2*g.limit)
	}
	return max(4, g.limit)
}

// weigh decides whether the change on trial stays. More is worth it where more
// gets through and answers do not take as much longer: a queue at the server
// does, and the throughput of a few answers is mostly chance.
func (g *gate) weigh(rate float64, median time.Duration) {
	from := g.from
	longer := float64(median) / float64(max(1, g.median))
	more := float64(g.limit) / float64(from)
	switch {
	case g.limit < from && rate >= g.rate*gateSame: // less does as well, and still less perhaps too
		g.down = false
		g.keep(rate, median)
	case g.limit < from:
		g.limit = from
		g.keep(g.rate, g.median)
	case rate >= g.rate*g.worth() && longer < 1+(more-1)*gateQueue:
		g.keep(rate, median)
		g.raise(false)
	case !g.steady && rate >= g.rate*gateRise: // of no clear use, and of no harm: the middle is the better guess of the two
		g.steady = true
		g.fall(from + (g.limit-from)/2)
		g.keep(rate, median)
	default:
		g.steady = true
		g.fall(from)
		g.keep(g.rate, g.median)
	}
}

// worth is what a change up must gain.
func (g *gate) worth() float64 {
	if g.steady {
		return gateRise
	}
	return gateDouble
}

// keep makes the limit that of now, with what is known of it.
func (g *gate) keep(rate float64, median time.Duration) {
	g.rate, g.median, g.from = rate, median, 0
}

// queues reports whether answers take as much longer than the shortest as there
// are more at once: then they wait for each other over there, and fewer would
// do.
func (g *gate) queues() bool {
	return g.limit > g.aloneAt && float64(g.median) > float64(g.alone)*(1+(float64(g.limit)/float64(g.aloneAt)-1)*gateQueue)
}

// try changes the limit by one: down where requests wait for each other over
// there, up elsewhere. Where fewer did worse than now, the next try changes
// nothing.
func (g *gate) try(starved bool) {
	if !g.queues() {
		g.raise(starved)
		return
	}
	g.held = 0
	if g.down = !g.down; g.down {
		g.from = g.limit
		g.fall(g.limit - 1)
	}
}

// raise tries more: twice as many in the slow start, one more after it; nothing
// where the requests do not even fill what there is, or where the server had
// too much not long ago.
func (g *gate) raise(starved bool) {
	g.held = 0
	by := 1
	if !g.steady {
		by = g.limit
	}
	to := min(g.most, g.limit+by)
	if to > g.limit && !starved && (to < g.ceiling || g.ceiling == 0 || g.below > gateForget) {
		g.limit, g.from = to, g.limit
	}
}
