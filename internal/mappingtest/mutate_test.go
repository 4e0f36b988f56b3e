package mappingtest_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"chartlift/internal/mappingtest"
	"chartlift/mappings"
)

// changeable is a mapping with one of each thing that a mutation can alter.
const changeable = `chartlift: 1
id: m
sources:
  people: { csv: { path: p.csv }, key: [ID], where: GONE IS NULL }
  rows: { csv: { path: r.csv }, key: [_line] }
crosswalks:
  sex: { inline: { M: male, F: female }, unmapped: { use: unknown } }
maps:
  patient:
    from: people
    resource: Patient
    where: KIND = 'P'
    check: [{ that: "LAST <> 'X'", else: no such name }]
    elements:
      active: true
      name: [{ family: $LAST | squeeze | title, text: "${LAST}!" }]
      gender: $SEX | code sex
      deceasedBoolean: { when: DEAD = 'Y', from: true }
      extension(us-core-birthsex): $SEX
  panel:
    from: rows
    resource: Observation
    group: [DAY]
    elements:
      status: { case: [{ when: DONE = 'Y', then: final }, { else: preliminary }] }
      code: { text: $CODE }
      component: { each: $rows, by: [CODE], item: { code: { text: $rows.CODE }, valueQuantity: $rows.V | quantity $rows.U ucum } }
tests:
  - name: all of it
    map: patient
    given: { people: [{ ID: a, KIND: P, LAST: "o'  NEIL", SEX: F, DEAD: Y }, { ID: b, KIND: P, LAST: lee, SEX: x }, { ID: c, KIND: Q, LAST: lee }, { ID: d, KIND: P, LAST: lee, GONE: Y }] }
    expect:
      - { active: true, name: [{ family: "O' Neil", text: "o'  NEIL!" }], gender: female, deceasedBoolean: true, extension: [{ url: "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex", valueCode: F }] }
      - { gender: unknown, deceasedBoolean: null }
    expect_issues: [{ code: unmapped-code }]
`

// unnoticed returns the changes of the mapping that its tests do not notice.
func unnoticed(t *testing.T, text string) (out []string, all int) {
	t.Helper()
	prog, findings := mappings.Compile(fstest.MapFS{"m.yaml": {Data: []byte(text)}}, "m.yaml", options())
	if prog == nil {
		t.Fatalf("findings: %+v", findings)
	}
	changes, err := mappingtest.Mutate(prog, prog.Tests)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range changes {
		if !c.Noticed {
			out = append(out, c.Rule+": "+c.What)
		}
	}
	again, err := mappingtest.Mutate(prog, prog.Tests)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(len(changes), len(again)); diff != "" {
		t.Errorf("the program is not as it was before: %s", diff)
	}
	for i := range again {
		if again[i].Noticed != changes[i].Noticed || again[i].What != changes[i].What {
			t.Errorf("another change at the second time: %+v", again[i])
		}
	}
	return out, len(changes)
}

func TestAChangeThatNoTestSeesIsNamed(t *testing.T) {
	t.Parallel()
	got, all := unnoticed(t, changeable)
	want := []string{
		"panel.status: the condition DONE = 'Y' is negated",
		"panel.status: the constant final is amended",
		"panel.status: the constant preliminary is amended",
		"panel.code.text: the rule is left out",
		"panel.component: by is left out",
		"panel.component[].code.text: the rule is left out",
		"panel.component[].valueQuantity: the rule is left out",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if all != 21 {
		t.Errorf("%d changes were tried, want 21", all)
	}
}

func TestAWeakTestNoticesLittle(t *testing.T) {
	t.Parallel()
	head, _, _ := strings.Cut(changeable, "tests:")
	got, _ := unnoticed(t, head+`tests:
  - { name: weak, map: patient, given: { people: { ID: a, KIND: P, LAST: lee, SEX: F } }, expect: { gender: female } }
`)
	want := []string{
		"patient.active: the constant true is false",
		"patient.deceasedBoolean: the condition DEAD = 'Y' is negated",
		"patient.deceasedBoolean: the constant true is false",
		"patient.extension(us-core-birthsex).valueCode: the rule is left out",
		"patient.name[0].family: the cleaner squeeze (step 1) is left out",
		"patient.name[0].family: the cleaner title (step 2) is left out",
		"patient.name[0].family: the rule is left out",
		"patient.name[0].text: the rule is left out",
		"sex: the code for what the crosswalk does not know is another",
	}
	got = slices.DeleteFunc(got, func(s string) bool { return strings.HasPrefix(s, "panel.") })
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
