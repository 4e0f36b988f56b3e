package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"chartlift/extract"
	"chartlift/internal/issue"
	"chartlift/internal/pipeline"
	"chartlift/load"
	"chartlift/load/ndjson"
	"chartlift/mappings"
	"chartlift/reports"
	"chartlift/transform"
	"chartlift/transform/stage"
	"chartlift/validate"
)

// batchRows is small, so that few rows make many batches.
const batchRows = 5

// memory is a source with one table in memory. fail is an error at the row of
// this index.
type memory struct {
	schema  *extract.Schema
	records []extract.Record
	failAt  int
	fail    error
	notes   []issue.Issue
	batch   int // rows of a batch, 0: batchRows
	begins  func() (ends func())
}

// file makes a source of lines of cells parted by |; ∅ is NULL. A line that
// starts with ! is a row that cannot be read.
func file(name string, lines ...string) *memory {
	schema := &extract.Schema{Source: name, Table: strings.TrimSuffix(name, ".csv"), Columns: strings.Split(lines[0], "|"), Line: 1}
	m := &memory{schema: schema}
	for i, line := range lines[1:] {
		rec := extract.Record{Schema: schema, Origin: issue.Origin{Source: name, Table: schema.Table, Row: int64(i + 1), Line: int64(i + 2)}}
		line, bad := strings.CutPrefix(line, "!")
		if bad {
			rec.Fault = &issue.Issue{Severity: issue.Error, Code: "too-many-cells", Type: "structure", Message: "the row has too many cells"}
		}
		for _, cell := range strings.Split(line, "|") {
			v := extract.Value{Text: cell, Kind: extract.Text}
			if cell == "∅" {
				v = extract.Value{Kind: extract.Null}
			}
			rec.Values = append(rec.Values, v)
		}
		for len(rec.Values) < len(schema.Columns) {
			rec.Values = append(rec.Values, extract.Value{})
		}
		m.records = append(m.records, rec)
	}
	return m
}

func (m *memory) Tables(context.Context) ([]*extract.Schema, error) {
	return []*extract.Schema{m.schema}, nil
}

func (m *memory) Close() error { return nil }

func (m *memory) Read(ctx context.Context, _ string, report issue.Reporter) iter.Seq2[*extract.Batch, error] {
	return func(yield func(*extract.Batch, error) bool) {
		if m.begins != nil {
			defer m.begins()()
		}
		for _, i := range m.notes {
			report(i)
		}
		size := m.batch
		if size == 0 {
			size = batchRows
		}
		for start := 0; start < len(m.records); start += size {
			if err := ctx.Err(); err != nil {
				yield(nil, err)
				return
			}
			if m.fail != nil && start >= m.failAt {
				yield(nil, m.fail)
				return
			}
			end := min(start+size, len(m.records))
			b := &extract.Batch{Seq: int64(start / size)}
			for _, rec := range m.records[start:end] {
				rec.Values = append([]extract.Value(nil), rec.Values...)
				b.Records = append(b.Records, rec)
			}
			if !yield(b, nil) {
				return
			}
		}
	}
}

// quiet shows nothing.
type quiet struct{}

func (quiet) Start(string)               {}
func (quiet) Add(string, int64, float64) {}
func (quiet) End(string)                 {}

// sink counts what it is sent, refuses what refuse says, and fails at the
// bundle failAt.
type sink struct {
	mu     sync.Mutex
	taken  []string // references
	failAt int64
	refuse func(r string) string // code, "" taken
	onSend func(b *load.Bundle)
	short  bool
	final  bool // Commit was called
}

var errGone = errors.New("the server is gone")

