package validate_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/validate"
)

// One mistake gives one finding: what follows from it is not said as well. Two
// mistakes give two.
func TestOneCauseIsSaidOnce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, json, want string }{
		{
			"a required choice under a name that does not exist",
			`{"resourceType":"Immunization","status":"completed","vaccineCode":{"text":"x"},"patient":{"reference":"Patient/1"},"occurrenceAddress":{"text":"x"}}`,
			"structure-unknown-element Immunization\n",
		},
		{
			"a required element that is misspelt",
			`{"resourceType":"Observation","statuss":"final","code":{"text":"x"}}`,
			"structure-unknown-element Observation\n",
		},
		{
			"another type's object",
			`{"resourceType":"Condition","subject":{"coding":[{"code":"a"}],"text":"x"}}`,
			"structure-unknown-element Condition.subject\n",
		},
		{
			"a bad end of a period, which no start can be held against",
			`{"resourceType":"Encounter","status":"finished","class":{"code":"AMB"},"period":{"start":"2020-01-01","end":"2020-13-01"}}`,
			"primitive-format Encounter.period.end\n",
		},
		{
			"a bundle without a type, on which its rules depend",
			`{"resourceType":"Bundle","entry":[{"fullUrl":"urn:uuid:c757873d-ec9a-4326-a141-556f43239520","resource":{"resourceType":"Patient","id":"a"}}]}`,
			"cardinality-min Bundle\n",
		},
		{
			"an object with nothing in it, and so without what it needs",
			`{"resourceType":"Patient","link":[{}]}`,
			"structure-empty Patient.link[0]\n",
		},
		{
			"a comparator that does not exist where none is allowed",
			`{"resourceType":"Observation","status":"final","code":{"text":"x"},"referenceRange":[{"low":{"value":1,"comparator":"~"}}]}`,
			"binding-required Observation.referenceRange[0].low.comparator\n",
		},
		{
			"a contained resource under another id than the one that is referenced",
			`{"resourceType":"Patient","contained":[{"resourceType":"Organization","id":"b","name":"x"}],"managingOrganization":{"reference":"#a"}}`,
			"reference-contained Patient.managingOrganization\n",
		},
		{
			"a contained resource in a contained one, to which only that refers",
			`{"resourceType":"Observation","status":"final","code":{"text":"x"},"contained":[{"resourceType":"Patient","id":"c1","contained":[{"resourceType":"Organization","id":"c2","name":"x"}],` +
				`"managingOrganization":{"reference":"#c2"}}],"subject":{"reference":"#c1"}}`,
			"invariant-failed Observation\n",
		},
		{
			"an extension with a value of no type",
			`{"resourceType":"Patient","extension":[{"url":"http://example.org/x","valueFoo":1}]}`,
			"structure-unknown-element Patient.extension[0]\n",
		},
		{
			"the wrong resourceType",
			`{"resourceType":"Slot","id":"a","name":[{"family":"x"}],"gender":"male","birthDate":"2020"}`,
			"structure-unknown-element Slot\n",
		},
		{
			"a contained resource of nothing",
			`{"resourceType":"Patient","contained":[{"resourceType":"Observation","id":"o"}],"extension":[{"url":"http://example.org/x","valueReference":{"reference":"#o"}}]}`,
			"cardinality-min Patient.contained[0]\n",
		},
		{
			"another type's element as the only one",
			`{"resourceType":"Patient","text":{"reference":"Patient/1"}}`,
			"structure-unknown-element Patient.text\n",
		},
		{
			"two unknown elements among known ones",
			`{"resourceType":"Patient","gender":"male","birthDate":"2020","active":true,"foo":1,"bar":2}`,
			"structure-unknown-element Patient\nstructure-unknown-element Patient\n",
		},
		{
			"a blood pressure without either part",
			`{"resourceType":"Observation","status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs"}]}],` +
				`"code":{"coding":[{"system":"http://loinc.org","code":"85354-9"}]},"subject":{"reference":"Patient/1"},"effectiveDateTime":"2020-01-01","dataAbsentReason":{"text":"x"}}`,
			"cardinality-min Observation\n",
		},
		{
			"two bad days",
			`{"resourceType":"Patient","birthDate":"2020-13-01","deceasedDateTime":"yesterday"}`,
			"primitive-format Patient.birthDate\nprimitive-format Patient.deceased.ofType(dateTime)\n",
		},
		{
			"a bad day and a rule of the resource that does not speak of it",
			`{"resourceType":"Patient","birthDate":"2020-13-01","contact":[{"gender":"male"}]}`,
			"primitive-format Patient.birthDate\ninvariant-failed Patient.contact[0]\n",
		},
	} {
		if diff := cmp.Diff(c.want, errorsIn(t, validate.Options{}, c.json)); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}
