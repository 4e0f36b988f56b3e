package validate_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/fhir"
	"chartlift/internal/issue"
	"chartlift/validate"
)

// judged returns the worst finding of a resource as "severity code", "" where
// nothing is found but advice.
func judged(t *testing.T, v *validate.Validator, json string) string {
	t.Helper()
	worst, severity := "", issue.Information
	ok := v.Check(fhir.Resource{JSON: []byte(json)}, issue.Origin{}, func(i issue.Issue) {
		if i.Severity > severity {
			worst, severity = i.Severity.String()+" "+i.Code, i.Severity
		}
	})
	if ok != (severity < issue.Error) {
		t.Errorf("%s: Check says %v beside %q", json, ok, worst)
	}
	return worst
}

// parted lists resources that HL7's validator and R4's letter judge
// differently: what is found by default, and by the letter.
var parted = []struct{ name, json, byDefault, byLetter string }{
	{"a reference to a type that is not allowed, its target elsewhere", `{"resourceType":"Patient","managingOrganization":{"reference":"Patient/1"}}`, "warning reference-target", "error reference-target"},
	{"the same on another server", `{"resourceType":"Patient","managingOrganization":{"reference":"https://example.org/fhir/Location/1"}}`, "warning reference-target", "error reference-target"},
	{"an element with an id only", `{"resourceType":"Patient","name":[{"id":"a"}]}`, "warning structure-empty", "error structure-empty"},
	{"no value in an array of values", `{"resourceType":"Patient","name":[{"given":[]}]}`, "warning structure-empty", "error structure-empty"},
	{"a _name of null", `{"resourceType":"Patient","name":[{"given":["A"],"_given":[null]}]}`, "warning structure-empty", "error structure-empty"},
	{"a _name shorter than name", `{"resourceType":"Patient","name":[{"given":["A","B"],"_given":[{"id":"a"}]}]}`, "warning structure-sibling", "error structure-sibling"},
	{"resourceType twice", `{"resourceType":"Patient","active":true,"resourceType":"Patient"}`, "warning structure-duplicate-key", "error structure-duplicate-key"},
	{"white space for a day", `{"resourceType":"Patient","birthDate":" "}`, "warning primitive-format", "error primitive-format"},
	{"a control character in a name", `{"resourceType":"Patient","name":[{"family":"a\u0001"}]}`, "warning primitive-format", "error primitive-format"},
	{"minus nothing", `{"resourceType":"Patient","multipleBirthInteger":-0}`, "warning primitive-format", "error primitive-format"},
	{"base64 that is none, of the right length", `{"resourceType":"Binary","contentType":"text/plain","data":"===="}`, "warning primitive-format", "error primitive-format"},
	{"an empty text that an extension excuses", `{"resourceType":"Patient","birthDate":"","_birthDate":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"unknown"}]}}`, "warning primitive-format", "error primitive-format"},
	{"no base64 at all", `{"resourceType":"Binary","contentType":"text/plain","data":""}`, "error primitive-format", "error primitive-format"},
	{"a prediction without a probability", `{"resourceType":"RiskAssessment","status":"final","subject":{"reference":"Patient/1"},"prediction":[{"outcome":{"text":"x"}}]}`, "", ""},
	{"a type that is not the contained target's", `{"resourceType":"Patient","contained":[{"resourceType":"Organization","id":"o","name":"x"}],"generalPractitioner":[{"reference":"#o","type":"Practitioner"}]}`, "error reference-target", "error reference-target"},
	{"a narrative that does not end", `{"resourceType":"Patient","text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">x"}}`, "warning narrative-unsafe", "error narrative-unsafe"},
	{"an XML declaration", `{"resourceType":"Patient","text":{"status":"generated","div":"<?xml version=\"1.0\"?><div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>"}}`, "warning narrative-unsafe", "error narrative-unsafe"},
	{"an age in no unit of UCUM", `{"resourceType":"Condition","subject":{"reference":"Patient/1"},"onsetAge":{"value":1,"system":"http://unitsofmeasure.org","code":"years"}}`, "warning unit-unknown", "error unit-unknown"},

	{"a short object identifier", `{"resourceType":"Patient","identifier":[{"system":"urn:oid:1.2.3","value":"1"}]}`, "error primitive-format", ""},
	{"an object identifier without urn", `{"resourceType":"Patient","meta":{"source":"oid:1.2.3.4.5"}}`, "error primitive-format", ""},
	{"fractions of a second in a time", `{"resourceType":"Parameters","parameter":[{"name":"a","valueTime":"10:00:00.5"}]}`, "error primitive-format", ""},
	{"a space that does not break in a code", `{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://example.org","code":"a\u00a0b"}]}}`, "error primitive-format", ""},
	{"line feeds in an attachment", `{"resourceType":"Patient","photo":[{"contentType":"text/plain","data":"aGVs\nbG8="}]}`, "error attachment-data", ""},
	{"an extension in place of a required code", `{"resourceType":"Patient","_gender":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"unknown"}]}}`, "error binding-required", ""},
	{"a system of HL7 without a code", `{"resourceType":"Patient","maritalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-MaritalStatus","display":"Married"}]}}`, "error coding-unknown", ""},
	{"a number with the system of URIs", `{"resourceType":"Patient","identifier":[{"system":"urn:ietf:rfc:3986","value":"17"}]}`, "error primitive-format", ""},
	{"a system of another scheme", `{"resourceType":"Patient","identifier":[{"system":"ftp://example.org","value":"17"}]}`, "error primitive-format", ""},
	{"a cell outside of a table", `{"resourceType":"Patient","text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><td>x</td></div>"}}`, "error narrative-unsafe", ""},

	{"a right coding beside a foreign one", `{"resourceType":"Condition","subject":{"reference":"Patient/1"},"clinicalStatus":{"coding":[{"system":"urn:emr","code":"A"},{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]}}`, "", ""},
	{"a language that R4's own list lacks", `{"resourceType":"Patient","communication":[{"language":{"coding":[{"system":"urn:ietf:bcp:47","code":"vi"}]}}]}`, "", ""},
}

