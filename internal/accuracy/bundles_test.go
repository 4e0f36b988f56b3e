package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// testSuite pairs by identifier, then by code, and knows one rule.
func testSuite() *suite {
	return &suite{
		name: "test", mapping: "test",
		keys: func(r *entry) []string {
			return []string{r.root.first("identifier.value"), r.root.first("code.coding.code")}
		},
		skips: func(_, path string) bool { return path == "id" || path == "resourceType" },
		rules: []bundleRule{
			{"Patient", []string{"*telecom.value"}, "They keep the scheme.", func(d leafDiff) bool { return strings.TrimPrefix(d.want, "//") == d.got }},
			{"Medication", []string{wholeResources}, "Drugs stand in the order.", func(d leafDiff) bool { return d.got == "" }},
			{"", []string{"language"}, "We add the language.", func(d leafDiff) bool { return d.want == "" }},
		},
	}
}

func bundleOf(t *testing.T, resources ...string) *bundle {
	t.Helper()
	b, err := parseBundle([]byte(`{"resourceType":"Bundle","entry":[{"resource":` + strings.Join(resources, `},{"resource":`) + `}]}`))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func measured(t *testing.T, want, got []string) *agreement {
	t.Helper()
	a := newAgreement(testSuite())
	a.compareBundles(bundleOf(t, want...), bundleOf(t, got...))
	return a
}

const ana = `{"resourceType":"Patient","id":"1","identifier":[{"value":"77"}],"birthDate":"1954-03-07","gender":"female","name":[{"family":"Doe","given":["Ana"]},{"family":"Roe"}],"telecom":[{"value":"//a@b.c"}]}`

func TestEveryValueOfAnExpectedBundleIsCountedOnce(t *testing.T) {
	t.Parallel()
	a := measured(t, []string{ana}, []string{
		`{"resourceType":"Patient","id":"x","identifier":[{"value":"77"}],"birthDate":"1954-07-03","language":"en","active":true,"name":[{"family":"Roe"},{"family":"Doe","given":["Ana"]}],"telecom":[{"value":"a@b.c"}]}`,
	})
	got := map[string]outcome{}
	for f, o := range a.fields {
		o.examples = nil
		got[f.path] = *o
	}
	want := map[string]outcome{
		wholeResources:     {expected: 1, equal: 1},
		"identifier.value": {expected: 1, equal: 1},
		"birthDate":        {expected: 1, different: 1},
		"gender":           {expected: 1, missing: 1},
		"name.family":      {expected: 2, equal: 2},
		"name.given":       {expected: 1, equal: 1},
		"telecom.value":    {expected: 1, byRule: 1},
		"language":         {extra: 1, explained: 1},
		"active":           {extra: 1},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(outcome{})); diff != "" {
		t.Error(diff)
	}
	if sum := a.total(); sum.expected != 7 || sum.percent() < 71.4 || sum.percent() > 71.5 {
		t.Errorf("%d values, %v %%", sum.expected, sum.percent())
	}
	if diff := cmp.Diff([]int{1, 0, 1}, a.used); diff != "" {
		t.Error(diff)
	}
}

func TestValuesOfTwoNamesAreNotMixed(t *testing.T) {
	t.Parallel()
	a := measured(t, []string{`{"resourceType":"Patient","name":[{"family":"Doe","given":["Ana"],"use":"usual"},{"family":"Roe","given":["Eve"],"use":"old"}]}`},
		[]string{`{"resourceType":"Patient","name":[{"family":"Doe","given":["Eve"],"use":"usual"},{"family":"Roe","given":["Ana"],"use":"old"}]}`})
	// Without identifier or code the last key is empty, which pairs the only
	// two patients.
	if o := a.fields[fieldName{"Patient", "name.given"}]; o == nil || o.different != 2 || o.equal != 0 {
		t.Errorf("given names are %+v", o)
	}
}

func TestAMissingResourceLacksAllItsValuesUnlessARuleExplainsIt(t *testing.T) {
	t.Parallel()
	a := measured(t, []string{
		ana, `{"resourceType":"Medication","id":"m","code":{"coding":[{"code":"1"}]}}`,
		`{"resourceType":"Condition","id":"c","code":{"coding":[{"code":"2","system":"s"}]},"subject":{"reference":"Patient/1"}}`,
	}, []string{strings.Replace(ana, `"id":"1"`, `"id":"9"`, 1), `{"resourceType":"Condition","id":"d","code":{"coding":[{"code":"3"}]}}`})
	_, resources, values := a.byType()
	if r := resources["Condition"]; r.missing != 1 || r.extra != 1 || r.equal != 0 {
		t.Errorf("conditions: %+v", r)
	}
	if v := values["Condition"]; v.missing != 3 || v.expected != 3 {
		t.Errorf("values of conditions: %+v", v)
	}
	if r, v := resources["Medication"], values["Medication"]; r.byRule != 1 || v.expected != 0 {
		t.Errorf("medications: %+v, %+v", r, v)
	}
}

func TestReferencesAgreeWhenTheyLeadToResourcesThatBelongTogether(t *testing.T) {
	t.Parallel()
	want := []string{ana, `{"resourceType":"Patient","id":"2","identifier":[{"value":"88"}]}`, `{"resourceType":"Condition","id":"c","code":{"coding":[{"code":"2"}]},"subject":{"reference":"Patient/1"}}`}
	for reference, equal := range map[string]int{"Patient/b": 1, "Patient/a": 0} {
		a := measured(t, want, []string{
			`{"resourceType":"Patient","id":"a","identifier":[{"value":"88"}]}`, `{"resourceType":"Patient","id":"b","identifier":[{"value":"77"}]}`,
			`{"resourceType":"Condition","id":"z","code":{"coding":[{"code":"2"}]},"subject":{"reference":"` + reference + `"}}`,
		})
		if o := a.fields[fieldName{"Condition", "subject.reference"}]; o.equal != equal || o.different != 1-equal {
			t.Errorf("a reference to %s: %+v", reference, o)
		}
	}
}

func TestExtensionsAreComparedByTheirURL(t *testing.T) {
	t.Parallel()
	race := func(first, second string) string {
		return `{"resourceType":"Patient","extension":[{"url":"http://x/us-core-race","extension":[{"url":"` + first + `","valueString":"W"},{"url":"` + second + `","valueString":"V"}]}]}`
	}
	a := measured(t, []string{race("text", "other")}, []string{race("other", "text")})
	if o := a.fields[fieldName{"Patient", "extension(us-core-race).extension(text).valueString"}]; o == nil || o.different != 1 {
		t.Errorf("the text of the race: %+v", o)
	}
}

func TestTheSectionOfTheDocumentationIsWrittenAnew(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.md")
	begin, end := sectionMarks("test")
	if err := os.WriteFile(path, []byte("# A\n"+begin+"\nold\n"+end+"\nrest\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	measured(t, []string{ana}, []string{ana}).print(&text)
	if err := writeSection(path, "test", text.String()); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"# A\n" + begin, "**100.00 %**", "| Patient | 1 | 1 | 0 | 0 | 0 | 7 | 7 |", "| Medication | (resources) | 0 | Drugs stand in the order. |", "Patient   birthDate         1", end + "\nrest\n"} {
		if !strings.Contains(string(got), part) {
			t.Errorf("%q is not in\n%s", part, got)
		}
	}
	if strings.Contains(string(got), "old") {
		t.Error("the old section is still there")
	}
	if err := writeSection(path, "other", ""); err == nil {
		t.Error("a file without the section is not refused")
	}
}

func TestASuiteConvertsEveryDocumentByItself(t *testing.T) {
	t.Parallel()
	s := testSuite()
	s.documents = func(string) ([]document, error) {
		expected := `{"resourceType":"Bundle","entry":[{"resource":` + ana + `}]}`
		return []document{{"a.xml", []byte("one"), []byte(expected)}, {"b.xml", []byte("two"), []byte(expected)}}, nil
	}
	var inputs []string
	a, err := s.measure("", func(mapping, source, to string) error {
		all, err := filepath.Glob(filepath.Join(source, "*"))
		if err != nil || mapping != "test" {
			return err
		}
		for _, path := range all {
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			inputs = append(inputs, filepath.Base(path)+" "+string(text))
		}
		if err := os.Mkdir(to, 0o700); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, "Patient.ndjson"), []byte(ana+"\n"+strings.Replace(ana, "77", "78", 1)+"\n"), 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a.xml one", "b.xml two"}, inputs); diff != "" {
		t.Error(diff)
	}
	if got := a.String(); got != "test: 2 documents, 14 values, 14 equal, 0 by rule, 0 different, 0 missing: 100.00 %" {
		t.Error(got)
	}
	if r := a.fields[fieldName{"Patient", wholeResources}]; r.extra != 2 {
		t.Errorf("%d patients are ours alone, not 2", r.extra)
	}
}
