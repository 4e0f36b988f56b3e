package fhirserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"chartlift/load"
)

// A server that falls may lose what it had acknowledged: H2 writes its log half
// a second later (WRITE_DELAY), PostgreSQL with synchronous_commit=off up to
// three times wal_writer_delay, MySQL with innodb_flush_log_at_trx_commit=2 a
// second. So what was acknowledged shortly before is looked for when the server
// is back, before anything else is sent: what comes next refers to it.
const (
	unsettled     = time.Minute
	unsettledMost = 16 << 20 // bytes of resources that are kept for that
	unsettledLen  = 10_000   // and how many: a minute of a server that is busy, ten seconds of the fastest that was measured
)

// fall is the time from the first request that found nobody, or the last of
// several in a row that got no answer, to the first look at what is left. Its
// zero value is a server that stands.
type fall struct {
	recheck func(ctx context.Context, fell time.Time) error // nil: nothing to look for
	naming  atomic.Int64                                    // how often resources got other ids, as the server had lost those that it gave them

	looking chan struct{} // holds one while one sender looks; the others wait, as they must not send yet

	mu   sync.Mutex // guards fell
	fell time.Time
}

// note remembers when the server was gone first.
func (f *fall) note(at time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fell.IsZero() {
		f.fell = at
	}
}

func (f *fall) since() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.fell
}

func (f *fall) over() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fell = time.Time{}
}

// rechecking marks the requests of a look itself, which must not wait for it.
type rechecking struct{}

// recover looks, after a fall, for what was acknowledged before it. It returns
// at once where the server stands.
func (f *fall) recover(ctx context.Context) error {
	if f.recheck == nil || f.since().IsZero() || ctx.Value(rechecking{}) != nil {
		return nil
	}
	select {
	case f.looking <- struct{}{}:
		defer func() { <-f.looking }()
	case <-ctx.Done():
		return ctx.Err()
	}
	fell := f.since()
	if fell.IsZero() { // somebody else has looked meanwhile
		return nil
	}
	if err := f.recheck(context.WithValue(ctx, rechecking{}, true), fell); err != nil {
		return err
	}
	f.over()
	return nil
}

// unreachable reports whether nobody was there: no connection was made, or a
// gateway says that it found none behind it. A server that is only busy says so
// itself, and has lost nothing.
func unreachable(a answer, err error) bool {
	var op *net.OpError
	if err != nil {
		return errors.As(err, &op) && op.Op == "dial"
	}
	return !a.outcome && a.header.Get("Retry-After") == "" && (a.status == http.StatusBadGateway || a.status == http.StatusServiceUnavailable)
}

// acknowledged is a resource that the server said it has stored.
type acknowledged struct {
	at    time.Time
	entry load.Entry // with a JSON of its own
	put   bool
}

// recent is what was acknowledged last, in the order of the answers.
type recent struct {
	mu    sync.Mutex
	all   []acknowledged
	first int // of all, what is still remembered
	bytes int
}

// add remembers an item, and forgets what is old enough to be on the server's
// disk.
func (r *recent) add(now time.Time, it item) {
	r.mu.Lock()
	defer r.mu.Unlock()
	kept := it.entry
	kept.Resource.JSON = slices.Clone(kept.Resource.JSON)
	r.all = append(r.all, acknowledged{now, kept, it.put})
	r.bytes += len(kept.Resource.JSON)
	for r.first < len(r.all)-1 && (r.bytes > unsettledMost || len(r.all)-r.first > unsettledLen || now.Sub(r.all[r.first].at) > unsettled) {
		r.bytes -= len(r.all[r.first].entry.Resource.JSON)
		r.all[r.first] = acknowledged{}
		r.first++
	}
	if r.first > len(r.all)/2 {
		r.all = slices.Delete(r.all, 0, r.first)
		r.first = 0
	}
}

