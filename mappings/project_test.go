package mappings_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"chartlift/internal/issue"
	"chartlift/mappings"
)

func readProject(text string) (*mappings.Project, []issue.Issue) {
	return mappings.ReadProject(fstest.MapFS{"migration.yaml": {Data: []byte(text)}}, "migration.yaml")
}

func TestAProjectFileSaysWhatFlagsWouldSay(t *testing.T) {
	t.Parallel()
	got, findings := readProject(`
chartlift: 1
mapping: mapping/draft.yaml
sources: [../legacy, "../more files"]
target: "sandbox:"
params: { site: 007, base: urn:x }
options:
  fail-on: never
  external: [Patient/, Group/]
`)
	if len(findings) > 0 {
		t.Fatal(findings)
	}
	want := &mappings.Project{
		Mapping: "mapping/draft.yaml", Sources: []string{"../legacy", "../more files"}, Target: "sandbox:",
		Params:  map[string]string{"site": "007", "base": "urn:x"},
		Options: []mappings.Option{{Name: "fail-on", Value: "never"}, {Name: "external", Value: "Patient/"}, {Name: "external", Value: "Group/"}},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(mappings.Option{}, "Pos")); diff != "" {
		t.Error(diff)
	}
	if line := got.Options[0].Pos.Line; line != 8 {
		t.Errorf("the first option stands in line %d", line)
	}
}

func TestATargetMayBringItsFlags(t *testing.T) {
	t.Parallel()
	got, findings := readProject("chartlift: 1\ntarget:\n  url: https://fhir.example.org/r4\n  client-id: acme\n  client-key: keys/acme.jwk\n  insecure: [a, b]\noptions: { rate: 5 }\n")
	if len(findings) > 0 {
		t.Fatal(findings)
	}
	want := []mappings.Option{
		{Name: "client-id", Value: "acme"},
		{Name: "client-key", Value: "keys/acme.jwk"},
		{Name: "insecure", Value: "a"},
		{Name: "insecure", Value: "b"},
		{Name: "rate", Value: "5"},
	}
	if diff := cmp.Diff(want, got.Options, cmpopts.IgnoreFields(mappings.Option{}, "Pos")); diff != "" || got.Target != "https://fhir.example.org/r4" {
		t.Error(got.Target, diff)
	}
}

func TestAnEmptyProjectFileOnlyNeedsItsVersion(t *testing.T) {
	t.Parallel()
	p, findings := readProject("chartlift: 1\n")
	if p == nil || len(findings) > 0 || p.Mapping != "" || len(p.Sources) != 0 {
		t.Errorf("%+v %v", p, findings)
	}
}

func TestMistakesOfAProjectFileAreShownWithTheirPlace(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"mapping: a.yaml\n":                    "migration.yaml:1:1 E0106",
		"chartlift: 2\n":                       "migration.yaml:1:1 E0106",
		"chartlift: 1\nmaping: a.yaml\n":       "migration.yaml:2:1 E0103",
		"chartlift: 1\nsources: [\"\"]\n":      "migration.yaml:2:10 E0105",
		"chartlift: 1\nmapping: { a: b }\n":    "E0104",
		"chartlift: 1\nparams: [a]\n":          "E0104",
		"just a text\n":                        "E0104",
		"chartlift: 1\nmapping: \"a\n":         "E0101",
		"chartlift: 1\noptions: { a: {b: c}}}": "E0101",
		"":                                     "E0101",
	} {
		p, findings := readProject(text)
		if p != nil || len(findings) == 0 {
			t.Errorf("%q is taken: %+v", text, p)
			continue
		}
		if got := findings[0].At.String() + " " + findings[0].Code; !strings.HasSuffix(got, want) {
			t.Errorf("%q: %s (%s), want %s", text, got, findings[0].Message, want)
		}
	}
	if p, findings := mappings.ReadProject(fstest.MapFS{}, "migration.yaml"); p != nil || len(findings) != 1 || findings[0].Code != "E0100" {
		t.Errorf("a missing file: %+v %v", p, findings)
	}
}
