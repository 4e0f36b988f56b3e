// Package pipeline runs a migration: rows are read, made into resources,
// validated, delivered, and every row's outcome is written down.
//
// Read [Job] and [Run] first. Tables run one after another, those that others
// refer to first; inside a table batches flow over bounded channels:
//
//	read → map and validate (Workers) → put in order → bundles → send (Senders)
//
// The slowest stage sets the pace, and memory is bounded by the batches in
// flight.
package pipeline

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"

	"chartlift/extract"
	"chartlift/internal/courier"
	"chartlift/internal/issue"
	"chartlift/load"
	"chartlift/mappings"
	"chartlift/reports"
	"chartlift/transform"
	"chartlift/transform/stage"
	"chartlift/validate"
	"chartlift/validate/plausible"
)

// Input is one table at hand, of an opened file. ID is its number in the run
// database.
type Input struct {
	Source extract.Source
	Schema *extract.Schema
	ID     int64
	Short  bool // its file ends too early or is damaged, as was found before a row was read, or by the run

	start atomic.Int64 // number of its first row, counted over all inputs of its table
}

// Table is a source of the mapping with the tables that were found for it,
// which have the same columns.
type Table struct {
	Source *mappings.Source
	Inputs []*Input
}

// Job is everything that a run needs. All fields but Progress must be set.
type Job struct {
	Program   *mappings.Program
	Tables    []*Table
	Absent    []*mappings.Source // sources that no file was found for
	Check     *validate.Validator
	Engine    *transform.Engine
	Sink      load.Sink
	Recorder  *reports.Recorder
	Progress  Progress
	Policy    Policy
	Workers   int
	Senders   int  // 1 where the sink needs its bundles in order
	Staged    bool // nothing is delivered before the sink's Commit: what became of rows is written down after it
	Lines     bool // the target knows no bundles: their order and size make no difference
	TempDir   string
	Memory    int64              // bytes of rows that wait for their group before they go to TempDir; 0: 32 MiB for each grouped map
	Stage     *stage.Stage       // where views get their rows; nil where the program uses none
	Plausible *plausible.Checker // nil: what is right but hardly true is not looked for
	Match     *Match             // nil: Patients are not compared with each other
	Marks     bool               // where a part is converted: who puts the parts together looks for that, and is told where the members stand
	Shelf     *Shelf             // what other processes converted; nil: everything is converted here

	// Rowless is asked of each mapped table that turned out to have no row,
	// before any table behind it: an error ends the run. nil: nobody asks.
	Rowless func(t *Table) error

	// Before is called before the sink's Commit, for what must be written down by
	// then: an error ends the run. nil: nothing.
	Before func() error

	Delivery reports.Delivery     // where the sink delivers to
	Held     *reports.Held        // what it holds already, which is not sent again; nil: everything is sent
	Letters  *courier.DeadLetters // where refused resources go; nil: nowhere
}

// Progress is told how far a stage is. Done is the number of rows, share the
// part of the stage's input that is read, from 0 to 1 (0: not known).
type Progress interface {
	Start(stage string)
	Add(stage string, rows int64, share float64)
	End(stage string)
}

// Policy says when findings stop a run or change its verdict.
type Policy struct {
	WarnInvalid bool // load invalid resources with a warning instead of rejecting them
	// CheckAll validates every resource, also those that differ from one found
	// faultless only in values that the engine has checked. It finds nothing
	// more; a test proves that.
	CheckAll    bool
	MaxRejected int64 // stop when more rows than this are rejected; below 0: no bound
}

// Summary says how a run ended. Its figures are of rows, but for Resources,
// Refused and Unchanged, which count resources.
type Summary struct {
	Read, Loaded, Merged, Filtered, Rejected int64
	Resources, Refused                       int64
	Unchanged                                int64 // resources that the target held already, and that were not sent
	Warnings, Errors                         int64
	Untraced                                 int64         // refused rows of views that are no row of a table
	Miscounted                               int64         // tables with another number of rows than their control totals say
	Damaged                                  []issue.Issue // files that could be read to a place and no further, found as they were read
	Stopped                                  string        // why the run was stopped by a policy, "" where it was not
}

