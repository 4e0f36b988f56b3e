package profile_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"chartlift/fhir/profile"
	"chartlift/fhir/terms"
)

// listed is what a guide of these resources lists of a value set: its codes,
// "?" where they are not all at hand.
func listed(t *testing.T, valueSet string, resources ...string) string {
	t.Helper()
	g := profile.New()
	for _, r := range resources {
		if err := g.Add("t.json", []byte(r)); err != nil {
			t.Fatal(err)
		}
	}
	codes, ok := g.Codes(valueSet)
	if !ok {
		return "?"
	}
	var names []string
	for _, c := range codes {
		names = append(names, c.Code)
	}
	return strings.Join(names, " ")
}

// One page of an expansion must not be taken for all of it: every code of the
// other pages would be refused.
func TestAnExpansionThatIsNotAllIsNone(t *testing.T) {
	t.Parallel()
	for expansion, want := range map[string]string{
		`"contains":[{"system":"urn:s","code":"a"},{"system":"urn:s","code":"b"}]`:                                                                          "a b",
		`"total":2,"offset":0,"contains":[{"system":"urn:s","code":"a"},{"system":"urn:s","code":"b"}]`:                                                     "a b",
		`"total":3,"contains":[{"system":"urn:s","code":"a"},{"system":"urn:s","code":"b"}]`:                                                                "?",
		`"total":2,"offset":1,"contains":[{"system":"urn:s","code":"b"}]`:                                                                                   "?",
		`"offset":1000,"contains":[{"system":"urn:s","code":"b"}]`:                                                                                          "?",
		`"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/valueset-toocostly","valueBoolean":true}],"contains":[{"code":"a"}]`:                  "?",
		`"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/valueset-unclosed","valueBoolean":true}],"contains":[{"code":"a"}]`:                   "?",
		`"total":3,"contains":[{"system":"urn:s","code":"a","contains":[{"system":"urn:s","code":"b"},{"display":"a heading","contains":[{"code":"c"}]}]}]`: "a b c",
		`"total":0`: "?",
	} {
		if got := listed(t, "http://v", `{"resourceType":"ValueSet","url":"http://v","expansion":{`+expansion+`}}`); got != want {
			t.Errorf("%s: %s, want %s", expansion, got, want)
		}
	}
}

const tree = `{"resourceType":"CodeSystem","url":"urn:s","content":"complete","concept":[{"code":"root","concept":[{"code":"mid","concept":[{"code":"leaf"}]}]},` +
	`{"code":"two","property":[{"code":"parent","valueCode":"mid"},{"code":"subsumedBy","valueCode":"other"}]},{"code":"other"}]}`

func TestFiltersFollowTheHierarchy(t *testing.T) {
	t.Parallel()
	for filter, want := range map[string]string{
		`"op":"is-a","value":"mid"`:           "leaf mid two",
		`"op":"descendent-of","value":"mid"`:  "leaf two",
		`"op":"is-not-a","value":"mid"`:       "other root",
		`"op":"is-a","value":"other"`:         "other two",
		`"op":"descendent-of","value":"root"`: "leaf mid two",
		`"op":"is-a","value":"nothing"`:       "?", // no code: nobody is refused for it
		`"op":"generalizes","value":"leaf"`:   "?",
		`"op":"in","value":"mid,leaf"`:        "?",
	} {
		set := `{"resourceType":"ValueSet","url":"http://v","compose":{"include":[{"system":"urn:s","filter":[{"property":"concept",` + filter + `}]}]}}`
		if got := listed(t, "http://v", tree, set); got != want {
			t.Errorf("%s: %s, want %s", filter, got, want)
		}
	}
	excluded := `{"resourceType":"ValueSet","url":"http://v","compose":{"include":[{"system":"urn:s"}],"exclude":[{"system":"urn:s","filter":[{"property":"concept","op":"is-a","value":"mid"}]}]}}`
	if got := listed(t, "http://v", tree, excluded); got != "other root" {
		t.Errorf("less what is below mid: %s", got)
	}
	unknown := strings.Replace(excluded, `"op":"is-a"`, `"op":"regex"`, 1)
	if got := listed(t, "http://v", tree, unknown); got != "?" {
		t.Errorf("less what nobody can tell: %s", got)
	}
	for _, content := range []string{"fragment", "example", "not-present", "supplement"} {
		if got := listed(t, "http://v", strings.Replace(tree, "complete", content, 1), strings.Replace(excluded, `,"exclude"`, `,"x"`, 1)); got != "?" {
			t.Errorf("a system that is a %s: %s", content, got)
		}
	}
}

func TestCirclesOfConceptsComeToAnEnd(t *testing.T) {
	t.Parallel()
	var concepts []string
	for i := range 60 { // each is below all others, itself too
		var parents []string
		for j := range 60 {
			parents = append(parents, fmt.Sprintf(`{"code":"parent","valueCode":"c%d"}`, j))
		}
		concepts = append(concepts, fmt.Sprintf(`{"code":"c%d","property":[%s]}`, i, strings.Join(parents, ",")))
	}
	began := time.Now()
	system := `{"resourceType":"CodeSystem","url":"urn:s","content":"complete","concept":[` + strings.Join(concepts, ",") + `,{"code":"apart"}]}`
	if got := listed(t, "http://v", system, `{"resourceType":"ValueSet","url":"http://v","compose":{"include":[{"system":"urn:s","filter":[{"property":"concept","op":"is-a","value":"apart"}]}]}}`); got != "apart" {
		t.Errorf("below apart are %s", got)
	}
	if took := time.Since(began); took > time.Minute {
		t.Errorf("it takes %v", took)
	}
}

// What a guide brings counts beside what R4 has, and never against it.
func TestAGuideTakesNoCodeOfR4Away(t *testing.T) {
	t.Parallel()
	g := profile.New()
	for _, r := range []string{
		tree, `{"resourceType":"CodeSystem","url":"http://hl7.org/fhir/administrative-gender","content":"not-present"}`,
		`{"resourceType":"CodeSystem","url":"http://terminology.hl7.org/CodeSystem/v3-MaritalStatus","content":"fragment","concept":[{"code":"M"}]}`,
	} {
		if err := g.Add("t.json", []byte(r)); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		system, code string
		want         terms.Verdict
	}{
		{"http://hl7.org/fhir/administrative-gender", "female", terms.Present},
		{"http://terminology.hl7.org/CodeSystem/v3-MaritalStatus", "W", terms.Present},
		{"urn:s", "leaf", terms.Present},
		{"urn:s", "Leaf", terms.Absent},
		{"urn:unknown", "leaf", terms.Unknown},
	} {
		if got := g.Terms().Check(c.system, c.code); got != c.want {
			t.Errorf("%s|%s: %d, want %d", c.system, c.code, got, c.want)
		}
	}
}
