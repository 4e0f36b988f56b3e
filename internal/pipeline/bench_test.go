package pipeline_test

import (
	"context"
	"fmt"
	"iter"
	"path/filepath"
	"runtime"
	"testing"
	"testing/fstest"

	"chartlift/extract"
	"chartlift/internal/issue"
	"chartlift/internal/pipeline"
	"chartlift/load"
	"chartlift/mappings"
	"chartlift/reports"
	"chartlift/transform"
	"chartlift/validate"
)

const observations = `chartlift: 1
id: bench
defaults: { timezone: America/New_York, dates: ["YYYY-MM-DDThh:mm:ssZ"] }
output: { bundle: { max_entries: 500 }, meta: { source: "urn:chartlift:bench#${source.file}:${source.line}" } }
sources:
  obs: { csv: { path: obs.csv }, key: [PATIENT, CODE, DATE] }
maps:
  o:
    from: obs
    resource: Observation
    elements:
      status: final
      category: [{ coding: [{ system: http://terminology.hl7.org/CodeSystem/observation-category, code: vital-signs }] }]
      code: { coding: [{ system: http://loinc.org, code: $CODE, display: $NAME }] }
      subject: { identifier: { system: "urn:x:mrn", value: $PATIENT } }
      effectiveDateTime: $DATE | datetime
      valueQuantity: { when: TYPE = 'numeric', from: $VALUE | quantity $UNIT ucum }
      valueString: { when: TYPE = 'text', from: $VALUE }
`

// stream is a source of n observations that are made as they are read.
type stream struct {
	schema *extract.Schema
	n      int
}

func (s stream) Tables(context.Context) ([]*extract.Schema, error) {
	return []*extract.Schema{s.schema}, nil
}

func (s stream) Close() error { return nil }

func (s stream) Read(ctx context.Context, _ string, _ issue.Reporter) iter.Seq2[*extract.Batch, error] {
	const size = 512
	return func(yield func(*extract.Batch, error) bool) {
		for start := 0; start < s.n; start += size {
			b := &extract.Batch{Seq: int64(start / size), Records: make([]extract.Record, 0, size)}
			for i := start; i < min(start+size, s.n); i++ {
				b.Records = append(b.Records, s.record(i))
			}
			if ctx.Err() != nil || !yield(b, nil) {
				return
			}
		}
	}
}

func (s stream) record(i int) extract.Record {
	cells := []string{fmt.Sprintf("p-%d", i/20), "8302-2", "Body Height", fmt.Sprintf("2017-01-%02dT23:%02d:00Z", i%28+1, i%60), fmt.Sprint(i%200) + ".5", "cm", "numeric"}
	rec := extract.Record{Schema: s.schema, Origin: issue.Origin{Source: "obs.csv", Table: "obs", Row: int64(i + 1), Line: int64(i + 2)}}
	for _, c := range cells {
		rec.Values = append(rec.Values, extract.Value{Text: c, Kind: extract.Text})
	}
	return rec
}

// discard takes everything.
type discard struct{}

func (discard) Send(_ context.Context, b *load.Bundle) ([]load.Outcome, error) {
	out := make([]load.Outcome, len(b.Entries))
	for i := range out {
		out[i].Status = 201
	}
	return out, nil
}

func (discard) Commit() error { return nil }
func (discard) Close() error  { return nil }

// BenchmarkRun measures a whole run without files and network: rows are made in
// memory and resources are thrown away. The figures include the making of the
// rows, some 10 allocations each.
func BenchmarkRun(b *testing.B) {
	const rows = 100_000
	prog, findings := mappings.Compile(fstest.MapFS{"m.yaml": {Data: []byte(observations)}}, "m.yaml", mappings.Options{Cleaners: transform.Signatures()})
	if prog == nil {
		b.Fatal(findings)
	}
	db, err := reports.Open(filepath.Join(b.TempDir(), "runs.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	src := stream{n: rows, schema: &extract.Schema{Source: "obs.csv", Table: "obs", Columns: []string{"PATIENT", "CODE", "NAME", "DATE", "VALUE", "UNIT", "TYPE"}}}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for b.Loop() {
		rec, err := db.Begin(b.Context(), reports.RunInfo{Command: "bench"})
		if err != nil {
			b.Fatal(err)
		}
		id, err := rec.Source(reports.SourceInfo{Source: "obs.csv", Table: "obs", Mapped: true})
		if err != nil {
			b.Fatal(err)
		}
		engine := transform.New(prog, nil)
		sum, err := pipeline.Run(b.Context(), pipeline.Job{
			Program: prog, Engine: engine, Check: validate.New(validate.Options{Resolve: engine.Accepted}),
			Tables: []*pipeline.Table{{Source: prog.Sources[0], Inputs: []*pipeline.Input{{Source: src, Schema: src.schema, ID: id}}}},
			Sink:   discard{}, Recorder: rec, Progress: quiet{}, Policy: pipeline.Policy{MaxRejected: -1},
			Workers: runtime.GOMAXPROCS(0), Senders: 1, TempDir: b.TempDir(),
		})
		if err != nil || sum.Loaded != rows {
			b.Fatalf("%v %+v", err, sum)
		}
		if err := rec.Finish(b.Context(), reports.Succeeded, 0); err != nil {
			b.Fatal(err)
		}
	}
	runtime.ReadMemStats(&after)
	total := float64(rows) * float64(b.N)
	b.ReportMetric(total/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64(after.Mallocs-before.Mallocs)/total, "allocs/row")
}
