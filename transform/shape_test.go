package transform_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
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

const shapeMapping = `
chartlift: 1
id: shapes
params: { site: s }
defaults: { timezone: America/New_York, policy: { bad_value: omit-element, missing_reference: omit-element } }
sources:
  people: { csv: { path: people.csv }, key: [ID] }
  facts: { csv: { path: facts.csv } }
maps:
  person:
    from: people
    resource: Patient
    id: $ID
    elements: { active: "true" }
  fact:
    from: facts
    resource: Observation
    key: [_line]
    elements:
      status: $STATUS
      category: [{ coding: [{ system: http://example.org/category, code: $CATEGORY }] }]
      code: { coding: [{ system: http://loinc.org, code: $CODE, display: $DISPLAY }], text: $DISPLAY }
      subject: ref person($PERSON)
      performer: [{ reference: $OTHER }]
      effectiveDateTime: $DATE | datetime
      valueQuantity: { when: KIND = 'n', from: $VALUE | quantity $UNIT ucum }
      valueString: { when: KIND = 't', from: $VALUE }
      valueInteger: { when: KIND = 'i', from: $VALUE | integer }
      component:
        - { code: { text: x }, valuePeriod: { start: $DATE | datetime, end: $END | datetime } }
        - { code: { text: y }, valueRange: { low: { value: $VALUE | decimal, unit: kg }, high: { value: $HIGH | decimal, unit: kg } } }
`

// shapeEngine returns an engine with the people p1 to p3, and the table of
// facts.
func shapeEngine(t testing.TB) (*transform.Engine, *transform.Binding, *extract.Schema) {
	t.Helper()
	prog, findings := mappings.Compile(fstest.MapFS{"m.yaml": {Data: []byte(shapeMapping)}}, "m.yaml", mappings.Options{Cleaners: transform.Signatures()})
	if prog == nil {
		t.Fatalf("findings: %+v", findings)
	}
	engine := transform.New(prog, nil)
	for _, id := range []string{"p1", "p2", "p3"} {
		engine.Accept(prog.Maps[0], id)
	}
	schema := &extract.Schema{
		Source: "facts.csv", Table: "facts",
		Columns: []string{"STATUS", "CATEGORY", "CODE", "DISPLAY", "PERSON", "OTHER", "DATE", "KIND", "VALUE", "UNIT", "END", "HIGH"},
	}
	binding, err := engine.Bind(prog.Maps[1].From, schema)
	if err != nil {
		t.Fatal(err)
	}
	return engine, binding, schema
}

func shapeRecord(schema *extract.Schema, row int, cells ...string) *extract.Record {
	rec := &extract.Record{Schema: schema, Origin: issue.Origin{Source: schema.Source, Table: schema.Table, Row: int64(row)}}
	for _, c := range cells {
		rec.Values = append(rec.Values, extract.Value{Text: c, Kind: extract.Text})
	}
	return rec
}

// someCells picks values that are mostly right, and wrong in every way that the
// validator knows.
func someCells(r *rand.Rand) []string {
	pick := func(good string, others ...string) string {
		if r.IntN(8) > 0 {
			return good
		}
		return others[r.IntN(len(others))]
	}
	kind := pick("n", "t", "i", "none")
	return []string{
		pick("final", "amended", "fertig", ""),
		pick("laboratory", "vital-signs", "two  spaces", "#c", ""),
		pick("8480-6", "8462-4", " ", "a\tb"),
		pick("Systolic", "#fragment", "quote \" and \\", "line\nbreak", "bell\a", "bad \xff utf8", "ü"),
		pick("p"+strconv.Itoa(1+r.IntN(3)), "p9", ""),
		pick("Practitioner/x", "Patient/p1", "Patient/p9", "nonsense", "#gone", "Device/d", "Observation/o"),
		pick(fmt.Sprintf("2020-01-%02dT10:00:00Z", 1+r.IntN(28)), "2020-02-30", "1/2/2020", "2020", "late"),
		kind,
		pick(strconv.Itoa(r.IntN(500)), "1.50", "-3", "<5", "007", "many", "#5", ""),
		pick("mm[Hg]", "kg", "", "furlongs"),
		pick(fmt.Sprintf("2020-01-%02dT11:00:00Z", 1+r.IntN(28)), "", "2019", "2020-01-02", "2020-01-05T06:00:00-05:00"),
		pick(strconv.Itoa(r.IntN(500)), "", "1.5", "-7", "0", "0e5", "1e2"),
	}
}

