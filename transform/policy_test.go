package transform_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/transform"
)

func TestPoliciesForBadValues(t *testing.T) {
	t.Parallel()
	for policy, want := range map[string]struct {
		rejected, built, issue string
		stop                   bool
	}{
		"omit-element":    {"", `{"active":true} {"status":"final","code":{"text":"t"}}`, "warning bad-date p.birthDate DOB", false},
		"reject-resource": {"bad-date", `{"status":"final","code":{"text":"t"}}`, "error bad-date p.birthDate DOB", false},
		"reject-row":      {"bad-date", "", "error bad-date p.birthDate DOB", false},
		"stop-run":        {"bad-date", "", "error bad-date p.birthDate DOB", true},
	} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			mapping := head + `
sources: { pat: { csv: { path: p.csv }, key: [ID] } }
DEFAULTS
maps:
  p: { from: pat, resource: Patient, MAP elements: { active: true, birthDate: RULE } }
  o: { from: pat, resource: Observation, elements: { status: final, code: { text: t } } }
`
			for scope, edit := range map[string]*strings.Replacer{
				"defaults": strings.NewReplacer("DEFAULTS", "defaults: { policy: { bad_value: "+policy+" } }", "MAP", "", "RULE", "$DOB | date YYYY-MM-DD"),
				"map": strings.NewReplacer("DEFAULTS", "defaults: { policy: omit-element }", "MAP", "policy: { bad_value: "+policy+" },",
					"RULE", "$DOB | date YYYY-MM-DD"),
				"rule": strings.NewReplacer("DEFAULTS", "defaults: { policy: stop-run }", "MAP", "policy: reject-row,",
					"RULE", "{ from: $DOB | date YYYY-MM-DD, policy: { bad_value: "+policy+" } }"),
			} {
				b := newBench(t, edit.Replace(mapping))
				rows := b.rows("pat", "ID|DOB", "1|1980-13-45", "2|1980-12-24")
				if rows[0].Rejected != want.rejected || rows[0].Stop != want.stop || strings.Join(bodies(rows[:1]), " ") != want.built {
					t.Errorf("%s: row %+v %s", scope, rows[0], bodies(rows[:1]))
				}
				if len(rows[1].Built) != 2 || rows[1].Stop || rows[1].Rejected != "" {
					t.Errorf("%s: the next row is %+v", scope, rows[1])
				}
				b.wantFound(want.issue)
				if i := b.issues[0]; i.Value != "1980-13-45" || strings.Contains(i.Message, i.Value) || i.Origin.Row != 1 || i.Origin.Line != 2 {
					t.Errorf("%s: issue %+v", scope, i)
				}
			}
		})
	}
}

func TestARequiredElementThatIsMissingIsSaidOncePerCause(t *testing.T) {
	t.Parallel()
	mapping := func(policy string) string {
		return head + "defaults: { policy: " + policy + ` }
sources: { obs: { csv: { path: o.csv }, key: [ID] } }
crosswalks: { test: { inline: { g: 15074-8 }, system: http://loinc.org, unmapped: POLICY } }
maps:
  o: { from: obs, resource: Observation, elements: { status: $ST | map F=final, code: $TEST | concept test, component: [{ code: { text: $C }, valueString: $V }] } }
`
	}
	b := newBench(t, strings.Replace(mapping("reject-resource"), "POLICY", "reject-resource", 1))
	rows := b.rows("obs", "ID|ST|TEST|C|V", "1|F|x|c|v", "2|X|g|c|v", "3|∅|g|c|v", "4|F|g|∅|v", "5|F|g|∅|∅", "6|∅|∅|∅|∅")
	b.wantFound(
		"error unmapped-code o.code TEST",
		"error unmapped-value o.status ST",
		"error required-missing o.status ST",
		"error required-missing o.component[0].code",
		"error required-missing o.status ST",
	)
	if rows[4].Rejected != "" || len(rows[4].Built) != 1 {
		t.Errorf("a component without any value counts as missing: %+v", rows[4])
	}
	// what a policy leaves out was not refused: FHIR's demand is said
	b = newBench(t, strings.Replace(mapping("omit-element"), "POLICY", "omit-element", 1))
	b.rows("obs", "ID|ST|TEST|C|V", "1|F|x|c|v")
	b.wantFound("warning unmapped-code o.code TEST", "error required-missing o.code TEST")
}

