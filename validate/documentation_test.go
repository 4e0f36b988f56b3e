package validate_test

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"chartlift/fhir"
	"chartlift/fhir/fhirpath"
)

func TestTheDocumentationNamesEveryRuleThatCannotBeRun(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/validation.md")
	if err != nil {
		t.Fatal(err)
	}
	all := fhir.AllInvariants()
	if !strings.Contains(string(text), "all "+strconv.Itoa(len(all))+" invariants") {
		t.Errorf("R4 states %d invariants; docs/validation.md says otherwise", len(all))
	}
	for _, i := range all {
		if _, err := fhirpath.Compile(i.Expression); err != nil && !strings.Contains(string(text), "| "+i.Key+" ") {
			t.Errorf("%s %s cannot be run (%v) and is not listed", i.Path, i.Key, err)
		}
	}
}
