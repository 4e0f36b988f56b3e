package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"chartlift/internal/issue"
	"chartlift/internal/pipeline"
	"chartlift/load"
	"chartlift/load/ndjson"
	"chartlift/mappings"
	"chartlift/reports"
	"chartlift/transform"
	"chartlift/validate"
	"chartlift/validate/plausible"
)

// running says what a run does beside converting.
type running struct {
	files    bool // its output is written, else thrown away
	recorded bool // what became of rows and resources is written down
}

// nowhere takes everything and keeps nothing.
type nowhere struct{}

func (nowhere) Send(_ context.Context, b *load.Bundle) ([]load.Outcome, error) {
	out := make([]load.Outcome, len(b.Entries))
	for i := range out {
		out[i].Status = 201
	}
	return out, nil
}

func (nowhere) Copies() bool  { return true }
func (nowhere) Commit() error { return nil }
func (nowhere) Close() error  { return nil }

// untold is a Progress that nobody sees.
type untold struct{}

func (untold) Start(string)               {}
func (untold) Add(string, int64, float64) {}
func (untold) End(string)                 {}

// runInside is a run as chartlift run does it to files, put together as in
// cmd/job.go.
func runInside(data, out string, how running) (rows int64, err error) {
	ctx := context.Background()
	prog, err := benchProgram()
	if err != nil {
		return 0, err
	}
	db, err := reports.Open(filepath.Join(out+".project", "runs.db"))
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	rec, err := db.Begin(ctx, reports.RunInfo{Command: "bench", Mapping: prog.ID, Target: out, Options: reports.Options{Discard: !how.recorded}})
	if err != nil {
		return 0, err
	}
	var sink load.Sink = nowhere{}
	if how.files {
		if sink, err = ndjson.Open(out, ndjson.Options{Format: ndjson.Lines}); err != nil {
			return 0, err
		}
	}
	defer func() { err = errors.Join(err, sink.Close()) }()
	job, closeAll, err := benchJob(ctx, prog, rec, data)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, closeAll()) }()
	job.Sink, job.Staged, job.TempDir = sink, how.files, out+".project"
	sum, err := pipeline.Run(ctx, job)
	if err == nil && sum.Loaded != sum.Read {
		err = fmt.Errorf("%d rows of %d were loaded", sum.Loaded, sum.Read)
	}
	return sum.Read, errors.Join(err, rec.Finish(ctx, reports.Succeeded, 0))
}

// benchJob opens the tables and returns the job that converts them.
func benchJob(ctx context.Context, prog *mappings.Program, rec *reports.Recorder, data string) (job pipeline.Job, closeAll func() error, err error) {
	var all []*opened
	closeAll = func() error {
		var err error
		for _, src := range all {
			err = errors.Join(err, src.Close())
		}
		return err
	}
	engine := transform.New(prog, nil)
	job = pipeline.Job{
		Program: prog, Engine: engine, Recorder: rec, Progress: untold{}, Policy: pipeline.Policy{MaxRejected: -1}, Workers: runtime.GOMAXPROCS(0), Senders: 1, Lines: true,
		Check:     validate.New(validate.Options{Resolve: engine.Accepted, Guide: prog.Guide, WarnProfiles: true, WarnCodes: true, Letter: true}),
		Plausible: plausible.New(plausible.Options{Today: time.Now(), Settings: prog.Plausibility}),
	}
	for _, s := range prog.Sources {
		src, err := openTable(ctx, data, s.Name)
		if err != nil {
			return job, closeAll, errors.Join(err, closeAll())
		}
		all = append(all, src)
		id, err := rec.Source(reports.SourceInfo{Source: src.schema.Source, Table: src.schema.Table, Mapped: true})
		if err != nil {
			return job, closeAll, errors.Join(err, closeAll())
		}
		job.Tables = append(job.Tables, &pipeline.Table{Source: s, Inputs: []*pipeline.Input{{Source: src, Schema: src.schema, ID: id}}})
	}
	return job, closeAll, nil
}

// batchOfLineage is how many rows a run tells of at once.
const batchOfLineage = 512

// recordAlone writes the lineage of as many rows as the data have into a run
// database, and nothing else: each row's fate and resource, every hundredth of
// them rejected with a finding, so that its ranges do not all become one.
func recordAlone(data, out string) (rows int64, err error) {
	ctx := context.Background()
	n, err := countLines(filepath.Join(data, tableNames[len(tableNames)-1]+".csv"))
	if err != nil {
		return 0, err
	}
	if err := os.MkdirAll(out, 0o700); err != nil {
		return 0, err
	}
	db, err := reports.Open(filepath.Join(out, "runs.db"))
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	rec, err := db.Begin(ctx, reports.RunInfo{Command: "bench"})
	if err != nil {
		return 0, err
	}
	if err := rec.Deliver(reports.Delivery{Target: out, Files: true}); err != nil {
		return 0, err
	}
	source, err := rec.Source(reports.SourceInfo{Source: "observations.csv", Table: "observations", Mapped: true})
	if err != nil {
		return 0, err
	}
	total := int64(n - 1) // the header
	for first := int64(1); first <= total; first += batchOfLineage {
		recordBatch(rec, source, first, min(first+batchOfLineage-1, total))
	}
	return total, errors.Join(rec.Err(), rec.Finish(ctx, reports.Succeeded, 0))
}

// recordBatch tells of the rows first to last.
func recordBatch(rec *reports.Recorder, source, first, last int64) {
	var ranges []reports.RowRange
	delivered := make([]reports.Delivered, 0, last-first+1)
	start := first
	for row := first; row <= last; row++ {
		if row%100 != 0 {
			delivered = append(delivered, reports.Delivered{Type: "Observation", Fate: reports.Created, ID: fmt.Sprintf("%08x-0000-5000-8000-%012x", row, row)})
			continue
		}
		if row > start {
			ranges = append(ranges, reports.RowRange{First: start, Last: row - 1})
		}
		ranges = append(ranges, reports.RowRange{First: row, Last: row, Outcome: reports.Rejected, Reason: "bad-number"})
		rec.Issue(source, issue.Issue{
			Severity: issue.Error, Code: "bad-number", Rule: "observation.valueQuantity", Column: "VALUE", Value: "1,2.3", Message: "the value is no number",
			Origin: issue.Origin{Source: "observations.csv", Table: "observations", Row: row, Line: row + 1},
		})
		start = row + 1
	}
	if start <= last {
		ranges = append(ranges, reports.RowRange{First: start, Last: last})
	}
	rec.Rows(source, ranges)
	rec.Journal(first, true, delivered)
	rec.Unit(reports.Unit{Seq: first, SourceID: source, FirstRow: first, LastRow: last, Entries: len(delivered), OK: len(delivered), Attempts: 1, Status: 201})
	rec.Resources(source, "Observation", last-first+1, int64(len(delivered)), int64(len(delivered)), 0)
}
