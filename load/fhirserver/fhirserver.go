// Package fhirserver is the sink that delivers to a FHIR server by HTTP.
//
// Read [Open], [Sink] and [Way] first. Resources go as PUT with the ids that
// the mapping gave them, in transactions of some hundred: sending again what a
// lost answer left in doubt changes nothing, so every request may be repeated.
// Where a server gives ids itself they are created on conditions, or after a
// search; its ids are remembered, and references follow them. Limits of the
// server (entries, bytes, rate) are learnt from its refusals, and a refused
// transaction is halved until the guilty entries stand alone and all others are
// loaded.
//
//	sink, err := fhirserver.Open(ctx, fhirserver.Options{Base: "https://fhir.example.org/r4", Token: fhirserver.StaticToken(t)})
//	…
//	outcomes, err := sink.Send(ctx, bundle)
package fhirserver

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"chartlift/internal/issue"
	"chartlift/load"
)

// Strategy is how entries travel.
type Strategy string

// The strategies. Auto takes Transaction, or Single where the server's
// statement has no transaction. Batch costs a HAPI server 3.5 times the work of
// a transaction and is only used when asked for.
const (
	Auto        Strategy = ""
	Transaction Strategy = "transaction"
	Batch       Strategy = "batch"
	Single      Strategy = "single"
)

// TokenFunc returns a bearer token that is good for now. It is asked before
// each request, so it keeps what it has; refused is the token that the server
// did not take, "" otherwise. It must be safe for concurrent use: senders that
// were refused together all ask, and one fetch must serve them. load/auth has
// such functions.
type TokenFunc func(ctx context.Context, refused string) (string, error)

// StaticToken returns a TokenFunc for a token that never changes.
func StaticToken(token string) TokenFunc {
	return func(context.Context, string) (string, error) { return token, nil }
}

// Clock is the time seam for tests. Every nil member is the real thing.
type Clock struct {
	Now    func() time.Time
	Sleep  func(ctx context.Context, d time.Duration) error
	Jitter func(ceiling time.Duration) time.Duration // a random duration below ceiling
}

// Options say where and how to deliver. Only Base is required.
type Options struct {
	Base           string    // address of the FHIR endpoint, without credentials
	Token          TokenFunc // bearer token; excludes User
	User, Password string    // basic authentication
	Insecure       []string  // hosts that may be spoken to without TLS; loopback always may
	HTTP           *http.Client
	UserAgent      string

	IDs      IDs      // of servers that give ids themselves; where nil they are forgotten at the end
	External []string // prefixes of references to what is on such a server already, by its own ids

	Strategy   Strategy
	MaxEntries int   // entries in a request, 100 where 0
	MaxBytes   int   // bytes of a request, 1 MiB where 0
	MaxAnswer  int64 // bytes of an answer, 64 MiB where 0

	MaxConcurrency int         // requests at once at most, 8 where 0; how many it are is found out
	Rate           float64     // requests a second at most, 0 for no bound
	Compress       Compression // of requests

	RequestTimeout time.Duration // one request, 2 minutes where 0
	GiveUpAfter    time.Duration // without any progress, 15 minutes where 0
	Attempts       int           // for one entry that fails while others succeed, 12 where 0
	Clock          Clock

	Waiting func(Waiting) // told after ten seconds in which nothing gets through and then at most every thirty; called by any sender, one at a time; nil: nobody is told
}

// Waiting is a time in which the server takes nothing.
type Waiting struct {
	For    time.Duration // since the last request that it took
	Left   time.Duration // until the run gives up
	Status int           // of the last answer, 0 where there was none
}

// Sink delivers bundles. Send is safe for concurrent use: all senders share
// what was learnt about the server, and wait together when it asks for a pause.
type Sink struct {
	client     *Client
	strategy   Strategy
	maxEntries int
	maxBytes   int
	learnt     atomic.Int64 // entries that the server takes at most, 0 while unknown
	most       atomic.Int64 // entries of the largest request that it took
	sizing     sizing       // who looks for what it takes
	single     atomic.Bool  // it takes no bundles, whatever its statement says
	claims     claims
	ids        IDs
	external   []string
	found      found
	recent     recent
	restored   restored

	mu     sync.Mutex // guards taught and proven
	taught learnt
	proven bool // that If-None-Exist is looked at
}