// before returns what was acknowledged shortly before a time, each resource
// once, in its latest form.
func (r *recent) before(fell time.Time) []acknowledged {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []acknowledged
	seen := map[string]bool{}
	for _, a := range slices.Backward(r.all[r.first:]) {
		if ref := a.entry.Resource.Ref(); fell.Sub(a.at) <= unsettled && !seen[ref] {
			seen[ref] = true
			out = append(out, a)
		}
	}
	slices.Reverse(out)
	return out
}

// restored is what was sent again after falls, until somebody asks for it: at
// most unsettledLen resources a fall, without their JSON.
type restored struct {
	mu  sync.Mutex
	all []load.Entry
}

func (r *restored) add(items []item) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, it := range items {
		e := it.entry
		e.Resource.JSON = nil
		r.all = append(r.all, e)
	}
}

func (r *restored) take() []load.Entry {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := r.all
	r.all = nil
	return all
}

// restore sends again what the server has lost of what it acknowledged shortly
// before it fell. What is there in another form stays: it may be somebody
// else's, and verify finds it.
func (s *Sink) restore(ctx context.Context, fell time.Time) error {
	lost, err := s.lost(ctx, s.recent.before(fell))
	if err != nil || len(lost) == 0 {
		return err
	}
	items := make([]item, len(lost))
	for i, a := range lost {
		items[i] = item{entry: a.entry, out: new(load.Outcome)}
		if !a.put { // its id went with it
			if err := s.ids.Save(Known{Ref: a.entry.Resource.Ref(), Hash: hashOf(a.entry.Resource.JSON)}); err != nil {
				return fmt.Errorf("write down server ids: %w", err)
			}
		}
	}
	// It waits for nobody who looks for the size that the server takes: that
	// sender waits for this look.
	d := delivery{sink: s, strategy: s.Strategy(), requests: new(int), sized: func() {}}
	if err := d.route(ctx, inOrder(items)); err != nil {
		return err
	}
	for _, it := range items {
		if !it.out.OK() {
			return s.client.fail("server-lost-writes", it.out.Status, fmt.Sprintf("the server came back without %d resources that it had acknowledged, and does not take them again; "+
				"look into its log, then run again with --full", len(items)))
		}
	}
	s.restored.add(items)
	if slices.ContainsFunc(lost, func(a acknowledged) bool { return !a.put }) {
		s.client.fall.naming.Add(1)
	}
	return nil
}

// lost returns those that the server does not have. One that somebody has
// deleted is not lost; nothing can be told of a type that cannot be read.
func (s *Sink) lost(ctx context.Context, all []acknowledged) ([]acknowledged, error) {
	refs := make([]string, len(all))
	for i, a := range all {
		refs[i] = a.entry.Resource.Ref()
	}
	known, err := s.ids.Lookup(refs)
	if err != nil {
		return nil, fmt.Errorf("look up server ids: %w", err)
	}
	ids, theirs := map[string][]string{}, map[string]string{} // by type; of our references, what the server calls them
	for _, a := range all {
		r, id := a.entry.Resource, a.entry.Resource.ID
		if !a.put {
			id = known[r.Ref()].ID
		}
		if can, _ := s.client.capability.of(r.Type); can.read && id != "" {
			ids[r.Type] = append(ids[r.Type], id)
			theirs[r.Ref()] = r.Type + "/" + id
		}
	}
	gone := map[string]bool{}
	for typ, of := range ids {
		for some := range slices.Chunk(of, 100) {
			if err := s.client.missing(ctx, typ, some, gone); err != nil {
				return nil, err
			}
		}
	}
	return slices.DeleteFunc(all, func(a acknowledged) bool { return !gone[theirs[a.entry.Resource.Ref()]] }), nil
}

// missing notes which of up to 100 resources the server has never had, as far
// as it knows.
func (c *Client) missing(ctx context.Context, typ string, ids []string, gone map[string]bool) error {
	found, _, err := c.Find(ctx, typ, ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if _, ok := found[id]; ok {
			continue
		}
		a, _, err := c.send(ctx, request{method: http.MethodGet, path: typ + "/" + id}, 1)
		if err != nil {
			return err
		}
		if a.status == http.StatusNotFound {
			gone[typ+"/"+id] = true
		}
	}
	return nil
}
