package fhirserver

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
)

// Links that a server gives (the next page of a search, the progress of a job)
// are followed below the base that the user named and nowhere else, since
// credentials go along.

// within returns an address of the server relative to its base. HAPI's next
// pages stand at the base itself: http://host/fhir?_getpages=…. A server behind
// a proxy calls itself by another scheme, host or port, the one that it was set
// up with: where its path is that of the base or below it, the same is asked
// for at the base. That can lead to a wrong page of the server that the user
// trusts, never to another server.
func (c *Client) within(address string) (string, bool) {
	u, err := url.Parse(address)
	if err != nil || u.Opaque != "" || u.User != nil || u.Host != "" && u.Scheme != "http" && u.Scheme != "https" {
		return "", false
	}
	path := u.EscapedPath()
	if u.Host != "" || strings.HasPrefix(path, "/") {
		var ours bool
		if path, ours = strings.CutPrefix(path, strings.TrimSuffix(c.base.EscapedPath(), "/")); !ours || path != "" && path[0] != '/' {
			return "", false
		}
	}
	if slices.Contains(strings.Split(u.Path, "/"), "..") {
		return "", false // it would leave the base again
	}
	path = strings.TrimPrefix(path, "/")
	if u.RawQuery != "" {
		path += "?" + u.RawQuery
	}
	return path, true
}

// strayed is the error for a next page that is not below the base.
func (c *Client) strayed(status int, next string) *Error {
	return c.fail("bad-answer", status, "the next page of a search stands at "+bare(next)+", which is not below the address of the server; give the address by which the server calls itself")
}

// bare is an address as it may be printed: what is searched for may be an
// identifier.
func bare(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return "another address"
	}
	return shown(u)
}

// whole reads with the patience of any request, and asks again where the answer
// was cut on its way: reading changes nothing. What is no JSON in the end is
// returned as it is.
func (c *Client) whole(ctx context.Context, r request) (answer, verdict, error) {
	for try := 1; ; try++ {
		a, v, err := c.send(ctx, r, 1)
		if err != nil || v != accepted || try == brokenTries || webPage(a.body) || json.Valid(a.body) {
			return a, v, err
		}
		if err := c.pause(ctx, answer{}, try); err != nil {
			return answer{}, v, err
		}
	}
}
