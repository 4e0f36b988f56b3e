// Package extracttest holds what every format of extract has to keep: [Run]
// is called by the tests of each format with a [Sample] of it.
//
//	extracttest.Run(t, csvfile.Format(), extracttest.Sample{Name: "a.csv", Content: []byte("id\n1\n"), …})
package extracttest

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"chartlift/extract"
	"chartlift/internal/issue"
)

// Sample is one file of a format with what is to be read from it.
type Sample struct {
	Name    string // file name, with the extension that is usual
	Content []byte
	Options extract.Options
	Tables  []Table // all of them, in order
	NoLines bool    // the format has no lines: Origin.Line is 0
}

// Table is what one table of a Sample holds.
type Table struct {
	Name    string
	Columns []string
	Rows    [][]extract.Value // of all records, those with a Fault as well
	Faults  []string          // code of the Fault of each record, "" where it is sound; nil: all are
}

// Run checks that f reads the sample and keeps the contract of extract.Source.
func Run(t *testing.T, f extract.Format, sample Sample) {
	t.Helper()
	plain := filepath.Join(t.TempDir(), sample.Name)
	writeFile(t, plain, sample.Content)
	t.Run("tables and values", func(t *testing.T) { checkContent(t, openFile(t, f, plain, sample.Options), sample) })
	t.Run("all tables counted at once", func(t *testing.T) { checkCount(t, openFile(t, f, plain, sample.Options)) })
	t.Run("compressed", func(t *testing.T) { checkCompressed(t, f, sample) })
	t.Run("a cancelled context ends the sequence", func(t *testing.T) { checkCancel(t, openFile(t, f, plain, sample.Options)) })
	t.Run("the consumer may stop", func(t *testing.T) { checkStop(t, openFile(t, f, plain, sample.Options)) })
	t.Run("an unknown table is an error", func(t *testing.T) { checkUnknown(t, openFile(t, f, plain, sample.Options)) })
	t.Run("several readers at once", func(t *testing.T) { checkParallel(t, openFile(t, f, plain, sample.Options)) })
	t.Run("the format is documented", func(t *testing.T) {
		if f.Name == "" || f.Doc == "" {
			t.Errorf("name %q, doc %q", f.Name, f.Doc)
		}
	})
}

