package transform_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"chartlift/extract"
	"chartlift/internal/issue"
	"chartlift/mappings"
	"chartlift/transform"
	"chartlift/validate"
)

// neighbours returns rows as tables have them: most cells are those of the row
// before. Its texts are copies, as in the memory of another batch.
func neighbours(r *rand.Rand, schema *extract.Schema, n int) []*extract.Record {
	cells := someCells(r)
	rows := make([]*extract.Record, 0, n)
	for i := range n {
		for at, other := range someCells(r) {
			if r.IntN(12) == 0 {
				cells[at] = other
			}
		}
		copied := slices.Clone(cells)
		for at := range copied {
			copied[at] = strings.Clone(copied[at])
		}
		rows = append(rows, shapeRecord(schema, i+1, copied...))
	}
	return rows
}

// told is all that a worker makes of a row.
type told struct {
	Made    made
	Members []string // NAME=JSON
}

// teller returns a worker of the table and what tells of a row all that it made
// of it. A worker that traces remembers nothing.
func teller(binding *transform.Binding, traces bool) (*transform.Worker, func(*extract.Record) told) {
	var issues []issue.Issue
	hooks := transform.Hooks{Report: func(i issue.Issue) { issues = append(issues, i) }}
	if traces {
		hooks.Trace = func(transform.Step) {}
	}
	w := binding.Worker(hooks)
	return w, func(rec *extract.Record) told {
		issues = nil
		row := w.Row(rec)
		out := told{Made: made{Issues: issues, Rejected: row.Rejected}}
		for _, b := range row.Built {
			out.Made.JSON = append(out.Made.JSON, string(b.Resource.JSON))
			for _, m := range b.Members {
				out.Members = append(out.Members, m.Name+"="+string(m.In(b.Resource.JSON)))
			}
		}
		return out
	}
}

func TestRowsThatShareCellsWithTheOneBeforeComeToTheSameAsByThemselves(t *testing.T) {
	t.Parallel()
	_, binding, schema := shapeEngine(t)
	plain, of := teller(binding, true)
	old, ofOld := teller(binding, false)
	reported := 0
	rows := neighbours(rand.New(rand.NewPCG(7, 8)), schema, 12_000)
	for i, rec := range rows {
		want := of(rec)
		if diff := cmp.Diff(want, ofOld(rec)); diff != "" {
			t.Fatalf("row %d (without memory -, with it +):\n%s", i+1, diff)
		}
		reported += len(want.Made.Issues)
	}
	if reported < 1000 {
		t.Errorf("%d issues: the test proves little", reported)
	}
	wantUsage(t, plain, old)
}

