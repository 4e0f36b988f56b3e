package fhirserver

import (
	"context"
	"net/http"

	"chartlift/fhir"
)

// Change is a resource to be deleted, or put back as it was.
type Change struct {
	Type, ID string
	JSON     []byte // nil: delete
}

// Apply makes changes, all or nothing where the server has transactions. It
// returns the status that refused them, 0 where all were made.
func (c *Client) Apply(ctx context.Context, changes []Change) (status int, err error) {
	if len(changes) == 1 || !c.capability.Transaction {
		for _, ch := range changes {
			if status, err := c.change(ctx, ch); status != 0 || err != nil {
				return status, err
			}
		}
		return 0, nil
	}
	entries := make([]fhir.BundleEntry, len(changes))
	for i, ch := range changes {
		entries[i] = fhir.BundleEntry{Method: http.MethodDelete, URL: ch.Type + "/" + ch.ID}
		if ch.JSON != nil {
			entries[i].Method, entries[i].Resource = http.MethodPut, ch.JSON
		}
	}
	r := request{method: http.MethodPost, body: fhir.AppendTransaction(nil, "transaction", entries)}
	for try := 1; ; try++ {
		a, v, err := c.send(ctx, r, len(changes))
		if err != nil {
			return 0, err
		}
		if v != accepted {
			return a.status, nil
		}
		inner, err := parseResponse(a.body, len(changes))
		if err == nil {
			return refusedInside(changes, inner), nil
		}
		// What was done nobody knows; to ask for it again changes nothing.
		if try == brokenTries || webPage(a.body) {
			return 0, &Error{Code: "bad-answer", Target: c.target, Status: a.status, Err: err, Message: "the server's answer to a transaction is not one"}
		}
		if err := c.pause(ctx, answer{}, try); err != nil {
			return 0, err
		}
	}
}

// change makes one change by a request of its own.
func (c *Client) change(ctx context.Context, ch Change) (status int, err error) {
	r := request{method: http.MethodDelete, path: ch.Type + "/" + ch.ID}
	if ch.JSON != nil {
		r.method, r.body = http.MethodPut, ch.JSON
	}
	a, v, err := c.send(ctx, r, 1)
	if err != nil || v != accepted && !ch.gone(a.status) {
		return a.status, err
	}
	return 0, nil
}

// gone reports whether a status says that what is to be deleted is not there.
func (ch Change) gone(status int) bool {
	return ch.JSON == nil && (status == http.StatusGone || status == http.StatusNotFound)
}

// refusedInside is the status of the first change that was refused within a
// transaction that was accepted: a server that takes it for a batch does what
// it can of it. 0 where all were made.
func refusedInside(changes []Change, inner []fhir.ResponseEntry) int {
	for i, e := range inner {
		if e.Status >= 300 && !changes[i].gone(e.Status) {
			return e.Status
		}
	}
	return 0
}
