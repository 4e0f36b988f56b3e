package mappings_test

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/mappings"
)

const icd9, icd10 = "http://hl7.org/fhir/sid/icd-9-cm", "http://hl7.org/fhir/sid/icd-10-cm"

func TestAGeneralEquivalenceMappingGivesWhatHasOneTarget(t *testing.T) {
	t.Parallel()
	const forward = "0010  A000    00000\n00321 A0221   10000\n01000 A150    10000\n01000 A155    10000\nE8889 W19XXXA 10000\n" +
		"37455 H02053  10111\n37455 H02056  10112\nV8703 NoDx    11000\n\n"
	x, findings := crosswalk(t, "{ gem: I9gem.txt, equivalence: [equivalent, inexact] }", map[string]string{"emr/I9gem.txt": forward})
	if x == nil {
		t.Fatal(findings)
	}
	want := map[string]mappings.Target{
		"0010": {System: icd10, Code: "A00.0", Equivalence: "equivalent"}, "001.0": {System: icd10, Code: "A00.0", Equivalence: "equivalent"},
		"00321": {System: icd10, Code: "A02.21", Equivalence: "inexact"}, "003.21": {System: icd10, Code: "A02.21", Equivalence: "inexact"},
		"E8889": {System: icd10, Code: "W19.XXXA", Equivalence: "inexact"}, "E888.9": {System: icd10, Code: "W19.XXXA", Equivalence: "inexact"},
	}
	if diff := cmp.Diff(want, x.Target); diff != "" || x.SourceSystem != icd9 {
		t.Errorf("from %s (-want +got):\n%s", x.SourceSystem, diff)
	}
	x, notes := crosswalkNotes(t, "{ gem: I10gem.txt }", map[string]string{"emr/I10gem.txt": "A000    0010  00000\nE1165   25080 10112\nE1165 25090 10000\nI10 4019 10000\n"})
	want = map[string]mappings.Target{
		"A000": {System: icd9, Code: "001.0", Equivalence: "equivalent"}, "A00.0": {System: icd9, Code: "001.0", Equivalence: "equivalent"},
	}
	if diff := cmp.Diff(want, x.Target); diff != "" || x.SourceSystem != icd10 {
		t.Errorf("from %s (-want +got):\n%s", x.SourceSystem, diff)
	}
	if !strings.Contains(notes, "I0402 the crosswalk x has 2 codes (2 equivalent); left out of I10gem.txt: 1 inexact, 1 that need a combination. ") {
		t.Errorf("notes\n%s", notes)
	}
}

// crosswalkNotes is crosswalk with what is worth knowing.
func crosswalkNotes(t *testing.T, x string, files map[string]string) (*mappings.Crosswalk, string) {
	t.Helper()
	prog := programWith(t, "crosswalks: { x: "+x+" }", "{ active: true }", files)
	return prog.Crosswalks[0], show(prog.Notes)
}

func TestTheRealGeneralEquivalenceMappingIsRead(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct {
		note, from, to string
		codes          int
	}{
		// counted with awk over the same files: lines whose source stands once,
		// by their flags
		"2015_I9gem.txt":  {"left out of gem.txt: 663 that need a combination, 2525 with a choice of targets, 425 without a map.", "250.00", "E11.9", 21809},
		"2015_I10gem.txt": {"without a map", "E11.9", "250.00", 0},
	} {
		text := unzipped(t, name)
		x, notes := crosswalkNotes(t, "{ gem: gem.txt, equivalence: [equivalent, inexact] }", map[string]string{"emr/gem.txt": text})
		if x.Target[want.from].Code != want.to || !strings.Contains(notes, want.note) {
			t.Errorf("%s: %s gives %v\n%s", name, want.from, x.Target[want.from], notes)
		}
		if want.codes > 0 && len(x.Target) != want.codes {
			t.Errorf("%s has %d keys, want %d", name, len(x.Target), want.codes)
		}
	}
}

