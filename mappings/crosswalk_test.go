package mappings_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"chartlift/internal/issue"
	"chartlift/mappings"
)

// crosswalk compiles a mapping in a folder whose only crosswalk is x, beside
// the files.
func crosswalk(t *testing.T, x string, files map[string]string) (*mappings.Crosswalk, string) {
	t.Helper()
	text := strings.Replace(patient("{ active: true }"), "maps:", "params: { base: urn:b }\ncrosswalks: { x: "+x+" }\nmaps:", 1)
	prog, findings := compileBeside(text, files)
	if prog == nil {
		return nil, show(findings)
	}
	return prog.Crosswalks[0], show(findings)
}

// compileBeside compiles a mapping in the folder emr, beside files.
func compileBeside(text string, files map[string]string) (*mappings.Program, []issue.Issue) {
	fsys := fstest.MapFS{"emr/m.yaml": {Data: []byte(text)}}
	for name, content := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(content)}
	}
	return mappings.Compile(fsys, "emr/m.yaml", options())
}

func TestACrosswalkIsReadFromCSVBesideTheMapping(t *testing.T) {
	t.Parallel()
	x, findings := crosswalk(t, `{ csv: terms/race.csv, from: L, to: C, display: N, system: "${param.base}:race", source_system: "${param.base}:local" }`, map[string]string{
		"emr/terms/race.csv": "\ufeffN,L,C\nWhite, W ,2106-3\n\"Black, or so\",B,2054-5\nnot decided,X,\nWhite,W,2106-3\n,,\n",
	})
	if x == nil || findings != "" {
		t.Fatal(findings)
	}
	want := map[string]mappings.Target{
		"W": {System: "urn:b:race", Code: "2106-3", Display: "White"},
		"B": {System: "urn:b:race", Code: "2054-5", Display: "Black, or so"},
	}
	if diff := cmp.Diff(want, x.Target); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if x.SourceSystem != "urn:b:local" || x.Unmapped != mappings.Inherit {
		t.Errorf("crosswalk %+v", x)
	}
}

func TestTwoTargetsOfOneCodeAreAFinding(t *testing.T) {
	t.Parallel()
	x, findings := crosswalk(t, "{ csv: x.csv, from: L, to: C }", map[string]string{"emr/x.csv": "L,C\nA,1\n\nA,2\n"})
	if x != nil || !strings.Contains(findings, "E0403") || !strings.Contains(findings, "line 4") {
		t.Errorf("got %v\n%s", x, findings)
	}
}

const conceptMap = `{"resourceType":"ConceptMap","group":[
 {"source":"urn:local","target":"http://snomed.info/sct","element":[
  {"code":"A","target":[{"code":"1","equivalence":"narrower"},{"code":"2","display":"two","equivalence":"wider"},{"code":"3","equivalence":"equal"}]},
  {"code":"B","target":[{"code":"4","equivalence":"inexact"}]},
  {"code":"C","target":[{"equivalence":"unmatched"}]},
  {"code":"D"}, {"code":"E","target":[{"code":"5"}]}]},
 {"source":"urn:other","element":[{"code":"A","target":[{"code":"9","equivalence":"equal"}]},{"code":"F","target":[{"code":"6","equivalence":"equal"}]}]}]}`

func TestAConceptMapGivesItsFirstAcceptedTarget(t *testing.T) {
	t.Parallel()
	files := map[string]string{"emr/cm.json": conceptMap}
	x, findings := crosswalk(t, "{ conceptmap: cm.json, system: urn:default }", files)
	if x == nil {
		t.Fatal(findings)
	}
	want := map[string]mappings.Target{
		"A": {System: "http://snomed.info/sct", Code: "2", Display: "two", Equivalence: "wider"},
		"E": {System: "http://snomed.info/sct", Code: "5"},
		"F": {System: "urn:default", Code: "6", Equivalence: "equal"},
	}
	if diff := cmp.Diff(want, x.Target); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if x.SourceSystem != "urn:local" {
		t.Errorf("source system %q", x.SourceSystem)
	}
	x, findings = crosswalk(t, "{ conceptmap: cm.json, equivalence: [narrower, inexact] }", files)
	if x == nil {
		t.Fatal(findings)
	}
	if x.Target["A"].Code != "1" || x.Target["B"].Code != "4" || len(x.Target) != 3 {
		t.Errorf("with other equivalences: %v", x.Target)
	}
}

func TestWhatToDoAboutUnmappedCodes(t *testing.T) {
	t.Parallel()
	for unmapped, want := range map[string]mappings.Crosswalk{
		"keep-text":    {Unmapped: mappings.KeepText},
		"keep-source":  {Unmapped: mappings.KeepSource},
		"reject-row":   {Unmapped: mappings.RejectRow},
		"{ use: UNK }": {Unmapped: mappings.UseCode, Use: mappings.Target{System: "urn:s", Code: "UNK"}},
		`{ use: UNK, system: "${param.base}", display: none of them }`: {Unmapped: mappings.UseCode, Use: mappings.Target{System: "urn:b", Code: "UNK", Display: "none of them"}},
	} {
		x, findings := crosswalk(t, "{ inline: { a: b, gap: }, system: urn:s, unmapped: "+unmapped+" }", nil)
		if x == nil {
			t.Errorf("%s: %s", unmapped, findings)
			continue
		}
		if x.Unmapped != want.Unmapped || x.Use != want.Use {
			t.Errorf("%s gives %v %v", unmapped, x.Unmapped, x.Use)
		}
		if diff := cmp.Diff(map[string]mappings.Target{"a": {System: "urn:s", Code: "b"}}, x.Target); diff != "" {
			t.Errorf("targets (-want +got):\n%s", diff)
		}
	}
}

func FuzzCrosswalkFiles(f *testing.F) {
	f.Add("L,C\nA,1\n", conceptMap)
	f.Add("\ufeffL,C,L\n\"A,1\n", "[]")
	f.Add("L\n", `{"resourceType":"ConceptMap","group":null}`)
	f.Fuzz(func(t *testing.T, table, concepts string) {
		files := map[string]string{"emr/x.csv": table, "emr/cm.json": concepts}
		for _, how := range []string{"{ csv: x.csv, from: L, to: C, display: D }", "{ csv: x.csv, from: L, to: C }", "{ conceptmap: cm.json }"} {
			if x, findings := crosswalk(t, how, files); x == nil && findings == "" {
				t.Errorf("%s: no crosswalk, and nothing says why", how)
			}
		}
	})
}
