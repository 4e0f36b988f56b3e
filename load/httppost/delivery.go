package httppost

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
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

// answer is what came back, as far as it is kept.
type answer struct {
	status int
	words  string
	wait   time.Duration // Retry-After
}

// halves posts the items; where they are refused, their halves, until the guilty stand alone.
func (d *delivery) halves(ctx context.Context, items []item) error {
	if len(items) == 0 {
		return nil
	}
	a, err := d.post(ctx, body(items))
	if err != nil {
		return err
	}
	switch {
	case a.status < 300:
		for _, i := range items {
			*i.out = load.Outcome{Status: 200, Created: !d.again}
			if !d.again {
				i.out.Status = 201
			}
		}
		return nil
	case len(items) == 1:
		i := items[0]
		*i.out = load.Outcome{Status: a.status, Issues: []issue.Issue{{
			Severity: issue.Error, Code: "refused-by-listener", Type: "processing", Origin: i.entry.Origin, Expression: i.entry.Resource.Type, Value: a.words,
			Message: "the listener answered " + strconv.Itoa(a.status) + "; its words stand in the report. Correct the row or the mapping, or the channel, and send it by chartlift retry",
		}}}
		return nil
	}
	half := len(items) / 2
	if err := d.halves(ctx, items[:half]); err != nil {
		return err
	}
	return d.halves(ctx, items[half:])
}

// body writes the items as a transaction of PUTs: the same bytes whenever it is sent.
func body(items []item) []byte {
	entries := make([]fhir.BundleEntry, len(items))
	for i, it := range items {
		r := it.entry.Resource
		entries[i] = fhir.BundleEntry{Method: http.MethodPut, URL: r.Ref(), Resource: r.JSON}
	}
	return fhir.AppendTransaction(nil, "transaction", entries)
}

// post sends the body until the listener takes or refuses it.
func (d *delivery) post(ctx context.Context, body []byte) (answer, error) {
	began := d.options.Clock.Now()
	for try := 1; ; try++ {
		d.sent++
		a, err := d.once(ctx, body)
		if ctx.Err() != nil {
			return answer{}, ctx.Err()
		}
		if final := d.final(a, err); final != nil {
			return answer{}, final
		}
		if err == nil && a.status < 500 && a.status != http.StatusTooManyRequests && a.status != http.StatusRequestTimeout {
			return a, nil
		}
		if d.options.Clock.Now().Sub(began) >= d.options.GiveUpAfter {
			return answer{}, &Error{Code: "listener-gave-up", Target: d.target, Status: a.status, Message: "nothing was taken for " + d.options.GiveUpAfter.String() + "; run again when the listener is well", Err: err}
		}
		pause := max(a.wait, rand.N(min(backoffMax, backoffFirst<<min(try-1, 10))))
		if err := d.options.Clock.Sleep(ctx, pause); err != nil {
			return answer{}, err
		}
	}
}

// final returns the error that is about the listener and not about what was sent, so that no other request would fare better.
func (d *delivery) final(a answer, err error) error {
	switch {
	case err != nil:
		return nil
	case a.status == http.StatusUnauthorized || a.status == http.StatusForbidden || a.status == http.StatusNotFound || a.status == http.StatusMethodNotAllowed:
		return &Error{Code: "listener-closed", Target: d.target, Status: a.status, Message: "the listener takes nothing from us there; check path, headers and credentials"}
	case a.status < 200 || a.status >= 300 && a.status < 400:
		return &Error{Code: "listener-closed", Target: d.target, Status: a.status, Message: "the listener sends us elsewhere; give that address if you trust it"}
	}
	return nil
}

func (d *delivery) once(ctx context.Context, body []byte) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, d.options.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.options.Address, bytes.NewReader(body))
	if err != nil {
		return answer{}, fmt.Errorf("make request: %w", err)
	}
	req.Header = d.headers()
	if host := req.Header.Get("Host"); host != "" {
		req.Host = host // net/http takes it from here alone
	}
	res, err := d.client.Do(req)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) { // it repeats the address, whose query may be a key
			err = u.Err
		}
		return answer{}, err
	}
	defer func() { _ = res.Body.Close() }()
	words, err := io.ReadAll(io.LimitReader(res.Body, maxWords))
	if err != nil && res.StatusCode >= 300 {
		return answer{}, fmt.Errorf("read answer: %w", err)
	}
	a := answer{status: res.StatusCode, words: strings.ToValidUTF8(string(words), "")}
	if seconds, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && seconds > 0 {
		a.wait = min(wishMost, time.Duration(min(seconds, 3600))*time.Second)
	}
	return a, nil
}