// ErrStopped means that a policy ended the run; Summary.Stopped says which.
var ErrStopped = errors.New("stopped by policy")

// Run runs the job to its end and commits the sink. An error means that the run
// could not go on: ctx is done, the target is gone, the disk is full, or a
// policy stopped it (ErrStopped). The outcomes of all rows whose fate is known
// are with the Recorder in any case; the caller finishes it, and closes the
// sink.
func Run(ctx context.Context, job Job) (Summary, error) {
	r := &run{Job: job, tally: newTally(job.Policy), told: job.Recorder}
	r.courier = &courier.Courier{Sink: job.Sink, Recorder: job.Recorder, Announce: !job.Staged, Held: job.Held, Letters: job.Letters}
	if err := job.Recorder.Deliver(job.Delivery); err != nil {
		return Summary{}, err
	}
	if job.Program.Output.Provenance != nil {
		r.loose = validate.New(validate.Options{Letter: true})
	}
	if r.aside() {
		var err error
		if r.patients, err = newPatients(job.TempDir); err != nil {
			return Summary{}, err
		}
	}
	defer func() { r.people.close() }()
	err := r.all(ctx)
	if err == nil {
		err = r.commit()
	}
	if r.patients != nil {
		err = errors.Join(err, r.patients.file.Close(), os.Remove(r.patients.file.Name()))
	}
	if err != nil && r.Staged {
		r.tally.undelivered()
	}
	if errors.Is(context.Cause(ctx), context.Canceled) && err != nil {
		err = fmt.Errorf("interrupted: %w", context.Canceled)
	}
	return r.tally.summary(), err
}

// run is a job under way.
type run struct {
	Job
	tally *tally
	told  teller // what workers say of rows: the Recorder, or a part's own

	courier *courier.Courier
	seq     int64 // bundles sent so far
	done    map[*mappings.Source]bool
	views   views
	loose   *validate.Validator // resolves no references; nil where no Provenance is written

	patients   *patients          // nil where bundles are filled table by table
	miscounted []*mappings.Source // tables that have another number of rows than their control totals say

	trackers []*tracker // of tables that are done but for the answers
	people   *people    // nil where nobody is matched
	repeats  *repeaters // nil where no map says what is kept of resources that tell the same

	mu   sync.Mutex
	held []func() // what is written down after Commit
}

// teller takes what is said of rows beside what becomes of them.
type teller interface {
	Issue(sourceID int64, i issue.Issue)
	RuleUse(rule, at string, n int64)
	CrosswalkUse(crosswalk, equivalence string, n int64)
	UnmappedCode(crosswalk, system, code, display string, n int64)
	FieldUse(f reports.Field, c reports.FieldCounts)
	MustSupport(profile, element string, there, of int64)
}

