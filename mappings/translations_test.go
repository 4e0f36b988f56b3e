package mappings_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/mappings"
)

// codes are the targets of a crosswalk without their systems and displays.
func codes(x *mappings.Crosswalk) map[string]string {
	if x == nil {
		return nil
	}
	out := map[string]string{}
	for source, t := range x.Target {
		out[source] = t.Code
	}
	return out
}

// A target that holds only together with other values is none that a crosswalk
// may take: the rest would be missing from the chart.
func TestTargetsOfAConceptMapThatNeedMoreAreLeftOut(t *testing.T) {
	t.Parallel()
	x, notes := crosswalkNotes(t, "{ conceptmap: cm.json }", map[string]string{"emr/cm.json": `{"resourceType":"ConceptMap","group":[{"source":"urn:s","target":"urn:t","element":[
		{"code":"plain","target":[{"code":"1","equivalence":"equal"}]},
		{"code":"male only","target":[{"code":"2","equivalence":"equal","dependsOn":[{"property":"sex","value":"M"}]}]},
		{"code":"and a side","target":[{"code":"3","equivalence":"equal","product":[{"property":"side","value":"left"}]}]},
		{"code":"male, or any","target":[{"code":"4","equivalence":"equal","dependsOn":[{"property":"sex","value":"M"}]},{"code":"5","equivalence":"equivalent"}]},
		{"code":"none","target":[{"equivalence":"unmatched"}]},
		{"code":"not this","target":[{"code":"6","equivalence":"disjoint"}]},
		{"code":"no target"}]}]}`})
	if diff := cmp.Diff(map[string]string{"plain": "1", "male, or any": "5"}, codes(x)); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(notes, "1 disjoint, 2 that depend on other values, 1 that need several targets") {
		t.Error(notes)
	}
}

// R5 says how codes relate in other words
// (ConceptMap.group.element.target.relationship); one of them is that they do
// not.
func TestTheRelationshipsOfR5AreThoseOfR4(t *testing.T) {
	t.Parallel()
	var targets []string
	for _, r := range []string{"equivalent", "related-to", "source-is-narrower-than-target", "source-is-broader-than-target", "not-related-to"} {
		targets = append(targets, fmt.Sprintf(`{"code":%q,"target":[{"code":"c","relationship":%q}]}`, r, r))
	}
	files := map[string]string{"emr/cm.json": `{"resourceType":"ConceptMap","group":[{"source":"urn:s","target":"urn:t","element":[` + strings.Join(targets, ",") + `]}]}`}
	x, findings := crosswalk(t, "{ conceptmap: cm.json }", files)
	if x == nil {
		t.Fatal(findings)
	}
	got := map[string]string{}
	for source, target := range x.Target {
		got[source] = target.Equivalence
	}
	want := map[string]string{"equivalent": "equivalent", "related-to": "relatedto", "source-is-narrower-than-target": "wider"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestOfSeveralSystemsInAConceptMapThoseCountThatTheCrosswalkNames(t *testing.T) {
	t.Parallel()
	group := func(source, target, code string) string {
		return fmt.Sprintf(`{"source":%q,"target":%q,"element":[{"code":"1","target":[{"code":%q,"equivalence":"equal"}]}]}`, source, target, code)
	}
	files := map[string]string{"emr/cm.json": `{"resourceType":"ConceptMap","group":[` + strings.Join([]string{
		group("urn:sex", "urn:icd9", "a"), group("urn:sex", "urn:icd10", "b"), group("urn:race", "urn:icd9", "c"), group("urn:race", "urn:icd10", "d"),
	}, ",") + `]}`}
	for options, want := range map[string]mappings.Target{
		"":                          {System: "urn:icd9", Code: "a"},
		", system: urn:icd10":       {System: "urn:icd10", Code: "b"},
		", source_system: urn:race": {System: "urn:icd9", Code: "c"},
		", source_system: urn:race, system: urn:icd10": {System: "urn:icd10", Code: "d"},
		", system: urn:elsewhere":                      {System: "urn:icd9", Code: "a"}, // the map says itself what its targets are of
	} {
		x, findings := crosswalk(t, "{ conceptmap: cm.json"+options+" }", files)
		if x == nil {
			t.Fatal(findings)
		}
		want.Equivalence = "equal"
		if diff := cmp.Diff(want, x.Target["1"]); diff != "" {
			t.Errorf("%s: %s", options, diff)
		}
	}
}

func TestConceptMapsThatAreNoneAreRefused(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"empty": "", "not JSON": "source,target\n", "another resource": `{"resourceType":"ValueSet"}`, "a list": `[]`, "cut": `{"resourceType":"ConceptMap","group":[{"element":[{"code":"1"`,
		"a number for a code": `{"resourceType":"ConceptMap","group":[{"element":[{"code":1}]}]}`, "NUL bytes": "\x00\x00",
	} {
		if x, findings := crosswalk(t, "{ conceptmap: cm.json }", map[string]string{"emr/cm.json": text}); x != nil || !strings.Contains(findings, "E0402") {
			t.Errorf("%s: %v %s", name, codes(x), findings)
		}
	}
}

// The dot stands elsewhere in a procedure's code: 00.10 would become 001.0,
// which is cholera.
func TestMappingsOfProceduresAreNotTakenForThoseOfDiagnoses(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"ICD-9 to ICD-10-PCS": "0010 3E003PZ 10000\n0011 3E033VG 10000\n8872 B244ZZZ 10000\n",
		"ICD-10-PCS to ICD-9": "0016070 0234 10000\n001607A 0234 10000\nB244ZZZ 8872 10000\n",
	} {
		x, findings := crosswalk(t, "{ gem: g.txt, equivalence: [equivalent, inexact] }", map[string]string{"emr/g.txt": text})
		if x != nil || !strings.Contains(findings, "procedures") {
			t.Errorf("%s: %v %s", name, codes(x), findings)
		}
	}
	for name, text := range map[string]string{
		"two flags": "0010 A000 00\n", "letters for flags": "0010 A000 0000x\n", "a header": "source target flags\n", "nothing": "\n\n", "one word": "0010\n", "a binary file": "\x1f\x8b\x08\x00",
	} {
		if x, findings := crosswalk(t, "{ gem: g.txt }", map[string]string{"emr/g.txt": text}); x != nil || !strings.Contains(findings, "E0402") {
			t.Errorf("%s: %v %s", name, codes(x), findings)
		}
	}
}

