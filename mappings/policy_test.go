package mappings_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/mappings"
)

func TestThePolicyOfAMissingColumnIsThatOfThePlaceThatNamesIt(t *testing.T) {
	t.Parallel()
	base := `
defaults: DEFAULTS
sources: { pat: { csv: { path: p.csv }, key: [ID] SOURCE } }
maps:
  p: { from: pat, resource: Patient MAP, elements: { birthDate: BIRTH, name: [{ family: $NAME }] } }
  q: { from: pat, resource: Patient, elements: { gender: $SEX | map M=male } }
`
	for name, c := range map[string]struct {
		edit *strings.Replacer
		want string
	}{
		"nowhere": {strings.NewReplacer("DEFAULTS", "{}", "SOURCE", "", " MAP", "", "BIRTH", "$DOB | date"), "E0203 DOB, E0203 NAME, E0203 SEX"},
		"defaults": {
			strings.NewReplacer("DEFAULTS", "{ policy: { missing_column: omit-element } }", "SOURCE", "", " MAP", "", "BIRTH", "$DOB | date"),
			"W0203 DOB, W0203 NAME, W0203 SEX",
		},
		"source": {
			strings.NewReplacer("DEFAULTS", "{}", "SOURCE", ", policy: { missing_column: omit-element }", " MAP", "", "BIRTH", "$DOB | date"),
			"W0203 DOB, W0203 NAME, W0203 SEX",
		},
		"map over source": {
			strings.NewReplacer("DEFAULTS", "{}", "SOURCE", ", policy: { missing_column: omit-element }", " MAP", ", policy: { missing_column: stop-run }", "BIRTH", "$DOB | date"),
			"E0203 DOB, E0203 NAME, W0203 SEX",
		},
		"map": {
			strings.NewReplacer("DEFAULTS", "{}", "SOURCE", "", " MAP", ", policy: { missing_column: omit-element }", "BIRTH", "$DOB | date"),
			"W0203 DOB, W0203 NAME, E0203 SEX",
		},
		"value": {
			strings.NewReplacer("DEFAULTS", "{}", "SOURCE", "", " MAP", "", "BIRTH", "{ from: $DOB | date, policy: { missing_column: omit-element } }"),
			"W0203 DOB, E0203 NAME, E0203 SEX",
		},
		"the strictest place": {
			strings.NewReplacer("DEFAULTS", "{}", "SOURCE", "", " MAP", ", policy: { missing_column: omit-element }", "BIRTH", "$SEX | date"),
			"E0203 SEX, W0203 NAME",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			prog := mustCompile(t, "chartlift: 1\nid: t"+c.edit.Replace(base))
			var got []string
			for _, f := range prog.CheckColumns(prog.Sources[0], mappings.Table{Source: "p.csv", Columns: []string{"ID"}, Line: 1}) {
				got = append(got, f.Code+" "+strings.Split(f.Message, `"`)[1])
			}
			if diff := cmp.Diff(c.want, strings.Join(got, ", ")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestASourceHasPoliciesAndALimitOfItsOwn(t *testing.T) {
	t.Parallel()
	prog := mustCompile(t, `chartlift: 1
id: t
defaults: { policy: { bad_value: stop-run, limit: { rejected: 5%, after: 100 } } }
sources:
  a: { csv: { path: a.csv }, key: [ID], policy: { bad_value: omit-element, limit: { rejected: 50% } } }
  b: { csv: { path: b.csv }, key: [ID] }
maps:
  p: { from: a, resource: Patient, elements: { birthDate: $DOB | date } }
  q: { from: a, resource: Patient, policy: reject-row, elements: { birthDate: $DOB | date } }
  r: { from: b, resource: Patient, elements: { birthDate: $DOB | date } }
`)
	got := []mappings.Policy{prog.Maps[0].Policy.BadValue, prog.Maps[1].Policy.BadValue, prog.Maps[2].Policy.BadValue}
	if diff := cmp.Diff([]mappings.Policy{mappings.OmitElement, mappings.RejectRow, mappings.StopRun}, got); diff != "" {
		t.Errorf("policies (-want +got):\n%s", diff)
	}
	limits := []mappings.Limit{prog.LimitOf(prog.Sources[0]), prog.LimitOf(prog.Sources[1])}
	if diff := cmp.Diff([]mappings.Limit{{Percent: 50, After: 100}, {Percent: 5, After: 100}}, limits); diff != "" {
		t.Errorf("limits (-want +got):\n%s", diff)
	}
}
