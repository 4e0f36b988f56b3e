package fhirserver

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"chartlift/load"
)

const (
	backoffFirst  = 500 * time.Millisecond
	backoffMax    = 60 * time.Second
	retryAfterMax = 5 * time.Minute // a longer wish is honoured in pieces of this
	conflictTries = 6               // a killed client's transaction may still be running on the server
	brokenTries   = 3               // a 500 is rarely cured by waiting
	timeoutTries  = 3               // then the request is made smaller
)

func (c Clock) withDefaults() Clock {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Sleep == nil {
		c.Sleep = load.Sleep
	}
	if c.Jitter == nil {
		c.Jitter = func(ceiling time.Duration) time.Duration { return rand.N(ceiling) }
	}
	return c
}

// verdict says what an answer means for the request as a whole.
type verdict int

const (
	accepted verdict = iota // 2xx
	refused                 // 4xx about the content: sending again changes nothing
	tooMuch                 // too many entries or bytes
	busy                    // 429, 503: the server asks for patience
	slow                    // no answer in time: perhaps the request is too large
	conflict                // 409 on a PUT of ours: another transaction holds the resource
	broken                  // 500: the server stumbles over the content or over itself
	stale                   // not sent: when its turn came, the server was known to take fewer entries, or to have other ids than are in it
)

// verdicts of statuses that are not about the content of the request.
var verdicts = map[int]verdict{
	http.StatusRequestEntityTooLarge: tooMuch,
	http.StatusRequestTimeout:        slow,
	http.StatusGatewayTimeout:        slow,
	http.StatusTooManyRequests:       busy,
	http.StatusBadGateway:            busy,
	http.StatusServiceUnavailable:    busy,
	http.StatusConflict:              conflict,
}

// judge reads an answer, or the error there was instead of one: no answer says
// nothing about the content, and PUT may be repeated.
func judge(a answer, err error) verdict {
	var timeout interface{ Timeout() bool }
	if err != nil {
		if errors.As(err, &timeout) && timeout.Timeout() {
			return slow
		}
		return busy
	}
	if a.status == http.StatusConflict && a.stillReferred() {
		return refused
	}
	if v, known := verdicts[a.status]; known {
		return v
	}
	switch {
	case a.status >= 200 && a.status < 300:
		return accepted
	case a.status == http.StatusBadRequest && a.tooMany():
		return tooMuch
	case a.status >= 500:
		return broken
	}
	return refused
}

// send repeats r until the server takes or refuses it. The error is final: give
// up, ctx done, credentials refused. n is the number of entries in r.
func (c *Client) send(ctx context.Context, r request, n int) (answer, verdict, error) {
	began := c.options.Clock.Now()
	for try := 1; ; try++ {
		if err := c.waitForPause(ctx); err != nil {
			return answer{}, refused, err
		}
		if err := c.fall.recover(ctx); err != nil {
			return answer{}, refused, err
		}
		if r.naming != nil && *r.naming != c.fall.naming.Load() {
			return answer{}, stale, nil
		}
		if r.tries != nil {
			*r.tries++
		}
		a, v, err := c.try(ctx, r, n)
		if ctx.Err() != nil {
			return answer{}, refused, ctx.Err()
		}
		if err := c.final(r, a, err); err != nil {
			return answer{}, refused, err
		}
		if v == stale && r.tries != nil {
			*r.tries--
		}
		if v == accepted || v == refused || v == tooMuch || v == stale || c.enough(v, tried{try, n, a.status, began}) {
			return a, v, nil
		}
		if v != conflict && v != broken && c.stuck(began) {
			return answer{}, v, c.gaveUp(a, err)
		}
		c.complain(began, a.status)
		if err := c.pause(ctx, a, try); err != nil {
			return answer{}, v, err
		}
		if r.once && !undone(a, err) {
			return a, v, nil
		}
	}
}

