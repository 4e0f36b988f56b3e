package fhir_test

import (
	"testing"

	"chartlift/fhir"
)

func TestTheVersionOfAnAnswerIsFoundWhereverAServerTellsIt(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, entry, want string }{
		{"HAPI: an ETag", `{"response":{"status":"201 Created","location":"Patient/a/_history/1","etag":"W/\"7\""}}`, "7"},
		{"only a location", `{"response":{"status":"201","location":"https://x/fhir/Patient/a/_history/0b-c"}}`, "0b-c"},
		{"Medplum: only the resource", `{"response":{"status":"200","location":"Patient/a"},"resource":{"resourceType":"Patient","id":"a","meta":{"versionId":"d0-27"}}}`, "d0-27"},
		{"an outcome is no resource", `{"response":{"status":"200"},"resource":{"resourceType":"OperationOutcome","meta":{"versionId":"9"},"issue":[]}}`, ""},
		{"a location of something below", `{"response":{"status":"200","location":"Patient/a/_history/1/x"}}`, ""},
		{"nothing", `{"response":{"status":"200"}}`, ""},
		{"meta without version", `{"response":{"status":"200"},"resource":{"resourceType":"Patient","meta":{"lastUpdated":"2026-01-01T00:00:00Z"}}}`, ""},
	} {
		var tree fhir.Tree
		if err := tree.Parse([]byte(`{"resourceType":"Bundle","type":"transaction-response","entry":[` + row.entry + `]}`)); err != nil {
			t.Fatal(err)
		}
		got, err := fhir.ReadResponse(&tree)
		if err != nil || len(got) != 1 || got[0].Version() != row.want {
			t.Errorf("%s: %+v, %v, want %q", row.name, got, err, row.want)
		}
	}
}
