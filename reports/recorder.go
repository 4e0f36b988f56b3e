package reports

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"chartlift/internal/issue"
)

// How a run ends, the status that Finish takes.
const (
	Succeeded   = "succeeded"   // all well
	Findings    = "findings"    // done, with more findings than the policy allows
	Failed      = "failed"      // could not go on
	Interrupted = "interrupted" // stopped, and can be resumed
)

// A transaction is written when this many things wait or this long after the
// last one.
const (
	flushThings = 1_000
	flushEvery  = 250 * time.Millisecond
	// maxPending is where callers wait for the writer, to bound memory.
	maxPending = 16 * flushThings
)

// errFinished is what Err says of a recorder after Finish or DB.Close.
var errFinished = errors.New("record run: already finished")

// Options steer what is kept of the data.
type Options struct {
	MaskValues bool // keep the shape of a value only, such as "99/99/9999 (len 10)"
	// Discard keeps the run, its target and its end, and nothing of its rows:
	// what lineage costs is measured against such a run (internal/bench). Its
	// ledger does not balance, so no command offers it.
	Discard bool
}

// RunInfo is what is known of a run when it starts.
type RunInfo struct {
	ID            string // given by Begin; only Run tells it
	Command       string // run, load, …
	ToolVersion   string
	Mapping       string // name of a shipped mapping, or the file
	MappingSHA256 string
	Target        string // folder or base URL
	Args          string // the arguments as given, without secrets
	DryRun        bool
	Site          string    // whom ids are made for
	Actor         string    // who started it, for the audit log; "" means chartlift
	Started       time.Time // zero: now
	Options       Options
}

// Outcome is what became of a row: exactly one each.
type Outcome uint8

// The outcomes, as product.md defines them: Rejected if anything the row should
// have become was refused, else Loaded, else Merged (a duplicate of a named
// row), else Filtered, with the reason.
const (
	Loaded Outcome = iota
	Merged
	Filtered
	Rejected
)

// String returns the name that the run database uses.
func (o Outcome) String() string {
	return [...]string{"loaded", "merged", "filtered", "rejected"}[o&3]
}

// MarshalText returns the same name as String, for JSON.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// RowRange is the rows First to Last of one table, which had one outcome.
// Reason is a code ("where", "exact-duplicate", "bad-date"), "" for loaded;
// MergedInto is the row that a merged one became part of, 0 where there is
// none.
type RowRange struct {
	First, Last int64
	Outcome     Outcome
	Reason      string
	MergedInto  int64
}

// Unit is one bundle that was sent, or given up.
type Unit struct {
	Seq               int64 // as load.Bundle.Seq
	SourceID          int64 // 0 where it holds rows of several tables
	FirstRow, LastRow int64
	Entries           int // resources in it
	OK                int // of these, taken by the target
	Created           int // of these, new there
	Attempts          int
	Status            int // HTTP status of the whole, 0 where there was no answer
	Started           time.Time
	Took              time.Duration // until the last answer
	Failures          []EntryFailure
}

// EntryFailure is one resource that the target refused: a dead letter.
type EntryFailure struct {
	SourceID int64
	Row      int64
	Type, ID string
	Rows     []RowRef      // that it answers for
	Status   int           // HTTP status of this entry
	Issues   []issue.Issue // the server's words are in Value, as load.Outcome has it
}

// RowRef names a row of a table of the run.
type RowRef struct{ SourceID, Row int64 }

// Recorder writes one run. Its methods are safe for concurrent use. The first
// error of the writer (disk full) ends the writing: later calls do nothing,
// none blocks, and Err returns it; what was committed before still balances.
type Recorder struct {
	db   *DB
	id   string
	info RunInfo

	mu      sync.Mutex // guards what is below it
	room    *sync.Cond // signalled when pending is taken or err is set
	pending *batch
	groups  map[groupKey]*group
	sayings map[groupKey]int // how many groups differ by what they say alone
	lately  [8]told
	turn    int // which of these is replaced next
	err     error
	calls   int64 // of add
	written int64 // of these, in the database

	writing sync.Mutex            // held during a transaction; taken before mu
	tails   map[int64][]tailRange // by source, the ranges that may still grow

	wake     chan struct{}
	stop     chan struct{}
	done     chan struct{}
	stopOnce sync.Once
}

// Begin starts a run. An earlier run that is still marked as running was
// killed, and is marked as interrupted. The caller must call Finish.
func (db *DB) Begin(ctx context.Context, info RunInfo) (*Recorder, error) {
	if info.Actor == "" {
		info.Actor = "chartlift"
	}
	if info.Started.IsZero() {
		info.Started = time.Now()
	}
	r := &Recorder{
		db: db, info: info,
		pending: newBatch(), groups: map[groupKey]*group{}, sayings: map[groupKey]int{}, tails: map[int64][]tailRange{},
		wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{}),
	}
	r.room = sync.NewCond(&r.mu)
	err := db.inTx(ctx, func(tx *sql.Tx) error {
		if err := interruptEarlier(tx); err != nil {
			return err
		}
		var err error
		r.id, err = insertRun(tx, info)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("begin run: %w", err)
	}
	db.mu.Lock()
	db.recorders = append(db.recorders, r)
	db.mu.Unlock()
	go r.write()
	return r, nil
}

