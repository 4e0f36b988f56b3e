package fhirserver

import (
	"context"
	"fmt"
	"net/http"
	"sync"
)

// A FHIR server says in an OperationOutcome why it refuses a resource (FHIR R4 section 3.1.0.4). A firewall or proxy before it answers with a page or a line
// of its own, the same to every request: one more row tells nothing then, and each would become a dead letter.
const (
	wallLook = 20  // so many resources in a row that were refused alike, and without FHIR, are a reason to look what is in the way
	wallMost = 200 // so many are a reason to stop whatever that look says: as many as may be forbidden in a row (forbiddenMost)
)

// wall counts resources that were refused in a row with one status and no OperationOutcome. Its zero value is ready; it is safe for concurrent use.
type wall struct {
	mu     sync.Mutex
	status int
	n      int
}

// hit counts a resource that was refused, and returns how many there are in a row; an answer in FHIR ends the row.
func (w *wall) hit(a answer) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case a.outcome:
		w.n = 0
	case a.status != w.status:
		w.status, w.n = a.status, 1
	default:
		w.n++
	}
	return w.n
}

// open notes that something was taken.
func (w *wall) open() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.n = 0
}

// walled returns the error for the refusal of a single resource where everything is refused, by something that is no FHIR server: nothing was ever taken, or
// a request that holds no resource at all is refused just so. Resources that a server refuses in plain words, among others or after them, are refused one by one.
func (d delivery) walled(ctx context.Context, a answer) error {
	c := d.sink.client
	n := c.wall.hit(a)
	if n == 0 || n%wallLook != 0 {
		return nil
	}
	also := ""
	if d.refusesNothing(ctx, a.status) {
		also = ", and so is a request that holds none"
	}
	if also == "" && c.written.Load() && n < wallMost {
		return ctx.Err()
	}
	return c.fail("target-refuses", a.status, fmt.Sprintf("the last %d resources were refused with the same status %d and no OperationOutcome%s: this is hardly the FHIR server, but a proxy "+
		"or firewall before it; have it let writes through, then go on with chartlift resume: what was refused is sent again", n, a.status, also))
}

// refusesNothing reports whether a bundle without entries is refused with the status, too, and not in FHIR's words. Where resources go one by one there is no such request.
func (d delivery) refusesNothing(ctx context.Context, status int) bool {
	if d.strategy == Single {
		return false
	}
	a, err := d.sink.client.do(ctx, request{method: http.MethodPost, body: []byte(`{"resourceType":"Bundle","type":"` + string(d.strategy) + `"}`)})
	return err == nil && a.status == status && !a.outcome
}
