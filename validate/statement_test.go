package validate_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"chartlift/fhir/profile"
	"chartlift/validate"
)

// stating returns a validator that demands one profile of every resource of the
// type: the elements of its differential, and nothing else.
func stating(t *testing.T, typ string, elements ...string) *validate.Validator {
	t.Helper()
	g := profile.New()
	text := fmt.Sprintf(`{"resourceType":"StructureDefinition","id":"p","url":"http://x/p","version":"1","name":"P","status":"active","kind":"resource","abstract":false,"type":%q,`+
		`"baseDefinition":"http://hl7.org/fhir/StructureDefinition/%s","derivation":"constraint","differential":{"element":[{"id":%q,"path":%q},%s]}}`, typ, typ, typ, typ, strings.Join(elements, ","))
	if err := g.Add("p.json", []byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := g.Check(); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return validate.New(validate.Options{Guide: g, Profiles: []string{"http://x/p"}, Letter: true})
}

// says is what one element's definition says of values: those that it takes,
// and those that it refuses with the rule.
type says struct {
	path, statement string
	rule            string
	takes, refuses  []string // the JSON of Observation behind its type, status and code
}

// The statements are those of ElementDefinition
// (https://hl7.org/fhir/R4/elementdefinition.html), each at its edges.
func TestAProfileTakesAndRefusesAtTheEdgesOfWhatItSays(t *testing.T) {
	t.Parallel()
	quantity := func(values ...string) (all []string) {
		for _, v := range values {
			all = append(all, `"valueQuantity":{`+v+`}`)
		}
		return all
	}
	text := func(values ...string) (all []string) {
		for _, v := range values {
			all = append(all, `"valueString":`+v)
		}
		return all
	}
	for _, c := range []says{
		{
			path: "Observation.value[x].value", statement: `"minValueDecimal":0.5`, rule: "profile-range",
			takes:   quantity(`"value":0.5`, `"value":0.50`, `"value":5e-1`, `"value":1e10`, `"unit":"mg"`),
			refuses: quantity(`"value":0.4999999999999999999999`, `"value":0`, `"value":-1`, `"value":-1e10`),
		},
		{
			path: "Observation.value[x].value", statement: `"maxValueDecimal":100`, rule: "profile-range",
			takes:   quantity(`"value":100`, `"value":100.000`, `"value":1e2`, `"value":-5`),
			refuses: quantity(`"value":100.0000000000000000001`, `"value":1.01e2`, `"value":1e3`),
		},
		{
			path: "Observation.issued", statement: `"minValueInstant":"2020-01-01T00:00:00Z"`, rule: "profile-range",
			takes:   []string{`"issued":"2020-01-01T00:00:00Z"`, `"issued":"2020-01-01T01:00:00+01:00"`, `"issued":"2019-12-31T23:00:00-01:00"`},
			refuses: []string{`"issued":"2019-12-31T23:59:59Z"`, `"issued":"2020-01-01T00:30:00+01:00"`},
		},
		{
			path: "Observation.effective[x]", statement: `"minValueDateTime":"2020-01-01T00:00:00+01:00"`, rule: "profile-range",
			takes:   []string{`"effectiveDateTime":"2019-12-31T20:00:00-05:00"`, `"effectiveDateTime":"2020"`, `"effectiveDateTime":"2020-01"`, `"effectiveDateTime":"2020-01-01"`, `"effectiveDateTime":"2021"`},
			refuses: []string{`"effectiveDateTime":"2020-01-01T04:00:00+14:00"`, `"effectiveDateTime":"2019"`, `"effectiveDateTime":"2019-12"`, `"effectiveDateTime":"2019-12-31"`},
		},
		{
			path: "Observation.value[x]", statement: `"maxValueTime":"12:00:00"`, rule: "profile-range",
			takes: []string{`"valueTime":"12:00:00"`, `"valueTime":"00:00:00"`}, refuses: []string{`"valueTime":"12:00:00.001"`, `"valueTime":"23:59:59"`},
		},
		{
			path: "Observation.value[x]", statement: `"maxLength":4`, rule: "profile-range",
			takes:   text(`"abcd"`, `"äöüß"`, `"日本語文"`, `"😀😀😀😀"`, `"a\nb\t"`),
			refuses: text(`"abcde"`, `"äöüßa"`, `"e\u0301e\u0301e"`),
		},
		{
			path: "Observation.value[x]", statement: `"fixedString":"Núñez"`, rule: "profile-fixed",
			takes:   text(`"Núñez"`, `"N\u00fa\u00f1ez"`),
			refuses: text(`"Nu\u0301n\u0303ez"`, `"núñez"`, `"Núñez "`),
		},
		{
			path: "Observation.value[x]", statement: `"fixedQuantity":{"value":1.0,"unit":"g"}`, rule: "profile-fixed",
			takes:   quantity(`"value":1.0,"unit":"g"`, `"unit":"g","value":1.0`),
			refuses: quantity(`"value":1.0,"unit":"g","code":"g"`, `"value":1.0`, `"value":2.0,"unit":"g"`),
		},
		{
			path: "Observation.value[x]", statement: `"patternQuantity":{"system":"http://unitsofmeasure.org","code":"mg"}`, rule: "profile-pattern",
			takes:   quantity(`"value":1,"unit":"mg","system":"http://unitsofmeasure.org","code":"mg"`, `"code":"mg","system":"http://unitsofmeasure.org"`),
			refuses: quantity(`"value":1,"unit":"mg"`, `"value":1,"system":"http://unitsofmeasure.org","code":"g"`, `"value":1,"system":"urn:x","code":"mg"`),
		},
		{
			path: "Observation.code", statement: `"patternCodeableConcept":{"coding":[{"system":"urn:s","code":"c"}]}`, rule: "profile-pattern",
			takes:   []string{`"code":{"coding":[{"system":"urn:s","code":"c","display":"d"}],"text":"t"}`, `"code":{"coding":[{"code":"x"},{"code":"c","system":"urn:s"}]}`},
			refuses: []string{`"code":{"text":"c"}`, `"code":{"coding":[{"code":"c"}]}`, `"code":{"coding":[{"system":"urn:s","code":"x"},{"system":"urn:t","code":"c"}]}`},
		},
		{
			path: "Observation.subject", statement: `"min":1`, rule: "cardinality-min",
			takes: []string{`"subject":{"reference":"Patient/p"}`, `"subject":{"display":"somebody"}`}, refuses: []string{`"focus":[{"reference":"Patient/p"}]`},
		},
		{
			path: "Observation.note", statement: `"max":"1"`, rule: "cardinality-max",
			takes: []string{`"note":[{"text":"a"}]`, `"method":{"text":"m"}`}, refuses: []string{`"note":[{"text":"a"},{"text":"b"}]`},
		},
		{
			path: "Observation.bodySite", statement: `"max":"0"`, rule: "cardinality-max",
			takes: []string{`"method":{"text":"m"}`}, refuses: []string{`"bodySite":{"text":"arm"}`},
		},
		{
			path: "Observation.value[x]", statement: `"type":[{"code":"Quantity"},{"code":"string"}]`, rule: "profile-type",
			takes: slices.Concat(quantity(`"value":1`), text(`"a"`)), refuses: []string{`"valueBoolean":true`, `"valueDateTime":"2020"`, `"valueCodeableConcept":{"text":"x"}`},
		},
		{
			path: "Observation.subject", statement: `"type":[{"code":"Reference","targetProfile":["http://hl7.org/fhir/StructureDefinition/Patient"]}]`, rule: "reference-target",
			takes:   []string{`"subject":{"reference":"Patient/p"}`, `"subject":{"reference":"urn:uuid:c757873d-ec9a-4326-a141-556f43239520"}`, `"subject":{"display":"x"}`},
			refuses: []string{`"subject":{"reference":"Group/g"}`, `"subject":{"reference":"http://x.org/fhir/Device/d"}`},
		},
	} {
		element := fmt.Sprintf(`{"id":%q,"path":%q,%s}`, c.path, c.path, c.statement)
		v := stating(t, "Observation", element)
		check := func(json string, want bool) {
			whole := `{"resourceType":"Observation","id":"o","status":"final",` + json
			if !strings.Contains(json, `"code":{`) || strings.HasPrefix(json, `"valueQ`) {
				whole += `,"code":{"text":"x"}`
			}
			said := codesOf(v, whole+"}")
			if refused := slices.ContainsFunc(said, func(s string) bool { return strings.HasPrefix(s, "error "+c.rule+" ") }); refused == want {
				t.Errorf("%s of %s: %s gives %q", c.statement, c.path, json, said)
			}
			if want && slices.ContainsFunc(said, func(s string) bool { return strings.HasPrefix(s, "error ") }) {
				t.Errorf("%s of %s: %s is refused: %q", c.statement, c.path, json, said)
			}
		}
		for _, json := range c.takes {
			check(json, true)
		}
		for _, json := range c.refuses {
			check(json, false)
		}
	}
}

// Slices are told apart by value; the order of the entries decides nothing
// unless the profile says so.
func TestSlicesAreFoundWhereverTheyStand(t *testing.T) {
	t.Parallel()
	slicing := func(rules string, ordered bool) []string {
		return []string{
			fmt.Sprintf(`{"id":"Patient.identifier","path":"Patient.identifier","slicing":{"discriminator":[{"type":"value","path":"system"}],"rules":%q,"ordered":%v}}`, rules, ordered),
			`{"id":"Patient.identifier:mrn","path":"Patient.identifier","sliceName":"mrn","min":1,"max":"1"}`, `{"id":"Patient.identifier:mrn.system","path":"Patient.identifier.system","min":1,"fixedUri":"urn:mrn"}`,
			`{"id":"Patient.identifier:ssn","path":"Patient.identifier","sliceName":"ssn","max":"1"}`, `{"id":"Patient.identifier:ssn.system","path":"Patient.identifier.system","min":1,"fixedUri":"urn:ssn"}`,
		}
	}
	id := map[string]string{"m": `{"system":"urn:mrn","value":"1"}`, "s": `{"system":"urn:ssn","value":"2"}`, "x": `{"system":"urn:x","value":"3"}`, "n": `{"value":"4"}`}
	for _, c := range []struct {
		rules   string
		ordered bool
		want    map[string]string // of the letters of identifiers: the rules that are broken
	}{
		{"open", false, map[string]string{"m": "", "ms": "", "sm": "", "xm": "", "nmx": "", "s": "slice-missing", "": "slice-missing", "mm": "cardinality-max", "mss": "cardinality-max", "x": "slice-missing"}},
		{"closed", false, map[string]string{"m": "", "sm": "", "mx": "slice-closed", "mn": "slice-closed"}},
		{"open", true, map[string]string{"ms": "", "m": "", "sm": "slice-order"}},
		{"openAtEnd", false, map[string]string{"msx": "", "mxs": "slice-order", "xm": "slice-order"}},
	} {
		v := stating(t, "Patient", slicing(c.rules, c.ordered)...)
		for letters, want := range c.want {
			var list []string
			for _, l := range letters {
				list = append(list, id[string(l)])
			}
			identifiers := ""
			if len(list) > 0 {
				identifiers = `,"identifier":[` + strings.Join(list, ",") + `]`
			}
			said := codesOf(v, `{"resourceType":"Patient","id":"p"`+identifiers+`}`)
			rules := ""
			for _, s := range said {
				rules += strings.Fields(s)[1] + " "
			}
			if got := strings.TrimSpace(rules); got != want {
				t.Errorf("%s, ordered %v: %q breaks %q, want %q", c.rules, c.ordered, letters, got, want)
			}
		}
	}
}

// rewritten writes a resource with its keys in another order and on many lines:
// to JSON the same.
func rewritten(t *testing.T, text string) (string, bool) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var tree map[string]any
	if err := d.Decode(&tree); err != nil {
		return "", false
	}
	out, err := json.MarshalIndent(tree, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	return string(out), true
}

func TestTheOrderOfKeysAndBlanksChangeNoVerdict(t *testing.T) {
	t.Parallel()
	v := validate.New(validate.Options{Letter: true, Advice: true, Guide: ownGuide(t)})
	count := 0
	files, err := filepath.Glob("../testdata/validate/*/*.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			other, ok := rewritten(t, line)
			said := func(text string) []string {
				codes := slices.DeleteFunc(codesOf(v, text), func(s string) bool { return strings.Contains(s, "profile-unknown") }) // said once
				slices.Sort(codes)
				return codes
			}
			want := said(line)
			if !ok || slices.ContainsFunc(want, func(s string) bool {
				return strings.Contains(s, "structure-duplicate-key") || strings.Contains(s, "structure-json ")
			}) {
				continue // what is no JSON, or has a key twice, has no other order
			}
			count++
			got := said(other)
			if !slices.Equal(want, got) {
				t.Errorf("%s\n%q\nand in another order\n%q", line, want, got)
			}
		}
	}
	if count < 20 {
		t.Errorf("only %d resources were compared", count)
	}
}