func TestResourcesOfOneShapeAreAllValidIfOneIs(t *testing.T) {
	t.Parallel()
	engine, binding, schema := shapeEngine(t)
	worker := binding.Worker(transform.Hooks{Report: func(issue.Issue) {}})
	check := validate.New(validate.Options{Resolve: engine.Accepted})
	type verdict struct {
		findings []issue.Issue
		json     string
	}
	first := map[uint64]verdict{}
	made, invalid, alone, again := 0, 0, 0, 0
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 40_000 {
		for _, b := range worker.Row(shapeRecord(schema, i+1, someCells(random)...)).Built {
			made++
			got := verdict{json: string(b.Resource.JSON)}
			check.Check(b.Resource, issue.Origin{}, func(i issue.Issue) { got.findings = append(got.findings, i) })
			if len(got.findings) > 0 {
				invalid++
			}
			if b.Shape == 0 {
				alone++
				continue
			}
			want, known := first[b.Shape]
			if !known {
				first[b.Shape] = got
			} else if diff := cmp.Diff(want.findings, got.findings, cmpopts.IgnoreFields(issue.Issue{}, "Value")); diff != "" {
				t.Fatalf("one shape, but other findings:\n%s\n%s\n%s", want.json, got.json, diff)
			} else if slices.ContainsFunc(want.findings, func(i issue.Issue) bool { return i.Value == "" }) {
				again++
			}
		}
	}
	if again == 0 || invalid < made/20 || len(first) > made/3 || alone > made/3 {
		t.Errorf("%d resources, %d invalid, %d shapes, %d without one: the test proves little", made, invalid, len(first), alone)
	}
}

const limitsMapping = `
chartlift: 1
id: limits
params: { site: s }
sources:
  facts: { csv: { path: facts.csv } }
maps:
  stay:
    from: facts
    resource: Encounter
    key: [_line]
    elements: { status: finished, class: { code: AMB }, period: { start: $DATE | datetime, end: "2020-01-15T00:00:00Z" } }
  other:
    from: facts
    resource: Encounter
    key: [_line]
    elements: { status: finished, class: { code: AMB }, period: { start: "2020-01-15T00:00:00Z", end: { case: [{ when: KIND = 'n', then: $DATE | datetime }, { else: "2021-01-15T00:00:00Z" }] } } }
  limit:
    from: facts
    resource: Observation
    key: [_line]
    elements: { status: final, code: { text: x }, valueRange: { low: $VALUE | quantity 'kg' ucum, high: { value: 100, unit: kg, system: "http://unitsofmeasure.org", code: kg } } }
  mixed:
    from: facts
    resource: Observation
    key: [_line]
    elements: { status: final, code: { text: x }, valueRange: { low: { value: $VALUE | decimal, unit: kg, system: "http://unitsofmeasure.org", code: kg }, high: $HIGH | quantity 'kg' ucum } }
`

func TestAValueIsComparedWithOneThatTheMappingGives(t *testing.T) {
	t.Parallel()
	prog, findings := mappings.Compile(fstest.MapFS{"m.yaml": {Data: []byte(limitsMapping)}}, "m.yaml", mappings.Options{Cleaners: transform.Signatures()})
	if prog == nil {
		t.Fatalf("findings: %+v", findings)
	}
	schema := &extract.Schema{Source: "facts.csv", Table: "facts", Columns: []string{"DATE", "KIND", "VALUE", "HIGH"}}
	binding, err := transform.New(prog, nil).Bind(prog.Maps[0].From, schema)
	if err != nil {
		t.Fatal(err)
	}
	worker := binding.Worker(transform.Hooks{Report: func(issue.Issue) {}})
	check := validate.New(validate.Options{})
	valid, verdicts := map[uint64]bool{}, map[bool]int{}
	random := rand.New(rand.NewPCG(5, 6))
	for i := range 4_000 {
		row := []string{
			fmt.Sprintf("2020-01-%02dT10:00:00Z", 1+random.IntN(28)), []string{"n", "t"}[random.IntN(2)],
			strconv.Itoa(random.IntN(200)), []string{"60", "150", "0e5", "1e2"}[random.IntN(4)],
		}
		for _, b := range worker.Row(shapeRecord(schema, i+1, row...)).Built {
			got := check.Check(b.Resource, issue.Origin{}, func(issue.Issue) {})
			verdicts[got]++
			if want, known := valid[b.Shape]; known && b.Shape != 0 && got != want {
				t.Fatalf("%s is valid: %v, another one of its shape: %v", b.Resource.JSON, got, want)
			}
			valid[b.Shape] = got
		}
	}
	if verdicts[true] < 4_000 || verdicts[false] < 4_000 {
		t.Errorf("%v: the test proves little", verdicts)
	}
}

