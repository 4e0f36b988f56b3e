package mappingtest_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"chartlift/internal/mappingtest"
	"chartlift/mappings"
)

// lab is a mapping whose maps take rows of views, and look and refer into them.
const lab = `chartlift: 1
id: lab
sources:
  obs: { csv: { path: obs.csv }, key: [ID], where: "VOID IS NULL", rename: { "Value 1": VALUE } }
  pat: { csv: { path: pat.csv }, key: [PID], dedupe: { keep: last } }
views:
  panel: SELECT PAT, max(CASE CODE WHEN 's' THEN VALUE END) AS SYS, count(*) AS N FROM obs GROUP BY PAT
  people: SELECT p.PID, p.NAME, n.N FROM pat p LEFT JOIN panel n ON n.PAT = p.PID
maps:
  bp:
    from: panel
    key: [PAT]
    resource: Observation
    lookup: { who: { in: people, on: { PID: $PAT } } }
    elements: { status: final, code: { text: $who.NAME }, valueQuantity: $SYS | quantity mm, subject: ref p($PAT) }
  p: { from: people, key: [PID], resource: Patient, elements: { name: [{ text: $NAME, family: $N }] } }
tests:
`

func runLab(t *testing.T, tests string) []mappingtest.Result {
	t.Helper()
	prog, findings := mappings.Compile(fstest.MapFS{"m.yaml": {Data: []byte(lab + tests)}}, "m.yaml", options())
	if prog == nil {
		t.Fatalf("findings: %+v", findings)
	}
	var out []mappingtest.Result
	for _, test := range prog.Tests {
		r, err := mappingtest.Run(prog, test)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

func TestRowsGivenGoThroughViews(t *testing.T) {
	t.Parallel()
	for _, r := range runLab(t, `
  - name: rows of two tables
    map: bp
    given:
      obs: [{ ID: 1, PAT: a, CODE: s, VALUE: "120" }, { ID: 2, PAT: a, CODE: d, VALUE: "80" }, { ID: 3, PAT: a, CODE: s, VALUE: "999", VOID: y }, { ID: 2, PAT: a, CODE: d, VALUE: "80" }]
      pat: [{ PID: a, NAME: Ann }, { PID: a, NAME: Ana }]
    expect: { code: { text: Ana }, valueQuantity: { value: 120 }, subject: {} }
  - name: the other map
    map: p
    given: { obs: { ID: 1, PAT: a, CODE: d }, pat: [{ PID: a, NAME: Ana }, { PID: b, NAME: Bo }] }
    expect: [{ name: [{ text: Ana, family: "1" }] }, { name: [{ text: Bo, family: null }] }]
  - name: one table alone
    map: bp
    given: { obs: { ID: 1, PAT: a, CODE: s, VALUE: "7" } }
    expect: rejected
    expect_issues: [{ rule: bp.code, code: required-missing }]
  - name: a row of the view
    map: p
    given: { people: { PID: z, NAME: Zoe, N: 3 } }
    expect: { name: [{ text: Zoe, family: "3" }] }
`) {
		for _, d := range r.Differences {
			t.Errorf("%s: %s: want %s, got %s", r.Test.Name, d.Path, d.Want, d.Got)
		}
	}
}

func TestATestOfAMapOverAViewThatExpectsTheWrongThingFails(t *testing.T) {
	t.Parallel()
	r := runLab(t, `
  - name: wrong
    map: p
    given: { obs: { ID: 1, PAT: a, CODE: d }, pat: { PID: a, NAME: Ana } }
    expect: { name: [{ family: "2" }] }
`)[0]
	if diff := cmp.Diff(1, len(r.Differences)); diff != "" || !strings.Contains(r.Differences[0].Got, "1") {
		t.Errorf("%+v", r.Differences)
	}
}

func TestWhatATestCannotGiveToAView(t *testing.T) {
	t.Parallel()
	for tests, want := range map[string]string{
		"  - { name: x, map: bp, given: { pat: { PID: a } }, expect: rejected }\n":                 "takes its rows from panel",
		"  - { name: x, map: bp, given: { obs: { ID: 1, PAT: a, COLOUR: red } }, expect: null }\n": `the mapping uses no column "COLOUR" of obs`,
	} {
		prog, findings := mappings.Compile(fstest.MapFS{"m.yaml": {Data: []byte(lab + tests)}}, "m.yaml", options())
		if prog != nil || len(findings) != 1 || !strings.Contains(findings[0].Message, want) {
			t.Errorf("%s%+v", tests, findings)
		}
	}
}

func TestViewsThatTheMapDoesNotNeedAreNotMade(t *testing.T) {
	t.Parallel()
	prog, findings := mappings.Compile(fstest.MapFS{"m.yaml": {Data: []byte(`chartlift: 1
id: notes
sources: { pat: { csv: { path: pat.csv }, key: [PID] } }
views:
  named: SELECT PID, upper(NAME) AS NAME FROM pat
  parsed: SELECT PID, json_extract(NOTE, '$.a') AS A FROM pat
maps:
  p: { from: named, key: [PID], resource: Patient, elements: { name: [{ text: $NAME }] } }
  other: { from: parsed, key: [PID], resource: Basic, elements: { code: { text: $A }, subject: ref p($PID) } }
tests:
  - { name: the first, map: p, given: { pat: { PID: 1, NAME: Ann, NOTE: no JSON } }, expect: { name: [{ text: ANN }] } }
  - { name: the second, map: other, given: { pat: { PID: 1, NAME: Ann, NOTE: '{"a":"b"}' } }, expect: { code: { text: b }, subject: {} } }
  - { name: the third, map: other, given: { pat: { PID: 1, NOTE: no JSON } }, expect: { code: { text: b } } }
`)}}, "m.yaml", options())
	if prog == nil {
		t.Fatalf("findings: %+v", findings)
	}
	for i, fails := range []bool{false, false, true} {
		r, err := mappingtest.Run(prog, prog.Tests[i])
		if (err != nil) != fails || !fails && len(r.Differences) > 0 {
			t.Errorf("%s: %v, %+v", prog.Tests[i].Name, err, r.Differences)
		}
	}
}
