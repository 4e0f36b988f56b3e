package profile_test

import (
	"encoding/json"
	"slices"
	"testing"
	"testing/fstest"

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
	// the number of a practitioner or a laboratory has check digits; an address
	// of a questionnaire may be any
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

// A faultless resource spares others that differ in values only: an invariant
// that looks at values must not be spared.
func TestAnInvariantReadsValuesWhereItComparesThem(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]bool{
		"birthDate >= @1900-01-01": true, "birthDate<=today()": true, "deceased = @2020-01-01": true, "multipleBirth != 3": true, "name.family.matchesFull('[A-Z]+')": true, "birthDate > now() - 150 years": true,
		"telecom.value.toQuantity().exists()": true, "name.family ~ 'x'": true, "name.given.encode('hex').exists()": true, "multipleBirth.round() = multipleBirth": true, "name.family.length() < 20": true,
		"name.given.count() <= 2": false, "name.count() = 1": false, "gender.exists() implies name.exists()": false, "name.use = 'official'": false, "deceased is dateTime implies deceased.toString().length() >= 10": false,
	} {
		text, err := json.Marshal(expression)
		if err != nil {
			t.Fatal(err)
		}
		const url = "http://example.org/StructureDefinition/p"
		definition := `{"resourceType":"StructureDefinition","url":"` + url + `","name":"P","status":"active","kind":"resource","abstract":false,"type":"Patient","baseDefinition":"http://hl7.org/fhir/StructureDefinition/Patient","derivation":"constraint",` +
			`"differential":{"element":[{"id":"Patient","path":"Patient","constraint":[{"key":"p-1","severity":"error","human":"h","expression":` + string(text) + `}]}]}}`
		g := profile.New()
		if err := g.AddFS(fstest.MapFS{"p.json": {Data: []byte(definition)}}, "p.json"); err != nil {
			t.Fatal(err)
		}
		if got := g.ReadsValues([]string{url}); got != want {
			t.Errorf("%s reads values: %t, want %t", expression, got, want)
		}
	}
}
