package handover_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func result(id string) string {
	return `{"resourceType":"Observation","id":"` + id + `","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/p"}}`
}

func blood(id string, results ...string) string {
	var refs []string
	for _, r := range results {
		refs = append(refs, `{"reference":"Observation/`+r+`"}`)
	}
	return `{"resourceType":"DiagnosticReport","id":"` + id + `","status":"final","code":{"text":"x"},"result":[` + strings.Join(refs, ",") + `]}`
}

func TestReportsGoWithTheirResults(t *testing.T) {
	t.Parallel()
	set := open(t, folder(t, map[string]string{
		"Patient.ndjson":          patient("p"),
		"Observation.ndjson":      result("alone") + "\n" + result("a") + "\n" + result("b") + "\n" + result("shared"),
		"DiagnosticReport.ndjson": blood("r1", "b", "shared", "elsewhere") + "\n" + blood("empty") + "\n" + blood("r2", "shared", "a"),
	}))
	levels, err := set.WithResults()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i := range levels {
		for at := range levels[i].Len() {
			item, err := levels[i].Item(at)
			if err != nil {
				t.Fatal(err)
			}
			joint := " "
			if levels[i].Joined(at) {
				joint = "+"
			}
			got = append(got, fmt.Sprint(joint, item.Resource.Ref()))
		}
	}
	want := []string{
		" Patient/p", " Observation/alone", " DiagnosticReport/r1", "+Observation/b", "+Observation/shared", " DiagnosticReport/empty", " DiagnosticReport/r2", "+Observation/a",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestWithoutReportsNothingIsMoved(t *testing.T) {
	t.Parallel()
	set := open(t, folder(t, map[string]string{"o.ndjson": result("a") + "\n" + result("b")}))
	levels, err := set.WithResults()
	if err != nil || len(levels) != 1 || levels[0].Len() != 2 || levels[0].Joined(1) {
		t.Errorf("%+v, %v", levels, err)
	}
}
