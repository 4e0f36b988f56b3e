package fhir_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"chartlift/fhir"

	"github.com/google/go-cmp/cmp"
)

func TestStringsAreEscapedOnlyWhereJSONDemandsIt(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                       `""`,
		"Müller <b> & Söhne":     `"Müller <b> & Söhne"`,
		"a\"b\\c":                `"a\"b\\c"`,
		"1\n2\r3\t4\x00\x1f\x7f": `"1\n2\r3\t4\u0000\u001f` + "\x7f" + `"`,
		"bad\xffbyte":            `"bad` + "\uFFFD" + `byte"`,
	} {
		if got := string(fhir.AppendString([]byte("x"), text)); got != "x"+want {
			t.Errorf("%q: got %s, want x%s", text, got, want)
		}
	}
}

func TestCanonicalPutsElementsInOrderOfTheSpecification(t *testing.T) {
	t.Parallel()
	got, err := fhir.Canonical([]byte(`{
		"birthDate": "1980-01-02", "zzz": 1, "_birthDate": {"extension": [{"valueDateTime": "1980", "url": "u"}], "id": "b"},
		"name": [{"given": ["A\/na"], "family": "Lee"}], "id": "p1",
		"contained": [{"name": "Org", "id": "o", "resourceType": "Organization"}],
		"multipleBirthInteger": 2.0, "aaa": {"b": [], "a": null}, "resourceType": "Patient" }`))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"resourceType":"Patient","id":"p1","contained":[{"resourceType":"Organization","id":"o","name":"Org"}],` +
		`"name":[{"family":"Lee","given":["A/na"]}],"birthDate":"1980-01-02",` +
		`"_birthDate":{"id":"b","extension":[{"url":"u","valueDateTime":"1980"}]},"multipleBirthInteger":2.0,"zzz":1,"aaa":{"b":[],"a":null}}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
	again, err := fhir.Canonical(got)
	if err != nil || !bytes.Equal(again, got) {
		t.Errorf("canonical form is not stable: %v\n%s", err, again)
	}
}

func TestCanonicalRefusesWhatIsNoResource(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`{}`, `[]`, `{"resourceType":"Patienten"}`, `{"resourceType":"HumanName"}`, `{"resourceType":7}`} {
		if _, err := fhir.Canonical([]byte(text)); !errors.Is(err, fhir.ErrNoResource) {
			t.Errorf("%s: %v", text, err)
		}
	}
	var syntax *fhir.SyntaxError
	if _, err := fhir.Canonical([]byte(`{"resourceType":`)); !errors.As(err, &syntax) {
		t.Errorf("broken JSON: %v", err)
	}
}

func TestTransactionHoldsEveryRequest(t *testing.T) {
	t.Parallel()
	got := fhir.AppendTransaction(nil, "transaction", []fhir.BundleEntry{
		{
			FullURL: "urn:uuid:1", Method: "POST", URL: "Patient", IfNoneExist: `identifier=a|"b"`,
			Resource: []byte(`{"resourceType":"Patient"}`),
		},
		{Method: "DELETE", URL: "Patient/2"},
	})
	want := `{"resourceType":"Bundle","type":"transaction","entry":[` +
		`{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Patient"},"request":{"method":"POST","url":"Patient","ifNoneExist":"identifier=a|\"b\""}},` +
		`{"request":{"method":"DELETE","url":"Patient/2"}}]}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
	if empty := string(fhir.AppendTransaction(nil, "batch", nil)); empty != `{"resourceType":"Bundle","type":"batch"}` {
		t.Errorf("without entries: %s", empty)
	}
}

const response = `{"resourceType":"Bundle","type":"transaction-response","entry":[
{"response":{"status":"201 Created","location":"Patient/1/_history/1","etag":"W/\"1\"","outcome":{"resourceType":"OperationOutcome","issue":[{"severity":"information","code":"informational","diagnostics":"stored"}]}}},
{"response":{"status":"200"}},
{"response":{"status":"422 Unprocessable Entity"},"resource":{"resourceType":"OperationOutcome","issue":[
 {"severity":"error","code":"invalid","details":{"coding":[{"code":"c","display":"Display"}]},"expression":["Patient.name[0]","x"]},
 {"severity":"error","code":"value","details":{"text":"Text"},"location":["/f:Patient"]}]}},
{"response":{"status":"weird"}},
{}]}`

func TestResponseIsReadEntryByEntry(t *testing.T) {
	t.Parallel()
	var tree fhir.Tree
	if err := tree.Parse([]byte(response)); err != nil {
		t.Fatal(err)
	}
	got, err := fhir.ReadResponse(&tree)
	if err != nil {
		t.Fatal(err)
	}
	want := []fhir.ResponseEntry{
		{
			Status: 201, Location: "Patient/1/_history/1", ETag: `W/"1"`,
			Outcome: []fhir.OutcomeIssue{{Severity: "information", Code: "informational", Diagnostics: "stored"}},
		},
		{Status: 200},
		{Status: 422, Outcome: []fhir.OutcomeIssue{
			{Severity: "error", Code: "invalid", Details: "Display", Expression: []string{"Patient.name[0]", "x"}},
			{Severity: "error", Code: "value", Details: "Text", Expression: []string{"/f:Patient"}},
		}},
		{},
		{},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got[0].Version() != "1" || got[1].Version() != "" {
		t.Errorf("versions %q, %q", got[0].Version(), got[1].Version())
	}
}

func TestOnlyResponsesAreReadAsResponses(t *testing.T) {
	t.Parallel()
	var tree fhir.Tree
	if _, err := fhir.ReadResponse(&tree); !errors.Is(err, fhir.ErrNoResponse) {
		t.Errorf("empty tree: %v", err)
	}
	for _, text := range []string{`[]`, `{"resourceType":"Bundle","type":"batch"}`, `{"resourceType":"OperationOutcome"}`} {
		if err := tree.Parse([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if _, err := fhir.ReadResponse(&tree); !errors.Is(err, fhir.ErrNoResponse) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestOutcomeIsBounded(t *testing.T) {
	t.Parallel()
	one := fmt.Sprintf(`{"severity":"error","code":"invalid","diagnostics":%q}`, strings.Repeat("é", 10_000))
	text := `{"resourceType":"OperationOutcome","issue":[` + strings.Repeat(one+",", 500) + one + `]}`
	var tree fhir.Tree
	if err := tree.Parse([]byte(text)); err != nil {
		t.Fatal(err)
	}
	issues, ok := fhir.ReadOutcome(&tree, 0)
	if !ok || len(issues) != 100 || len(issues[0].Diagnostics) > 4096 || !json.Valid(fhir.AppendString(nil, issues[0].Diagnostics)) {
		t.Errorf("ok %v, %d issues, text of %d bytes", ok, len(issues), len(issues[0].Diagnostics))
	}
}
