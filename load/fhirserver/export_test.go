package fhirserver

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"chartlift/fhir"
	"chartlift/load"
)

// Gate lets a test drive the gate by a clock of its own.
type Gate struct{ g *gate }

// NewGate returns a gate for so many requests at once at most.
func NewGate(now func() time.Time, most int) Gate {
	return Gate{newGate(Clock{Now: now}.withDefaults(), most, 0)}
}

// Limit is how many may pass at once now.
func (g Gate) Limit() int { return g.g.limit }

// Enter takes a place, which must be free.
func (g Gate) Enter() error { return g.g.enter(context.Background()) }

// Leave gives a place back after an answer with a status.
func (g Gate) Leave(status, entries int, took time.Duration) {
	a := answer{status: status, header: http.Header{}}
	g.g.leave(trip{verdict: judge(a, nil), entries: entries, took: took, asked: status == http.StatusTooManyRequests})
}

// Remembered returns how many of n resources of a size are known as
// acknowledged right after the last.
func Remembered(n, size int) int {
	r, now := &recent{}, time.Unix(1, 0)
	for i := range n {
		r.add(now, item{entry: load.Entry{Resource: fhir.Resource{Type: "Patient", ID: strconv.Itoa(i), JSON: make([]byte, size)}}})
	}
	return len(r.before(now))
}
