package draft_test

import (
	"fmt"
	"strings"
	"testing"
)

// says fails unless the mapping holds the text, in a rule or a comment.
func (p project) says(t *testing.T, text string) {
	t.Helper()
	if !strings.Contains(p.mapping(), text) {
		t.Errorf("the draft does not say %q:\n%s", text, p.mapping())
	}
}

// day is a date whose day cannot be a month.
func day(i int) string { return fmt.Sprintf("2019-03-%02d", 13+i) }

func TestARowThatAColumnMayDenyIsRefusedUntilSomebodyHasRead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		table, header string
		row           func(i int) string
		has           []string
		lacks         []string
	}{
		"a vaccine that was refused is not called given": {
			"immunizations", "Code,Description,Date,Refused",
			func(i int) string { return fmt.Sprintf("%02d,Vaccine,%s,%s", 3+i%4, day(i), []string{"N", "Y"}[i%2]) },
			[]string{`- { that: "Refused IN ('N')", else: '`, "policy: reject-resource }", "status: completed", "rows that Refused may deny are refused by check"},
			nil,
		},
		"the harmless words are those that the column holds": {
			"conditions", "Code,Description,Start,NEGATED",
			func(i int) string { return fmt.Sprintf("I10,Words,%s,%s", day(i), []string{"0", "1", "no"}[i%3]) },
			[]string{`- { that: "NEGATED IN ('0', 'no')", else: '`},
			nil,
		},
		"a mark that never says no lets empty cells alone pass": {
			"conditions", "Code,Description,Start,EnteredInError",
			func(i int) string { return fmt.Sprintf("I10,Words,%s,%s", day(i), []string{"X", ""}[i%2]) },
			[]string{`- { that: "EnteredInError IS NULL", else: '`},
			nil,
		},
		"the day on which a row was voided says that it was": {
			"allergies", "Code,Description,Start,date_voided",
			func(i int) string {
				return fmt.Sprintf("A%d,Pollen,%s,%s", i%3, day(i), []string{"2020-01-13", ""}[i%2])
			},
			[]string{`- { that: "date_voided IS NULL", else: '`},
			nil,
		},
		"zero dates of MySQL are no days": {
			"allergies", "Code,Description,Start,deleted_at",
			func(i int) string {
				return fmt.Sprintf("A%d,Pollen,%s,%s", i%3, day(i), []string{"2020-01-13 00:00:00", "0000-00-00 00:00:00"}[i%2])
			},
			[]string{`- { that: "deleted_at IS NULL OR deleted_at LIKE '0000-00-00%'", else: '`},
			nil,
		},
		"a name with a blank is quoted": {
			"conditions", "Code,Description,Start,Ruled out",
			func(i int) string { return fmt.Sprintf("I10,Words,%s,%s", day(i), []string{"No", "Yes"}[i%2]) },
			[]string{`that: '"Ruled out" IN (''No'')'`},
			nil,
		},
		"an empty mark has no guard": {
			"conditions", "Code,Description,Start,Negated", func(i int) string { return fmt.Sprintf("I10,Words,%s,", day(i)) },
			nil,
			[]string{"check:"},
		},
		"a word inside another is none": {
			"conditions", "Code,Description,Start,AvoidedFood",
			func(i int) string { return fmt.Sprintf("I10,Words,%s,%s", day(i), []string{"milk", ""}[i%2]) },
			nil,
			[]string{"check:"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := clinic(t, c.table, c.header, c.row)
			for _, want := range c.has {
				p.says(t, want)
			}
			for _, unwanted := range c.lacks {
				p.lacks(t, unwanted)
			}
		})
	}
}

