package transform_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/transform"
)

func TestElements(t *testing.T) {
	t.Parallel()
	const sex = `crosswalks: { sex: { inline: { M: male, F: female } } }`
	for name, c := range map[string]struct {
		elements string
		more     string
		rows     []string
		want     []string
	}{
		"a constant never keeps an object alive": {
			`{ active: true, name: [{ use: official, family: $LAST, given: [$FIRST, X] }, { use: maiden, family: $MAIDEN }] }`, "",
			[]string{"ID|LAST|FIRST|MAIDEN", "1|Doe|∅|NULL", "2|∅|∅|∅"},
			[]string{`{"active":true,"name":[{"use":"official","family":"Doe","given":["X"]}]}`, `{"active":true}`},
		},
		"extensions of primitives stand behind them, with or without a value": {
			`{ _birthDate: { extension(patient-birthTime): $AT | datetime "YYYY-MM-DDThh:mm:ssZ" }, birthDate: $DOB | date YYYY-MM-DD, _gender: { when: SEX IS NULL, extension(data-absent-reason): masked }, gender: $SEX }`, "",
			[]string{"ID|DOB|AT|SEX", "1|2000-01-02|2000-01-02T03:04:05Z|male", "2|∅|∅|∅", "3|2000-01-02|∅|female"},
			[]string{
				`{"gender":"male","birthDate":"2000-01-02","_birthDate":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/patient-birthTime","valueDateTime":"2000-01-02T03:04:05Z"}]}}`,
				`{"_gender":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"masked"}]}}`,
				`{"gender":"female","birthDate":"2000-01-02"}`,
			},
		},
		"a required value may have an extension in its place, where that is written": {
			`{ active: true, communication: [{ language: { text: $LANG }, preferred: true }], link: [{ other: { display: $KIN }, type: $TYPE, _type: { when: TYPE IS NULL AND KIN IS NOT NULL, extension(data-absent-reason): unknown } }] }`, "",
			[]string{"ID|LANG|KIN|TYPE", "1|en|x|seealso", "2|en|x|∅"},
			[]string{
				`{"active":true,"communication":[{"language":{"text":"en"},"preferred":true}],"link":[{"other":{"display":"x"},"type":"seealso"}]}`,
				`{"active":true,"communication":[{"language":{"text":"en"},"preferred":true}],"link":[{"other":{"display":"x"},"_type":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"unknown"}]}}]}`,
			},
		},
		"a constant list beside a value that is there": {
			`{ name: [{ given: [X, Y], family: $LAST }] }`, "",
			[]string{"ID|LAST", "1|Doe"},
			[]string{`{"name":[{"family":"Doe","given":["X","Y"]}]}`},
		},
		"keep: true keeps the constants, but never an empty object": {
			`{ active: true, name: [{ use: official, family: $LAST, keep: true }], contact: [{ name: { family: $LAST, keep: true } }] }`, "",
			[]string{"ID|LAST", "1|∅"},
			[]string{`{"active":true,"name":[{"use":"official"}]}`},
		},
		"an object of constants stays": {
			`{ communication: [{ language: { coding: [{ system: urn:x, code: en }] } }] }`, "",
			[]string{"ID", "1"},
			[]string{`{"communication":[{"language":{"coding":[{"system":"urn:x","code":"en"}]}}]}`},
		},
		"an object below a value that is gone is gone, constants and all": {
			`{ active: true, contact: [{ relationship: [{ text: kin }], name: { use: official, family: $LAST }, telecom: [{ system: phone, value: $TEL }] }] }`, "",
			[]string{"ID|LAST|TEL", "1|∅|∅", "2|∅|555"},
			[]string{`{"active":true}`, `{"active":true,"contact":[{"relationship":[{"text":"kin"}],"telecom":[{"system":"phone","value":"555"}]}]}`},
		},
		"when decides about an element": {
			`{ active: true, gender: { when: SEX = 'M', from: male }, name: [{ when: LAST IS NOT NULL, text: known, use: usual }] }`, "",
			[]string{"ID|SEX|LAST", "1|M|x", "2|F|∅", "3|∅|∅"},
			[]string{`{"active":true,"name":[{"use":"usual","text":"known"}],"gender":"male"}`, `{"active":true}`, `{"active":true}`},
		},
		"the first case that holds counts, null among them": {
			`{ active: true, gender: { case: [{ when: SEX = 'M', then: male }, { when: SEX = 'X', then: null }, { when: SEX = 'C', then: $CODE | code sex }, { else: unknown }] } }`, sex,
			[]string{"ID|SEX|CODE", "1|M|", "2|X|", "3|C|F", "4|∅|F", "5|C|∅"},
			[]string{`{"active":true,"gender":"male"}`, `{"active":true}`, `{"active":true,"gender":"female"}`, `{"active":true,"gender":"unknown"}`, `{"active":true}`},
		},
		"a choice has the branch whose condition holds": {
			`{ active: true, deceasedBoolean: { when: DEAD = 'Y', from: true }, deceasedDateTime: { when: DEAD <> 'Y', from: $DEAD | date } }`, "",
			[]string{"ID|DEAD", "1|Y", "2|2019-03-07", "3|∅"},
			[]string{`{"active":true,"deceasedBoolean":true}`, `{"active":true,"deceasedDateTime":"2019-03-07"}`, `{"active":true}`},
		},
		"texts are put together, and null makes all of it null": {
			`{ active: true, name: [{ text: "${LAST}, ${FIRST}" }, { text: 'row ${source.row} of ${source.table}: ${"two words"}', use: old }] }`, "",
			[]string{"ID|LAST|FIRST|two words", "1|Doe|Ann|a b", "2|Doe|∅|\"quoted\" \\"},
			[]string{
				`{"active":true,"name":[{"text":"Doe, Ann"},{"use":"old","text":"row 1 of pat: a b"}]}`,
				`{"active":true,"name":[{"use":"old","text":"row 2 of pat: \"quoted\" \\"}]}`,
			},
		},
		"dollar signs": {
			`{ name: [{ text: $$5 and $$$$ }, { text: "$${ID} is ${ID}" }] }`, "",
			[]string{"ID", "7"},
			[]string{`{"name":[{"text":"$5 and $$"},{"text":"${ID} is 7"}]}`},
		},
		"an extension by name with its parts, in the order of the mapping": {
			`{ active: true, extension(us-core-race): { text: $RACE, ombCategory: $RACE | coding race }, extension(us-core-birthsex): $SEX | map M=M F=F, extension(http://example.org/x): { valueQuantity: $KG | quantity kg } }`,
			`crosswalks: { race: { inline: { White: 2106-3 }, system: urn:oid:2.16.840.1.113883.6.238 } }`,
			[]string{"ID|RACE|SEX|KG", "1|White|M|70.50", "2|∅|∅|∅"},
			[]string{
				`{"extension":[{"extension":[{"url":"text","valueString":"White"},{"url":"ombCategory","valueCoding":{"system":"urn:oid:2.16.840.1.113883.6.238","code":"2106-3"}}],` +
					`"url":"http://hl7.org/fhir/us/core/StructureDefinition/us-core-race"},` +
					`{"url":"http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex","valueCode":"M"},` +
					`{"url":"http://example.org/x","valueQuantity":{"value":70.50,"unit":"kg"}}],"active":true}`,
				`{"active":true}`,
			},
		},
		"numbers and booleans are JSON as they are": {
			`{ active: $ON | bool, multipleBirthInteger: $N | integer, telecom: [{ rank: $N | integer, system: phone, value: $T }], communication: [{ language: { text: $T }, preferred: true }] }`, "",
			[]string{"ID|ON|N|T", "1|Y|2|02108", "2|N|∅|1e3"},
			[]string{
				`{"active":true,"telecom":[{"system":"phone","value":"02108","rank":2}],"multipleBirthInteger":2,"communication":[{"language":{"text":"02108"},"preferred":true}]}`,
				`{"active":false,"telecom":[{"system":"phone","value":"1e3"}],"communication":[{"language":{"text":"1e3"},"preferred":true}]}`,
			},
		},
		"values are written as JSON strings": {
			`{ name: [{ text: $T }] }`, "",
			[]string{"ID|T", "1|\"\\\x01\t</é😀"},
			[]string{`{"name":[{"text":"\"\\\u0001\t</é😀"}]}`},
		},
		"a maps of no elements that hold makes a resource of its id": {
			`{ birthDate: $DOB | date }`, "",
			[]string{"ID|DOB", "1|∅"},
			[]string{`{}`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, patient(c.elements, c.more))
			if name == "values are written as JSON strings" {
				c.rows[1], c.want[0] = strings.ReplaceAll(c.rows[1], "\x01", ""), strings.ReplaceAll(c.want[0], `\u0001`, "")
			}
			wantBodies(t, b.rows("pat", c.rows...), c.want...)
			b.wantFound()
		})
	}
}

