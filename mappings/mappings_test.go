package mappings_test

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"chartlift/mappings"
)

const header = "chartlift: 1\nid: t\n"

// patient is a whole mapping with one map of these elements.
func patient(elements string) string {
	return header + "sources: { pat: { csv: { path: p.csv }, key: [ID] } }\nmaps:\n  p:\n    from: pat\n    resource: Patient\n    elements: " + elements + "\n"
}

func TestYAMLTypingIsSwitchedOff(t *testing.T) {
	t.Parallel()
	prog := mustCompile(t, header+`
defaults: { nulls: [NULL, ~, null, 0, no, "", ] }
sources: { pat: { csv: { path: p.csv }, key: [ID], rename: { 1: ID, no: NAME } } }
crosswalks: { x: { inline: { 0123: "0456", NO: 1e3, null: 0x10, yes: 2019-03 } } }
maps: { p: { from: pat, resource: Patient, elements: { name: [{ text: 02108 }] } } }
`)
	if diff := cmp.Diff([]string{"NULL", "~", "null", "0", "no", ""}, prog.Sources[0].Nulls); diff != "" {
		t.Errorf("null tokens (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"1": "ID", "no": "NAME"}, prog.Sources[0].Rename); diff != "" {
		t.Errorf("renamed columns (-want +got):\n%s", diff)
	}
	want := map[string]mappings.Target{"0123": {Code: "0456"}, "NO": {Code: "1e3"}, "null": {Code: "0x10"}, "yes": {Code: "2019-03"}}
	if diff := cmp.Diff(want, prog.Crosswalks[0].Target); diff != "" {
		t.Errorf("crosswalk (-want +got):\n%s", diff)
	}
	if got := prog.Maps[0].Root.Rules[0].Rules[0].Rules[0].Const; got != "02108" {
		t.Errorf("the constant became %q", got)
	}
}

func TestDefaultsReachSourcesAndMaps(t *testing.T) {
	t.Parallel()
	prog := mustCompile(t, header+`
defaults:
  nulls: ["?"]
  timezone: Europe/Berlin
  dates: [DD.MM.YYYY]
  two_digit_year: { pivot: 40 }
  policy: { bad_value: omit-element, missing_column: omit-element, limit: { rejected: 2.5%, after: 9 } }
sources:
  a: { csv: { path: a.csv }, key: [ID], dedupe: { keep: last } }
  b: { csv: { path: b.csv, header: none }, key: [ID], trim: false, nulls: [] }
maps:
  p: { from: a, resource: Patient, policy: { unmapped_code: reject-row }, elements: { active: true, gender: { from: $SEX, policy: { bad_value: stop-run } } } }
`)
	d := prog.Defaults
	if d.Location.String() != "Europe/Berlin" || d.Pivot != 40 || d.Limit != (mappings.Limit{Percent: 2.5, After: 9}) || !d.Trim {
		t.Errorf("defaults are %+v", d)
	}
	a, b := prog.Sources[0], prog.Sources[1]
	if diff := cmp.Diff(mappings.Dedupe{On: []string{"ID"}, Keep: "last"}, a.Dedupe); diff != "" {
		t.Errorf("dedupe (-want +got):\n%s", diff)
	}
	if !a.Mapped || b.Mapped || !a.Trim || b.Trim || len(a.Nulls) != 1 || len(b.Nulls) != 0 || b.Read.Header != -1 {
		t.Errorf("sources are %+v and %+v", a, b)
	}
	m := prog.Maps[0]
	want := mappings.Policies{
		BadValue: mappings.OmitElement, MissingColumn: mappings.OmitElement, UnmappedCode: mappings.RejectRow, MissingReference: mappings.RejectResource,
	}
	if diff := cmp.Diff(want, m.Policy); diff != "" {
		t.Errorf("policy of the map (-want +got):\n%s", diff)
	}
	want.BadValue = mappings.StopRun
	for _, r := range m.Root.Rules {
		if r.Name == "gender" && r.Policy != want {
			t.Errorf("policy of the rule is %+v", r.Policy)
		}
	}
}

func TestParamsAreOverriddenFromTheCommandLine(t *testing.T) {
	t.Parallel()
	text := "chartlift: 1\nid: t\nparams: { site: demo, base: urn:x }\n" + strings.TrimPrefix(patient(`{ identifier: [{ system: "${param.base}:${param.site}:$$", value: $ID }] }`), header)
	fsys := fstest.MapFS{"m.yaml": {Data: []byte(text)}}
	o := options()
	o.Set = map[string]string{"site": "acme"}
	prog, findings := mappings.Compile(fsys, "m.yaml", o)
	if prog == nil {
		t.Fatal(show(findings))
	}
	if got := prog.Maps[0].Root.Rules[0].Rules[0].Rules[0].Const; got != "urn:x:acme:$" || prog.Site != "acme" {
		t.Errorf("system %q, site %q", got, prog.Site)
	}
	o.Set = map[string]string{"sit": "acme", "bas": "urn:y"}
	_, findings = mappings.Compile(fsys, "m.yaml", o)
	if len(findings) != 2 || findings[0].Code != "E0108" || findings[0].Suggestion != "base" || findings[1].Suggestion != "site" {
		t.Errorf("unknown params give\n%s", show(findings))
	}
}

func TestWithoutASiteTheMappingsIDStandsForIt(t *testing.T) {
	t.Parallel()
	if got := mustCompile(t, patient("{ active: true }")).Site; got != "t" {
		t.Errorf("site %q", got)
	}
}

func TestMapsStandAfterThoseTheyReferTo(t *testing.T) {
	t.Parallel()
	prog := mustCompile(t, header+`
sources: { pat: { csv: { path: p.csv }, key: [ID] } }
maps:
  obs: { from: pat, resource: Observation, elements: { status: final, code: { text: x }, subject: ref pat($ID), encounter: ref enc($ID) } }
  enc: { from: pat, resource: Encounter, elements: { status: finished, class: { code: AMB }, subject: ref pat($ID), partOf: ref? enc($ID) } }
  pat: { from: pat, resource: Patient, elements: { active: true, managingOrganization: ref org($ID) } }
  org: { from: pat, resource: Organization, elements: { name: x, endpoint: [ref end($ID)] } }
  end: { from: pat, resource: Endpoint, elements: { status: active, address: "urn:x", connectionType: { code: a }, payloadType: [{ text: x }], managingOrganization: ref org($ID) } }
`)
	var got []string
	for _, m := range prog.Maps {
		got = append(got, m.Name)
	}
	if diff := cmp.Diff([]string{"end", "org", "pat", "enc", "obs"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestMembersStandInTheOrderOfFHIRWithTheirAddresses(t *testing.T) {
	t.Parallel()
	prog := mustCompile(t, patient(`
      birthDate: $DOB | date
      extension(us-core-birthsex): $SEX | gender
      name: [{ given: [$A, $B], family: $C }]
      active: true
      identifier: [{ value: $ID, system: urn:x }]`))
	var got []string
	var walk func(r *mappings.Rule)
	walk = func(r *mappings.Rule) {
		got = append(got, r.Address)
		for _, m := range r.Rules {
			walk(m)
		}
	}
	walk(prog.Maps[0].Root)
	want := []string{
		"p", "p.extension", "p.extension(us-core-birthsex)", "p.extension(us-core-birthsex).url", "p.extension(us-core-birthsex).valueCode",
		"p.identifier", "p.identifier[0]", "p.identifier[0].system", "p.identifier[0].value", "p.active",
		"p.name", "p.name[0]", "p.name[0].family", "p.name[0].given", "p.name[0].given[0]", "p.name[0].given[1]", "p.birthDate",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPipesKeepWhatWasWritten(t *testing.T) {
	t.Parallel()
	prog := mustCompile(t, patient(`
      gender: $"Sex or so" | upper | map 'M x'=male F="female" | left 6
      deceasedDateTime: $DEAD | datetime "DD.MM.YYYY" Europe/Berlin
      multipleBirthInteger: $N | integer | default $"N 2"`))
	p := prog.Maps[0].Root.Rules[0].Pipe
	if p.Start.Column != "Sex or so" || p.Type != "string" || len(p.Stages) != 3 {
		t.Fatalf("pipe %+v", p)
	}
	want := []mappings.StageArg{{Text: "M x", Pair: "male", IsPair: true}, {Text: "F", Pair: "female", IsPair: true}}
	if diff := cmp.Diff(want, p.Stages[1].Args); diff != "" {
		t.Errorf("arguments (-want +got):\n%s", diff)
	}
	p = prog.Maps[0].Root.Rules[1].Pipe
	if diff := cmp.Diff([]mappings.StageArg{{Text: "DD.MM.YYYY"}, {Text: "Europe/Berlin"}}, p.Stages[0].Args); diff != "" {
		t.Errorf("arguments (-want +got):\n%s", diff)
	}
	p = prog.Maps[0].Root.Rules[2].Pipe
	if p.Type != "integer" || p.Stages[1].Args[0].Operand.Column != "N 2" {
		t.Errorf("pipe of type %s with %+v", p.Type, p.Stages[1].Args)
	}
}

func TestReferencesKnowTheirMapAndKeys(t *testing.T) {
	t.Parallel()
	prog := mustCompile(t, header+`
sources: { pat: { csv: { path: p.csv }, key: [ID, SITE] } }
maps:
  p: { from: pat, resource: Patient, elements: { active: true, link: [{ other: "ref? p( $MOTHER | upper , $SITE )", type: seealso }] } }
`)
	m := prog.Maps[0]
	ref := m.Root.Rules[1].Rules[0].Rules[0].Pipe.Ref
	if ref.Map != m || !ref.Optional || len(ref.Keys) != 2 || ref.Keys[0].Stages[0].Name != "upper" || ref.Keys[1].Start.Column != "SITE" {
		t.Errorf("reference %+v", ref)
	}
	if len(m.Refs) != 1 || m.Refs[0] != m {
		t.Errorf("the map refers to %v", m.Refs)
	}
}

func TestDeclaredColumnsAreReadByTheCleanerOfTheirType(t *testing.T) {
	t.Parallel()
	prog := mustCompile(t, header+`
sources: { pat: { csv: { path: p.csv }, key: [ID], columns: { DOB: date, DEAD: datetime, N: integer, OK: boolean, SEX: "enum(M, F)", NAME: string } } }
maps:
  p: { from: pat, resource: Patient, elements: { birthDate: $DOB, deceasedDateTime: $DEAD, multipleBirthInteger: $N, active: $OK, gender: $SEX, name: [{ text: $NAME }] } }
`)
	got := map[string]string{}
	for _, r := range prog.Maps[0].Root.Rules {
		if r.Pipe == nil {
			continue
		}
		got[r.Name] = r.Pipe.Type
		for _, s := range r.Pipe.Stages {
			got[r.Name] += " by " + s.Name
		}
	}
	want := map[string]string{
		"birthDate": "date by date", "deceasedDateTime": "dateTime by datetime", "multipleBirthInteger": "integer by integer",
		"active": "boolean by bool", "gender": "string",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"M", "F"}, prog.Sources[0].Columns[4].Enum); diff != "" {
		t.Errorf("values of the enum (-want +got):\n%s", diff)
	}
}

func TestAnExtensionOfOneTypeTakesItsMembers(t *testing.T) {
	t.Parallel()
	prog := mustCompile(t, patient(`{ extension(http://hl7.org/fhir/StructureDefinition/patient-birthPlace): { city: $CITY } }`))
	e := prog.Maps[0].Root.Rules[0].Rules[0]
	if e.Rules[1].Name != "valueAddress" || e.Rules[1].Rules[0].Name != "city" {
		t.Errorf("extension %s with %s", e.Address, e.Rules[1].Name)
	}
	// a type whose own member is called value is not taken for value[x]
	text := header + "sources: { pat: { csv: { path: p.csv }, key: [ID] } }\nmaps: { p: { from: pat, resource: Observation, elements: { status: final, code: { text: x }, " +
		"extension(http://hl7.org/fhir/StructureDefinition/observation-deltaCheck): { coding: [{ code: a }] } } } }\n"
	if _, findings := compile(text); strings.Contains(show(findings), "E0117") {
		t.Errorf("findings:\n%s", show(findings))
	}
}

func TestTheSumCoversTheMappingAndItsCrosswalks(t *testing.T) {
	t.Parallel()
	text := strings.Replace(patient("{ active: true }"), "maps:", "crosswalks: { x: { csv: x.csv, from: A, to: B } }\nmaps:", 1)
	sum := func(mapping, crosswalk string) string {
		prog, findings := mappings.Compile(fstest.MapFS{"m.yaml": {Data: []byte(mapping)}, "x.csv": {Data: []byte(crosswalk)}}, "m.yaml", options())
		if prog == nil {
			t.Fatal(show(findings))
		}
		return prog.SHA256
	}
	first := sum(text, "A,B\n1,2\n")
	if first != sum(text, "A,B\n1,2\n") {
		t.Error("the sum changes by itself")
	}
	if first == sum(text, "A,B\n1,3\n") || first == sum(text+"# x\n", "A,B\n1,2\n") {
		t.Error("a change of a file does not change the sum")
	}
}

func TestOpenNamesWhatIsNotShipped(t *testing.T) {
	t.Parallel()
	if _, _, err := mappings.Open("nothere"); err == nil || !strings.Contains(err.Error(), `"nothere"`) {
		t.Errorf("error %v", err)
	}
}

func FuzzCompile(f *testing.F) {
	f.Add([]byte(patient("{ birthDate: $DOB | date, gender: { case: [{ when: A = 'x', then: male }, { else: null }] } }")))
	f.Add([]byte(header + "maps: { p: { from: [x], elements: { name: { each: $rows, item: ~ } } } }"))
	f.Add([]byte(patient("{ name: [{ text: \"${A} $$ ${param.x}\" }], extension(us-core-race): { text: $A }, link: [{ other: ref p($ID) }] }")))
	f.Add([]byte("a: &x [*x]\n---\n? {b: c}\n"))
	f.Add([]byte("chartlift: 1\ncrosswalks: {x: {inline: {a: }, unmapped: {use: [b]}}}\noutput: {meta: {tag: [x]}}\nsources: {a: {columns: {b: [c]}, dedupe: {}}}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		started := time.Now()
		prog, findings := mappings.Compile(fstest.MapFS{"m.yaml": {Data: text}}, "m.yaml", options())
		if prog == nil && len(findings) == 0 {
			t.Error("no program, and nothing says why")
		}
		for _, i := range findings {
			if i.At.Length < 1 && i.At.Line > 0 || i.Message == "" || i.Code == "" {
				t.Errorf("finding %+v", i)
			}
		}
		if took := time.Since(started); took > 10*time.Second {
			t.Errorf("it took %s", took)
		}
	})
}

func FuzzPipes(f *testing.F) {
	for _, seed := range []string{"$A | date", `$"A b" | map a=b 'c'="d"`, "ref p($A | upper, $B)", "$one.X | concat $Y", "$", "$A |", "$A | left 3 |"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, pipe string) {
		quoted, err := json.Marshal(pipe)
		if err != nil {
			t.Skip(err)
		}
		prog, findings := compile(patient("{ link: [{ other: " + string(quoted) + ", type: refer }], name: [{ text: " + string(quoted) + " }] }"))
		if prog == nil && len(findings) == 0 {
			t.Error("no program, and nothing says why")
		}
	})
}