func TestTheLetterOfR4DecidesWhereAskedAndHL7sValidatorElsewhere(t *testing.T) {
	t.Parallel()
	usual, strict := validate.New(validate.Options{}), validate.New(validate.Options{Letter: true})
	for _, c := range parted {
		if diff := cmp.Diff(c.byDefault, judged(t, usual, c.json)); diff != "" {
			t.Errorf("%s, by default: %s", c.name, diff)
		}
		if diff := cmp.Diff(c.byLetter, judged(t, strict, c.json)); diff != "" {
			t.Errorf("%s, by the letter: %s", c.name, diff)
		}
	}
}

// A wrong target is an error in every mode where it is at hand: contained, in
// the same bundle, or in a run.
func TestAWrongTargetThatIsAtHandIsAnErrorInEveryMode(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"contained":  `{"resourceType":"Patient","contained":[{"resourceType":"Location","id":"a"}],"managingOrganization":{"reference":"#a"}}`,
		"by address": bundleOf("http://example.org/fhir/Location/l", "Location/l"),
		"by URL":     bundleOf("http://example.org/fhir/Location/l", "http://example.org/fhir/Location/l"),
		"by UUID":    bundleOf("urn:uuid:c757873d-ec9a-4326-a141-556f43239520", "urn:uuid:c757873d-ec9a-4326-a141-556f43239520"),
	} {
		if got := errorsIn(t, validate.Options{}, text); !strings.Contains(got, "reference-target") {
			t.Errorf("%s: %q", name, got)
		}
	}
	// a relative address does not lead to an entry that has only the id
	// (https://hl7.org/fhir/R4/bundle.html#references)
	if got := errorsIn(t, validate.Options{}, bundleOf("urn:uuid:c757873d-ec9a-4326-a141-556f43239520", "Location/l")); got != "" {
		t.Errorf("an entry that the reference does not lead to counts: %q", got)
	}
}

func bundleOf(fullURL, reference string) string {
	return `{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"` + fullURL + `","resource":{"resourceType":"Location","id":"l"}},` +
		`{"fullUrl":"http://example.org/fhir/Patient/p","resource":{"resourceType":"Patient","id":"p","managingOrganization":{"reference":"` + reference + `"}}}]}`
}

// errorsIn returns the errors of all resources of a text as "code expression",
// a line each.
func errorsIn(t *testing.T, o validate.Options, text string) string {
	t.Helper()
	v, b := validate.New(o), strings.Builder{}
	each := func(it *validate.Item) {
		v.CheckItem(it, func(i issue.Issue) {
			if i.Severity >= issue.Error {
				b.WriteString(i.Code + " " + i.Expression + "\n")
			}
		})
	}
	if err := validate.Read(t.Context(), "x.ndjson", strings.NewReader(text), each); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestReferencesInsideOfABundleAreWrittenAsItsTypeAllows(t *testing.T) {
	t.Parallel()
	const format = "reference-format Patient.managingOrganization\n"
	for _, c := range []struct{ typ, reference, want string }{
		{"collection", "Organization/o", ""},
		{"collection", "Organization?identifier=a", format}, // only a transaction looks for its targets
		{"transaction", "Organization?identifier=a", ""},
		{"batch", "Organization?identifier=a", ""},
		{"transaction", "/Organization/o", format},
		{"searchset", "o", format},
		{"collection", "Foo/1", ""},
	} {
		request := ""
		if c.typ == "transaction" || c.typ == "batch" {
			request = `,"request":{"method":"PUT","url":"Patient/p"}`
		}
		text := `{"resourceType":"Bundle","type":"` + c.typ + `","entry":[{"fullUrl":"http://example.org/fhir/Patient/p","resource":{"resourceType":"Patient","id":"p",` +
			`"managingOrganization":{"reference":"` + c.reference + `"}}` + request + `}]}`
		if diff := cmp.Diff(c.want, errorsIn(t, validate.Options{}, text)); diff != "" {
			t.Errorf("%s in a %s: %s", c.reference, c.typ, diff)
		}
	}
}
