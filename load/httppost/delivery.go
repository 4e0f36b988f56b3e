package httppost

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"chartlift/fhir"
	"chartlift/internal/issue"
	"chartlift/load"
)

const (
	maxWords     = 1000 // bytes kept of a listener's answer
	backoffFirst = 500 * time.Millisecond
	backoffMax   = 30 * time.Second
	wishMost     = 5 * time.Minute // of Retry-After
)

// item is an entry with the place of its outcome.
type item struct {
	entry load.Entry
	out   *load.Outcome
}

// delivery is one bundle on its way.
type delivery struct {
	*Sink
	again bool // the bundle was sent before
	sent  int  // requests, repetitions included
}

// halves posts the items; where they are refused, their halves, until the
// guilty stand alone.
func (d *delivery) halves(ctx context.Context, items []item) error {
	if len(items) == 0 {
		return nil
	}
	a, err := d.post(ctx, body(items))
	if err != nil {
		return err
	}
	switch {
	case a.Status < 300:
		d.refusals.Took()
		for _, i := range items {
			*i.out = load.Outcome{Status: 200, Created: !d.again}
			if !d.again {
				i.out.Status = 201
			}
		}
		return nil
	case len(items) == 1:
		i := items[0]
		if row := d.refusals.Refused(a.Status, i.entry.Resource.Type); row.Ends() {
			return &Error{Code: "target-refuses", Target: d.target, Status: a.Status, Message: row.Explain("status " + strconv.Itoa(a.Status))}
		}
		*i.out = load.Outcome{Status: a.Status, Issues: []issue.Issue{{
			Severity: issue.Error, Code: "refused-by-listener", Type: "processing", Origin: i.entry.Origin, Expression: i.entry.Resource.Type, Value: strings.ToValidUTF8(string(a.Body), ""),
			Message: "the listener answered " + strconv.Itoa(a.Status) + "; its words stand in the report. Correct the row or the mapping, or the channel, and send it by chartlift retry",
		}}}
		return nil
	}
	half := len(items) / 2
	if err := d.halves(ctx, items[:half]); err != nil {
		return err
	}
	return d.halves(ctx, items[half:])
}

// body writes the items as a transaction of PUTs: the same bytes whenever it is
// sent.
func body(items []item) []byte {
	entries := make([]fhir.BundleEntry, len(items))
	for i, it := range items {
		r := it.entry.Resource
		entries[i] = fhir.BundleEntry{Method: http.MethodPut, URL: r.Ref(), Resource: r.JSON}
	}
	return fhir.AppendTransaction(nil, "transaction", entries)
}

// post sends the body until the listener takes or refuses it.
func (d *delivery) post(ctx context.Context, body []byte) (Answer, error) {
	began := d.options.Clock.Now()
	for try := 1; ; try++ {
		d.sent++
		a, err := d.Post(ctx, "application/fhir+json; charset=utf-8", body, maxWords)
		if ctx.Err() != nil {
			return Answer{}, ctx.Err()
		}
		if a.Status >= 200 && a.Status < 300 && a.Page {
			// A login or a proxy stands before the listener, and nothing
			// reached it.
			return Answer{}, &Error{Code: "listener-closed", Target: d.target, Status: a.Status, Message: "a web page answered, such as that of a login, and no listener; check address and credentials, or let the channel answer with plain text"}
		}
		if a.Status >= 200 && a.Status < 300 {
			return a, nil // it took the bundle; what it says of that, or fails to say, changes nothing
		}
		if err == nil {
			if closed := d.Closed(a); closed != nil {
				return Answer{}, closed
			}
			if !a.Busy() {
				return a, nil
			}
		}
		if d.options.Clock.Now().Sub(began) >= d.options.GiveUpAfter {
			return Answer{}, &Error{Code: "listener-gave-up", Target: d.target, Status: a.Status, Message: "nothing was taken for " + d.options.GiveUpAfter.String() + "; run again when the listener is well", Err: err}
		}
		if err := d.options.Clock.Sleep(ctx, max(a.Wait, Backoff(try))); err != nil {
			return Answer{}, err
		}
	}
}

// Backoff is a random pause before the next try (full jitter), longer and
// longer up to half a minute.
func Backoff(try int) time.Duration { return rand.N(min(backoffMax, backoffFirst<<min(try-1, 10))) }