func TestUnmappedCodes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		walk, stage string
		want        string // Patient.maritalStatus, "" where the resource is refused
	}{
		"known":                            {"keep-text", "W | concept ms", `{"coding":[{"system":"urn:t","code":"wed"}]}`},
		"known with text":                  {"keep-text", "W | concept ms | text $NAME", `{"coding":[{"system":"urn:t","code":"wed"}],"text":"Name"}`},
		"known with text that is null":     {"keep-text", "W | concept ms | text $NULL", `{"coding":[{"system":"urn:t","code":"wed"}]}`},
		"keep-text":                        {"keep-text", "X | concept ms", `{"text":"X"}`},
		"keep-text with text":              {"keep-text", "X | concept ms | text $NAME", `{"coding":[{"system":"urn:s","code":"X"}],"text":"Name"}`},
		"keep-text with a text of blanks":  {"keep-text", "A B  C | concept ms | text $NAME", `{"coding":[{"system":"urn:s","display":"A B  C"}],"text":"Name"}`},
		"keep-source":                      {"keep-source", "X | concept ms", `{"coding":[{"system":"urn:s","code":"X"}]}`},
		"keep-source, no code":             {"keep-source", "A B  C | concept ms", `{"coding":[{"system":"urn:s","display":"A B  C"}]}`},
		"omit-element":                     {"omit-element", "X | concept ms", `-`},
		"omit-element with text":           {"omit-element", "X | concept ms | text $NAME", `{"text":"Name"}`},
		"null with text":                   {"keep-text", "∅ | concept ms | text $NAME", `{"text":"Name"}`},
		"null":                             {"reject-row", "∅ | concept ms", `-`},
		"use":                              {"{ use: UNK, system: urn:null, display: unknown }", "X | concept ms", `{"coding":[{"system":"urn:null","code":"UNK","display":"unknown"}]}`},
		"use with the crosswalk's system":  {"{ use: UNK }", "X | concept ms | text $NAME", `{"coding":[{"system":"urn:t","code":"UNK"}],"text":"Name"}`},
		"reject-resource":                  {"reject-resource", "X | concept ms", ""},
		"the rule's policy where none is":  {"", "X | concept ms", ""},
		"a constant text":                  {"keep-text", "W | concept ms | text 'it is so'", `{"coding":[{"system":"urn:t","code":"wed"}],"text":"it is so"}`},
		"a value with quotes and brackets": {"keep-text", `"{} | concept ms`, `{"text":"\"{}"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cell, stages, _ := strings.Cut(c.stage, " |")
			walk := ""
			if c.walk != "" {
				walk = ", unmapped: " + c.walk
			}
			b := newBench(t, patient("{ active: true, maritalStatus: $C |"+stages+" }",
				"crosswalks: { ms: { inline: { W: wed }, system: urn:t, source_system: urn:s"+walk+" } }", "defaults: { policy: { unmapped_code: reject-resource } }"))
			rows := b.rows("pat", "ID|C|NAME|NULL", "1|"+cell+"|Name|∅")
			switch c.want {
			case "":
				if len(rows[0].Built) > 0 || rows[0].Rejected != "unmapped-code" {
					t.Errorf("row %+v", rows[0])
				}
			case "-":
				wantBodies(t, rows, `{"active":true}`)
			default:
				wantBodies(t, rows, `{"active":true,"maritalStatus":`+c.want+`}`)
			}
			if unmapped := cell != "W" && cell != "∅"; unmapped != (len(b.codes) == 1) || unmapped != (len(b.issues) == 1) {
				t.Errorf("unmapped codes %v, issues %v", b.codes, b.found())
			}
		})
	}
}

func TestUnmappedCodesInCodesAndCodings(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ unmapped, want string }{
		"keep-text":   {"keep-text", `{"communication":[{"language":{"coding":[{"display":"XX"}]}}]}`},
		"keep-source": {"keep-source", `{"communication":[{"language":{"coding":[{"system":"urn:s","code":"XX"}]}}],"name":[{"text":"XX"}]}`},
		"omit":        {"omit-element", `{}`},
		"use":         {"{ use: UNK }", `{"name":[{"text":"UNK"}],"communication":[{"language":{"coding":[{"system":"urn:t","code":"UNK"}]}}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, patient("{ name: [{ text: $C | code ms }], communication: [{ language: { coding: [$C | coding ms] } }] }",
				"crosswalks: { ms: { inline: { W: wed }, system: urn:t, source_system: urn:s, unmapped: "+c.unmapped+" } }"))
			rows := b.rows("pat", "ID|C", "1|XX")
			if name == "keep-source" {
				c.want = `{"name":[{"text":"XX"}],"communication":[{"language":{"coding":[{"system":"urn:s","code":"XX"}]}}]}`
			}
			wantBodies(t, rows, c.want)
			if diff := cmp.Diff([]string{"ms:XX", "ms:XX"}, b.codes); diff != "" {
				t.Errorf("unmapped (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAnEmptyTextIsNoCodeAndNoText(t *testing.T) {
	t.Parallel()
	b := newBench(t, strings.Replace(patient("{ active: true, maritalStatus: $C | concept ms | text $NAME, name: [{ text: '${NAME}' }] }",
		"crosswalks: { ms: { inline: { W: wed }, system: urn:t } }"), "nulls: ['', NULL]", "nulls: [NULL]", 1))
	wantBodies(t, b.rows("pat", "ID|C|NAME", "1||"), `{"active":true}`)
	b.wantFound()
}

func TestEveryIssueHasADocumentedCode(t *testing.T) {
	t.Parallel()
	last := ""
	for _, c := range transform.Codes() {
		if c.Code <= last || c.Title == "" || c.Fix == "" {
			t.Errorf("%+v is out of order or not described", c)
		}
		last = c.Code
	}
}
