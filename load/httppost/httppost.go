// Package httppost is the sink that posts bundles to the HTTP listener of an
// interface engine (Mirth Connect, Rhapsody, Corepoint, Redox): one transaction
// bundle of PUT entries a request, with headers of the user's own.
//
// Read [Open] and [Sink] first. A listener answers for the whole of a request:
// 2xx took it (but for a web page), 4xx did not, anything else is sent again.
// What is refused is halved until the guilty entries stand alone.
//
//	sink, err := httppost.Open(httppost.Options{Address: "https://engine.example.org/channel", Header: headers})
//	…
//	outcomes, err := sink.Send(ctx, bundle)
package httppost

import (
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"chartlift/internal/issue"
	"chartlift/load"
)

// Options say where and how to deliver. Only Address is required.
type Options struct {
	Address  string      // where each bundle is posted to; it may have a query
	Header   http.Header // of every request, beside ours
	Insecure []string    // hosts that may be spoken to without TLS; loopback always may
	HTTP     http.RoundTripper

	Timeout     time.Duration // of one request, 2 minutes where 0
	GiveUpAfter time.Duration // without an answer that decides, 15 minutes where 0
	Clock       load.Clock
}

// Sink delivers bundles. Send may be called by several goroutines; they take
// turns, as listeners may rely on the order.
type Sink struct {
	*Poster
	options  Options
	refusals load.Refusals // a listener that refuses everything is left alone

	mu     sync.Mutex // guards all below
	last   int64      // Seq of the last bundle that was delivered
	closed bool
}

// Open checks the address and returns a sink. Nothing is sent: a listener that
// takes messages has nothing to be asked.
func Open(o Options) (*Sink, error) {
	poster, err := NewPoster(o)
	if err != nil {
		return nil, err
	}
	if o.GiveUpAfter <= 0 {
		o.GiveUpAfter = 15 * time.Minute
	}
	o.Clock = o.Clock.OrReal()
	return &Sink{Poster: poster, options: o}, nil
}

// checkAddress returns the address, or why nothing may be sent to it.
func checkAddress(o Options) (*url.URL, error) {
	u, err := url.Parse(o.Address)
	if err != nil {
		return nil, &Error{Code: "bad-listener-address", Target: "target", Message: "the address is not a URL; write https://HOST/PATH"}
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.Fragment != "" {
		return nil, &Error{Code: "bad-listener-address", Target: shown(u), Message: "write https://HOST/PATH; credentials belong into the file of headers"}
	}
	if u.Scheme == "http" && !load.Loopback(u.Hostname()) && !slices.Contains(o.Insecure, u.Hostname()) && !slices.Contains(o.Insecure, u.Host) {
		return nil, &Error{Code: "insecure-listener", Target: shown(u), Message: "patient data would travel in clear text; use https, or allow this host by name"}
	}
	return u, nil
}

// shown leaves out the query, too: engines are given keys there.
func shown(u *url.URL) string {
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// ParseHeader reads a file of headers: NAME: VALUE, one a line; lines that are
// empty or begin with # are left out. Errors name the line and never its text,
// which may be a secret.
func ParseHeader(text string) (http.Header, error) {
	h := http.Header{}
	for n, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		if !ok || name == "" || strings.ContainsFunc(name, notToken) || strings.ContainsFunc(value, func(r rune) bool { return r < 0x20 && r != '\t' || r == 0x7f }) {
			return nil, fmt.Errorf("line %d is no header; write NAME: VALUE", n+1)
		}
		h.Add(name, value)
	}
	return h, nil
}

// notToken reports what cannot stand in the name of a header (RFC 9110 section
// 5.6.2).
func notToken(r rune) bool {
	letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
	return !letter && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
}

// Send posts the entries of b and returns one Outcome for each. It returns an *Error where nothing more can be sent, and the
// context's error where ctx is done; sending b again is safe for a listener that stores by type and id.
func (s *Sink) Send(ctx context.Context, b *load.Bundle) ([]load.Outcome, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("post bundle %d: %w", b.Seq, err)
	}
	if s.closed {
		return nil, fmt.Errorf("post bundle %d: %w", b.Seq, fs.ErrClosed)
	}
	outcomes := make([]load.Outcome, len(b.Entries))
	d := &delivery{Sink: s, again: b.Seq > 0 && b.Seq <= s.last}
	var items []item
	for i, e := range b.Entries {
		if why, bad := load.Dangling(e); bad {
			outcomes[i] = load.Outcome{Status: http.StatusBadRequest, Issues: []issue.Issue{why}}
			continue
		}
		items = append(items, item{e, &outcomes[i]})
	}
	if err := d.halves(ctx, items); err != nil {
		return nil, fmt.Errorf("post bundle %d: %w", b.Seq, err)
	}
	for i := range outcomes {
		outcomes[i].Attempts = d.sent
	}
	s.last = max(s.last, b.Seq)
	return outcomes, nil
}

// Took says that the listener took something in an earlier run: load.Refusing.
func (s *Sink) Took() { s.refusals.Took() }

// Commit has nothing to do: what was answered is the listener's.
func (s *Sink) Commit() error { return nil }

// Close ends idle connections. It may be called more than once.
func (s *Sink) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.Poster.Close()
	return nil
}
