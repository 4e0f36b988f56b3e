package mappings_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"chartlift/internal/issue"
	"chartlift/mappings"
)

// baseMapping is what the children below extend.
const baseMapping = `chartlift: 1
id: base
version: 2.1.0
title: The base
params: { site: base, system: "urn:base" }
defaults: { dates: [YYYY-MM-DD], nulls: ["", "-"], timezone: America/New_York }
sources:
  people:
    csv: { path: people.csv, delimiter: "," }
    key: [ID]
    rename: { Nr: ID }
  phones: { csv: { path: phones.csv }, key: [_line] }
crosswalks:
  sex: { inline: { M: male, F: female, X: other }, unmapped: omit-element }
  race: { csv: terms/race.csv, from: L, to: C, unmapped: keep-text }
maps:
  patient:
    from: people
    resource: Patient
    elements:
      identifier: [{ system: "${param.system}", value: $ID }]
      name: [{ family: $LAST, given: [$FIRST] }]
      gender: $SEX | code sex
      birthDate: $DOB | date
      maritalStatus: { text: $MARITAL, coding: [{ code: $MARITAL }] }
      active: { when: GONE IS NULL, from: true }
  phone:
    from: phones
    resource: Basic
    elements: { code: { text: $KIND } }
tests:
  - { name: of the base, map: phone, given: { phones: { KIND: x } }, expect_count: 1 }
`

// folder is a folder with the base, its terms and a child.
func folder(child string) fstest.MapFS {
	return fstest.MapFS{
		"base/base.yaml":      {Data: []byte(baseMapping)},
		"base/terms/race.csv": {Data: []byte("L,C\nw,2106-3\n")},
		"child.yaml":          {Data: []byte("chartlift: 1\nid: child\nextends: base/base.yaml\n" + child)},
	}
}

// compileChild compiles a child of the base that has no findings.
func compileChild(t *testing.T, child string) *mappings.Program {
	t.Helper()
	prog, findings := mappings.Compile(folder(child), "child.yaml", options())
	if prog == nil || len(findings) > 0 {
		t.Fatalf("findings:\n%s", show(findings))
	}
	return prog
}

// places returns address and place of every rule of a map that makes a value.
func places(m *mappings.Map) map[string]string {
	out := map[string]string{}
	m.Root.Walk(func(r *mappings.Rule) {
		if r.Kind == mappings.PipeOf || r.Kind == mappings.Const || r.Kind == mappings.Text {
			out[strings.TrimPrefix(r.Address, m.Name+".")] = r.Pos.String()
		}
	})
	return out
}

