package stage_test

import (
	"fmt"
	"testing"

	"chartlift/extract"
	"chartlift/internal/issue"
	"chartlift/mappings"
	"chartlift/transform"
	"chartlift/transform/stage"
)

// BenchmarkStaging puts rows of five columns into the stage.
func BenchmarkStaging(b *testing.B) {
	prog := compileFor(b, `'SELECT ID AS K, PAT, CODE, VALUE, "Date of Birth" FROM obs'`)
	plan, _, err := stage.Check(prog, columns(prog))
	if err != nil {
		b.Fatal(err)
	}
	s, err := stage.Open(plan, b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	f, rec := benchFiller(b, s, prog)
	b.ReportAllocs()
	n := int64(0)
	for b.Loop() {
		n++
		if err := f.Add(n, rec); err != nil {
			b.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkReadingAView reads rows of five columns, sorted.
func BenchmarkReadingAView(b *testing.B) {
	prog := compileFor(b, `'SELECT ID AS K, PAT, CODE, VALUE, "Date of Birth" FROM obs'`)
	plan, _, err := stage.Check(prog, columns(prog))
	if err != nil {
		b.Fatal(err)
	}
	s, err := stage.Open(plan, b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	f, rec := benchFiller(b, s, prog)
	const rows = 20_000
	for i := range rows {
		rec.Values[0].Text = fmt.Sprint((i * 7919) % rows)
		if err := f.Add(int64(i+1), rec); err != nil {
			b.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		for batch, err := range s.View(prog.UsedViews()[0]).Read(b.Context(), "", nil) {
			if err != nil {
				b.Fatal(err)
			}
			n += len(batch.Records)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/row")
}

func benchFiller(b *testing.B, s *stage.Stage, prog *mappings.Program) (*stage.Filler, *extract.Record) {
	schema := &extract.Schema{Source: "obs.csv", Table: "obs", Columns: tables()["obs"]}
	binding, err := transform.New(prog, nil).BindRows(prog.Sources[0], schema)
	if err != nil {
		b.Fatal(err)
	}
	f, err := s.Filler(prog.Sources[0], binding.Cells)
	if err != nil {
		b.Fatal(err)
	}
	rec := &extract.Record{Schema: schema, Origin: issue.Origin{Source: "obs.csv", Table: "obs", Row: 1, Line: 2}}
	for _, text := range []string{"1501a4be-fb92-a1c3-a7f6-c1c9747462c0", "c8440e10-fcfa-1322-162b-a1b53b1b1c84", "8480-6", "120.0", "2015-07-14T15:31:15Z"} {
		rec.Values = append(rec.Values, extract.Value{Kind: extract.Text, Text: text})
	}
	return f, rec
}