func unzipped(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join("..", "..", "shared", "data", "crosswalks", "gems-dx-2015", name+".gz")
	f, err := os.Open(path)
	if err != nil {
		t.Skipf("%s is absent", path)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

const rf2 = `id	effectiveTime	active	moduleId	refsetId	referencedComponentId	mapGroup	mapPriority	mapRule	mapAdvice	mapTarget	correlationId	mapCategoryId
1	20250301	1	m	6011000124106	73211009	1	1	TRUE	ALWAYS E11.9	E11.9	447561005	447637006
2	20250301	0	m	6011000124106	38341003	1	1	TRUE	old	I11	447561005	447637006
3	20250301	1	m	6011000124106	38341003	1	1	TRUE	ALWAYS I10	I10	447557004	447637006
4	20250301	1	m	447562003	38341003	1	1	TRUE	another refset	I15	447561005	447637006
5	20250301	1	m	6011000124106	1001	1	1	IFA 248153007 | Male |	N46	N46	447561005	447637006
6	20250301	1	m	6011000124106	1001	1	2	OTHERWISE TRUE	N97	N97	447561005	447637006
7	20250301	1	m	6011000124106	1002	1	1	TRUE	first	A00	447561005	447637006
8	20250301	1	m	6011000124106	1002	2	1	TRUE	second	B00	447561005	447637006
9	20250301	1	m	6011000124106	1003	1	1	TRUE	none		447561005	447637006
10	20250301	1	m	6011000124106	1004	1	1	TRUE	narrower	C00	447559001	447637006
`

func TestAMapOfSNOMEDGivesWhatAlwaysHolds(t *testing.T) {
	t.Parallel()
	x, notes := crosswalkNotes(t, "{ rf2: map.txt, refset: 6011000124106, system: "+icd10+" }", map[string]string{"emr/map.txt": strings.ReplaceAll(rf2, "\n", "\r\n")})
	want := map[string]mappings.Target{
		"73211009": {System: icd10, Code: "E11.9", Equivalence: "relatedto"}, "38341003": {System: icd10, Code: "I10", Equivalence: "equivalent"},
	}
	if diff := cmp.Diff(want, x.Target); diff != "" || x.SourceSystem != "http://snomed.info/sct" {
		t.Errorf("from %s (-want +got):\n%s", x.SourceSystem, diff)
	}
	if !strings.Contains(notes, "the crosswalk x has 2 codes (1 equivalent, 1 relatedto); left out of map.txt: "+
		"1 narrower, 1 that need several targets, 1 whose target depends on the patient, or with a choice of targets, 1 without a map.") {
		t.Errorf("notes\n%s", notes)
	}
	x, _ = crosswalkNotes(t, "{ rf2: simple.txt, refset: 446608001, system: urn:icd-o }", map[string]string{
		"emr/simple.txt": "id\teffectiveTime\tactive\tmoduleId\trefsetId\treferencedComponentId\tmapTarget\n1\t20250301\t1\tm\t446608001\t1001\tC50\n",
	})
	if diff := cmp.Diff(map[string]mappings.Target{"1001": {System: "urn:icd-o", Code: "C50"}}, x.Target); diff != "" {
		t.Errorf("simple map (-want +got):\n%s", diff)
	}
}

func TestSeveralFilesAndAFilledWorklistMakeOneCrosswalk(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"emr/a.csv": "L,C\nA,1\n'+,9\n-1,8\n", "emr/b.csv": "L,C\nB,2\nA,1\n",
		"emr/filled.csv": "crosswalk,system,code,display,uses,percent_so_far,target,target_display,target_system\n" +
			"x,,C,Local name,10,50,3,Three,\nx,,'-D,,9,60,4,,urn:other\nx,,E,,8,70,,,\nother,,F,,7,80,5,,\nx,,''=G,,7,80,6,'+,\nx,,' ＝H,,7,80,7,,\nx,,-2,,7,80,7,,\n",
	}
	x, findings := crosswalk(t, "{ csv: [a.csv, b.csv], from: L, to: C, system: urn:s, worklist: filled.csv }", files)
	if x == nil {
		t.Fatal(findings)
	}
	want := map[string]mappings.Target{
		"A": {System: "urn:s", Code: "1"}, "B": {System: "urn:s", Code: "2"}, "C": {System: "urn:s", Code: "3", Display: "Three"}, "-D": {System: "urn:other", Code: "4"},
		"+": {System: "urn:s", Code: "9"}, "-1": {System: "urn:s", Code: "8"}, "-2": {System: "urn:s", Code: "7"},
		"'=G": {System: "urn:s", Code: "6", Display: "+"}, "＝H": {System: "urn:s", Code: "7"},
	}
	if diff := cmp.Diff(want, x.Target); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	files["emr/b.csv"] = "L,C\nA,2\n"
	if x, findings := crosswalk(t, "{ csv: [a.csv, b.csv], from: L, to: C }", files); x != nil || !strings.Contains(findings, "E0403 line 2") {
		t.Errorf("two targets: %v\n%s", x, findings)
	}
	if x, findings := crosswalk(t, "{ worklist: filled.csv }", files); x == nil || len(x.Target) != 5 {
		t.Errorf("a worklist alone: %v\n%s", x, findings)
	}
}

// programWith compiles a Patient mapping with one more section, beside files.
func programWith(t *testing.T, section, elements string, files map[string]string) *mappings.Program {
	t.Helper()
	prog, findings := compileBeside(strings.Replace(patient(elements), "maps:", section+"\nmaps:", 1), files)
	if prog == nil {
		t.Fatalf("findings\n%s", show(findings))
	}
	return prog
}

func TestDisplaysNameTargetsAndConstants(t *testing.T) {
	t.Parallel()
	prog := programWith(t, `displays:
  marital: { csv: names.csv, code: CODE, display: NAME, system: urn:m }
  more: { csv: more.csv, code: CODE, display: NAME, system: urn:m }
crosswalks: { x: { inline: { a: M, b: Q }, system: urn:m, unmapped: { use: U } } }`, `
      maritalStatus: { coding: [{ system: urn:m, code: M }, { system: urn:m, code: S, display: single }, { system: urn:n, code: M }, { system: urn:m, code: Q }] }`,
		map[string]string{"emr/names.csv": "CODE,NAME\nM,Married\nS,Never Married\n,x\ny,\n", "emr/more.csv": "CODE,NAME\nU,Unknown\n"})
	x := prog.Crosswalks[0]
	if x.Target["a"].Display != "Married" || x.Target["b"].Display != "" || x.Use.Display != "Unknown" {
		t.Errorf("crosswalk %+v", x)
	}
	var got []string
	for _, coding := range prog.Maps[0].Root.Rules[0].Rules[0].Rules {
		line := ""
		for _, m := range coding.Rules {
			line += m.Name + "=" + m.Const + " "
		}
		got = append(got, line)
	}
	want := []string{"system=urn:m code=M display=Married ", "system=urn:m code=S display=single ", "system=urn:n code=M ", "system=urn:m code=Q "}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func FuzzTerminologyFiles(f *testing.F) {
	f.Add("0010  A000    00000\n", rf2)
	f.Add("0010  A000", "active\trefsetId\treferencedComponentId\tmapTarget\n")
	f.Add("\n\x00", "")
	f.Fuzz(func(t *testing.T, gem, rf2 string) {
		files := map[string]string{"emr/g.txt": gem, "emr/r.txt": rf2}
		for _, how := range []string{"{ gem: g.txt }", "{ rf2: r.txt, refset: 6011000124106, system: urn:s }"} {
			if x, findings := crosswalk(t, how, files); x == nil && findings == "" {
				t.Errorf("%s: no crosswalk, and nothing says why", how)
			}
		}
	})
}
