package fhir_test

import (
	"slices"
	"testing"

	"chartlift/fhir"
)

func TestReferencesAreFoundInTheirOrder(t *testing.T) {
	t.Parallel()
	for json, want := range map[string][]string{
		`{"subject":{"reference":"Patient/1"},"performer":[{"reference":"#a"},{"display":"x"},{"reference":"urn:uuid:b"}]}`: {"Patient/1", "#a", "urn:uuid:b"},
		`{"note":"\"reference\":\"Patient/1\""}`: nil,
		`{"reference":"cut`:                      nil,
		``:                                       nil,
	} {
		if got := slices.Collect(fhir.References([]byte(json))); !slices.Equal(got, want) {
			t.Errorf("%s has %v, want %v", json, got, want)
		}
	}
	for ref := range fhir.References([]byte(`{"a":{"reference":"A/1"},"b":{"reference":"B/1"}}`)) {
		if ref != "A/1" {
			t.Errorf("went on to %s", ref)
		}
		break
	}
}
