package mappings_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWhatAMapSeeksByASearchIsReadFromItsRules(t *testing.T) {
	t.Parallel()
	for rule, want := range map[string][]string{
		`{ reference: $PATNO | prefix "Patient?identifier=urn:mrn|" }`:                                                                  {"Patient"},
		`{ reference: "Patient?identifier=urn:mrn|${PATNO}" }`:                                                                          {"Patient"},
		`{ reference: "Patient?identifier=urn:mrn|17" }`:                                                                                {"Patient"},
		`{ case: [{ when: PATNO = '1', then: { reference: "Group?identifier=a" } }, { else: { reference: "Patient?identifier=b" } }] }`: {"Group", "Patient"},
		`{ reference: "Patient/${PATNO}" }`:                                                                                             nil,
		`{ display: "Who? Patient?identifier=17" }`:                                                                                     nil, // no reference begins so
		`{ reference: $PATNO }`:                                                                                                         nil, // rows may say anything
	} {
		prog := mustCompile(t, fmt.Sprintf(`chartlift: 1
id: s
sources:
  visits: { csv: { path: v.csv }, key: [ID] }
maps:
  visit:
    from: visits
    resource: Encounter
    id: $ID
    elements: { status: finished, class: { code: AMB }, subject: %s }
`, rule))
		if diff := cmp.Diff(want, prog.Maps[0].Sought()); diff != "" {
			t.Errorf("%s: %s", rule, diff)
		}
	}
}