func (s *sink) Send(ctx context.Context, b *load.Bundle) ([]load.Outcome, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if s.onSend != nil {
		s.onSend(b)
	}
	if s.failAt > 0 && b.Seq >= s.failAt {
		return nil, fmt.Errorf("post bundle %d: %w", b.Seq, errGone)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []load.Outcome
	for _, e := range b.Entries {
		if s.refuse != nil {
			if code := s.refuse(string(e.Resource.JSON)); code != "" {
				out = append(out, load.Outcome{Status: 422, Issues: []issue.Issue{{Severity: issue.Error, Code: code, Type: "processing", Message: "refused"}}})
				continue
			}
		}
		s.taken = append(s.taken, e.Resource.Ref())
		out = append(out, load.Outcome{Status: 201, Created: true})
	}
	if s.short {
		return out[:len(out)-1], nil
	}
	return out, nil
}

func (s *sink) Commit() error { s.final = true; return nil }
func (s *sink) Close() error  { return nil }

// run is one run with all that it leaves behind.
type run struct {
	t       *testing.T
	job     pipeline.Job
	db      *reports.DB
	path    string // of db
	summary pipeline.Summary
	err     error
	sources []*memory
}

// prepare compiles the mapping, finds its sources among the files by name, and
// opens a run database.
func prepare(t *testing.T, mapping string, files ...*memory) *run {
	t.Helper()
	prog, findings := mappings.Compile(fstest.MapFS{"m.yaml": {Data: []byte(mapping)}}, "m.yaml", mappings.Options{Cleaners: transform.Signatures()})
	if prog == nil {
		t.Fatalf("findings: %+v", findings)
	}
	path := filepath.Join(t.TempDir(), "runs.db")
	db, err := reports.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	rec, err := db.Begin(t.Context(), reports.RunInfo{Command: "run"})
	if err != nil {
		t.Fatal(err)
	}
	r := &run{t: t, db: db, path: path, sources: files}
	var tables []*pipeline.Table
	var absent []*mappings.Source
	for _, s := range prog.Sources {
		table := &pipeline.Table{Source: s}
		for _, f := range files {
			if !s.MatchesFile(f.schema.Source) {
				continue
			}
			id, err := rec.Source(reports.SourceInfo{Source: f.schema.Source, Table: f.schema.Table, Mapped: true})
			if err != nil {
				t.Fatal(err)
			}
			table.Inputs = append(table.Inputs, &pipeline.Input{Source: f, Schema: f.schema, ID: id})
		}
		if len(table.Inputs) == 0 {
			absent = append(absent, s)
			continue
		}
		tables = append(tables, table)
	}
	tempDir := t.TempDir()
	views, st := stageOf(t, prog, tables, tempDir)
	tables = append(tables, views...)
	engine := transform.New(prog, absent)
	r.job = pipeline.Job{
		Program: prog, Tables: tables, Absent: absent, Engine: engine, Check: validate.New(validate.Options{Resolve: engine.Accepted}),
		Sink: &sink{}, Recorder: rec, Progress: quiet{}, Policy: pipeline.Policy{MaxRejected: -1}, Workers: 3, Senders: 2, TempDir: tempDir, Stage: st,
	}
	return r
}

// stageOf makes the stage of the program's views, nil where it uses none.
func stageOf(t *testing.T, prog *mappings.Program, tables []*pipeline.Table, dir string) (views []*pipeline.Table, st *stage.Stage) {
	t.Helper()
	if len(prog.UsedViews()) == 0 {
		return nil, nil
	}
	columns := map[*mappings.Source][]string{}
	for _, table := range tables {
		columns[table.Source] = table.Inputs[0].Schema.Columns
	}
	plan, findings, err := stage.Check(prog, columns)
	if err != nil || len(findings) > 0 {
		t.Fatalf("%v, findings %+v", err, findings)
	}
	if st, err = stage.Open(plan, dir); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	for _, v := range prog.UsedViews() {
		views = append(views, &pipeline.Table{Source: v, Inputs: []*pipeline.Input{{Source: st.View(v), Schema: plan.Schema(v)}}})
	}
	return views, st
}

// start runs the job and finishes the run database.
func (r *run) start(ctx context.Context) *run {
	r.t.Helper()
	r.summary, r.err = pipeline.Run(ctx, r.job)
	status := reports.Succeeded
	if r.err != nil {
		status = reports.Failed
	}
	if err := r.job.Recorder.Finish(context.WithoutCancel(ctx), status, 0); err != nil {
		r.t.Logf("finish: %v", err)
	}
	return r
}

// ok fails where the run did.
func (r *run) ok() *run {
	r.t.Helper()
	if r.err != nil {
		r.t.Fatal(r.err)
	}
	return r
}

// ledger returns "file read = loaded + merged + filtered + rejected" of every
// table, after proving that it balances and agrees with the summary.
func (r *run) ledger() string {
	r.t.Helper()
	l, err := r.db.Ledger(context.Background(), "")
	if err != nil {
		r.t.Fatal(err)
	}
	if err := l.Check(); err != nil {
		r.t.Errorf("the ledger does not balance: %v", err)
	}
	total := l.Total()
	want := pipeline.Summary{Read: total.Read, Loaded: total.Loaded, Merged: total.Merged, Filtered: total.Filtered, Rejected: total.Rejected}
	got := pipeline.Summary{Read: r.summary.Read, Loaded: r.summary.Loaded, Merged: r.summary.Merged, Filtered: r.summary.Filtered, Rejected: r.summary.Rejected}
	if diff := cmp.Diff(want, got); diff != "" {
		r.t.Errorf("summary and ledger (-ledger +summary):\n%s", diff)
	}
	var out []string
	for _, t := range l.Tables {
		out = append(out, fmt.Sprintf("%s %d = %d + %d + %d + %d", t.Source, t.Read, t.Loaded, t.Merged, t.Filtered, t.Rejected))
	}
	return strings.Join(out, "\n")
}

func (r *run) wantLedger(lines ...string) {
	r.t.Helper()
	if diff := cmp.Diff(strings.Join(lines, "\n"), r.ledger()); diff != "" {
		r.t.Errorf("ledger: read = loaded + merged + filtered + rejected (-want +got):\n%s", diff)
	}
}

// rows returns the outcomes of a table as "first-last outcome reason", " into
// row" where merged.
func (r *run) rows(source string) []string {
	r.t.Helper()
	list, err := r.db.Outcomes(context.Background(), "", source)
	if err != nil {
		r.t.Fatal(err)
	}
	var joined []reports.RowRange // how ranges were cut depends on when answers came
	for _, g := range list {
		if n := len(joined) - 1; n >= 0 && joined[n].Last == g.First-1 && joined[n].Outcome == g.Outcome && joined[n].Reason == g.Reason && g.MergedInto+joined[n].MergedInto == 0 {
			joined[n].Last = g.Last
			continue
		}
		joined = append(joined, g)
	}
	var out []string
	for _, g := range joined {
		line := fmt.Sprintf("%d-%d %s %s", g.First, g.Last, g.Outcome, g.Reason)
		if g.MergedInto > 0 {
			line += fmt.Sprintf(" into %d", g.MergedInto)
		}
		out = append(out, strings.TrimSpace(line))
	}
	return out
}

func (r *run) wantRows(source string, want ...string) {
	r.t.Helper()
	if diff := cmp.Diff(want, r.rows(source)); diff != "" {
		r.t.Errorf("rows of %s (-want +got):\n%s", source, diff)
	}
}

// patients is a mapping of patients with whatever else.
func patients(source, more string) string {
	return "chartlift: 1\nid: site\nsources:\n  pat: { csv: { path: \"pat*.csv\" }, key: [ID]" + source + " }\n" + more
}

const patientMap = "maps:\n  p: { from: pat, resource: Patient, where: \"KIND IS NULL OR KIND <> 'test'\", elements: { birthDate: $DOB | date YYYY-MM-DD } }\n"

// many returns the header and n patients.
func many(n int) []string {
	out := []string{"ID|DOB|KIND"}
	for i := range n {
		out = append(out, fmt.Sprintf("p%d|2000-01-%02d|∅", i+1, i%28+1))
	}
	return out
}

// into makes the job write files, and returns the folder.
func (r *run) into(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "out")
	s, err := ndjson.Open(dir, ndjson.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r.job.Sink, r.job.Senders = s, 1
	return dir
}

// contents returns the NDJSON files of a folder.
func contents(t *testing.T, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		b.WriteString("== " + filepath.Base(name) + "\n")
		if _, err := io.Copy(&b, f); err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	return b.String()
}
