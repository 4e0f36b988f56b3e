package mappings_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWhatAPipeGivesMustFitTheElement(t *testing.T) {
	t.Parallel()
	for member, ok := range map[string]bool{
		"birthDate: $D | date":                                        true,
		"birthDate: $D | datetime":                                    false,
		"deceasedDateTime: $D | date":                                 true,
		"deceasedDateTime: $D | datetime":                             true,
		"deceasedDateTime: $D | time":                                 false,
		"deceasedBoolean: $D | bool":                                  true,
		"deceasedBoolean: $D | integer":                               false,
		"multipleBirthInteger: $N | integer":                          true,
		"multipleBirthInteger: $N | decimal":                          false,
		"telecom: [{ rank: $N | integer }]":                           true,
		"telecom: [{ rank: $N }]":                                     false,
		"telecom: [{ value: $N | integer }]":                          true,
		"telecom: [{ value: $N | decimal }]":                          true,
		"telecom: [{ value: $D | date }]":                             true,
		"telecom: [{ value: $D | bool }]":                             true,
		"telecom: [{ period: $A | period $B }]":                       true,
		"telecom: [{ value: $A | period $B }]":                        false,
		"photo: [{ url: $U, creation: $D | datetime }]":               true,
		"photo: [{ url: $D | date }]":                                 false,
		"name: [$N | human_name]":                                     true,
		"name: [$N]":                                                  false,
		"maritalStatus: $N | human_name":                              false,
		"managingOrganization: $N":                                    false,
		"managingOrganization: { display: $N }":                       true,
		"managingOrganization: { reference: $N }":                     true,
		"extension(http://x.org/a): { valueAge: $A | quantity a }":    true,
		"extension(http://x.org/a): { valuePeriod: $A | quantity a }": false,
	} {
		t.Run(member, func(t *testing.T) {
			t.Parallel()
			prog, findings := compile(patient("\n      " + member))
			if ok && prog == nil {
				t.Errorf("refused:\n%s", show(findings))
			}
			if !ok && (len(findings) != 1 || findings[0].Code != "E0305" && findings[0].Code != "E0117") {
				t.Errorf("want one finding, got\n%s", show(findings))
			}
		})
	}
}

func TestExtensionsByNameJoinThoseWrittenOut(t *testing.T) {
	t.Parallel()
	prog := mustCompile(t, patient(`
      extension(us-core-birthsex): $SEX | map M=M
      extension: [{ url: "http://x.org/a", valueString: $A }]
      name: [{ extension(http://x.org/b): { valueBoolean: true }, family: $B }]`))
	var got []string
	for _, r := range prog.Maps[0].Root.Rules {
		if r.Name != "extension" {
			continue
		}
		for _, e := range r.Rules {
			got = append(got, e.Address)
		}
	}
	if diff := cmp.Diff([]string{"p.extension[0]", "p.extension(us-core-birthsex)"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestASlipInYAMLIsToldWithoutTheParsersPicture(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"a: [1, 2", "a: {b", "a: b: c", "a:\n\t- b", "a: 'x", "- a\nb: c", "a: *", "\"a"} {
		_, findings := compile(text)
		if len(findings) != 1 || findings[0].Code != "E0101" || strings.ContainsAny(findings[0].Message, "\n>|") {
			t.Errorf("%q gives\n%s", text, show(findings))
		}
	}
}

func TestColumnsOfASourceAreFoundByName(t *testing.T) {
	t.Parallel()
	s := mustCompile(t, columnsMapping).Sources[0]
	if at := s.UseIndex("DOB"); at < 0 || s.Uses[at].Name != "DOB" || s.UseIndex("UNUSED") != -1 {
		t.Errorf("DOB is at %d of %+v", at, s.Uses)
	}
	if s.SourceName("Geb") != "DOB" || s.SourceName("other") != "other" {
		t.Error("renamed columns")
	}
}
