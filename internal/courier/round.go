package courier

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"chartlift/internal/issue"
	"chartlift/load"
	"chartlift/reports"
)

// Parcel is one resource with the row that it answers for.
type Parcel struct {
	SourceID int64 // table of the run, 0 for none
	Entry    load.Entry
	Joined   bool // it goes in one bundle with the parcel before it, and is sent if that one is
}

// maxBytes is the size at which a bundle is closed, as in a run.
const maxBytes = 1 << 20

// Round delivers resources that are there already: those of files, or dead
// letters. Each answers for its own row.
type Round struct {
	*Courier
	MaxEntries int  // of a bundle
	Ledger     bool // rows get their outcomes by the answers
	Answered   func(p Parcel, o load.Outcome)
	Passed     func(n int) // resources that need no further work; called by several goroutines

	seq int64      // of the last bundle
	mu  sync.Mutex // guards what is below it
	sum Summary
}

// Summary counts resources.
type Summary struct {
	Delivered, Unchanged, Refused int64
	Errors, Warnings              int64 // said of the refused ones, as the run database counts them
}

// found counts what was said of a refused resource.
func (s *Summary) found(i issue.Issue) {
	switch {
	case i.Severity >= issue.Error:
		s.Errors++
	case i.Severity == issue.Warning:
		s.Warnings++
	}
}

// Deliver sends what next returns until it has no more; senders bundles are
// under way at a time. An error means that delivery cannot go on. It may be
// called several times, one after the other.
func (r *Round) Deliver(ctx context.Context, senders int, next func() (Parcel, bool, error)) error {
	g, ctx := errgroup.WithContext(ctx)
	bundles, answers := make(chan filled), make(chan answered, 1)
	g.Go(func() error {
		defer close(bundles)
		return r.pack(ctx, next, bundles)
	})
	workers, wctx := errgroup.WithContext(ctx)
	for range max(1, senders) {
		workers.Go(func() error { return r.carry(wctx, bundles, answers) })
	}
	g.Go(func() error {
		defer close(answers)
		return workers.Wait()
	})
	for a := range answers {
		r.settle(a)
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return r.Recorder.Err()
}

// pack makes bundles. What the target holds already is answered for at once.
func (r *Round) pack(ctx context.Context, next func() (Parcel, bool, error), bundles chan<- filled) error {
	return r.cut(next, r.spare, func(open []Parcel) error {
		r.seq++
		b := filled{&load.Bundle{Seq: r.seq, Atomic: true}, open}
		for _, p := range open {
			b.bundle.Entries = append(b.bundle.Entries, p.Entry)
		}
		r.Queue(b.bundle)
		select {
		case bundles <- b:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
}

// cut hands parcels to give, as many at a time as go into a bundle, and those
// that the target holds to spare.
func (r *Round) cut(next func() (Parcel, bool, error), spare func(Parcel), give func([]Parcel) error) error {
	var open []Parcel
	size, sent := 0, false // sent: whether the last parcel that was not joined to another was
	flush := func() error {
		if len(open) == 0 {
			return nil
		}
		full := open
		open, size = nil, 0
		return give(full)
	}
	for {
		p, ok, err := next()
		if err != nil {
			return err
		}
		if full := len(open) >= r.MaxEntries || size >= maxBytes; !ok || full && !p.Joined {
			if err := flush(); err != nil || !ok {
				return err
			}
		}
		held := r.Holds(p.Entry.Resource)
		if !p.Joined {
			sent = !held
		}
		if held && !(p.Joined && sent) {
			spare(p)
			continue
		}
		open = append(open, p)
		size += len(p.Entry.Resource.JSON)
	}
}

// spare takes down a resource that need not be sent.
func (r *Round) spare(p Parcel) {
	r.count(func(s *Summary) { s.Unchanged++ })
	if r.Ledger {
		r.Recorder.Rows(p.SourceID, []reports.RowRange{{First: p.Entry.Origin.Row, Last: p.Entry.Origin.Row}})
		r.Recorder.Resources(p.SourceID, p.Entry.Resource.Type, 1, 1, 1, 0)
	}
	r.passed(1)
}

func (r *Round) count(add func(*Summary)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	add(&r.sum)
}

// Summary returns what the round has come to so far.
func (r *Round) Summary() Summary {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sum
}

func (r *Round) passed(n int) {
	if r.Passed != nil {
		r.Passed(n)
	}
}

// filled is a bundle with the parcels that are in it.
type filled struct {
	bundle  *load.Bundle
	parcels []Parcel
}

// answered is a bundle with its answers.
type answered struct {
	filled
	outcomes []load.Outcome
	started  time.Time
	took     time.Duration
}

// carry sends bundles.
func (r *Round) carry(ctx context.Context, bundles <-chan filled, answers chan<- answered) error {
	for b := range bundles {
		started := time.Now()
		outcomes, err := r.Send(ctx, b.bundle)
		if err != nil {
			return err
		}
		select {
		case answers <- answered{b, outcomes, started, time.Since(started)}:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// settle writes down what became of a bundle and its rows.
func (r *Round) settle(a answered) {
	u := reports.Unit{Seq: a.bundle.Seq, Entries: len(a.parcels), Attempts: 1, Status: 200, Started: a.started, Took: a.took}
	for i, o := range a.outcomes {
		p := a.parcels[i]
		u.Attempts = max(u.Attempts, o.Attempts)
		if o.Created {
			u.Created++
		}
		row := reports.RowRange{First: p.Entry.Origin.Row, Last: p.Entry.Origin.Row}
		loaded := int64(1)
		if o.OK() {
			u.OK++
			r.count(func(s *Summary) { s.Delivered++ })
		} else {
			loaded, u.Status = 0, o.Status
			row.Outcome, row.Reason = reports.Rejected, Reason(o)
			r.count(func(s *Summary) { s.Refused++ })
			u.Failures = append(u.Failures, failure(p, o))
			for _, i := range o.Issues {
				i.Origin = p.Entry.Origin
				r.Recorder.Issue(p.SourceID, i)
				r.count(func(s *Summary) { s.found(i) })
			}
		}
		if r.Ledger {
			r.Recorder.Rows(p.SourceID, []reports.RowRange{row})
			r.Recorder.Resources(p.SourceID, p.Entry.Resource.Type, 1, 1, loaded, 1-loaded)
		}
		if r.Answered != nil {
			r.Answered(p, o)
		}
	}
	r.Recorder.Unit(u)
	r.passed(len(a.parcels))
}

func failure(p Parcel, o load.Outcome) reports.EntryFailure {
	e := p.Entry
	f := reports.EntryFailure{SourceID: p.SourceID, Row: e.Origin.Row, Type: e.Resource.Type, ID: e.Resource.ID, Status: o.Status, Issues: o.Issues}
	if p.SourceID > 0 && e.Origin.Row > 0 {
		f.Rows = []reports.RowRef{{SourceID: p.SourceID, Row: e.Origin.Row}}
	}
	return f
}

// Reason returns the code under which the ledger knows a refused entry, "" for
// one that was taken.
func Reason(o load.Outcome) string {
	if o.OK() {
		return ""
	}
	for _, i := range o.Issues {
		if i.Severity >= issue.Error {
			return i.Code
		}
	}
	return "refused-by-server"
}
