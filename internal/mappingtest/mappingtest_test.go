package mappingtest_test

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"chartlift/internal/mappingtest"
	"chartlift/mappings"
	"chartlift/transform"
)

func options() mappings.Options { return mappings.Options{Cleaners: transform.Signatures()} }

// clinic is a mapping with a lookup, a group, a condition and references.
const clinic = `chartlift: 1
id: clinic
defaults: { policy: { bad_value: omit-element } }
sources:
  people: { csv: { path: people.csv }, key: [ID], rename: { "Patient No.": ID } }
  phones: { csv: { path: phones.csv }, key: [_line] }
  rows:   { csv: { path: rows.csv }, key: [_line] }
maps:
  patient:
    from: people
    resource: Patient
    where: KIND <> 'TEST'
    id: $ID
    lookup: { tel: { in: phones, on: { OWNER: $ID }, many: true } }
    elements:
      name: [{ family: $NAME | title }]
      birthDate: $DOB | date
      telecom: { each: $tel, item: { system: phone, value: $tel.NUMBER } }
  pressure:
    from: rows
    resource: Observation
    group: [PATIENT, DATE]
    elements:
      status: final
      code: { text: BP }
      subject: ref patient($PATIENT)
      effectiveDateTime: $DATE | datetime
      component: { each: $rows, item: { code: { text: $rows.NAME }, valueQuantity: { value: $rows.VALUE | decimal } } }
tests:
`

