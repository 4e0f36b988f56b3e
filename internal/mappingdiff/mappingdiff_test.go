package mappingdiff_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"chartlift/fhir"
	"chartlift/internal/issue"
	"chartlift/internal/mappingdiff"
	"chartlift/mappings"
	"chartlift/transform"
)

const mapping = `chartlift: 1
id: m
sources: { people: { csv: { path: p.csv }, key: [ID] } }
maps:
  patient:
    from: people
    resource: Patient
    elements:
      active: true
      name: [{ family: $LAST }, { text: $TEXT }]
      birthDate: $DOB | date
`

// program compiles the mapping with a map of this name.
func program(t *testing.T, name string) *mappings.Map {
	t.Helper()
	text := strings.Replace(mapping, "patient:", name+":", 1)
	prog, findings := mappings.Compile(fstest.MapFS{"m.yaml": {Data: []byte(text)}}, "m.yaml", mappings.Options{Cleaners: transform.Signatures()})
	if prog == nil {
		t.Fatalf("findings: %+v", findings)
	}
	return prog.Maps[0]
}

// made is what a map made of rows 1, 2, 3 …; "" for nothing.
func made(m *mappings.Map, resources ...string) (out []mappingdiff.Made) {
	for i, json := range resources {
		if json == "" {
			continue
		}
		out = append(out, mappingdiff.Made{
			Map: m, Origin: issue.Origin{Source: "p.csv", Table: "p", Row: int64(i + 1)},
			Resource: fhir.Resource{Type: "Patient", ID: fmt.Sprint("p", i+1), JSON: []byte(json)},
		})
	}
	return out
}

// text writes a report, one change a line, with the first example.
func text(r mappingdiff.Report) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %d %d %d\n", r.Same, r.Changed, r.Added, r.Removed)
	for _, c := range r.Changes {
		e := c.Examples[0]
		fmt.Fprintf(&b, "%s %s %d %v: %s %s %s > %s\n", c.Kind, c.Rule, c.Count, c.Constant, e.Reference, e.Path, e.Old, e.New)
	}
	return b.String()
}

func TestDifferencesAreCountedByRule(t *testing.T) {
	t.Parallel()
	m := program(t, "patient")
	for _, c := range []struct {
		name          string
		before, after []string
		want          string
	}{
		{"nothing", []string{`{"active":true}`}, []string{`{"active":true}`}, "1 0 0 0\n"},
		{"order alone", []string{`{"a":1,"b":2}`}, []string{`{"b":2,"a":1}`}, "1 0 0 0\n"},
		{
			"a constant",
			[]string{`{"active":true}`, `{"active":true}`},
			[]string{`{"active":false}`, `{"active":false}`},
			"0 2 0 0\nchanged patient.active 2 true: Patient/p1 active true > false\n",
		},
		{
			"a value inside a list",
			[]string{`{"name":[{"family":"A"},{"text":"x"}]}`},
			[]string{`{"name":[{"family":"B"},{"text":"y"}]}`},
			"0 1 0 0\nchanged patient.name[0].family 1 false: Patient/p1 name[0].family A > B\nchanged patient.name[1].text 1 false: Patient/p1 name[1].text x > y\n",
		},
		{
			"a longer list",
			[]string{`{"name":[{"family":"A"}]}`},
			[]string{`{"name":[{"family":"A"},{"text":"x"}]}`},
			"0 1 0 0\nchanged patient.name 1 false: Patient/p1 name [{\"family\":\"A\"}] > [{\"family\":\"A\"},{\"text\":\"x\"}]\n",
		},
		{
			"an element more, and one less",
			[]string{`{"birthDate":"1980"}`},
			[]string{`{"active":true}`},
			"0 1 0 0\nchanged patient.active 1 true: Patient/p1 active  > true\nchanged patient.birthDate 1 false: Patient/p1 birthDate 1980 > \n",
		},
		{
			"what no rule makes",
			[]string{`{"id":"a"}`},
			[]string{`{"id":"b"}`},
			"0 1 0 0\nchanged patient 1 false: Patient/p1 id a > b\n",
		},
		{
			"resources that come and go",
			[]string{`{"id":"a"}`, ""},
			[]string{"", `{"id":"b"}`},
			"0 0 1 1\nremoved patient 1 false: Patient/p1   > \nadded patient 1 false: Patient/p2   > \n",
		},
	} {
		report, err := mappingdiff.Compare(made(m, c.before...), made(m, c.after...))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if diff := cmp.Diff(c.want, text(report)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
		if report.Differs() != (len(report.Changes) > 0) {
			t.Errorf("%s: differs is %v", c.name, report.Differs())
		}
	}
}

func TestARenamedMapMakesOtherResources(t *testing.T) {
	t.Parallel()
	report, err := mappingdiff.Compare(made(program(t, "patient"), `{}`), made(program(t, "person"), `{}`))
	if err != nil || report.Added != 1 || report.Removed != 1 {
		t.Errorf("%+v %v", report, err)
	}
}

func TestThreeExamplesAreEnough(t *testing.T) {
	t.Parallel()
	m := program(t, "patient")
	old, other := make([]string, 9), make([]string, 9)
	for i := range old {
		old[i], other[i] = `{"active":true}`, `{"active":false}`
	}
	report, err := mappingdiff.Compare(made(m, old...), made(m, other...))
	if err != nil || report.Changes[0].Count != 9 || len(report.Changes[0].Examples) != 3 || report.Changes[0].Examples[2].Origin.Row != 3 {
		t.Errorf("%+v %v", report, err)
	}
}

func TestAResourceThatIsNotJSONIsAnError(t *testing.T) {
	t.Parallel()
	m := program(t, "patient")
	if _, err := mappingdiff.Compare(made(m, `{`), made(m, `{}`)); err == nil || !strings.Contains(err.Error(), "compare Patient/p1") {
		t.Errorf("the error is %v", err)
	}
}