func writeFile(t *testing.T, name string, content []byte) {
	t.Helper()
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// openFile opens a file with f alone, so that its Sniff counts, and closes it
// twice at the end.
func openFile(t *testing.T, f extract.Format, name string, o extract.Options) extract.Source {
	t.Helper()
	src, err := extract.Open(context.Background(), []extract.Format{f}, name, o)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() {
		if err := errors.Join(src.Close(), src.Close()); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return src
}

func checkContent(t *testing.T, src extract.Source, sample Sample) {
	schemas := tables(t, src)
	if again := tables(t, src); !reflect.DeepEqual(schemas, again) {
		t.Errorf("the tables change from %v to %v", schemas, again)
	}
	if len(schemas) != len(sample.Tables) {
		t.Fatalf("%d tables, want %d", len(schemas), len(sample.Tables))
	}
	for i, want := range sample.Tables {
		if schemas[i].Table != want.Name || !reflect.DeepEqual(schemas[i].Columns, want.Columns) || schemas[i].Source == "" {
			t.Errorf("table %+v, want %s %q", schemas[i], want.Name, want.Columns)
		}
		records, issues := readAll(t, src, schemas[i])
		checkLines(t, records, sample.NoLines)
		checkRecords(t, want, records)
		again, issuesAgain := readAll(t, src, schemas[i])
		if !reflect.DeepEqual(records, again) || !reflect.DeepEqual(issues, issuesAgain) {
			t.Errorf("table %s: a second reading differs", want.Name)
		}
		checkCodes(t, records, issues)
	}
}

// checkCount holds that all tables are counted at once as Read gives them.
func checkCount(t *testing.T, src extract.Source) {
	want := map[string]int64{}
	var names []string
	for _, schema := range tables(t, src) {
		records, _ := readAll(t, src, schema)
		names = append(names, schema.Table)
		want[schema.Table] = int64(len(records))
	}
	got, err := extract.Count(context.Background(), src, names)
	if err != nil {
		t.Fatalf("count %v: %v", names, err)
	}
	for _, name := range names {
		if got[name] != want[name] {
			t.Errorf("table %s is counted as %d rows and has %d", name, got[name], want[name])
		}
	}
}

func tables(t *testing.T, src extract.Source) []*extract.Schema {
	t.Helper()
	schemas, err := src.Tables(context.Background())
	if err != nil {
		t.Fatalf("tables: %v", err)
	}
	return schemas
}

// readAll reads a table, checking what holds for every record.
func readAll(t *testing.T, src extract.Source, schema *extract.Schema) ([]extract.Record, []issue.Issue) {
	t.Helper()
	var records []extract.Record
	var issues []issue.Issue
	seq, line := int64(0), int64(0)
	for batch, err := range src.Read(context.Background(), schema.Table, func(is issue.Issue) { issues = append(issues, is) }) {
		if err != nil {
			t.Fatalf("read %s: %v", schema.Table, err)
		}
		if batch.Seq != seq || len(batch.Records) == 0 {
			t.Errorf("batch %d with %d records, want batch %d", batch.Seq, len(batch.Records), seq)
		}
		seq++
		for _, rec := range batch.Records {
			o := rec.Origin
			if o.Row != int64(len(records)+1) || o.Table != schema.Table || o.Source != schema.Source || o.Line < line {
				t.Errorf("record %d has the origin %+v", len(records)+1, o)
			}
			if rec.Schema != schema || len(rec.Values) != len(schema.Columns) {
				t.Errorf("record %d: %d values for %d columns", o.Row, len(rec.Values), len(schema.Columns))
			}
			line = o.Line
			records = append(records, rec)
		}
	}
	return records, issues
}

func checkLines(t *testing.T, records []extract.Record, none bool) {
	t.Helper()
	for i, rec := range records {
		if (rec.Origin.Line < 1) != none {
			t.Errorf("record %d is on line %d", i+1, rec.Origin.Line)
		}
	}
}

func checkRecords(t *testing.T, want Table, records []extract.Record) {
	t.Helper()
	if len(records) != len(want.Rows) {
		t.Fatalf("table %s: %d rows, want %d", want.Name, len(records), len(want.Rows))
	}
	for i, rec := range records {
		if !reflect.DeepEqual(rec.Values, want.Rows[i]) {
			t.Errorf("table %s row %d: %+v, want %+v", want.Name, i+1, rec.Values, want.Rows[i])
		}
		code := ""
		if rec.Fault != nil {
			code = rec.Fault.Code
		}
		if want.Faults == nil && code != "" || want.Faults != nil && code != want.Faults[i] {
			t.Errorf("table %s row %d: fault %q", want.Name, i+1, code)
		}
	}
}

// checkCodes sees to it that every code is documented.
func checkCodes(t *testing.T, records []extract.Record, issues []issue.Issue) {
	t.Helper()
	known := map[string]bool{}
	for _, c := range extract.Codes() {
		known[c.Code] = true
	}
	for _, rec := range records {
		if rec.Fault != nil {
			issues = append(issues, *rec.Fault)
		}
	}
	for _, is := range issues {
		if !known[is.Code] || is.Message == "" || is.Origin.Source == "" {
			t.Errorf("issue %+v: the code is not documented, or message or origin are missing", is)
		}
	}
}

// checkCompressed reads the sample gzipped: all the same but the source's name,
// and no file left.
func checkCompressed(t *testing.T, f extract.Format, sample Sample) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write(sample.Content)
	if err = errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), sample.Name+".gz")
	writeFile(t, name, b.Bytes())
	sample.Options.TempDir = t.TempDir()
	src := openFile(t, f, name, sample.Options)
	checkContent(t, src, sample)
	if err := src.Close(); err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(sample.Options.TempDir); len(left) > 0 {
		t.Errorf("left behind after Close: %v", left)
	}
}

func checkCancel(t *testing.T, src extract.Source) {
	ctx, cancel := context.WithCancel(context.Background())
	schemas := tables(t, src)
	cancel()
	var last error
	for _, err := range src.Read(ctx, schemas[0].Table, nil) {
		if last != nil {
			t.Error("the sequence goes on behind an error")
		}
		last = err
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("the sequence ended with %v", last)
	}
}

func checkStop(t *testing.T, src extract.Source) {
	for _, schema := range tables(t, src) {
		for range src.Read(context.Background(), schema.Table, nil) {
			break
		}
	}
}

func checkUnknown(t *testing.T, src extract.Source) {
	n := 0
	for batch, err := range src.Read(context.Background(), "no table of this name", nil) {
		if n++; batch != nil || !errors.Is(err, extract.ErrNoTable) {
			t.Errorf("batch %v, error %v", batch, err)
		}
	}
	if n != 1 {
		t.Errorf("%d steps, want one error", n)
	}
}

func checkParallel(t *testing.T, src extract.Source) {
	counts := make(chan int)
	for range 3 {
		go func() {
			n := 0
			schemas, err := src.Tables(context.Background())
			for i := 0; err == nil && i < len(schemas); i++ {
				for batch, err := range src.Read(context.Background(), schemas[i].Table, func(issue.Issue) {}) {
					if err == nil {
						n += len(batch.Records)
					}
				}
			}
			counts <- n
		}()
	}
	a, b, c := <-counts, <-counts, <-counts
	if a != b || b != c {
		t.Errorf("readers at the same time saw %d, %d and %d rows", a, b, c)
	}
}
