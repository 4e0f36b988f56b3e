package fhirserver

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"sync"
)

// noSuchID is the id of a resource that is nowhere: reading it asks for nothing
// but permission.
const noSuchID = "chartlift-is-this-allowed"

// CheckAccess finds out whether the server takes the credentials, before
// anything is made for it: most serve their statement to everybody. It reads a
// resource that is not there and, with writing, sends a transaction that holds
// nothing, where the server has transactions. Only a refusal of the credentials
// is an error (unauthorized, forbidden). Who may not read may still write; and
// whatever else is answered, or nothing at all, the delivery itself finds out
// with more patience.
func (c *Client) CheckAccess(ctx context.Context, writing bool) error {
	short, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	asked := []request{{method: http.MethodGet, path: c.readable() + "/" + noSuchID}}
	if writing && c.capability.Transaction {
		asked = append(asked, request{method: http.MethodPost, body: []byte(`{"resourceType":"Bundle","type":"transaction"}`)})
	}
	refusals := make([]error, len(asked))
	var together sync.WaitGroup // over a slow network each would cost a way there and back
	for i, r := range asked {
		together.Go(func() { refusals[i] = c.allowed(short, r) })
	}
	together.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return cmp.Or(refusals...)
}

// allowed returns the server's refusal of the credentials for a request, nil
// for any other answer.
func (c *Client) allowed(ctx context.Context, r request) error {
	a, err := c.do(ctx, r)
	var known *Error
	if errors.As(err, &known) {
		return known
	}
	if a.status == http.StatusUnauthorized || a.status == http.StatusForbidden && r.method == http.MethodPost {
		return c.refusedCredentials(a.status)
	}
	return nil
}

// readable is a type that the server says can be read; Patient where it says
// nothing.
func (c *Client) readable() string {
	if a, ok := c.capability.of("Patient"); ok && a.read {
		return "Patient"
	}
	best := ""
	for typ, a := range c.capability.types {
		if a.read && (best == "" || typ < best) {
			best = typ
		}
	}
	if best == "" {
		return "Patient"
	}
	return best
}
