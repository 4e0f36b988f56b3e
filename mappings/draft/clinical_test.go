package draft_test

import (
	"fmt"
	"strings"
	"testing"

	"chartlift/mappings/draft"
)

// clinic drafts a folder with ten patients and one more table, whose rows have
// the patient's number in front.
func clinic(t *testing.T, name, header string, row func(i int) string) project {
	t.Helper()
	return drafted(t, folder(t, map[string]string{
		"patients.csv": people("MRN,LastName,Sex", 10, func(i int) string { return fmt.Sprintf("M%d,Quillfeather%c,%c", 100+i, 'a'+i, "MF"[i%2]) }),
		name + ".csv":  people("MRN,"+header, 12, func(i int) string { return fmt.Sprintf("M%d,%s", 100+i%10, row(i)) }),
	}), draft.Options{})
}

func TestEachClinicalTableHasItsPatientAndSaysNothingThatNoColumnSays(t *testing.T) {
	t.Parallel()
	day := func(i int) string { return fmt.Sprintf("2019-03-%02d", 11+i) }
	for name, c := range map[string]struct {
		table, header string
		row           func(i int) string
		has           []string
		lacks         []string
	}{
		"a problem that may have ended": {
			"conditions", "Code,Description,Start,Stop",
			func(i int) string {
				return fmt.Sprintf("%s,Words,%s,%s", []string{"I10", "E11.9", "J45.20"}[i%3], day(i), []string{"", "2019-05-01"}[i%2])
			},
			[]string{"subject: ref patient($MRN)", "onsetDateTime: $Start | date", "abatementDateTime: $Stop | date", "clinicalStatus: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-clinical', code: { case: [{ when: Stop IS NOT NULL, then: resolved }, { else: active }] } }] }"},
			nil,
		},
		"a problem without any end is not called active": {
			"conditions", "Code,Description,Start", func(i int) string { return fmt.Sprintf("%s,Words,%s", []string{"I10", "E11.9", "J45.20"}[i%3], day(i)) },
			[]string{"subject: ref patient($MRN)", "code: $Code | check icd10cm"},
			[]string{"clinicalStatus", "abatement"},
		},
		"an end that is no date decides no status": {
			"conditions", "Code,Description,Start,Stop",
			func(i int) string {
				return fmt.Sprintf("%s,Words,%s,%s", []string{"I10", "E11.9", "J45.20"}[i%3], day(i), []string{"soon", "perhaps"}[i%2])
			},
			[]string{"# abatementDateTime: $Stop | date # guess: "},
			[]string{"clinicalStatus", "abatement"},
		},
		"an allergy whose severity stands without a reaction": {
			"allergies", "Code,Description,Start,Severity", func(i int) string {
				return fmt.Sprintf("A%d,Pollen,%s,%s", i%3, day(i), []string{"mild", "severe"}[i%2])
			},
			[]string{"patient: ref patient($MRN)", "recordedDate: $Start | date"},
			[]string{"reaction", "severity", "subject:"},
		},
		"results with a unit": {
			"observations", "Code,Description,Date,Value,Units", func(i int) string { return fmt.Sprintf("2345-7,Glucose,%s,%d.5,mg/dL", day(i), 80+i) },
			[]string{"valueQuantity: $Value | quantity $Units", "effectiveDateTime: $Date | date", "status: unknown"},
			[]string{"valueString", "final"},
		},
		"results of which one is a word stay texts": {
			"observations", "Code,Description,Date,Value", func(i int) string {
				return fmt.Sprintf("2345-7,Glucose,%s,%s", day(i), []string{"81.5", "hemolysed"}[i/11])
			},
			[]string{"valueString: $Value"},
			[]string{"valueQuantity"},
		},
		"a vaccination with its lot": {
			"immunizations", "Code,Description,Date,Lot", func(i int) string { return fmt.Sprintf("%02d,Vaccine,%s,L%d", 3+i%4, day(i), i) },
			[]string{"occurrenceDateTime: $Date | date", "status: completed", "lotNumber: $Lot", "patient: ref patient($MRN)"},
			[]string{"subject:"},
		},
		"a prescription": {
			"medications", "Code,Description,Start,Sig", func(i int) string { return fmt.Sprintf("%d,Lisinopril,%s,one a day", 314076+i%3, day(i)) },
			[]string{"intent: order", "status: unknown", "authoredOn: $Start | date", "- text: $Sig"},
			[]string{"active"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := clinic(t, c.table, c.header, c.row)
			for _, want := range c.has {
				p.has(t, want)
			}
			for _, unwanted := range c.lacks {
				p.lacks(t, unwanted)
			}
		})
	}
}

func TestATableWithoutWhatItsResourceNeedsIsLeftBehindWithTheReason(t *testing.T) {
	t.Parallel()
	for table, c := range map[string]struct{ header, row, want string }{
		"conditions":    {"Start", "2019-03-1%d", "no column says which one"},
		"allergies":     {"Start", "2019-03-1%d", "no column says to what"},
		"observations":  {"Code,Description", "2345-%d,Glucose", "no column says the result"},
		"immunizations": {"Code,Description", "0%d,Vaccine", "vaccine or date are not sure"},
		"medications":   {"Start", "2019-03-1%d", "no column says which drug"},
		"procedures":    {"Start", "2019-03-1%d", "no column says which one"},
		"appointments":  {"Start", "2019-03-1%d", "needs start and end with their zone"},
	} {
		t.Run(table, func(t *testing.T) {
			t.Parallel()
			p := clinic(t, table, c.header, func(i int) string { return fmt.Sprintf(c.row, i%10) })
			got := p.table(t, table)
			if got.Map != "" || got.Live != 0 || !strings.Contains(got.Why(), c.want) {
				t.Errorf("%s has the map %q: %s", table, got.Map, got.Why())
			}
			p.lacks(t, table+".csv")
		})
	}
}

func TestNamesThatYAMLReadsAsSomethingElseStayNames(t *testing.T) {
	t.Parallel()
	row := func(i int) string {
		return fmt.Sprintf("M%d,Quillfeather%c,%c,1960-01-%02d,x", 100+i, 'a'+i, "MF"[i%2], 10+i)
	}
	for _, name := range []string{"2019", "null", "true", "no", "1e5", "0x1F", "-", "Ä", "a: b", "#1", "it's"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// drafted fails where the mapping or its tests do not compile.
			p := drafted(t, folder(t, map[string]string{name + ".csv": people("null,LastName,Sex,BirthDate,true: yes", 12, row)}), draft.Options{ID: name})
			if len(p.Mapped()) != 1 || p.Mapped()[0].Kind != draft.Patient {
				t.Errorf("%d tables are mapped: %s", len(p.Mapped()), p.Tables[0].Why())
			}
		})
	}
}
