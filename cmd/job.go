package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"sync"
	"time"

	"chartlift/fhir/profile"
	"chartlift/internal/console"
	"chartlift/internal/issue"
	"chartlift/internal/pipeline"
	"chartlift/internal/shards"
	"chartlift/internal/tables"
	"chartlift/mappings"
	"chartlift/reports"
	"chartlift/transform"
	"chartlift/transform/stage"
	"chartlift/validate"
	"chartlift/validate/plausible"
)

// migration is a run put together: the only place where all rooms meet.
type migration struct {
	s      *settings
	file   mappingFile
	prog   *mappings.Program
	tables *tables.Set
	target *target
	db     *reports.DB
	rec    *reports.Recorder
	stage  *stage.Stage // nil where the program uses no views
	made   []*transform.Engine
	temp   string
	lock   *os.File
	form   func() (*reports.PageForm, error) // what the report will be drawn with
	parts  *shards.Plan                      // where the run puts together what other processes converted; else nil
	shelf  *pipeline.Shelf                   // what they converted

	sums func() error // writes down the hashes of the files, and waits for them; nil: not begun

	earlier []reports.EarlierTable // from which earlier runs delivered to the target

	retirements int64 // bundles that marked what vanished
}

// purpose says what a migration is put together for.
type purpose string

const (
	running purpose = "run"  // keeps other runs out of the project
	telling purpose = "row"  // reads one row again
	parting purpose = "part" // makes a plan of shards, or one of them
)

// plan opens mapping and sources and prints what is wrong with them. Nothing is
// read or sent yet.
func plan(ctx context.Context, s *settings, p purpose) (m *migration, err error) {
	m = &migration{s: s}
	if m.file, err = s.ownMapping(); err != nil {
		return m, err
	}
	prog, findings := m.file.compile(s.set)
	if prog == nil {
		m.file.printFindings(s.streams.Err, findings)
		return m, &exitError{code: exitUsage, said: true}
	}
	m.prog = prog
	if err := m.workspace(p); err != nil {
		return m, err
	}
	if m.tables, err = s.openTables(ctx, prog, m.temp); err != nil {
		return m, err
	}
	all := append(findings, m.tables.Findings...)
	if p == running && !worst(all) {
		dates, err := m.tables.Survey(ctx, false)
		if err != nil {
			return m, err
		}
		all = append(all, dates...)
	}
	if !s.quiet || worst(all) {
		m.file.printFindings(s.streams.Err, all)
	}
	for _, i := range m.tables.Unread {
		switch {
		case i.Severity == issue.Error: // with --quiet as well: nobody must take such a run for a whole one
			fmt.Fprintf(s.streams.Err, "%s %s %s\n", i.Severity, i.Code, i.Message)
		case i.Severity != issue.Information:
			s.message("%s %s %s", i.Severity, i.Code, i.Message)
		}
	}
	for _, path := range slices.Sorted(maps.Keys(m.tables.Cut)) {
		s.message("error %s %s; what stands before is read", stableCode(m.tables.Cut[path]), m.tables.Cut[path])
	}
	if worst(all) {
		return m, &exitError{code: exitUsage, said: true}
	}
	return m, m.openStage()
}

// workspace makes the folder for temporary files.
func (m *migration) workspace(p purpose) error {
	dir, err := m.s.workspace(p)
	if err != nil {
		return err
	}
	if p == running {
		if m.lock, err = lockProject(dir); err != nil {
			return err
		}
		if err := sweepTemp(dir); err != nil {
			return err
		}
	}
	if m.temp, err = os.MkdirTemp(dir, p.temporary()); err != nil {
		return fmt.Errorf("make temporary folder: %w", err)
	}
	return nil
}

// workspace is the folder in which temporary files are made: a shard's are
// beside its result, where they are swept.
func (s *settings) workspace(p purpose) (string, error) {
	if p == parting {
		return s.shards, nil
	}
	return s.folder()
}

func (p purpose) temporary() string {
	if p == parting {
		return shards.TempFolder
	}
	return "tmp-" + string(p) + "-*"
}