// ID returns the run's id, which every report accepts.
func (r *Recorder) ID() string { return r.id }

// Rows records what became of rows, and counts them as read. The ranges of one
// call are committed together; they need not follow those of earlier calls, but
// a row may be given once only. Ranges that touch and agree become one.
func (r *Recorder) Rows(sourceID int64, ranges []RowRange) {
	for _, x := range ranges {
		if x.First < 1 || x.Last < x.First || x.Outcome > Rejected {
			r.fail(fmt.Errorf("record rows %d to %d: not a range of rows", x.First, x.Last))
			return
		}
	}
	r.add(func(b *batch) { b.addRows(sourceID, ranges) })
}

// Issue records one finding of a table, or of none where sourceID is 0. Every
// issue is counted in the group of its table and of those like it; the first
// 1,000 of a group are kept with their rows.
func (r *Recorder) Issue(sourceID int64, i issue.Issue) {
	r.add(func(b *batch) { r.addIssue(b, sourceID, i) })
}

// MoreIssues counts n findings like i that are not kept with their rows:
// another process had found as many as are kept.
func (r *Recorder) MoreIssues(sourceID int64, i issue.Issue, n int64) {
	r.add(func(b *batch) { r.countIssues(b, sourceID, i, n) })
}

// Unit records a bundle that was sent, and its Failures as dead letters. Their
// issues are findings only if they are handed to Issue too.
func (r *Recorder) Unit(u Unit) {
	u.Failures = slices.Clone(u.Failures)
	r.add(func(b *batch) {
		b.units = append(b.units, u)
		b.things += 1 + len(u.Failures)
	})
}

// Resources adds to the counts of resources of type typ that came from a table.
func (r *Recorder) Resources(sourceID int64, typ string, built, valid, loaded, rejected int64) {
	r.add(func(b *batch) {
		b.addResources(resourceKey{sourceID, typ}, resourceCounts{built, valid, loaded, rejected})
	})
}

// UnmappedCode adds n to the uses of a code that the crosswalk does not have.
func (r *Recorder) UnmappedCode(crosswalk, system, code, display string, n int64) {
	r.add(func(b *batch) { b.addCode(codeKey{crosswalk, system, code}, display, n) })
}

// RuleUse adds n to the values that a rule of the mapping made; at is the
// rule's place in the mapping. A rule that made none is written down, too.
func (r *Recorder) RuleUse(rule, at string, n int64) {
	r.add(func(b *batch) { b.addUse(useKey{rule, at}, b.rules, n) })
}

// CrosswalkUse adds n to the codes that a crosswalk translated to targets of
// this equivalence.
func (r *Recorder) CrosswalkUse(crosswalk, equivalence string, n int64) {
	r.add(func(b *batch) { b.addUse(useKey{crosswalk, equivalence}, b.crosswalks, n) })
}

// Err returns the first error of the writer, nil while all is well. A run
// checks it between batches: after an error nothing more is recorded.
func (r *Recorder) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// Finish writes what is pending, the run's end and the audit entry that seals
// it. It does so even when ctx is cancelled, since that is how an interrupted
// run ends. It returns the writer's first error, if there was one. Only the
// first call does anything.
func (r *Recorder) Finish(ctx context.Context, status string, exitCode int) error {
	writeErr := r.halt()
	if errors.Is(writeErr, errFinished) {
		return writeErr
	}
	r.db.forget(r)
	ctx = context.WithoutCancel(ctx)
	err := r.db.inTx(ctx, func(tx *sql.Tx) error {
		return finishRun(tx, r.id, r.info.Actor, status, exitCode)
	})
	if err != nil {
		err = fmt.Errorf("finish run %s: %w", r.id, err)
	}
	return errors.Join(writeErr, err)
}

// add changes the pending batch, waiting while the writer is far behind.
func (r *Recorder) add(change func(*batch)) {
	if r.info.Options.Discard {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.err == nil && r.pending.things >= maxPending {
		r.room.Wait()
	}
	if r.err != nil {
		return
	}
	change(r.pending)
	r.calls++
	if r.pending.things >= flushThings {
		select {
		case r.wake <- struct{}{}:
		default:
		}
	}
}

// fail keeps the first error and lets go everybody who waits for the writer.
func (r *Recorder) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.err = err
	}
	r.pending = newBatch()
	r.room.Broadcast()
}

// halt ends the writer after a last transaction and returns the first error, if
// there was one.
func (r *Recorder) halt() error {
	r.stopOnce.Do(func() { close(r.stop) })
	<-r.done
	err := r.Err()
	r.fail(errFinished)
	return err
}

// write is the writer goroutine.
func (r *Recorder) write() {
	defer close(r.done)
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for stopped := false; !stopped; {
		select {
		case <-r.wake:
		case <-tick.C:
		case <-r.stop:
			stopped = true
		}
		if err := r.flush(); err != nil {
			r.fail(fmt.Errorf("record run: %w", err))
		}
	}
}

// forget takes a finished recorder off the list that Close ends.
func (db *DB) forget(r *Recorder) {
	db.mu.Lock()
	defer db.mu.Unlock()
	db.recorders = slices.DeleteFunc(db.recorders, func(o *Recorder) bool { return o == r })
}

// inTx runs do in one transaction, which holds the write lock from its start.
func (db *DB) inTx(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := db.sql.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := do(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}