func TestAChildIsMergedOverItsBase(t *testing.T) {
	t.Parallel()
	prog := compileChild(t, `
params: { site: acme }
defaults: { +dates: [DD.MM.YYYY], nulls: ["?"], timezone: America/Chicago }
sources:
  people: { csv: { delimiter: ";" }, rename: { DOB_: DOB } }
crosswalks:
  sex: { inline: { "1": male, X: null, Y: } }
maps:
  phone: null
  patient:
    elements:
      +identifier: [{ system: "urn:acme:old", value: $OLD }]
      name: [{ text: $LAST }]
      maritalStatus: { coding: null }
      birthDate: $DOB | date | default 1900-01-01
      active: { when: GONE IS NOT NULL }
`)
	if diff := cmp.Diff(map[string]string{"site": "acme", "system": "urn:base"}, prog.Params); diff != "" {
		t.Errorf("params: %s", diff)
	}
	d := prog.Defaults
	if diff := cmp.Diff([]string{"DD.MM.YYYY", "YYYY-MM-DD"}, d.Dates); diff != "" || d.Location.String() != "America/Chicago" || !slices.Equal(d.Nulls, []string{"?"}) {
		t.Errorf("defaults are %+v %s", d, diff)
	}
	people := prog.Sources[0]
	if diff := cmp.Diff(map[string]string{"Nr": "ID", "DOB_": "DOB"}, people.Rename); diff != "" || people.Read.Delimiter != ";" || people.Path != "people.csv" {
		t.Errorf("the source is %+v %s", people, diff)
	}
	var codes []string
	for code := range prog.Crosswalks[0].Target {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	if diff := cmp.Diff([]string{"1", "F", "M"}, codes); diff != "" || prog.Crosswalks[0].Unmapped != mappings.OmitElement {
		t.Errorf("the crosswalk: %s", diff)
	}
	if prog.Crosswalks[1].Target["w"].Code != "2106-3" {
		t.Error("the terms of the base are not read beside the base")
	}
	if len(prog.Maps) != 1 || prog.ID != "child" || prog.Version != "" || prog.Title != "The base" || len(prog.Tests) != 0 {
		t.Errorf("the program is %+v", prog)
	}
	if diff := cmp.Diff(map[string]string{
		"identifier[0].system": "base/base.yaml:21:31", "identifier[0].value": "base/base.yaml:21:56",
		"identifier[1].system": "child.yaml:15:32", "identifier[1].value": "child.yaml:15:54",
		"name[0].text": "child.yaml:16:22", "gender": "base/base.yaml:23:15", "birthDate": "child.yaml:18:18",
		"maritalStatus.text": "base/base.yaml:25:30", "active": "base/base.yaml:26:43",
	}, places(prog.Maps[0])); diff != "" {
		t.Errorf("rules and their places (-want +got):\n%s", diff)
	}
}

func TestAnotherFormTakesThePlaceOfTheInheritedOne(t *testing.T) {
	t.Parallel()
	prog := compileChild(t, `
sources:
  people: { xlsx: { path: people.xlsx } }
crosswalks:
  race: { inline: { b: 2054-5 } }
maps:
  patient:
    elements:
      active: true
      maritalStatus: { when: LAST IS NOT NULL, from: $MARITAL | concept race }
      name: [{ family: { case: [{ when: LAST = 'X', then: $FIRST }] } }]
`)
	if s := prog.Sources[0]; s.Format != "xlsx" || s.Path != "people.xlsx" || len(s.Key) != 1 {
		t.Errorf("the source is %+v", s)
	}
	if x := prog.Crosswalks[1]; len(x.Target) != 1 || x.Target["b"].Code != "2054-5" || x.Unmapped != mappings.KeepText {
		t.Errorf("the crosswalk is %+v", x)
	}
	got := places(prog.Maps[0])
	for address, want := range map[string]string{"maritalStatus": "child.yaml:13:54", "name[0].family": "child.yaml:14:59", "active": "child.yaml:12:15"} {
		if got[address] != want {
			t.Errorf("%s is at %q, want %s", address, got[address], want)
		}
	}
}

func TestMistakesAreNamedInTheFileInWhichTheyStand(t *testing.T) {
	t.Parallel()
	fsys := folder("crosswalks: { sex: null }\nmaps: { patient: { elements: { birthDat: $X } } }\n")
	_, findings := mappings.Compile(fsys, "child.yaml", options())
	var got []string
	for _, f := range findings {
		got = append(got, f.At.String()+" "+f.Code)
	}
	if diff := cmp.Diff([]string{"base/base.yaml:23:22 E0401", "child.yaml:5:32 E0112"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestAShippedMappingIsExtendedByNameAndVersion(t *testing.T) {
	t.Parallel()
	text := "chartlift: 1\nid: acme\nextends: synthea-csv@1.0.0\nmaps: { patient: { elements: { extension(us-core-ethnicity): null } } }\n"
	prog := mustCompile(t, text)
	i := slices.IndexFunc(prog.Maps, func(m *mappings.Map) bool { return m.Name == "patient" })
	var gender issue.Position
	prog.Maps[i].Root.Walk(func(r *mappings.Rule) {
		if strings.Contains(r.Address, "ethnicity") {
			t.Errorf("the rule %s is still there", r.Address)
		}
		if r.Address == "patient.gender" {
			gender = r.Pos
		}
	})
	file, err := mappings.ReadFile(nil, gender.File)
	if err != nil {
		t.Fatal(err)
	}
	if line := strings.Split(string(file), "\n")[gender.Line-1]; !strings.Contains(line, "gender: $GENDER") {
		t.Errorf("%s is the line %q", gender, line)
	}
}

func TestFilesMayExtendEachOtherOverSeveralSteps(t *testing.T) {
	t.Parallel()
	fsys := folder("params: { system: urn:child }\n")
	fsys["base/grand.yaml"] = &fstest.MapFile{Data: []byte("chartlift: 1\nid: grand\nextends: ../child.yaml\nparams: { site: grand }\n")}
	prog, findings := mappings.Compile(fsys, "base/grand.yaml", options())
	if prog == nil {
		t.Fatalf("findings:\n%s", show(findings))
	}
	if diff := cmp.Diff(map[string]string{"site": "grand", "system": "urn:child"}, prog.Params); diff != "" {
		t.Error(diff)
	}
	fsys["base/base.yaml"] = &fstest.MapFile{Data: []byte("chartlift: 1\nid: base\nextends: grand.yaml\n")}
	if _, findings = mappings.Compile(fsys, "base/grand.yaml", options()); len(findings) != 1 || findings[0].Code != "E0702" || findings[0].At.File != "base/base.yaml" {
		t.Errorf("findings of a circle:\n%s", show(findings))
	}
}

func TestAChildOfAnotherBaseHasAnotherSum(t *testing.T) {
	t.Parallel()
	first := compileChild(t, "")
	fsys := folder("")
	fsys["base/base.yaml"].Data = append(fsys["base/base.yaml"].Data, "# changed\n"...)
	second, _ := mappings.Compile(fsys, "child.yaml", options())
	if first.SHA256 == second.SHA256 {
		t.Error("a change of the base does not change the sum of the child")
	}
}

func TestTwoMappingsExtendedTogetherAreOneProgram(t *testing.T) {
	t.Parallel()
	fsys := folder("")
	fsys["lab/lab.yaml"] = &fstest.MapFile{Data: []byte(`chartlift: 1
id: lab
params: { lab: "urn:lab" }
defaults: { timezone: Asia/Kolkata }
sources: { samples: { csv: { path: samples.csv }, key: [NR] } }
crosswalks: { kind: { csv: terms/kind.csv, from: L, to: C, unmapped: keep-text } }
maps:
  sample:
    from: samples
    resource: Specimen
    elements:
      identifier: [{ system: "${param.lab}", value: $NR }]
      type: { coding: [$KIND | coding kind] }
`)}
	fsys["lab/terms/kind.csv"] = &fstest.MapFile{Data: []byte("L,C\nb,blood\n")}
	fsys["both.yaml"] = &fstest.MapFile{Data: []byte(`chartlift: 1
id: both
extends: [base/base.yaml, lab/lab.yaml]
maps: { sample: { elements: { subject: ref patient($PERSON) } } }
`)}
	prog, findings := mappings.Compile(fsys, "both.yaml", options())
	if prog == nil || len(findings) > 0 {
		t.Fatalf("findings:\n%s", show(findings))
	}
	var maps []string
	for _, m := range prog.Maps {
		maps = append(maps, m.Name)
	}
	if diff := cmp.Diff([]string{"patient", "phone", "sample"}, maps); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{"site": "base", "system": "urn:base", "lab": "urn:lab"}, prog.Params); diff != "" {
		t.Error(diff)
	}
	if prog.Defaults.Location.String() != "Asia/Kolkata" || len(prog.Defaults.Nulls) != 2 {
		t.Errorf("defaults are %+v", prog.Defaults)
	}
	got := places(prog.Maps[2])
	if got["subject"] != "both.yaml:4:40" || !strings.HasPrefix(got["identifier[0].value"], "lab/lab.yaml:12:") {
		t.Errorf("places: %v", got)
	}
}

func TestTwoMappingsExtendedTogetherNeedNamesOfTheirOwn(t *testing.T) {
	t.Parallel()
	fsys := folder("")
	fsys["lab.yaml"] = &fstest.MapFile{Data: []byte("chartlift: 1\nid: lab\nsources: { people: { csv: { path: p.csv }, key: [ID] } }\nmaps: { lab: { from: people, resource: Basic, elements: { code: { text: $X } } } }\n")}
	fsys["both.yaml"] = &fstest.MapFile{Data: []byte("chartlift: 1\nid: both\nextends: [base/base.yaml, lab.yaml]\n")}
	_, findings := mappings.Compile(fsys, "both.yaml", options())
	want := `E0705 the name "people" under sources stands in lab.yaml:3:12 and in base/base.yaml:8:3`
	if got := show(findings); !strings.Contains(got, want) || strings.Count(got, "E0705") != 1 {
		t.Errorf("want %s in\n%s", want, got)
	}
}