// Maps of SNOMED CT hold targets that somebody has to complete, and words for
// what cannot be classified. Neither is a code.
func TestTargetsOfRF2ThatAreNoCodesAreLeftOut(t *testing.T) {
	t.Parallel()
	var rows strings.Builder
	rows.WriteString("id\tactive\trefsetId\treferencedComponentId\tmapGroup\tmapRule\tmapTarget\tcorrelationId\n")
	for i, target := range []string{"E11.9", "S52.501?", "T78.40X?", "#NC", "#NIS", "I10"} {
		fmt.Fprintf(&rows, "%d\t1\t77\t10%d\t1\tTRUE\t%s\t447557004\n", i, i, target)
	}
	x, notes := crosswalkNotes(t, "{ rf2: m.txt, refset: 77, system: "+icd10+" }", map[string]string{"emr/m.txt": rows.String()})
	if diff := cmp.Diff(map[string]string{"100": "E11.9", "105": "I10"}, codes(x)); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(notes, "2 whose target is not complete, 2 without a map") {
		t.Error(notes)
	}
}

func TestCodesOfACrosswalkFileAreTakenAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		want map[string]string
	}{
		"zeros in front":         {"L,C\n001,0012\n1,5\n", map[string]string{"001": "0012", "1": "5"}},
		"what looks like dates":  {"L,C\n3-4,2019-03\n1E5,1e5\n", map[string]string{"3-4": "2019-03", "1E5": "1e5"}},
		"quotes and line breaks": {"L,C\n\"a, \"\"b\"\"\",x\n\"two\nlines\",y\n", map[string]string{`a, "b"`: "x", "two\nlines": "y"}},
		"Windows line ends":      {"\ufeffL,C\r\na,x\r\n", map[string]string{"a": "x"}},
		"case counts":            {"L,C\nM,male\nm,minor\n", map[string]string{"M": "male", "m": "minor"}},
		"scripts":                {"L,C\nЖ,female\n男,male\ne\u0301,x\né,y\n", map[string]string{"Ж": "female", "男": "male", "e\u0301": "x", "é": "y"}},
		"gaps and blanks":        {"L,C\n a ,\u00a0x\nb,\n,z\n", map[string]string{"a": "x"}},
		"guarded formulas":       {"L,C\n'=1,'+x\n-1,y\n'a,z\n", map[string]string{"=1": "+x", "-1": "y", "'a": "z"}},
	} {
		x, findings := crosswalk(t, "{ csv: c.csv, from: L, to: C, system: urn:t }", map[string]string{"emr/c.csv": c.text})
		if x == nil || findings != "" {
			t.Errorf("%s: %s", name, findings)
			continue
		}
		if diff := cmp.Diff(c.want, codes(x)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	for name, text := range map[string]string{
		"two targets": "L,C\nM,male\nM,female\n", "Latin-1": "L,C\n\xe9,x\n", "semicolons": "L;C\nM;male\n", "a ragged row": "L,C\nM\n", "an open quote": "L,C\n\"M,male\n", "empty": "",
		"no such column": "A,B\nM,male\n", "UTF-16": "\xff\xfeL\x00,\x00C\x00",
	} {
		if x, findings := crosswalk(t, "{ csv: c.csv, from: L, to: C, system: urn:t }", map[string]string{"emr/c.csv": text}); x != nil || !strings.Contains(findings, "E040") {
			t.Errorf("%s: %v %s", name, codes(x), findings)
		}
	}
}
