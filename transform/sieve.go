package transform

import (
	"chartlift/extract"
	"chartlift/internal/issue"
)

// Sieve tells the rows of a table that count from those that are left out,
// merged or refused, and says nothing about them. It is for one goroutine.
// Every row must be shown to See, in order, before the first Passes.
type Sieve struct {
	binding *Binding
	worker  *Worker
	twins   *Duplicates
}

// NewSieve returns the sieve of a table bound by BindRows.
func (b *Binding) NewSieve() *Sieve {
	return &Sieve{binding: b, worker: b.Worker(Hooks{Report: func(issue.Issue) {}}), twins: b.NewDuplicates()}
}

// Twice reports whether See needs the rows: only where the last one of a key
// counts.
func (s *Sieve) Twice() bool { return s.twins != nil && s.twins.KeepLast() }

// See takes note of the row with this number.
func (s *Sieve) See(rec *extract.Record, row int64) {
	if s.Twice() && rec.Fault == nil {
		s.twins.See(s.binding, rec, row)
	}
}

// Passes reports whether the row counts.
func (s *Sieve) Passes(rec *extract.Record, row int64) bool {
	if rec.Fault == nil && s.twins != nil {
		if _, v := s.twins.Check(s.binding, rec, row); v != Unique {
			return false
		}
	}
	return s.worker.Row(rec).Spare
}