// wantUsage compares what two workers counted.
func wantUsage(t *testing.T, want, got *transform.Worker) {
	t.Helper()
	rules, codes := want.Usage()
	gotRules, gotCodes := got.Usage()
	same := cmp.Options{cmp.Comparer(func(a, b *mappings.Rule) bool { return a == b }), cmp.Comparer(func(a, b *mappings.Crosswalk) bool { return a == b })}
	if diff := cmp.Diff(rules, gotRules, same); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(codes, gotCodes, same); diff != "" {
		t.Errorf("crosswalks (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want.Fields(), got.Fields(), same); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
}

func TestNeighboursOfOneShapeAreAllValidIfOneIs(t *testing.T) {
	t.Parallel()
	engine, binding, schema := shapeEngine(t)
	worker := binding.Worker(transform.Hooks{Report: func(issue.Issue) {}})
	check := validate.New(validate.Options{Resolve: engine.Accepted})
	first := map[uint64][]issue.Issue{}
	again, invalid := 0, 0
	for _, rec := range neighbours(rand.New(rand.NewPCG(9, 1)), schema, 12_000) {
		for _, b := range worker.Row(rec).Built {
			var found []issue.Issue
			check.Check(b.Resource, issue.Origin{}, func(i issue.Issue) { found = append(found, i) })
			if len(found) > 0 {
				invalid++
			}
			want, known := first[b.Shape]
			switch {
			case b.Shape == 0:
			case !known:
				first[b.Shape] = found
			default:
				again++
				if diff := cmp.Diff(want, found, cmpopts.IgnoreFields(issue.Issue{}, "Value")); diff != "" {
					t.Fatalf("one shape, but other findings, at last in %s:\n%s", b.Resource.JSON, diff)
				}
			}
		}
	}
	if again < 2000 || invalid < 500 {
		t.Errorf("%d of a known shape, %d invalid: the test proves little", again, invalid)
	}
}

// codedMapping has what is counted beside rules: crosswalks, one of which warns
// of a code, and cases.
const codedMapping = `
chartlift: 1
id: coded
params: { site: s }
defaults: { policy: { missing_reference: omit-element } }
sources: { pat: { csv: { path: p.csv }, key: [ID] } }
crosswalks:
  sex: { inline: { m: male, f: female }, unmapped: { use: unknown } }
  ms: { inline: { a: M, b: S }, system: "urn:m", unmapped: keep-text }
maps:
  first:
    from: pat
    resource: Organization
    key: [ORG]
    id: $ORG
    elements: { name: $NAME }
  second:
    from: pat
    resource: Patient
    key: [ID]
    elements:
      identifier: [{ system: "urn:x", value: $ID }]
      active: { case: [{ when: SEX = 'm', then: true }, { when: SEX = 'f', then: false }] }
      gender: $SEX | code sex
      maritalStatus: $MS | concept ms | text $NAME
      managingOrganization: ref? first($ORG)
`

// A reference to what the same row fails to make must not be taken from memory,
// nor a warning be said once only.
func TestCrosswalksCasesAndReferencesToTheSameRowAreNotTakenFromMemoryWrongly(t *testing.T) {
	t.Parallel()
	prog, findings := mappings.Compile(fstest.MapFS{"m.yaml": {Data: []byte(codedMapping)}}, "m.yaml", mappings.Options{Cleaners: transform.Signatures()})
	if prog == nil {
		t.Fatalf("findings: %+v", findings)
	}
	schema := &extract.Schema{Source: "p.csv", Table: "p", Columns: []string{"ID", "ORG", "NAME", "SEX", "MS"}}
	random := rand.New(rand.NewPCG(3, 4))
	pick := func(list ...string) string { return list[random.IntN(len(list))] }
	cells := []string{"1", "o1", "n", "m", "a"}
	engines := [2]*transform.Engine{transform.New(prog, nil), transform.New(prog, nil)}
	var workers [2]*transform.Worker
	var tell [2]func(*extract.Record) told
	for i, e := range engines {
		e.Accept(prog.Maps[0], "o1")
		binding, err := e.Bind(prog.Sources[0], schema)
		if err != nil {
			t.Fatal(err)
		}
		workers[i], tell[i] = teller(binding, i == 0)
	}
	issues := 0
	for i := range 5_000 {
		for at, other := range []string{pick("1", "2"), pick("o1", "o1", "o2", ""), pick("n", "n", ""), pick("m", "f", "x"), pick("a", "b", "odd", "")} {
			if random.IntN(6) == 0 {
				cells[at] = other
			}
		}
		rec := shapeRecord(schema, i+1, cells...)
		want := tell[0](rec)
		if diff := cmp.Diff(want, tell[1](rec)); diff != "" {
			t.Fatalf("row %d %q (without memory -, with it +):\n%s", i+1, cells, diff)
		}
		issues += len(want.Made.Issues)
	}
	if issues < 1000 {
		t.Errorf("%d issues: the test proves little", issues)
	}
	wantUsage(t, workers[0], workers[1])
}

func TestACellIsReadAnewWhereOnlyItsBlanksOrItsKindChanged(t *testing.T) {
	t.Parallel()
	b := newBench(t, patient(`{ birthDate: $DOB | date YYYY-MM-DD, name: [{ family: $LAST }] }`))
	rows := b.rows("pat", "ID|DOB|LAST", "1|1980-01-01|X", "2|1980-01-01|X", "3| 1980-01-01 |X ", "4|1980-01-01|∅", "5|1980-01-02|∅", "6|1980-01-02|X", "7|∅|\u00a0X\u00a0")
	x := `"name":[{"family":"X"}]`
	wantBodies(t, rows, `{`+x+`,"birthDate":"1980-01-01"}`, `{`+x+`,"birthDate":"1980-01-01"}`, `{`+x+`,"birthDate":"1980-01-01"}`, `{"birthDate":"1980-01-01"}`,
		`{"birthDate":"1980-01-02"}`, `{`+x+`,"birthDate":"1980-01-02"}`, `{`+x+`}`)
	b.wantFound()
}

func TestNeighboursCostNoAllocation(t *testing.T) {
	_, binding, schema := shapeEngine(t)
	worker := binding.Worker(transform.Hooks{Report: func(issue.Issue) {}})
	var records []*extract.Record
	for i := range 2_000 { // a visit has ten results, each with a value of its own
		visit := []string{"final", "laboratory", "8480-6", "Systolic", "p1", "Practitioner/x", "2020-01-01T10:00:00Z", "n", "1", "kg", "2020-01-01T11:00:00Z", ""}
		visit[4], visit[8] = "p"+string(rune('1'+i/10%3)), string(rune('1'+i%9))
		records = append(records, shapeRecord(schema, i+1, visit...))
	}
	next := 0
	allocs := testing.AllocsPerRun(2_000, func() {
		for _, b := range worker.Row(records[next%len(records)]).Built {
			b.Piece.Done(1)
		}
		next++
	})
	if allocs > 0.1 {
		t.Errorf("%v allocations a row, want at most 0.1", allocs)
	}
}