// begin opens the run database and registers the tables.
func (m *migration) begin(ctx context.Context, o runOptions) error {
	files := m.tablesToRead()
	paths := files.paths()
	hashed := ahead(func() (map[string]fileSum, error) {
		sums := m.plannedSums()
		hashAll(ctx, sums, paths)
		return sums, nil
	})
	err := m.countLeft(ctx, files)
	if err != nil {
		return err
	}
	if m.db, err = reports.Open(m.s.database()); err != nil {
		return err
	}
	args, err := m.args()
	if err != nil {
		return err
	}
	m.rec, err = m.db.Begin(ctx, reports.RunInfo{
		Command: "run", ToolVersion: version, Mapping: m.prog.ID, MappingSHA256: m.prog.SHA256,
		Target: m.target.name, Args: args, DryRun: o.dryRun, Site: m.prog.Site,
		Options: reports.Options{MaskValues: o.phi == "mask"},
	})
	if err != nil {
		return fmt.Errorf("begin run: %w", err)
	}
	m.sums = sync.OnceValue(func() error {
		sums, err := hashed()
		if err != nil {
			return err
		}
		return m.register(ctx, files, sums)
	})
	if err := m.registerFirst(files); err != nil {
		return err
	}
	for _, i := range append(m.tables.Unread, m.tables.Findings...) {
		m.rec.Issue(0, i)
	}
	return nil
}

// args returns what it takes to read the same again, with absolute paths.
func (m *migration) args() (string, error) {
	a := runArgs{Mapping: m.s.mapping, Set: m.s.set, Flags: m.s.kept}
	for _, g := range m.s.guides {
		if !profile.BuiltIn(g) {
			g = tables.Absolute(g)
		}
		a.Guides = append(a.Guides, g)
	}
	if m.file.dir != "" {
		a.Mapping = tables.Absolute(m.s.mapping)
	}
	for _, s := range m.s.sources {
		a.Sources = append(a.Sources, tables.Absolute(s))
	}
	text, err := json.Marshal(a)
	if err != nil {
		return "", fmt.Errorf("write down arguments: %w", err)
	}
	return string(text), nil
}

// job returns the pipeline's job.
func (m *migration) job(o runOptions) pipeline.Job {
	job := m.conversion(o)
	job.Sink, job.Senders, job.Staged, job.Lines, job.Recorder = m.target.sink, m.target.senders, m.target.files, m.target.lines, m.rec
	if o.plausible {
		job.Plausible = plausible.New(plausible.Options{Today: time.Now(), Settings: m.prog.Plausibility, TempDir: m.temp})
	}
	job.Before = m.sums
	job.Shelf, job.Rowless = m.shelf, m.emptied(o.deltaOptions)
	return job
}

// engine returns a new engine, whose lookups go to the folder for temporary
// files where they are many.
func (m *migration) engine(limited memory) *transform.Engine {
	e := transform.New(m.prog, m.tables.Absent)
	e.KeepLookups(transform.SpillOptions{Dir: m.temp, Memory: int(limited.lookups())})
	m.made = append(m.made, e)
	return e
}

// conversion returns the part of a job that makes resources; nothing is
// delivered or written down.
func (m *migration) conversion(o runOptions) pipeline.Job {
	engine := m.engine(o.limited)
	if m.tables.Plan != nil {
		engine.Viewed(m.tables.Plan.Reads())
	}
	workers := o.workers
	if workers < 1 {
		workers = runtime.GOMAXPROCS(0)
	}
	return pipeline.Job{
		Program: m.prog, Tables: slices.Concat(m.tables.Tables, m.tables.Views), Stage: m.stage, Absent: m.tables.Absent, Engine: engine,
		Check: validate.New(validate.Options{
			Resolve: engine.Accepted, External: o.external, Guide: m.prog.Guide, WarnProfiles: o.onProfile != "reject", WarnCodes: true, Letter: true,
		}),
		Workers: workers, TempDir: m.temp, Memory: o.limited.groups(),
		Progress: watched{console.NewProgress(m.s.streams.Err, m.s.quiet), o.hook},
		Policy:   pipeline.Policy{WarnInvalid: o.onInvalid == "warn", CheckAll: o.validate == "full", MaxRejected: o.maxRejected},
	}
}

// Close frees everything, in the reverse order of opening.
func (m *migration) Close() error {
	all := m.shelf.Close()
	if m.target != nil {
		all = errors.Join(all, m.target.Close())
	}
	if m.db != nil {
		all = errors.Join(all, m.db.Close())
	}
	for _, e := range m.made {
		all = errors.Join(all, e.Close())
	}
	if m.stage != nil {
		all = errors.Join(all, m.stage.Close())
	}
	if m.tables != nil {
		all = errors.Join(all, m.tables.Close())
	}
	if m.temp != "" {
		all = errors.Join(all, removeFolder(m.temp))
	}
	if m.lock != nil {
		all = errors.Join(all, m.lock.Close())
	}
	return all
}