// Open reads the server's capability statement and returns a sink for it. It
// never waits for a server that is down or refuses: those are an *Error within
// seconds.
func Open(ctx context.Context, o Options) (*Sink, error) {
	client, err := Connect(ctx, o)
	if err != nil {
		return nil, err
	}
	s := &Sink{client: client, strategy: o.Strategy, maxEntries: o.MaxEntries, maxBytes: o.MaxBytes, ids: o.IDs, external: o.External, sizing: newSizing()}
	if s.ids == nil {
		s.ids = &memory{}
	}
	if s.maxEntries <= 0 {
		s.maxEntries = 100
	}
	if s.maxBytes <= 0 {
		s.maxBytes = 1 << 20
	}
	if s.strategy == Auto || s.strategy == Transaction {
		s.strategy = Transaction
		if !client.capability.Transaction {
			s.strategy = Single
		}
	}
	client.fall.recheck, client.fall.looking = s.restore, make(chan struct{}, 1)
	return s, s.recall()
}

// Strategy returns how entries travel, decided at Open, and by the first bundle
// that the server refuses for being one.
func (s *Sink) Strategy() Strategy {
	if s.single.Load() {
		return Single
	}
	return s.strategy
}

// Client returns the connection that the sink uses, for reading back.
func (s *Sink) Client() *Client { return s.client }

// Restored returns the resources that the server had acknowledged and did not
// have any more when it came back from a fall, and that were sent again. It
// returns each once: load.Restoring.
func (s *Sink) Restored() []load.Entry { return s.restored.take() }

// Queue announces b, which will be sent after all that were queued before it:
// load.Queueing.
func (s *Sink) Queue(b *load.Bundle) { s.claims.queue(b, s.client.contended.Load()) }

// Send delivers b and returns one Outcome for each entry, in order. It returns
// an *Error where delivery cannot go on, and the context's error where ctx is
// done; what was sent until then may be on the server, and sending b again is
// safe.
func (s *Sink) Send(ctx context.Context, b *load.Bundle) ([]load.Outcome, error) {
	mine, err := s.claims.take(ctx, b, s.client.contended.Load())
	if err != nil {
		return nil, fmt.Errorf("send bundle %d: %w", b.Seq, err)
	}
	defer s.claims.release(mine)
	outcomes := make([]load.Outcome, len(b.Entries))
	items, together := make([]item, 0, len(b.Entries)), &bearing{entries: b.Entries}
	for i, e := range b.Entries {
		if why, bad := s.unsendable(e); bad {
			outcomes[i] = load.Outcome{Status: why.status, Issues: []issue.Issue{why.Issue}}
			continue
		}
		var why *unresolved
		if e.Resource.JSON, why, err = s.resolved(ctx, e.Resource.JSON, together); err != nil {
			return nil, fmt.Errorf("send bundle %d: %w", b.Seq, err)
		}
		if why != nil {
			outcomes[i] = why.refusal(e)
			continue
		}
		items = append(items, item{entry: e, out: &outcomes[i]})
	}
	d := delivery{sink: s, strategy: s.Strategy(), requests: new(int)}
	if d.strategy == Batch && b.Atomic && s.client.capability.Transaction {
		d.strategy = Transaction
	}
	if err := d.route(ctx, inOrder(items)); err != nil {
		return nil, fmt.Errorf("send bundle %d: %w", b.Seq, err)
	}
	for i := range outcomes {
		outcomes[i].Attempts = *d.requests
	}
	return outcomes, nil
}

type unsendable struct {
	issue.Issue
	status int
}

func (s *Sink) unsendable(e load.Entry) (unsendable, bool) {
	if why, bad := load.Unsendable(e); bad {
		return unsendable{why, http.StatusBadRequest}, true
	}
	if s.way(e.Resource.Type) != Refused {
		return unsendable{}, false
	}
	return unsendable{issue.Issue{
		Severity: issue.Error, Code: "type-not-supported", Type: "not-supported", Origin: e.Origin,
		Expression: e.Resource.Type,
		Message:    "the server takes no new " + e.Resource.Type + ", by its capability statement; map to another resource type or load it elsewhere",
	}, http.StatusNotFound}, true
}

// Commit has nothing to do: what was answered is on the server.
func (s *Sink) Commit() error { return nil }

// Close ends idle connections.
func (s *Sink) Close() error {
	s.client.http.CloseIdleConnections()
	return nil
}
