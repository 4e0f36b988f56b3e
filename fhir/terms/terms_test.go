package terms_test

import (
	"testing"

	"chartlift/fhir/terms"
)

func TestCodesOfHL7AreLookedUp(t *testing.T) {
	t.Parallel()
	set := terms.R4()
	for _, c := range []struct {
		system, code string
		want         terms.Verdict
	}{
		{"http://terminology.hl7.org/CodeSystem/v3-ActCode", "AMB", terms.Present},
		{"http://terminology.hl7.org/CodeSystem/v3-ActCode", "amb", terms.Absent},
		{"http://terminology.hl7.org/CodeSystem/v2-0203", "MR", terms.Present},
		{"http://hl7.org/fhir/administrative-gender", "male", terms.Present},
		{"http://hl7.org/fhir/administrative-gender", "", terms.Absent},
		{"http://loinc.org", "8480-6", terms.Unknown},
		{"http://hl7.org/fhir/us/core/CodeSystem/us-core-category", "sdoh", terms.Unknown}, // comes with its guide
		{terms.UCUM, "mm[Hg]", terms.Present},
		{terms.UCUM, "mmHg", terms.Absent},
		{terms.Languages, "zh-Hans-CN", terms.Present},
		{terms.Languages, "en_US", terms.Absent},
		{terms.Languages, "german", terms.Absent},
		{terms.Countries, "DE", terms.Present},
		{terms.Countries, "DEU", terms.Present},
		{terms.Countries, "de", terms.Absent},
		{terms.Countries, "XX", terms.Absent},
		{terms.Currency, "EUR", terms.Present},
		{terms.Currency, "eur", terms.Absent},
		{terms.Currency, "EUR USD", terms.Absent},
		{terms.MediaType, "text/plain; charset=utf-8", terms.Present},
		{terms.MediaType, "pdf", terms.Absent},
		{terms.MediaType, "text/", terms.Absent},
		{terms.MediaType, "a/b/c", terms.Absent},
	} {
		if got := set.Check(c.system, c.code); got != c.want {
			t.Errorf("%s|%s: %d, want %d", c.system, c.code, got, c.want)
		}
	}
}

func TestValueSetsAreLookedUp(t *testing.T) {
	t.Parallel()
	set := terms.R4()

	for _, c := range []struct {
		valueSet, system, code string
		want                   terms.Verdict
	}{
		{marital, "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus", "M", terms.Present},
		{marital, "", "UNK", terms.Present},
		{marital, "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus", "Z", terms.Absent},
		{marital, "http://example.org", "M", terms.Absent},
		{"http://hl7.org/fhir/ValueSet/condition-code", "http://snomed.info/sct", "1", terms.Unknown},
	} {
		if got := set.InSet(c.valueSet, c.system, c.code); got != c.want {
			t.Errorf("%s %s|%s: %d, want %d", c.valueSet, c.system, c.code, got, c.want)
		}
	}
	if !set.Has(marital) || set.Has("http://example.org") {
		t.Error("Has does not say which value sets are at hand")
	}
}

func TestAddedCodesAreKnown(t *testing.T) {
	t.Parallel()
	var set terms.Set
	if got := set.Check("http://loinc.org", "8480-6"); got != terms.Unknown {
		t.Errorf("before: %d", got)
	}
	set.Add("http://loinc.org", "8480-6", "8462-4")
	set.Add("http://loinc.org", "8867-4")
	for code, want := range map[string]terms.Verdict{"8480-6": terms.Present, "8867-4": terms.Present, "8480": terms.Absent} {
		if got := set.Check("http://loinc.org", code); got != want {
			t.Errorf("%s: %d", code, got)
		}
	}
	table := terms.R4()
	table.Add("http://terminology.hl7.org/CodeSystem/v2-0203", "HOUSE")
	for _, code := range []string{"HOUSE", "MR"} {
		if got := table.Check("http://terminology.hl7.org/CodeSystem/v2-0203", code); got != terms.Present {
			t.Errorf("%s: %d", code, got)
		}
	}
}