// record writes something down about delivery: now, or where the sink is
// staged, when it has committed.
func (r *run) record(write func()) {
	if !r.Staged {
		write()
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.held = append(r.held, write)
}

// commit makes the delivery final.
func (r *run) commit() error {
	if r.Before != nil {
		if err := r.Before(); err != nil {
			return err
		}
	}
	if err := r.Sink.Commit(); err != nil {
		return err
	}
	for _, write := range r.held {
		write()
	}
	if sink, ok := r.Sink.(load.Sealed); ok {
		o := sink.Output()
		if err := r.Recorder.Seal(reports.Output{Resources: o.Resources, SHA256: o.SHA256}); err != nil {
			return err
		}
	}
	return r.Recorder.Complete()
}

func (r *run) all(ctx context.Context) error {
	r.done = map[*mappings.Source]bool{}
	for _, s := range r.Absent {
		r.done[s] = true
	}
	if r.views = newViews(r); r.views.tracker != nil {
		defer r.views.tracker.flush()
	}
	defer func() {
		for _, t := range r.trackers {
			t.flush()
		}
	}()
	var err error
	if r.people, err = newPeople(r); err != nil {
		return err
	}
	if r.people != nil {
		defer r.people.end()
	}
	r.repeats = newRepeaters(r)
	if err := r.stageTables(ctx); err != nil {
		return err
	}
	if err := r.fillLookups(ctx, func(*mappings.Map) bool { return true }); err != nil {
		return err
	}
	if err := r.eachTable(ctx); err != nil {
		return err
	}
	r.repeats.end()
	if err := r.plausibility(); err != nil {
		return err
	}
	if err := r.release(); err != nil || r.patients == nil {
		return err
	}
	if err := r.deliverPatients(ctx); err != nil {
		return err
	}
	return r.tally.check(mappings.Limit{}, "", 0, 0) // --max-rejected
}

// plausibility writes down what the rules came to.
func (r *run) plausibility() error {
	if r.Plausible == nil {
		return nil
	}
	inputs := map[[2]string]*Input{}
	for _, t := range r.Tables {
		for _, in := range t.Inputs {
			inputs[[2]string{in.Schema.Source, in.Schema.Table}] = in
		}
	}
	results, err := r.Plausible.Finish(func(i issue.Issue) {
		in := inputs[[2]string{i.Origin.Source, i.Origin.Table}]
		if in == nil {
			in = &Input{} // of the whole run
		}
		r.report(in, i)
	})
	if err != nil {
		return err
	}
	checks := make([]reports.CheckResult, len(results))
	for i, x := range results {
		checks[i] = reports.CheckResult{
			Rule: x.Rule.Name, Scope: x.Scope, Category: x.Rule.Category, Title: x.Rule.Title,
			N: x.N, Violated: x.Violated, Threshold: x.Threshold, Status: string(x.Status), Reason: x.Reason,
		}
	}
	r.Recorder.Checks(checks)
	return nil
}

// eachTable runs the tables one after another.
func (r *run) eachTable(ctx context.Context) error {
	for _, t := range order(r.Tables, r.Program, r.refs) {
		if err := r.people.before(ctx, t); err != nil {
			return err
		}
		if err := r.repeats.before(ctx, t); err != nil {
			return err
		}
		if err := r.table(ctx, t); err != nil {
			return fmt.Errorf("table %s: %w", t.Source.Name, err)
		}
		r.done[t.Source] = true
		for _, m := range r.Program.Maps {
			if m.From == t.Source {
				r.Engine.Seal(m)
				r.dangling(t, m)
				if err := r.outlast(ctx, t, m); err != nil {
					return err
				}
			}
		}
		if err := r.release(); err != nil {
			return err
		}
	}
	return nil
}

// outlast lets references lead to what the target holds of a table that could
// not be read to its end: what was delivered of the rows behind is there still,
// and a chart that is made without such a reference would be sent over the one
// that has it.
func (r *run) outlast(ctx context.Context, t *Table, m *mappings.Map) error {
	if r.Held == nil || !slices.ContainsFunc(t.Inputs, func(in *Input) bool { return in.Short }) {
		return nil
	}
	ids := r.Engine.Keys(m, true)
	return r.Held.IDs(ctx, m.Resource, func(id string) { ids.Add(id) })
}

// dangling says how many resources were announced to rows that refer to them,
// and then rejected.
func (r *run) dangling(t *Table, m *mappings.Map) {
	n := r.Engine.Missing(m)
	if n == 0 {
		return
	}
	r.report(t.Inputs[0], issue.Issue{
		Severity: issue.Error, Code: "reference-dangling", Type: "not-found", Rule: m.Name,
		Message: issue.Count(n, "resource") + " of " + m.Name + " rejected after rows that may refer there were written: mend the rejected rows and run again, or references lead nowhere",
	})
}

// report hands an issue to the run database and counts it.
func (r *run) report(in *Input, i issue.Issue) {
	if i.Code == extract.DumpCut { // whoever found the tables has said so of the file
		return
	}
	if i.Code == extract.FileDamaged {
		in.Short = true
		r.tally.damaged(i)
	}
	r.tally.issue(i)
	r.told.Issue(in.ID, i)
}
