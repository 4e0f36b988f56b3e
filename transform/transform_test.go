package transform_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"chartlift/extract"
	"chartlift/fhir"
	"chartlift/internal/issue"
	"chartlift/mappings"
	"chartlift/transform"
	"chartlift/validate"
)

// bench runs rows through a mapping, one table at a time, as the pipeline does.
type bench struct {
	t      *testing.T
	prog   *mappings.Program
	engine *transform.Engine
	issues []issue.Issue
	steps  []transform.Step
	codes  []string // unmapped
	tables map[string]int64
}

func newBench(t *testing.T, mapping string, absent ...string) *bench {
	t.Helper()
	prog, findings := mappings.Compile(fstest.MapFS{"m.yaml": {Data: []byte(mapping)}}, "m.yaml", mappings.Options{Cleaners: transform.Signatures()})
	if prog == nil {
		t.Fatalf("findings: %+v", findings)
	}
	var gone []*mappings.Source
	for _, s := range prog.Sources {
		for _, name := range absent {
			if s.Name == name {
				gone = append(gone, s)
			}
		}
	}
	return &bench{t: t, prog: prog, engine: transform.New(prog, gone), tables: map[string]int64{}}
}

func (b *bench) source(name string) *mappings.Source {
	for _, s := range b.prog.Sources {
		if s.Name == name {
			return s
		}
	}
	b.t.Fatalf("no source %q", name)
	return nil
}

// hooks take down what a worker reports.
func (b *bench) hooks() transform.Hooks {
	return transform.Hooks{
		Report:   func(i issue.Issue) { b.issues = append(b.issues, i) },
		Unmapped: func(x *mappings.Crosswalk, code, display string) { b.codes = append(b.codes, x.Name+":"+code+display) },
	}
}

// table makes records of lines of cells: header first, cells parted by |. ∅ is
// NULL, an empty cell is an empty text.
func table(name string, lines ...string) (*extract.Schema, []extract.Record) {
	schema := &extract.Schema{Source: name + ".csv", Table: name, Columns: strings.Split(lines[0], "|"), Line: 1}
	var out []extract.Record
	for i, line := range lines[1:] {
		rec := extract.Record{Schema: schema, Origin: issue.Origin{Source: schema.Source, Table: name, Row: int64(i + 1), Line: int64(i + 2)}}
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
		out = append(out, rec)
	}
	return schema, out
}

// rows maps the rows of a table, accepts what they make, and returns what
// became of them. Resources are checked.
func (b *bench) rows(source string, lines ...string) []transform.Row {
	b.t.Helper()
	schema, records := table(source, lines...)
	binding, err := b.engine.Bind(b.source(source), schema)
	if err != nil {
		b.t.Fatal(err)
	}
	worker := binding.Worker(b.hooks())
	var out []transform.Row
	for i := range records {
		row := worker.Row(&records[i])
		out = append(out, b.keep(row))
	}
	return out
}

// keep copies a row out of the worker's buffers.
func (b *bench) keep(row transform.Row) transform.Row {
	b.t.Helper()
	row.Built = append([]transform.Built(nil), row.Built...)
	row.Groups = append([]int(nil), row.Groups...)
	for _, built := range row.Built {
		b.engine.Accept(built.Map, built.Resource.ID)
		b.check(built.Resource)
		b.places(built)
	}
	return row
}

// places proves that the members which a worker tells are those of the
// resource, all but what it writes itself.
func (b *bench) places(built transform.Built) {
	b.t.Helper()
	var want map[string]json.RawMessage
	if err := json.Unmarshal(built.Resource.JSON, &want); err != nil {
		b.t.Fatalf("%s: %v", built.Resource.JSON, err)
	}
	for _, own := range []string{"resourceType", "id", "meta"} {
		delete(want, own)
	}
	got := map[string]json.RawMessage{}
	for _, m := range built.Members {
		got[m.Name] = m.In(built.Resource.JSON)
	}
	if _, narrated := want["text"]; narrated && len(got) == 0 {
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		b.t.Errorf("members of %s (-want +got):\n%s", built.Resource.JSON, diff)
	}
}

// check proves that a resource is canonical and valid.
func (b *bench) check(r fhir.Resource) {
	b.t.Helper()
	canonical, err := fhir.Canonical(r.JSON)
	if err != nil {
		b.t.Fatalf("%s: %v", r.JSON, err)
	}
	if diff := cmp.Diff(string(canonical), string(r.JSON)); diff != "" {
		b.t.Errorf("not canonical (-want +got):\n%s", diff)
	}
	v := validate.New(validate.Options{Letter: true})
	v.Check(r, issue.Origin{}, func(i issue.Issue) {
		if i.Severity >= issue.Error {
			b.t.Errorf("%s is not valid: %s %s: %s", r.JSON, i.Code, i.Expression, i.Message)
		}
	})
}

// found returns the issues as "severity code rule column".
func (b *bench) found() []string {
	var out []string
	for _, i := range b.issues {
		out = append(out, strings.TrimRight(fmt.Sprintf("%s %s %s %s", i.Severity, i.Code, i.Rule, i.Column), " "))
	}
	return out
}

// wantFound compares the issues.
func (b *bench) wantFound(want ...string) {
	b.t.Helper()
	if diff := cmp.Diff(want, b.found()); diff != "" {
		b.t.Errorf("issues (-want +got):\n%s", diff)
	}
}

// body returns a resource without its type and id.
func body(r fhir.Resource) string {
	head := fmt.Sprintf(`{"resourceType":%q,"id":%q`, r.Type, r.ID)
	text := strings.TrimPrefix(string(r.JSON), head)
	return "{" + strings.TrimPrefix(text, ",")
}

// bodies returns the bodies of what rows made.
func bodies(rows []transform.Row) []string {
	var out []string
	for _, r := range rows {
		for _, b := range r.Built {
			out = append(out, body(b.Resource))
		}
	}
	return out
}

func wantBodies(t *testing.T, rows []transform.Row, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, bodies(rows)); diff != "" {
		t.Errorf("resources (-want +got):\n%s", diff)
	}
}

const head = "chartlift: 1\nid: site\n"

// patient is a mapping with one map Patient of these elements, over the source
// pat with key ID.
func patient(elements string, more ...string) string {
	return head + "sources: { pat: { csv: { path: p.csv }, key: [ID], nulls: ['', NULL] } }\n" + strings.Join(more, "\n") +
		"\nmaps:\n  p:\n    from: pat\n    resource: Patient\n    elements: " + elements + "\n"
}

// fault is what a reader says of a row that it could not read.
func (b *bench) fault(code string) issue.Issue {
	return issue.Issue{Severity: issue.Error, Code: code, Type: "structure", Message: "the row has too many cells"}
}

func itoa(n int) string { return fmt.Sprint(n) }
