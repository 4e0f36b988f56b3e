// Package mllp is the sink that tells an interface engine of resources by HL7
// v2.5.1 messages: ADT^A28 and A31 for patients, ORU^R01 for observations and
// reports, VXU^V04 for immunizations, over MLLP or by POST to an HTTP listener.
//
// Read [Open], [Sink] and [Carries] first. One message is under way at a time,
// as receivers rely on their order. A message without an acknowledgment is sent
// again with the same control id, which is made of its content.
//
//	sink, err := mllp.Open(ctx, mllp.Options{Address: "mllps://engine.example.org:2575", People: "acme/.chartlift/targets/3f2a.people"})
//	…
//	outcomes, err := sink.Send(ctx, bundle)
package mllp

import (
	"context"
	"crypto/tls"
	"errors"
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
	"chartlift/load/httppost"
)

// Options say where and how to deliver. Only Address is required.
type Options struct {
	Address  string            // mllp://HOST:PORT, mllps://HOST:PORT for TLS; http or https, with a path, for an HTTP listener
	TLS      *tls.Config       // of mllps; the system's authorities where nil
	Header   http.Header       // of every request to an HTTP listener
	HTTP     http.RoundTripper // to an HTTP listener
	Insecure []string          // hosts that may be spoken to without TLS; loopback always may
	Names    Names
	People   string // file of the patients that the receiver has, kept between runs; where empty they are forgotten at the end

	Timeout     time.Duration // of one message, 30 seconds where 0
	GiveUpAfter time.Duration // without an acknowledgment, 15 minutes where 0
	Clock       load.Clock
}

// Sink delivers bundles by messages. Send may be called by several goroutines;
// they take turns.
type Sink struct {
	options  Options
	wire     carrier
	target   string
	refusals load.Refusals // a receiver that refuses everything is left alone

	mu        sync.Mutex // guards all below, and the wire
	people    *people
	last      int64 // Seq of the last bundle that was delivered
	uncarried map[string]int64
	closed    bool
}

// Open connects and returns a sink. It does not wait for a receiver that is not
// there: that is an *Error at once.
func Open(ctx context.Context, o Options) (*Sink, error) {
	o = o.withDefaults()
	s := &Sink{options: o, uncarried: map[string]int64{}}
	var err error
	if s.wire, s.target, err = carry(o); err != nil {
		return nil, err
	}
	if err := s.wire.connect(ctx); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, &Error{Code: "engine-down", Target: s.target, Message: "nothing answers; check host and port and that the channel is started", Err: err}
	}
	if s.people, err = openPeople(o.People); err != nil {
		s.wire.drop()
		return nil, err
	}
	return s, nil
}

// carry returns what takes messages to the address, and the address as it may
// be printed.
func carry(o Options) (carrier, string, error) {
	if strings.HasPrefix(o.Address, "http://") || strings.HasPrefix(o.Address, "https://") {
		p, err := httppost.NewPoster(httppost.Options{Address: o.Address, Header: o.Header, Insecure: o.Insecure, HTTP: o.HTTP, Timeout: o.Timeout})
		if err != nil {
			return nil, "", err
		}
		return posted{p}, p.Target(), nil
	}
	u, err := checkAddress(o)
	if err != nil {
		return nil, "", err
	}
	w := &wire{address: u.Host, timeout: o.Timeout}
	if u.Scheme == "mllps" {
		w.tls = withHost(o.TLS, u.Hostname())
	}
	return w, u.Scheme + "://" + u.Host, nil
}

func withHost(given *tls.Config, host string) *tls.Config {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if given != nil {
		c = given.Clone()
	}
	c.ServerName = host
	return c
}

