package golden_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/transform/golden"
)

// values reads a Patient as column=text, identifiers as system=text.
func values(elements string) []string {
	var out []string
	for _, v := range golden.Values(record("a", elements).JSON) {
		column := v.Column
		if v.System != "" {
			column = v.System
		}
		if v.Type {
			column += "!"
		}
		out = append(out, column+"="+v.Text)
	}
	return out
}

func TestPatientsAreReadAsTheColumnsThatTheyAreComparedBy(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, elements string
		want           []string
	}{
		{"names", `"name":[{"family":"Quill","given":["Ana","Maria"],"suffix":["Jr"]},{"use":"old","family":"Voss","given":["Ana"]}]`, []string{"family=Quill", "given=Ana", "middle=Maria", "suffix=Jr", "family 2=Voss", "given 2=Ana"}},
		{"a name as one text", `"name":[{"text":"Quill, Ana"}]`, []string{"name=Quill, Ana"}},
		{"a fourth name is too many", `"name":[{"family":"A"},{"family":"B"},{"family":"C"},{"family":"D"}]`, []string{"family=A", "family 2=B", "family 3=C"}},
		{"a whole day", `"birthDate":"1950-01-31"`, []string{"birthDate=1950-01-31"}},
		{"a year is no day", `"birthDate":"1950"`, nil},
		{"sex", `"gender":"other"`, []string{"gender=other"}},
		{"nobody knows", `"gender":"unknown"`, nil},
		{"contacts", `"telecom":[{"system":"phone","value":"1"},{"system":"fax","value":"2"},{"system":"sms","value":"3"},{"system":"email","value":"a@b"},{"system":"phone"}]`, []string{"phone=1", "phone 2=3", "email=a@b"}},
		{
			"the home before others, and none that is old", `"address":[{"use":"old","city":"Ada"},{"use":"work","city":"Bly"},{"use":"home","line":["1 Oak","Apt 2"],"city":"Cox","postalCode":"02140","state":"MA"}]`,
			[]string{"street=1 Oak Apt 2", "city=Cox", "postalCode=02140", "state=MA"},
		},
		{"ids by system, those of a state marked", `"identifier":[{"system":"urn:a","value":"1"},{"value":"2"},{"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"PPN"}]},"system":"urn:p","value":"3"}]`, []string{"urn:a=1", "urn:p!=3"}},
		{"death", `"deceasedDateTime":"2019-03-01T10:00:00Z"`, []string{"deceased=2019-03-01"}},
		{"types of the wrong kind", `"name":"x","telecom":{"system":"phone"},"identifier":[7],"birthDate":1950`, nil},
	} {
		if diff := cmp.Diff(c.want, values(c.elements)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestEveryValueHasAColumn(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, c := range golden.Columns([]string{"name", "birthDate", "gender", "telecom", "address", "deceased"}) {
		known[c.Name] = true
	}
	for _, v := range golden.Values(record("a", `"name":[{"family":"A","given":["B","C"]},{"family":"D","given":["E"]},{"text":"F"}],"birthDate":"1950-01-31","gender":"male","telecom":[{"system":"phone","value":"1"},{"system":"email","value":"a@b"}],"address":[{"line":["1"],"city":"2","postalCode":"3","state":"4"}],"deceasedDateTime":"2019-03-01"`).JSON) {
		if !known[v.Column] {
			t.Errorf("%s is no column", v.Column)
		}
	}
	if got := golden.Columns([]string{"gender"}); len(got) != 1 || got[0].Kind != "sex" {
		t.Errorf("of one element: %v", got)
	}
}

func TestKnownSystemsOfStatesAreRecognised(t *testing.T) {
	t.Parallel()
	for system, want := range map[string]bool{
		"http://hl7.org/fhir/sid/us-ssn": true, "urn:oid:2.16.840.1.113883.4.1": true, "https://fhir.nhs.uk/Id/nhs-number": true, "http://hl7.org/fhir/sid/us-npi": false, "urn:acme:mrn": false, "": false,
		"urn:ssn": true, "urn:acme:national-id": true, "http://hospital.example/ids/SSN/": true, "urn:acme:ssn-of-guarantor": false, "urn:clinic:client": false, "https://x.example/ssn/mrn": false,
	} {
		if golden.Government(system) != want {
			t.Errorf("%q: %v", system, !want)
		}
	}
}

func FuzzNothingThatStandsInAPatientBreaksTheGoldenRecord(f *testing.F) {
	f.Add(`"name":[{"family":"A"}],"link":[{"other":{"reference":"Patient/b"}}]`, `"name":[null],"extension":[{}]`)
	f.Add(`"active":7,"deceasedBoolean":[],"text":"x"`, `"identifier":{"system":1},"_birthDate":null`)
	f.Fuzz(func(t *testing.T, a, b string) {
		records := []golden.Record{record("a", a), record("b", b)}
		m, err := golden.Merge(records, golden.Options{Linked: true, Narrate: true})
		if err == nil && golden.Size(m.JSON) == 0 {
			t.Errorf("the golden record is no JSON: %s", m.JSON)
		}
		_ = golden.Values(records[0].JSON)
	})
}
