package profile_test

import (
	"slices"
	"testing"

	"chartlift/fhir/profile"
)

func TestProfilesThatLookIntoTextsAreKnown(t *testing.T) {
	t.Parallel()
	g := profile.New()
	if err := g.AddPath("us-core"); err != nil {
		t.Fatal(err)
	}
	var reading []string
	for _, p := range g.Profiles() {
		if g.ReadsValues([]string{p.URL}) {
			reading = append(reading, p.Title)
		}
	}
	// the number of a practitioner or a laboratory has check digits; an address of a questionnaire may be any
	want := []string{"us-core-organization", "us-core-practitioner"}
	if !slices.Equal(reading, want) {
		t.Errorf("these read values: %q, not %q", reading, want)
	}
	for _, url := range []string{"vitalsigns", "bp", "bodyweight", "bmi"} {
		if g.ReadsValues([]string{"http://hl7.org/fhir/StructureDefinition/" + url}) {
			t.Errorf("%s reads values: vital signs would all be checked one by one", url)
		}
	}
}