func TestAColumnOfStatusesIsTranslatedAndNothingIsSaidInItsPlace(t *testing.T) {
	t.Parallel()
	words := func(list ...string) func(i int) string { return func(i int) string { return list[i%len(list)] } }
	for name, c := range map[string]struct {
		table, header string
		cells         func(i int) string
		has, lacks    []string
		terms         string // of terms/, with the lines that stand in it
		lines         []string
	}{
		"an allergy that was refuted is not active": {
			"allergies", "Code,Description,Start,Status", words("Active", "Inactive", "Entered in error", "Refuted"),
			[]string{"code: $Status | code allergies_status", "unmapped: reject-resource"},
			[]string{"code: active", "no column says it"},
			"allergies_status",
			[]string{"Active,3,,active,", "Inactive,3,,inactive,", "Refuted,3,,,", "Entered in error,3,,,"},
		},
		"a flag says it where no status does": {
			"allergies", "Code,Description,Start,IsActive", words("Y", "N"),
			[]string{"code: $IsActive | code allergies_isactive"},
			[]string{"code: active"},
			"allergies_isactive",
			[]string{"Y,6,,active,", "N,6,,inactive,"},
		},
		"the status of a problem goes before its end, and its certainty is kept": {
			"conditions", "Code,Description,Start,Stop,Status,Certainty", func(i int) string {
				return "2019-05-13," + words("Active", "Resolved", "R")(i) + "," + words("Confirmed", "Suspected", "Ruled out", "?")(i)
			},
			[]string{"code: $Status | code conditions_status", "code: $Certainty | code conditions_certainty", "condition-ver-status"},
			[]string{"when: Stop IS NOT NULL"},
			"conditions_certainty",
			[]string{"Confirmed,3,,confirmed,", "Suspected,3,,provisional,", "Ruled out,3,,refuted,", "?,3,,,"},
		},
		"a vaccination by its status": {
			"immunizations", "Code,Description,Date,Status", words("Given", "Refused", "Z"),
			[]string{"status: $Status | code immunizations_status"},
			[]string{"status: completed", "every row"},
			"immunizations_status",
			[]string{"Given,4,,completed,", "Refused,4,,not-done,", "Z,4,,,"},
		},
		"a prescription whose status nobody understands is unknown": {
			"medications", "Code,Description,Start,Status", words("Active", "D/C", "Entered in error"),
			[]string{"status: $Status | code medications_status | default unknown", "unmapped: omit-element"},
			[]string{"no column says it"},
			"medications_status",
			[]string{"Active,4,,active,", "D/C,4,,,", "Entered in error,4,,entered-in-error,"},
		},
		"a result by its status": {
			"observations", "Code,Description,Date,Result_Status,Value", func(i int) string { return words("Final", "X")(i) + ",8" + fmt.Sprint(i) },
			[]string{"status: $Result_Status | code observations_result_status | default unknown"},
			[]string{"no column says it"},
			"observations_result_status",
			[]string{"Final,6,,final,", "X,6,,,"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := clinic(t, c.table, c.header, func(i int) string { return fmt.Sprintf("%02d,Words,%s,%s", 3+i%4, day(i), c.cells(i)) })
			for _, want := range c.has {
				p.says(t, want)
			}
			for _, unwanted := range c.lacks {
				p.lacks(t, unwanted)
			}
			for _, want := range c.lines {
				if got := p.files["terms/"+c.terms+".csv"]; !strings.Contains(got, "\n"+want) {
					t.Errorf("terms/%s.csv has no line %q:\n%s", c.terms, want, got)
				}
			}
		})
	}
}

func TestTheSummaryNamesColumnsThatMayTakeBackWhatTheirRowSays(t *testing.T) {
	t.Parallel()
	p := clinic(t, "conditions", "Code,Description,Start,Negated,Status,Inactive,Colour", func(i int) string {
		return fmt.Sprintf("I10,Words,%s,%s,Active,%s,red", day(i), []string{"0", "1"}[i%2], []string{"N", "Y"}[i%2])
	})
	got := p.Summary()
	if want := "read first: columns that may deny, end or void what their row says: conditions.Negated (refused until then: 6 rows), conditions.Inactive\n"; !strings.Contains(got, want) {
		t.Errorf("the summary lacks %q:\n%s", want, got)
	}
	if strings.Contains(got, "Colour") || strings.Contains(got, "conditions.Status") {
		t.Errorf("the summary names what takes nothing back:\n%s", got)
	}
}

