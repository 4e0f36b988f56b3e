package mappings_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const described = `chartlift: 1
id: d
sources:
  people: { csv: { path: p.csv }, key: [ID] }
  phones: { csv: { path: t.csv }, key: [_line] }
maps:
  patient:
    from: people
    resource: Patient
    id: $ID
    where: KIND = 'P'
    lookup: { tel: { in: phones, on: { OWNER: $ID }, many: true } }
    check: [{ that: "A <= B", else: wrong order, at: birthDate }]
    elements:
      active: true
      name: [{ family: $LAST | title, text: "${FIRST} ${LAST} of ${source.file}" }]
      birthDate: $DOB | date
      telecom: { each: $tel, by: [KIND], item: { value: $tel.NUMBER } }
      gender: { case: [{ when: SEX = 'F', then: female }, { else: unknown }] }
      extension(us-core-birthsex): { when: SEX IS NOT NULL, from: $SEX }
  visit:
    from: people
    resource: Encounter
    elements: { status: finished, class: { code: AMB }, subject: ref patient($ID) }
`

func TestTheEffectiveMappingSaysEveryRule(t *testing.T) {
	t.Parallel()
	var got []string
	for _, l := range mustCompile(t, described).Effective() {
		got = append(got, fmt.Sprintf("%d %s = %s", l.At.Line, l.Address, l.Value))
	}
	want := []string{
		"7 patient = Patient from people",
		"10 patient.id = $ID",
		"11 patient.where = KIND = 'P'",
		"12 patient.lookup.tel = phones on { OWNER: $ID }",
		"13 patient.birthDate.check = A <= B",
		"20 patient.extension(us-core-birthsex).valueCode = $SEX when SEX IS NOT NULL",
		"15 patient.active = true",
		"16 patient.name[0].text = ${FIRST} ${LAST} of ${source.file}",
		"16 patient.name[0].family = $LAST | title",
		"18 patient.telecom = each $tel by KIND",
		"18 patient.telecom[].value = $tel.NUMBER",
		"19 patient.gender = case SEX = 'F' / else",
		"19 patient.gender = female",
		"19 patient.gender = unknown",
		"17 patient.birthDate = $DOB | date",
		"21 visit = Encounter from people",
		"24 visit.status = finished",
		"24 visit.class.code = AMB",
		"24 visit.subject = ref patient($ID)",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestTheRuleOfAnElementIsFoundByItsPath(t *testing.T) {
	t.Parallel()
	m := mustCompile(t, described).Maps[0]
	for path, want := range map[string]string{
		"name[0].family":     "patient.name[0].family",
		"name[0].given[3]":   "patient.name[0]",
		"name[7].family":     "patient.name",
		"telecom[4].value":   "patient.telecom[].value",
		"telecom[4]":         "patient.telecom[]",
		"birthDate":          "patient.birthDate",
		"deceasedBoolean":    "",
		"extension[0].value": "patient.extension",
	} {
		got := ""
		if r := m.RuleAt(path); r != nil {
			got = r.Address
		}
		if got != want {
			t.Errorf("%s is made by %q, want %q", path, got, want)
		}
	}
}

func TestTheColumnsOfARuleAreNamedOnce(t *testing.T) {
	t.Parallel()
	prog := mustCompile(t, described)
	for path, want := range map[string][]string{
		"name[0].text": {"FIRST", "LAST"}, "telecom[].value": {"tel.NUMBER"}, "active": {}, "birthDate": {"DOB"},
	} {
		if diff := cmp.Diff(want, prog.Maps[0].RuleAt(path).Columns()); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
	}
	if diff := cmp.Diff([]string{"ID"}, prog.Maps[1].RuleAt("subject").Columns()); diff != "" {
		t.Errorf("a reference: %s", diff)
	}
}
