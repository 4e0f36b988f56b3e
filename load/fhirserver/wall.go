package fhirserver

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"chartlift/load"
)

// wall counts resources that were refused in a row without a word of FHIR. A
// FHIR server says in an OperationOutcome why it refuses a resource (FHIR R4
// section 3.1.0.4); a firewall or proxy before it answers with a page or a line
// of its own, the same to every request. Its zero value is ready; it is safe
// for concurrent use.
type wall struct {
	rows load.Refusals

	mu     sync.Mutex
	barred map[string]int // resources of a type that were forbidden (403) since one of it was taken, whatever else was
}

// hit counts a resource that was refused, and returns how many there are in a
// row, and of its type that were forbidden; an answer in FHIR ends both.
func (w *wall) hit(a answer, typ string) (n, barred int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if a.outcome {
		w.rows.End()
		delete(w.barred, typ)
		return 0, 0
	}
	if a.status == http.StatusForbidden {
		if w.barred == nil {
			w.barred = map[string]int{}
		}
		w.barred[typ]++
	}
	return w.rows.Refused(a.status, typ).N, w.barred[typ]
}

// open notes that resources of some types were taken.
func (w *wall) open(types []string) {
	w.rows.End()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, typ := range types {
		delete(w.barred, typ)
	}
}

// walled returns the error for the refusal of a single resource, which r asked
// for, where something keeps out all of them, or all of its type, that is no
// FHIR server: nothing was ever taken, or a request that holds no resource at
// all is refused just so, or the type was forbidden again and again, as no
// content ever is. Resources that a server refuses in other plain words, among
// others or after them, are refused one by one.
func (d delivery) walled(ctx context.Context, r request, a answer) error {
	c, typ := d.sink.client, r.types()[0]
	if a.status == http.StatusLocked && !a.outcome { // a chart that somebody works on is locked in FHIR's words (lock-error)
		return c.fail("target-refuses", a.status, "the server is locked and takes no writes ("+r.asks()+"); have it unlocked, then go on with chartlift resume: nothing is lost")
	}
	n, barred := c.wall.hit(a, typ)
	if barred < load.RefusalsLook && (n == 0 || n%load.RefusalsLook != 0) {
		return nil
	}
	const resume = "then go on with chartlift resume: what was refused is sent again"
	also := ""
	if d.refusesNothing(ctx, a.status) {
		also = ", and so is a request that holds none"
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case also == "" && barred >= load.RefusalsLook && c.written.Load():
		return c.fail("target-refuses", a.status, fmt.Sprintf("the last %d %s (%s) were refused with the same status %d and no OperationOutcome, and other things were taken: a firewall before the server, or the "+
			"scopes of these credentials, keep this type out; have it let through, %s; or leave it out in a new run (--without %s)", barred, typ, r.asks(), a.status, resume, typ))
	case also == "" && c.written.Load() && n < load.RefusalsMost:
		return nil
	}
	return c.fail("target-refuses", a.status, fmt.Sprintf("the last %d resources (%s) were refused with the same status %d and no OperationOutcome%s: this is hardly the FHIR server, but a proxy "+
		"or firewall before it; have it let writes through, %s", max(n, barred), r.asks(), a.status, also, resume))
}

// refusesNothing reports whether a bundle without entries is refused with the
// status, too, and not in FHIR's words. Where resources go one by one there is
// no such request.
func (d delivery) refusesNothing(ctx context.Context, status int) bool {
	if d.strategy == Single {
		return false
	}
	a, err := d.sink.client.do(ctx, request{method: http.MethodPost, body: []byte(`{"resourceType":"Bundle","type":"` + string(d.strategy) + `"}`)})
	return err == nil && a.status == status && !a.outcome
}

// types are the types of the resources that a request holds or names, at least
// one, such as $import for an operation.
func (r request) types() []string {
	if len(r.holds) > 0 {
		return r.holds
	}
	typ, _, _ := strings.Cut(r.path, "?")
	typ, _, _ = strings.Cut(typ, "/")
	return []string{typ}
}

// asks says what a request asks for, without ids: PUT Patient, or POST of a
// bundle with Observation, Patient.
func (r request) asks() string {
	if r.path == "" {
		return strings.TrimSuffix(r.method+" of a bundle with "+strings.Join(r.types(), ", "), " with ")
	}
	return r.method + " " + strings.Join(r.types(), ", ")
}
