package fhir_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/fhir"
)

// read returns the narrative of a resource as lines of text, and the resource
// without it.
func read(t *testing.T, json string) (lines []string, rest string) {
	t.Helper()
	out := string(fhir.Narrate([]byte(json)))
	head, tail, found := strings.Cut(out, `"text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><p><b>`)
	if !found {
		return nil, out
	}
	div, tail, _ := strings.Cut(tail, `</ul></div>"}`)
	title, items, _ := strings.Cut(div, "</b></p><ul>")
	lines = append(lines, title)
	for _, item := range strings.Split(items, "</li>") {
		if item != "" {
			lines = append(lines, strings.NewReplacer("<li><b>", "", "</b>", "").Replace(item))
		}
	}
	if strings.HasPrefix(tail, ",") && strings.HasSuffix(head, "{") {
		tail = tail[1:]
	}
	return lines, strings.NewReplacer(",,", ",", ",}", "}").Replace(head + tail)
}

func TestANarrativeSaysWhatTheElementsSay(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		json string
		want []string
	}{
		"a patient": {
			`{"resourceType":"Patient","id":"p","meta":{"source":"urn:x"},"language":"en","extension":[{"url":"urn:e","valueString":"hidden"}],"identifier":[{"system":"urn:mrn","value":"77"}],"active":true,"name":[{"family":"O'Neil","given":["Ana","Mae"],"prefix":["Dr"]},{"text":"Annie"}],"telecom":[{"system":"phone","value":"+1 555"}],"birthDate":"1954-03-07","_birthDate":{"extension":[{"url":"urn:t","valueString":"x"}]},"address":[{"line":["1 Main St"],"city":"Boston"}],"maritalStatus":{"coding":[{"system":"urn:m","code":"M"}]}}`,
			[]string{"Patient", "identifier: 77", "active: true", "name: Dr Ana Mae O'Neil; Annie", "telecom: +1 555", "birth date: 1954-03-07", "address: line 1 Main St, city Boston", "marital status: M"},
		},
		"an observation": {
			`{"resourceType":"Observation","id":"o","status":"final","code":{"coding":[{"code":"8480-6","display":"Systolic"}]},"subject":{"reference":"Patient/p"},"effectivePeriod":{"start":"2020","end":"2021"},"valueQuantity":{"value":5.0,"comparator":"<","unit":"mmol/L"},"referenceRange":[{"low":{"value":1},"high":{"value":2,"code":"mm"}}],"component":[{"code":{"text":"a"},"valueInteger":3}]}`,
			[]string{"Observation", "status: final", "code: Systolic", "subject: Patient/p", "effective period: 2020 – 2021", "value quantity: &lt;5.0 mmol/L", "reference range: low 1, high 2 mm", "component: code a, value integer 3"},
		},
		"text that XML does not take as it is": {
			`{"resourceType":"Patient","id":"p","name":[{"text":"<script>\u0001 & \"x\""}]}`,
			[]string{"Patient", `name: &lt;script&gt; &amp; &quot;x&quot;`},
		},
		"a document without its bytes": {
			`{"resourceType":"DocumentReference","id":"d","status":"current","content":[{"attachment":{"contentType":"text/plain","data":"aGVsbG8=","title":"Letter"}}]}`,
			[]string{"DocumentReference", "status: current", "content: attachment content type text/plain, title Letter"},
		},
		"nothing but an id": {`{"resourceType":"Patient","id":"p"}`, []string{"Patient"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, rest := read(t, c.json)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			if rest != c.json {
				t.Errorf("the other elements are\n%s", rest)
			}
		})
	}
}

func TestTheNarrativeStandsAtItsPlace(t *testing.T) {
	t.Parallel()
	for _, json := range []string{
		`{"resourceType":"Patient","id":"p","meta":{"source":"urn:x"},"implicitRules":"urn:r","language":"en","contained":[{"resourceType":"Basic","code":{"text":"x"}}],"active":true}`,
		`{"resourceType":"Patient","id":"p","language":"en","_language":{"id":"x"},"gender":"male"}`,
		`{"resourceType":"Patient","id":"p","_gender":{"id":"x"}}`,
		`{"resourceType":"Patient","id":"p","language":"en"}`,
	} {
		out := fhir.Narrate([]byte(json))
		canonical, err := fhir.Canonical(out)
		if err != nil || string(canonical) != string(out) {
			t.Errorf("%v: not canonical:\n%s\n%s", err, out, canonical)
		}
	}
}

func TestAResourceKeepsItsOwnNarrative(t *testing.T) {
	t.Parallel()
	for _, json := range []string{
		`{"resourceType":"Patient","id":"p","text":{"status":"additional","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">mine</div>"}}`,
		`{"resourceType":"Binary","id":"b","contentType":"text/plain"}`, // a type without narrative
		`{"resourceType":"Nothing"}`, `[]`, `{`, ``,
	} {
		if out := string(fhir.Narrate([]byte(json))); out != json {
			t.Errorf("%s became %s", json, out)
		}
	}
}