// checkAddress returns the address, or why nothing may be sent to it.
func checkAddress(o Options) (*url.URL, error) {
	u, err := url.Parse(o.Address)
	if err != nil {
		return nil, &Error{Code: "bad-engine-address", Target: "target", Message: "write mllp://HOST:PORT"}
	}
	bad := &Error{Code: "bad-engine-address", Target: u.Scheme + "://" + u.Host, Message: "write mllp://HOST:PORT, or mllps://HOST:PORT for TLS, and nothing else"}
	if u.Scheme != "mllp" && u.Scheme != "mllps" || u.Hostname() == "" || u.Port() == "" || u.User != nil || u.Path != "" && u.Path != "/" || u.RawQuery+u.Fragment != "" {
		return nil, bad
	}
	if u.Scheme == "mllp" && !load.Loopback(u.Hostname()) && !slices.Contains(o.Insecure, u.Hostname()) && !slices.Contains(o.Insecure, u.Host) {
		return nil, &Error{Code: "insecure-engine", Target: bad.Target, Message: "patient data would travel in clear text; use mllps, or allow this host by name"}
	}
	return u, nil
}

func (o Options) withDefaults() Options {
	if o.Timeout <= 0 {
		o.Timeout = 30 * time.Second
	}
	if o.GiveUpAfter <= 0 {
		o.GiveUpAfter = 15 * time.Minute
	}
	o.Clock = o.Clock.OrReal()
	return o
}

// Send tells the receiver of the entries of b, patients first, and returns one
// Outcome for each entry. It returns an *Error where nothing more can be sent,
// and the context's error where ctx is done; sending b again is safe then.
func (s *Sink) Send(ctx context.Context, b *load.Bundle) ([]load.Outcome, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("send bundle %d: %w", b.Seq, err)
	}
	if s.closed {
		return nil, fmt.Errorf("send bundle %d: %w", b.Seq, fs.ErrClosed)
	}
	outcomes := make([]load.Outcome, len(b.Entries))
	d := &delivery{Sink: s, again: b.Seq > 0 && b.Seq <= s.last}
	for i, e := range b.Entries {
		d.take(item{entry: e, out: &outcomes[i]})
	}
	if err := d.deliver(ctx); err != nil {
		return nil, fmt.Errorf("send bundle %d: %w", b.Seq, err)
	}
	for i := range outcomes {
		outcomes[i].Attempts = d.sent
	}
	s.last = max(s.last, b.Seq)
	return outcomes, nil
}

// Target returns the address without its query, which may hold a key.
func (s *Sink) Target() string { return s.target }

// Uncarried returns how often an element such as Patient.photo was there and no
// message had a place for it.
func (s *Sink) Uncarried() map[string]int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make(map[string]int64, len(s.uncarried))
	for name, n := range s.uncarried {
		out[name] = n
	}
	return out
}

// Took says that the receiver took something in an earlier run: load.Refusing.
func (s *Sink) Took() { s.refusals.Took() }

// Commit has nothing to do: what was acknowledged is the receiver's.
func (s *Sink) Commit() error { return nil }

// Close ends the connection. It may be called more than once.
func (s *Sink) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.wire.drop()
	return s.people.close()
}

// item is an entry with the place of its outcome.
type item struct {
	entry load.Entry
	out   *load.Outcome
}

// refuse answers for an entry that was not sent, or not taken.
func (i item) refuse(status int, is issue.Issue) {
	is.Severity, is.Origin, is.Expression = issue.Error, i.entry.Origin, i.entry.Resource.Type
	*i.out = load.Outcome{Status: status, Issues: []issue.Issue{is}}
}

// notCarried answers for a resource that no message can tell of.
func (i item) notCarried(err error) {
	i.refuse(422, issue.Issue{Code: "not-carried", Type: "not-supported", Message: err.Error()})
}

// accepted answers for an entry that the receiver acknowledged.
func (i item) accepted(created bool) {
	*i.out = load.Outcome{Status: 200, Created: created}
	if created {
		i.out.Status = 201
	}
}

var errStrange = errors.New("no acknowledgment in three answers")