// try sends r once, when the gate lets it, and notes how that went.
func (c *Client) try(ctx context.Context, r request, n int) (answer, verdict, error) {
	if v, err := c.enter(ctx, r); err != nil || v == stale {
		return answer{}, v, err
	}
	began := c.options.Clock.Now()
	a, err := c.do(ctx, r)
	v := judge(a, err)
	if v == busy || v == slow || v == conflict || v == broken {
		c.wish(a) // before the next enters in its place
	}
	asked := a.status == http.StatusTooManyRequests || a.header.Get("Retry-After") != ""
	c.gate.leave(trip{verdict: v, entries: n, took: c.options.Clock.Now().Sub(began), asked: asked})
	switch v {
	case accepted:
		c.failures.Store(0)
		if r.method != http.MethodGet {
			c.written.Store(true)
			c.forbidden.Store(0)
			c.wall.open(r.types())
		}
		c.progress.Store(c.options.Clock.Now().UnixNano())
	case busy, slow:
		// Where all senders lose their connection at once, they rest together, so
		// long that the server may be back before anybody finds it gone.
		inARow := c.failures.Add(1)
		if unreachable(a, err) || v == busy && err != nil && inARow >= breakerFrom {
			c.fall.note(began)
		}
	case conflict:
		c.contended.CompareAndSwap(false, n > 1)
	default:
		c.failures.Store(0)
	}
	return a, v, err
}

// enter waits for r's turn. Without an error and unless r has become stale, it
// has a place at the gate then, which it must leave.
func (c *Client) enter(ctx context.Context, r request) (verdict, error) {
	if err := c.gate.enter(ctx); err != nil {
		return busy, err
	}
	// Who stood before the gate when another was told to come later, is told by
	// that, too.
	if err := c.waitForPause(ctx); err != nil {
		c.gate.back()
		return busy, err
	}
	if r.limit != nil && r.entries > r.limit() {
		c.gate.back()
		return stale, nil
	}
	return accepted, nil
}

// undone reports whether a request that was not accepted was certainly not
// looked at: no connection was made, or the server says in its own words that
// it is busy. Anything else, such as a gateway's 502, may have been done.
func undone(a answer, err error) bool {
	var op *net.OpError
	if err != nil {
		return errors.As(err, &op) && op.Op == "dial"
	}
	return a.status == http.StatusTooManyRequests || a.status == http.StatusServiceUnavailable && (a.outcome || a.header.Get("Retry-After") != "")
}

// forbiddenMost is how many requests in a row may be forbidden, once something
// was written, before nothing more is tried: a table of a forbidden type costs
// that many, and permissions that were taken back do not cost one for each row.
const forbiddenMost = 200

// final returns the error that no repetition cures.
func (c *Client) final(r request, a answer, err error) error {
	var known *Error
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, errTooLong):
		return &Error{Code: "bad-answer", Target: c.target, Message: "the server's answer is too long to be one", Err: err}
	case err != nil:
		return nil
	case r.job && a.status == http.StatusForbidden && a.outcome:
		return nil
	case a.status == http.StatusForbidden && c.written.Load() && c.forbidden.Add(1) <= forbiddenMost:
		return nil // scopes may allow one type and not another: the others go on
	case a.status == http.StatusForbidden:
		return c.forbids(r.asks(), a.status)
	case a.status == http.StatusUnauthorized:
		return c.refusedCredentials(a.status)
	case a.status == http.StatusInsufficientStorage: // RFC 4918 section 11.5: not to be repeated by itself
		return c.fail("disk-full", a.status, "the server has no room left; free space there, then run again, nothing is lost")
	case a.status >= 300 && a.status < 400:
		return c.fail("redirected", a.status, "the server sends us to another address; give that address if you trust it")
	}
	return nil
}

// tried is how often a request of some entries was sent, since when, and the
// last status.
type tried struct {
	times, entries, status int
	began                  time.Time
}

// enough reports whether the trouble is this request's own, as far as can be
// told: others got through meanwhile, or waiting does not cure what it is.
func (c *Client) enough(v verdict, t tried) bool {
	moved := c.progress.Load() > t.began.UnixNano()
	switch v {
	case conflict:
		return t.times >= conflictTries
	case broken:
		return t.times >= brokenTries
	case slow:
		return t.times >= timeoutTries && t.entries > 1 || t.times >= c.options.Attempts && moved
	case busy:
		return t.times >= c.options.Attempts && moved && t.status != http.StatusTooManyRequests
	}
	return false
}

