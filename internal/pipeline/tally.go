package pipeline

import (
	"fmt"
	"sync"

	"chartlift/internal/issue"
	"chartlift/mappings"
	"chartlift/reports"
)

// tally counts what the run has come to. It is safe for concurrent use.
type tally struct {
	mu     sync.Mutex
	sum    Summary
	policy Policy
}

func newTally(p Policy) *tally { return &tally{policy: p} }

func (t *tally) summary() Summary {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.sum
}

func (t *tally) issue(i issue.Issue) { t.issues(i, 1) }

// issues counts n issues like this one.
func (t *tally) issues(i issue.Issue, n int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if i.Severity >= issue.Error {
		t.sum.Errors += n
	} else if i.Severity == issue.Warning {
		t.sum.Warnings += n
	}
}

// untraced counts a refused row of a view that is no row of a table.
func (t *tally) untraced() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sum.Untraced++
}

// miscounted counts a table whose rows are not as many as they should be.
func (t *tally) miscounted() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sum.Miscounted++
}

// damaged notes a table whose file could not be read to its end.
func (t *tally) damaged(i issue.Issue) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sum.Damaged = append(t.sum.Damaged, i)
}

func (t *tally) rows(ranges []reports.RowRange) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, g := range ranges {
		n := g.Last - g.First + 1
		t.sum.Read += n
		switch g.Outcome {
		case reports.Loaded:
			t.sum.Loaded += n
		case reports.Merged:
			t.sum.Merged += n
		case reports.Filtered:
			t.sum.Filtered += n
		case reports.Rejected:
			t.sum.Rejected += n
		}
	}
}

func (t *tally) resources(ok, refused int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sum.Resources += ok
	t.sum.Refused += refused
}

func (t *tally) unchanged(n int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sum.Unchanged += n
}

// undelivered takes back what was counted of a run whose target has got
// nothing.
func (t *tally) undelivered() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sum.Read, t.sum.Loaded, t.sum.Merged, t.sum.Filtered, t.sum.Rejected, t.sum.Resources, t.sum.Unchanged = 0, 0, 0, 0, 0, 0, 0
}

// stop notes why the run is stopped, and returns the error for it.
func (t *tally) stop(why string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.sum.Stopped == "" {
		t.sum.Stopped = why
	}
	return fmt.Errorf("%w: %s", ErrStopped, t.sum.Stopped)
}

// check compares the rejected rows with the bounds: those of the whole run, and
// the mapping's for each table.
func (t *tally) check(limit mappings.Limit, table string, read, rejected int64) error {
	t.mu.Lock()
	total := t.sum.Rejected
	t.mu.Unlock()
	if t.policy.MaxRejected >= 0 && total > t.policy.MaxRejected {
		return t.stop(fmt.Sprintf("%s rejected, more than --max-rejected %d", issue.Count(total, "row"), t.policy.MaxRejected))
	}
	if limit.Percent > 0 && read >= limit.After && float64(rejected) > float64(read)*limit.Percent/100 {
		return t.stop(fmt.Sprintf("%d of %s of %s rejected, more than the mapping's limit of %g%%", rejected, issue.Count(read, "row"), table, limit.Percent))
	}
	return nil
}