func TestCellsAreTrimmedAndNullTokensAreNull(t *testing.T) {
	t.Parallel()
	mapping := func(source string) string {
		return head + "defaults: { nulls: ['', N/A, UNKNOWN] }\nsources: { pat: { csv: { path: p.csv }, key: [ID]" + source + " } }\n" +
			"maps: { p: { from: pat, resource: Patient, elements: { active: true, name: [{ text: $T }] } } }\n"
	}
	for name, c := range map[string]struct{ source, cell, want string }{
		"trimmed":                       {"", " \t a b\u00a0\r\n ", "a b"},
		"no-break spaces on both sides": {"", "\u00a0 \u00a0x\u00a0", "x"},
		"a null token after trimming":   {"", "  N/A ", ""},
		"only blanks":                   {"", " \u00a0 ", ""},
		"a token in other letters":      {"", "n/a", "n/a"},
		"a part of a token":             {"", "N/", "N/"},
		"the source's own tokens":       {", nulls: [-]", "N/A", "N/A"},
		"the source's own token":        {", nulls: [-]", "-", ""},
		"an empty text is never written, whatever the tokens": {", nulls: [-]", "", ""},
		"untrimmed":                      {", trim: false", " x ", " x "},
		"an untrimmed token is no token": {", trim: false", "N/A ", "N/A "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, mapping(c.source))
			want := `{"active":true}`
			if c.want != "" {
				want = `{"active":true,"name":[{"text":"` + c.want + `"}]}`
			}
			schema, records := table("pat", "ID|T", "1|")
			records[0].Values[1].Text = c.cell
			binding, err := b.engine.Bind(b.source("pat"), schema)
			if err != nil {
				t.Fatal(err)
			}
			row := binding.Worker(b.hooks()).Row(&records[0])
			if got := body(row.Built[0].Resource); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

func TestAbsentAndNullCellsAreNull(t *testing.T) {
	t.Parallel()
	b := newBench(t, patient("{ active: true, name: [{ text: $T }], gender: $GONE | map M=male }"))
	wantBodies(t, b.rows("pat", "ID|T", "1|∅", "2", "3|x"), `{"active":true}`, `{"active":true}`, `{"active":true,"name":[{"text":"x"}]}`)
	b.wantFound()
}

func TestDeclaredColumnsAreReadAsTheirType(t *testing.T) {
	t.Parallel()
	b := newBench(t, head+`
defaults: { dates: [DD.MM.YYYY], timezone: Europe/Berlin }
sources: { pat: { csv: { path: p.csv }, key: [ID], columns: { DOB: date, DEAD: datetime, N: integer, ON: boolean, SEX: "enum(male, female)" } } }
maps: { p: { from: pat, resource: Patient, elements: { birthDate: $DOB, deceasedDateTime: $DEAD, multipleBirthInteger: $N, active: $ON, gender: $SEX | lower } } }
`)
	rows := b.rows("pat", "ID|DOB|DEAD|N|ON|SEX", "1|07.03.1954|08.03.2019|2|Y|male", "2|∅|∅|∅|∅|∅")
	wantBodies(t, rows, `{"active":true,"gender":"male","birthDate":"1954-03-07","deceasedDateTime":"2019-03-08","multipleBirthInteger":2}`, `{}`)
	b.wantFound()
	b.rows("pat", "ID|DOB|DEAD|N|ON|SEX", "3|∅|∅|∅|∅|Male")
	if diff := cmp.Diff([]string{"warning unexpected-value  SEX"}, b.found()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if b.issues[0].Value != "Male" || strings.Contains(b.issues[0].Message, "Male") {
		t.Errorf("issue %+v", b.issues[0])
	}
}

func TestARequiredColumnWithoutValueRejectsTheRowOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t, head+`
sources: { pat: { csv: { path: p.csv }, key: [ID], columns: { ID: "string!", DOB: "date!" }, where: "SKIP IS NULL" } }
maps:
  p: { from: pat, resource: Patient, elements: { birthDate: $DOB } }
  o: { from: pat, resource: Observation, elements: { status: final, code: { text: $T } } }
`)
	rows := b.rows("pat", "ID|DOB|T|SKIP", "1|∅|t|∅", "∅|2000-01-01|t|∅", "2|2000-01-01|t|∅", "∅|∅|∅|x")
	if rows[0].Rejected != "value-missing" || rows[1].Rejected != "value-missing" || len(rows[0].Built)+len(rows[1].Built) > 0 {
		t.Errorf("rows %+v", rows[:2])
	}
	if len(rows[2].Built) != 2 || rows[3].Filtered != "where" {
		t.Errorf("rows %+v", rows[2:])
	}
	b.wantFound("error value-missing  DOB", "error value-missing  ID")
}

func TestARowThatCouldNotBeReadIsRejectedWithItsFault(t *testing.T) {
	t.Parallel()
	b := newBench(t, patient("{ active: true }"))
	schema, records := table("pat", "ID", "1")
	fault := b.fault("ragged-row")
	records[0].Fault = &fault
	binding, err := b.engine.Bind(b.source("pat"), schema)
	if err != nil {
		t.Fatal(err)
	}
	row := binding.Worker(b.hooks()).Row(&records[0])
	if row.Rejected != "ragged-row" || len(row.Built) > 0 {
		t.Errorf("row %+v", row)
	}
	if len(b.issues) != 1 || b.issues[0].Origin != records[0].Origin {
		t.Errorf("issues %+v", b.issues)
	}
}

func TestConditionsOnRows(t *testing.T) {
	t.Parallel()
	for condition, want := range map[string]string{ // the values of A, 1 to 7 below, for which it holds
		"A = 'x'":                      "1",
		"A <> 'x'":                     "2 3 5 6 7",
		"NOT A = 'x'":                  "2 3 5 6 7",
		"A IS NULL":                    "4",
		"A IS NOT NULL":                "1 2 3 5 6 7",
		"A IN ('x', 10)":               "1 2",
		"A NOT IN ('x', '10')":         "3 5 6 7",
		"A = NULL":                     "",
		"A > 9":                        "2",
		"A >= 9.0":                     "2 3",
		"A > '9'":                      "1 5 6 7",
		"A BETWEEN 5 AND 9":            "3",
		"A NOT BETWEEN 5 AND 9":        "2",
		"A LIKE '%E%'":                 "5",
		"A LIKE '_'":                   "1 3 7",
		"A LIKE 'd_e%'":                "5",
		"A NOT LIKE '%%'":              "",
		"LENGTH(A) > 1":                "2 5 6",
		"UPPER(A) = 'X'":               "1",
		"LOWER(A) = 'doe'":             "5",
		"TRIM(A) = 'é ü'":              "6",
		"COALESCE(A, B) = 'b'":         "4",
		"COALESCE(A, 'n') = 'n'":       "4",
		"A = 'x' OR A IS NULL":         "1 4",
		"A = 'x' AND B = 'b'":          "1",
		"A = 'y' OR A = NULL":          "",
		"NOT (A = 'x' OR A IS NULL)":   "2 3 5 6 7",
		"(A = 'x') = 1":                "1",
		"_line > 5":                    "6 7",
		"A = '' OR B <> 'b' OR A = 10": "2",
		"C IS NULL":                    "1 2 3 4 5 6 7",
	} {
		t.Run(condition, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, strings.Replace(patient("{ active: true }"), "resource:", "where: "+quote(condition)+"\n    resource:", 1))
			rows := b.rows("pat", "ID|A|B|C", "1|x|b", "2|10|b", "3|9|b", "4|∅|b", "5|Doe|b", "6|é ü|b", "7|É|b")
			var got []string
			for i, r := range rows {
				if (len(r.Built) == 1) == (r.Filtered == "where") {
					t.Errorf("row %d is %+v", i+1, r)
				}
				if len(r.Built) == 1 {
					got = append(got, string(rune('1'+i)))
				}
			}
			if diff := cmp.Diff(want, strings.Join(got, " ")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

func TestARowInTwoMapsCountsAsRejectedWhereOneIsRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t, head+`
sources: { pat: { csv: { path: p.csv }, key: [ID] } }
maps:
  p: { from: pat, resource: Patient, elements: { birthDate: $DOB | date YYYY-MM-DD } }
  o: { from: pat, resource: Observation, where: T IS NOT NULL, elements: { status: final, code: { text: $T } } }
`)
	rows := b.rows("pat", "ID|DOB|T", "1|bad|t", "2|2000-01-01|∅", "3|2000-01-01|t")
	for i, want := range []struct {
		rejected string
		built    int
	}{{"bad-date", 1}, {"", 1}, {"", 2}} {
		if rows[i].Rejected != want.rejected || len(rows[i].Built) != want.built {
			t.Errorf("row %d: %+v", i+1, rows[i])
		}
	}
	b.wantFound("error bad-date p.birthDate DOB")
}

func TestNeighboursWithTheSameTroubleAreBothReported(t *testing.T) {
	t.Parallel()
	b := newBench(t, patient("{ birthDate: $DOB | date YYYY-MM-DD, name: [{ family: $N | max_len 3 cut }] }"))
	rows := b.rows("pat", "ID|DOB|N", "1|bad|Doe", "2|bad|Doe", "3|2000-01-01|longer", "4|2000-01-01|longer", "5|2001-01-01|Doe")
	wantBodies(t, rows, `{"name":[{"family":"lon"}],"birthDate":"2000-01-01"}`, `{"name":[{"family":"lon"}],"birthDate":"2000-01-01"}`, `{"name":[{"family":"Doe"}],"birthDate":"2001-01-01"}`)
	b.wantFound("error bad-date p.birthDate DOB", "error bad-date p.birthDate DOB", "warning text-cut p.name[0].family N", "warning text-cut p.name[0].family N")
	if b.issues[1].Origin.Row != 2 || b.issues[1].Value != "bad" {
		t.Errorf("issue %+v", b.issues[1])
	}
}

func TestATraceTellsEveryStepOfAPipe(t *testing.T) {
	t.Parallel()
	b := newBench(t, patient("{ gender: $SEX | upper | code sex, birthDate: $DOB | date YYYY-MM-DD }", "crosswalks: { sex: { inline: { M: male } } }"))
	schema, records := table("pat", "ID|SEX|DOB", "1| m |bad", "2|m|∅")
	binding, err := b.engine.Bind(b.source("pat"), schema)
	if err != nil {
		t.Fatal(err)
	}
	h := b.hooks()
	h.Trace = func(s transform.Step) { b.steps = append(b.steps, s) }
	w := binding.Worker(h)
	w.Row(&records[0])
	w.Row(&records[1])
	want := []transform.Step{
		{Rule: "p.gender", Out: "m"},
		{Rule: "p.gender", Stage: "upper", In: "m", Out: "M"},
		{Rule: "p.gender", Stage: "code", In: "M", Out: "male"},
		{Rule: "p.birthDate", Out: "bad"},
		{Rule: "p.birthDate", Stage: "date", In: "bad", Null: true},
		{Rule: "p.gender", Out: "m"},
		{Rule: "p.gender", Stage: "upper", In: "m", Out: "M"},
		{Rule: "p.gender", Stage: "code", In: "M", Out: "male"},
		{Rule: "p.birthDate", Null: true},
	}
	if diff := cmp.Diff(want, b.steps); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestATraceTellsTextsWithParts(t *testing.T) {
	t.Parallel()
	b := newBench(t, patient("{ address: [{ line: [\"${NO} ${STREET}\"] }] }"))
	schema, records := table("pat", "ID|NO|STREET", "1|8|Elm St", "2|∅|Elm St")
	binding, err := b.engine.Bind(b.source("pat"), schema)
	if err != nil {
		t.Fatal(err)
	}
	h := b.hooks()
	h.Trace = func(s transform.Step) { b.steps = append(b.steps, s) }
	w := binding.Worker(h)
	w.Row(&records[0])
	w.Row(&records[1])
	want := []transform.Step{{Rule: "p.address[0].line[0]", Out: "8 Elm St"}, {Rule: "p.address[0].line[0]", Null: true}}
	if diff := cmp.Diff(want, b.steps); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestResourcesOfEarlierRowsStayAsTheyWere(t *testing.T) {
	t.Parallel()
	b := newBench(t, patient("{ name: [{ text: $T }], birthDate: $DOB | date YYYY-MM-DD }"))
	lines := []string{"ID|T|DOB"}
	for i := range 2000 {
		dob := "2000-01-01"
		if i%7 == 0 {
			dob = "bad"
		}
		lines = append(lines, itoa(i)+"|"+strings.Repeat(itoa(i), 20+i%50)+"|"+dob)
	}
	schema, records := table("pat", lines...)
	binding, err := b.engine.Bind(b.source("pat"), schema)
	if err != nil {
		t.Fatal(err)
	}
	w := binding.Worker(b.hooks())
	var kept []transform.Built
	for i := range records {
		kept = append(kept, w.Row(&records[i]).Built...)
	}
	if len(kept) != 2000-286 {
		t.Fatalf("%d resources", len(kept))
	}
	at := 0
	for i := range 2000 {
		if i%7 == 0 {
			continue
		}
		want := `{"name":[{"text":"` + strings.Repeat(itoa(i), 20+i%50) + `"}],"birthDate":"2000-01-01"}`
		if got := body(kept[at].Resource); got != want {
			t.Fatalf("resource %d is %s", i, got)
		}
		at++
	}
}

func TestBindTakesColumnsInAnyOrder(t *testing.T) {
	t.Parallel()
	b := newBench(t, strings.Replace(patient("{ name: [{ family: $LAST, given: [$FIRST] }] }"), "key: [ID]", "key: [ID], rename: { Nachname: LAST }", 1))
	wantBodies(t, b.rows("pat", "FIRST|x|Nachname|ID", "Ann|?|Doe|1"), `{"name":[{"family":"Doe","given":["Ann"]}]}`)
}