// run compiles the clinic with these tests, and runs them.
func run(t *testing.T, tests string) []mappingtest.Result {
	t.Helper()
	prog, findings := mappings.Compile(fstest.MapFS{"m.yaml": {Data: []byte(clinic + tests)}}, "m.yaml", options())
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

// differences are those of the only test, one a line.
func differences(t *testing.T, tests string) string {
	t.Helper()
	var b strings.Builder
	for _, d := range run(t, tests)[0].Differences {
		b.WriteString(strings.TrimRight(d.Path+": "+d.Want+" / "+d.Got+" "+d.Rule, " ") + "\n")
	}
	return b.String()
}

func TestTestsThatHoldPass(t *testing.T) {
	t.Parallel()
	results := run(t, `
  - name: a lookup gives its rows
    map: patient
    given: { people: { ID: p1, NAME: "o'neil", KIND: A }, phones: [{ OWNER: p1, NUMBER: 1 }, { OWNER: p2, NUMBER: 2 }, { OWNER: p1, NUMBER: 3 }] }
    expect: { id: p1, name: [{ family: "O'Neil" }], telecom: [{ value: "1" }, { system: phone, value: "3" }], birthDate: null }
    expect_issues: []
  - name: rows of a group make one resource
    map: pressure
    given: { rows: [{ PATIENT: p1, DATE: 2020-01-02, NAME: a, VALUE: 1.50 }, { PATIENT: p2, DATE: 2020-01-02, NAME: a, VALUE: 7 }, { PATIENT: p1, DATE: 2020-01-02, NAME: b, VALUE: 2 }] }
    expect:
      - { subject: { reference: Patient/p1 }, component: [{ valueQuantity: { value: 1.50 } }, { valueQuantity: { value: 2 } }] }
      - { component: [{ code: { text: a } }] }
  - name: a condition leaves the row out
    map: patient
    given: { people: { ID: p1, KIND: TEST } }
    expect: filtered
    expect_issues: []
  - name: what the engine finds refuses the row
    map: patient
    given: { people: { NAME: x, KIND: A } }
    expect: rejected
    expect_issues: [{ code: key-missing }]
  - name: a reference must find a row where rows are given
    map: pressure
    given: { people: { ID: p9, KIND: A }, rows: { PATIENT: p1, DATE: 2020-01-02, NAME: a, VALUE: 1 } }
    expect: rejected
    expect_issues: [{ rule: pressure.subject, code: reference-missing, value: p1 }]
  - name: and finds it
    map: pressure
    given: { people: { ID: p1, KIND: A }, rows: { PATIENT: p1, DATE: 2020-01-02, NAME: a, VALUE: 1 } }
    expect_count: 1
  - name: equal rows are one, others with their key are refused
    map: patient
    given: { people: [{ ID: p1, KIND: A }, { ID: p1, KIND: A }, { ID: p1, KIND: B }] }
    expect_count: 1
    expect_issues: [{ code: duplicate-key }]
  - name: NULL is not the empty text, and neither is a value
    map: patient
    given: { people: [{ ID: p1, KIND: A, NAME: null }, { ID: p2, KIND: A, NAME: "" }] }
    expect: [{ name: null }, { name: null }]
`)
	for _, r := range results {
		if !r.Passed() {
			t.Errorf("%s: %+v", r.Test.Name, r.Differences)
		}
	}
	if len(results) != 8 {
		t.Errorf("%d tests ran, want 8", len(results))
	}
}

func TestEveryDifferenceIsNamedWithItsRule(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, tests, want string }{
		{
			"a value", `
  - { name: x, map: patient, given: { people: { ID: p1, KIND: A, NAME: LEE } }, expect: { name: [{ family: LEE }] } }`,
			"name[0].family: LEE / Lee patient.name[0].family\n",
		},
		{
			"a length", `
  - { name: x, map: patient, given: { people: { ID: p1, KIND: A, NAME: LEE } }, expect: { name: [{ family: Lee }, { family: Lee }] } }`,
			"name: [{ family: Lee }, { family: Lee }] / [{ family: Lee }] patient.name\n",
		},
		{
			"an element that should not be there", `
  - { name: x, map: patient, given: { people: { ID: p1, KIND: A, DOB: 1980-01-02 } }, expect: { birthDate: null } }`,
			"birthDate: absent / 1980-01-02 patient.birthDate\n",
		},
		{
			"an element that no rule makes", `
  - { name: x, map: patient, given: { people: { ID: p1, KIND: A } }, expect: { gender: male } }`,
			"gender: male / absent\n",
		},
		{
			"an element made of each row", `
  - { name: x, map: pressure, given: { rows: { PATIENT: p, DATE: 2020-01-02, NAME: a, VALUE: 1 } }, expect: { component: [{ valueQuantity: { value: 2 } }] } }`,
			"component[0].valueQuantity.value: 2 / 1 pressure.component[].valueQuantity.value\n",
		},
		{
			"an outcome", `
  - { name: x, map: patient, given: { people: { ID: p1, KIND: TEST } }, expect: { gender: male } }`,
			"expect: a Patient / filtered\n",
		},
		{
			"several resources", `
  - { name: x, map: patient, given: { people: { ID: p1, KIND: A } }, expect: [{ id: p1 }, { id: p2 }] }`,
			"expect: 2 resources / {}\n",
		},
		{
			"the second of several", `
  - { name: x, map: patient, given: { people: [{ ID: p1, KIND: A }, { ID: p2, KIND: A }] }, expect: [{ id: p1 }, { id: p1 }] }`,
			"[1].id: p1 / p2\n",
		},
		{
			"a finding too many", `
  - { name: x, map: patient, given: { people: { ID: p1, KIND: A, DOB: soon } }, expect_issues: [] }`,
			"expect_issues: [] / [{ rule: patient.birthDate, code: bad-date, value: soon }]\n",
		},
		{
			"a finding that is not there", `
  - { name: x, map: patient, given: { people: { ID: p1, KIND: A } }, expect_issues: [{ code: bad-date }] }`,
			"expect_issues: [{ code: bad-date }] / []\n",
		},
		{
			"a count", `
  - { name: x, map: patient, given: { people: { ID: p1, KIND: A } }, expect_count: 0 }`,
			"expect_count: 0 / 1\n",
		},
	} {
		if diff := cmp.Diff(c.want, differences(t, c.tests)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestAnUpdateChangesOnlyWhatDiffers(t *testing.T) {
	t.Parallel()
	const before = `
  - name: x # kept
    map: patient
    given: { people: { ID: p1, KIND: A, NAME: ÄNNE, DOB: 1980-01-02 } }
    expect: { name: [ { family: 'é''' } ],   birthDate: null } # kept, too
    expect_issues: [{ code: bad-date }]
  - name: block style
    map: patient
    given: { people: { ID: p1, KIND: A, NAME: "12" } }
    expect:
      name:
        - family: x
        - family: y
      # between
      birthDate: "2000-01-01"
`
	const after = `
  - name: x # kept
    map: patient
    given: { people: { ID: p1, KIND: A, NAME: ÄNNE, DOB: 1980-01-02 } }
    expect: { name: [ { family: "Änne" } ],   birthDate: 1980-01-02 } # kept, too
    expect_issues: []
  - name: block style
    map: patient
    given: { people: { ID: p1, KIND: A, NAME: "12" } }
    expect:
      name:
        [{ family: "12" }]
      # between
      birthDate: null
`
	results := run(t, before)
	got, err := mappingtest.Updated([]byte(clinic+before), results)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(clinic+after, string(got)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for _, r := range run(t, after) {
		if !r.Passed() {
			t.Errorf("%s fails after the update: %+v", r.Test.Name, r.Differences)
		}
	}
}

func TestTextsOverSeveralLinesAreNotRewritten(t *testing.T) {
	t.Parallel()
	const tests = `
  - name: x
    map: patient
    given: { people: { ID: p1, KIND: A } }
    expect:
      name:
        - family: |
            x
`
	if got, err := mappingtest.Updated([]byte(clinic+tests), run(t, tests)); err == nil {
		t.Errorf("rewritten to %s", got)
	}
}

func TestShippedMappingsAndTheDemoPassTheirTests(t *testing.T) {
	t.Parallel()
	check := func(name string, prog *mappings.Program, atLeast int) {
		if prog == nil || len(prog.Tests) < atLeast {
			t.Errorf("%s has too few tests", name)
			return
		}
		for _, test := range prog.Tests {
			r, err := mappingtest.Run(prog, test)
			if err != nil || !r.Passed() {
				t.Errorf("%s: %s: %v %+v", name, test.Name, err, r.Differences)
			}
		}
	}
	for _, m := range mappings.List() {
		fsys, file, err := mappings.Open(m.Name)
		if err != nil {
			t.Fatal(err)
		}
		prog, _ := mappings.Compile(fsys, file, options())
		check(m.Name, prog, 0)
	}
	fsys, file, err := mappings.Open("synthea-csv")
	if err != nil {
		t.Fatal(err)
	}
	prog, _ := mappings.Compile(fsys, file, options())
	check("synthea-csv", prog, 4)
	prog, _ = mappings.Compile(os.DirFS("../../testdata/demo"), "lakeside.yaml", options())
	check("lakeside", prog, 10)
}

// extended is a mapping with extensions of a resource and of a value.
const extended = `chartlift: 1
id: extended
sources: { people: { csv: { path: people.csv }, key: [ID] } }
maps:
  patient:
    from: people
    resource: Patient
    id: $ID
    elements:
      extension(us-core-race): { ombCategory: [{ system: "urn:oid:2.16.840.1.113883.6.238", code: $RACE }], text: $TEXT }
      extension(http://example.org/note): { valueString: $NOTE }
      birthDate: $DOB | date YYYY-MM-DD
      _birthDate: { when: DOB IS NULL, extension(data-absent-reason): masked }
tests:
  - name: t
    map: patient
    given: { people: { ID: p1, RACE: 2106-3, TEXT: White, NOTE: n } }
    expect:
      `

func TestExtensionsAreExpectedAsTheyAreMapped(t *testing.T) {
	t.Parallel()
	for expect, want := range map[string]string{
		`{ extension(us-core-race): { ombCategory: { code: 2106-3 }, text: White }, _birthDate: { extension(data-absent-reason): masked }, "extension(http://example.org/note)": { valueString: n }, extension(us-core-ethnicity): null }`: "",
		`{ extension(us-core-race): { text: Black }, extension(us-core-ethnicity): { text: x } }`: "{ extension(us-core-race): { text: White }, extension(us-core-ethnicity): null }",
		`{ _birthDate: { extension(data-absent-reason): unknown } }`:                              "{ _birthDate: { extension(data-absent-reason): masked } }",
		`{ _birthDate: null, extension(us-core-race): { detailed: { code: x } } }`:                "{ _birthDate: { extension: [{ url: http://hl7.org/fhir/StructureDefinition/data-absent-reason, valueCode: masked }] }, extension(us-core-race): { detailed: null } }",
		`{ "extension(http://example.org/note)": [{ valueString: n }, { valueString: m }] }`:      `{ "extension(http://example.org/note)": { valueString: n } }`,
		`{ "extension(http://example.org/note)": null, extension(us-core-race): null }`:           `{ "extension(http://example.org/note)": { valueString: n }, extension(us-core-race): { ombCategory: { valueCoding: { system: urn:oid:2.16.840.1.113883.6.238, code: 2106-3 } }, text: { valueString: White } } }`,
	} {
		prog, findings := mappings.Compile(fstest.MapFS{"m.yaml": {Data: []byte(extended + expect)}}, "m.yaml", options())
		if prog == nil {
			t.Fatalf("%s: findings: %+v", expect, findings)
		}
		r, err := mappingtest.Run(prog, prog.Tests[0])
		if err != nil {
			t.Fatal(err)
		}
		if want == "" {
			want = expect
		}
		updated, err := mappingtest.Updated([]byte(extended+expect), []mappingtest.Result{r})
		if diff := cmp.Diff(extended+want, string(updated)); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", expect, err, diff)
			continue
		}
		again, findings := mappings.Compile(fstest.MapFS{"m.yaml": {Data: updated}}, "m.yaml", options())
		if again == nil {
			t.Fatalf("what is written is no test: %+v", findings)
		}
		if r, err := mappingtest.Run(again, again.Tests[0]); err != nil || !r.Passed() {
			t.Errorf("%s does not pass: %v %+v", updated, err, r.Differences)
		}
	}
}

func TestTextsOverSeveralLinesAreUpdated(t *testing.T) {
	t.Parallel()
	const head = "chartlift: 1\nid: m\nsources: { p: { csv: { path: p.csv }, key: [ID] } }\nmaps: { p: { from: p, resource: Patient, id: $ID, elements: { name: [{ text: $NAME }], maritalStatus: { text: $NOTE } } } }\n" +
		"tests:\n  - name: t\n    map: p\n    given:\n      p:\n        ID: a\n        NAME: |\n          two\n          lines\n        NOTE: n\n    expect:\n"
	for expect, want := range map[string]string{
		"      name:\n        - text: |\n            one\n\n            other\n      maritalStatus: { text: x } # why\n": "      name:\n        - text: \"two\\nlines\"\n      maritalStatus: { text: n } # why\n",
		"      name:\n        - text: >-   # folded\n            one\n            other":                                 "      name:\n        - text: \"two\\nlines\"",
		"      maritalStatus:\n        text: |\n          ü x\n\n\n      name: [{ text: \"a\n        b\" }]\n":           "      maritalStatus:\n        text: n\n\n\n      name: [{ text: \"two\\nlines\" }]\n",
	} {
		prog, findings := mappings.Compile(fstest.MapFS{"m.yaml": {Data: []byte(head + expect)}}, "m.yaml", options())
		if prog == nil {
			t.Fatalf("findings: %+v", findings)
		}
		r, err := mappingtest.Run(prog, prog.Tests[0])
		if err != nil {
			t.Fatal(err)
		}
		got, err := mappingtest.Updated([]byte(head+expect), []mappingtest.Result{r})
		if diff := cmp.Diff(head+want, string(got)); diff != "" || err != nil {
			t.Errorf("%v\n%s", err, diff)
		}
	}
}