func (c *Client) stuck(began time.Time) bool {
	since := time.Unix(0, max(c.progress.Load(), began.UnixNano()))
	return c.options.Clock.Now().Sub(since) >= c.options.GiveUpAfter
}

// When it is told that nothing gets through: soon enough that nobody takes the
// run for hung, and then at most so often.
const (
	complainAfter = 10 * time.Second
	complainEvery = 30 * time.Second
)

// complain tells that nothing gets through, where that is so for a while and
// was not told just now.
func (c *Client) complain(began time.Time, status int) {
	now := c.options.Clock.Now()
	taken := time.Unix(0, max(c.progress.Load(), began.UnixNano()))
	told := c.complained.Load()
	since := now.Sub(taken)
	early := since < complainAfter || told > taken.UnixNano() && now.Sub(time.Unix(0, told)) < complainEvery
	if c.options.Waiting == nil || early || !c.complained.CompareAndSwap(told, now.UnixNano()) {
		return
	}
	c.options.Waiting(Waiting{For: since, Left: max(0, c.options.GiveUpAfter-since), Status: status})
}

func (c *Client) gaveUp(a answer, err error) error {
	return &Error{
		Code: "gave-up", Target: c.target, Status: a.status, Err: err,
		Message: "no progress for " + c.options.GiveUpAfter.String() + "; run again when the server is well, nothing is lost",
	}
}

// breakerFrom is how many requests in a row must fail before all senders wait
// together: the server is down, and eight that knock are no better than one.
const breakerFrom = 4

// pause waits before the next try: as long as the server wishes, or where it is
// down, all senders together; else by full-jitter back-off for this sender.
func (c *Client) pause(ctx context.Context, a answer, try int) error {
	if c.wish(a) {
		return nil
	}
	failures := c.failures.Load()
	if failures >= breakerFrom {
		c.rest(c.options.Clock.Jitter(ceiling(int(min(failures, 16)))))
		return nil
	}
	return c.options.Clock.Sleep(ctx, c.options.Clock.Jitter(ceiling(try)))
}

// wish makes all senders wait as long as an answer asks for, and reports
// whether it does.
func (c *Client) wish(a answer) bool {
	d, ok := retryAfter(a.header, c.options.Clock.Now())
	if !ok || d <= 0 {
		return false
	}
	c.rest(min(d, retryAfterMax))
	return true
}

// ceiling is the longest back-off after so many tries.
func ceiling(try int) time.Duration {
	if try < 8 {
		return min(backoffMax, backoffFirst<<(try-1))
	}
	return backoffMax
}

// rest makes all senders wait; the longest wish counts.
func (c *Client) rest(d time.Duration) {
	until := c.options.Clock.Now().Add(d).UnixNano()
	for was := c.notBefore.Load(); was < until && !c.notBefore.CompareAndSwap(was, until); was = c.notBefore.Load() {
	}
}

func (c *Client) waitForPause(ctx context.Context) error {
	for {
		d := time.Unix(0, c.notBefore.Load()).Sub(c.options.Clock.Now())
		if d <= 0 {
			return ctx.Err()
		}
		if err := c.options.Clock.Sleep(ctx, d); err != nil {
			return err
		}
	}
}

// retryAfter reads Retry-After: seconds or a date (RFC 9110 section 10.2.3).
func retryAfter(h http.Header, now time.Time) (time.Duration, bool) {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if v == "" {
		return 0, false
	}
	if seconds, err := strconv.ParseInt(v, 10, 32); err == nil && seconds >= 0 {
		return time.Duration(seconds) * time.Second, true
	}
	if at, err := http.ParseTime(v); err == nil {
		if told, err := http.ParseTime(h.Get("Date")); err == nil {
			now = told // the date is by the server's clock, and ours may be another
		}
		return max(0, at.Sub(now)), true
	}
	return 0, false
}