func TestWordsThatSayThereIsNoneBecomeNoAllergyAndNoProblem(t *testing.T) {
	t.Parallel()
	words := func(list ...string) func(i int) string {
		return func(i int) string { return list[i%len(list)] + "," + day(i) }
	}
	for name, c := range map[string]struct {
		table, header string
		row           func(i int) string
		want          string
	}{
		"allergies": {
			"allergies", "Allergen,Start", words("Penicillin", "NKDA", "Denies allergy to latex", "No known allergies", "None", "Nonoxynol"),
			`- { that: "Allergen NOT IN ('Denies allergy to latex', 'NKDA', 'No known allergies', 'None')", else: '`,
		},
		"problems": {
			"problems", "Description,Start", words("Asthma", "R/O MI", "No evidence of malignancy", "Diabetes without complications"),
			`- { that: "Description NOT IN ('No evidence of malignancy', 'R/O MI')", else: '`,
		},
		"an apostrophe in the words": {
			"problems", "Description,Start", words("Asthma", "Denies Crohn's disease"),
			`- { that: "Description NOT IN ('Denies Crohn''s disease')", else: '`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := clinic(t, c.table, c.header, c.row)
			p.has(t, c.want)
			if want := "read first: columns that may deny, end or void what their row says: " + c.table + "."; !strings.Contains(p.Summary(), want) {
				t.Errorf("the summary lacks %q:\n%s", want, p.Summary())
			}
		})
	}
	clinic(t, "allergies", "Allergen,Start", words("Penicillin", "Nonoxynol")).lacks(t, "check:")
}

func TestAUnitStaysBesideResultsThatAreWords(t *testing.T) {
	t.Parallel()
	p := clinic(t, "observations", "Code,Description,Date,Value,Units", func(i int) string {
		return fmt.Sprintf("GLU,Glucose,%s,%s,%s", day(i), []string{"<5", "pending"}[i%2], []string{"mg/dL", ""}[i%2])
	})
	p.has(t, "valueString: { case: [{ when: Units IS NULL, then: $Value }, { else: '${Value} ${Units}' }] }")
	p.lacks(t, "valueQuantity")
}

func TestASeverityWithoutAReactionLosesNoAllergy(t *testing.T) {
	t.Parallel()
	p := clinic(t, "allergies", "Code,Description,Reaction,Severity", func(i int) string {
		return fmt.Sprintf("A%d,Pollen,%s,%s", i%3, []string{"Rash", ""}[i%2], []string{"mild", "severe"}[i/6])
	})
	p.has(t, "- text: $Reaction")
	p.has(t, `- { when: "Reaction IS NULL AND Severity IS NOT NULL", text: reaction not recorded, keep: true }`)
}

func TestTheDayOnWhichAnAllergyBeganIsItsOnset(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{"ONSET": "onsetDateTime: $ONSET | date", "OnsetDate": "onsetDateTime: $OnsetDate | date", "Start": "recordedDate: $Start | date"} {
		t.Run(header, func(t *testing.T) {
			t.Parallel()
			clinic(t, "allergies", "Code,Description,"+header, func(i int) string { return fmt.Sprintf("A%d,Pollen,%s", i%3, day(i)) }).has(t, want)
		})
	}
}

func TestShortFormsOfDateAndOfTablesAreKnown(t *testing.T) {
	t.Parallel()
	clinic(t, "meds", "Drug,START_DT", func(i int) string { return "Aspirin," + day(i) }).has(t, "authoredOn: $START_DT | date")
	clinic(t, "labres", "TEST_CODE,COLL_DT,RESULT", func(i int) string { return fmt.Sprintf("GLU,%s,8%d", day(i), i) }).has(t, "effectiveDateTime: $COLL_DT | date")
	clinic(t, "imm", "CVX,GIVEN_DT", func(i int) string { return fmt.Sprintf("%02d,%s", 3+i%4, day(i)) }).has(t, "occurrenceDateTime: $GIVEN_DT | date")
}