func TestResourcesStayWhenLaterRowsAreMade(t *testing.T) {
	t.Parallel()
	_, binding, schema := shapeEngine(t)
	worker := binding.Worker(transform.Hooks{Report: func(issue.Issue) {}})
	var all []transform.Built
	var copies [][]byte
	var ids []string
	random := rand.New(rand.NewPCG(3, 4))
	for i := range 3_000 {
		for _, b := range worker.Row(shapeRecord(schema, i+1, someCells(random)...)).Built {
			all, copies, ids = append(all, b), append(copies, bytes.Clone(b.Resource.JSON)), append(ids, string([]byte(b.Resource.ID)))
		}
	}
	for i, b := range all {
		if !bytes.Equal(b.Resource.JSON, copies[i]) || b.Resource.ID != ids[i] {
			t.Fatalf("resource %d changed from %s to %s", i, copies[i], b.Resource.JSON)
		}
		if cap(b.Resource.JSON) != len(b.Resource.JSON) {
			t.Fatalf("appending to resource %d would write over the next one", i)
		}
	}
}

func TestTroubleIsReportedForEveryRowThatHasIt(t *testing.T) {
	t.Parallel()
	_, binding, schema := shapeEngine(t)
	count := map[string]int{}
	worker := binding.Worker(transform.Hooks{Report: func(i issue.Issue) { count[i.Code]++ }})
	for row := range 3 { // the same values in neighbouring rows
		worker.Row(shapeRecord(schema, row+1, "final", "c", "1-8", "d", "p9", "", "2020-02-30", "n", "1", "kg", "", ""))
	}
	if count["bad-date"] != 6 || count["reference-missing"] != 3 {
		t.Errorf("three rows with a date that is wrong in two elements, and a missing patient gave %v", count)
	}
}

func TestAReferenceResolvesAsSoonAsItsTargetIsAccepted(t *testing.T) {
	t.Parallel()
	engine, binding, schema := shapeEngine(t)
	worker := binding.Worker(transform.Hooks{Report: func(issue.Issue) {}})
	row := func() []byte {
		b := worker.Row(shapeRecord(schema, 1, "final", "c", "1-8", "d", "p7", "", "2020", "t", "v", "", "", "")).Built
		return b[0].Resource.JSON
	}
	if got := row(); bytes.Contains(got, []byte("Patient/p7")) {
		t.Fatalf("%s refers to a patient that nobody made", got)
	}
	made := worker.Row(shapeRecord(schema, 1, "final", "c", "1-8", "d", "p1", "", "2020", "t", "v", "", "", "")).Built[0]
	engine.Accept(made.Map.Refs[0], "p7")
	for range 2 {
		if got := row(); !bytes.Contains(got, []byte(`{"reference":"Patient/p7"}`)) {
			t.Fatalf("%s does not refer to the patient", got)
		}
	}
}

func TestTheIDOfARowIsThatOfItsTableAndNumber(t *testing.T) {
	t.Parallel()
	_, binding, schema := shapeEngine(t)
	worker := binding.Worker(transform.Hooks{Report: func(issue.Issue) {}})
	b := worker.Row(shapeRecord(schema, 1234, "final", "c", "1-8", "d", "p1", "", "2020", "t", "v", "", "", "")).Built[0]
	if want := transform.ID("s", b.Map, []string{"facts", "1234"}); b.Resource.ID != want {
		t.Errorf("id %s, want %s", b.Resource.ID, want)
	}
}

func BenchmarkRow(b *testing.B) {
	_, binding, schema := shapeEngine(b)
	worker := binding.Worker(transform.Hooks{Report: func(issue.Issue) {}})
	var records []*extract.Record
	for i := range 512 {
		records = append(records, shapeRecord(schema, i+1, "final", "laboratory", "8480-6", "Systolic", "p1", "Practitioner/x", "2020-01-01T10:00:00Z", "n", strconv.Itoa(i), "kg", "", ""))
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		worker.Row(records[i%len(records)])
	}
}
