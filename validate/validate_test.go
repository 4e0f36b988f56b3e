package validate_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"chartlift/fhir"
	"chartlift/fhir/profile"
	"chartlift/fhir/terms"
	"chartlift/internal/issue"
	"chartlift/validate"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files")

// checkFile returns one line for each issue in the file.
func checkFile(t *testing.T, v *validate.Validator, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	each := func(it *validate.Item) {
		errors := 0
		ok := v.CheckItem(it, func(i issue.Issue) {
			if i.Severity >= issue.Error {
				errors++
			}
			fmt.Fprintf(&b, "%s: %s %s %s", strings.TrimPrefix(i.Origin.String(), filepath.Base(path)+" "), i.Severity, i.Code, i.Expression)
			if i.Value != "" {
				fmt.Fprintf(&b, " = %q", i.Value)
			}
			fmt.Fprintf(&b, "\n    %s: %s", i.Type, i.Message)
			if i.Suggestion != "" {
				fmt.Fprintf(&b, " [%s?]", i.Suggestion)
			}
			b.WriteByte('\n')
		})
		if ok != (errors == 0) {
			t.Errorf("%s: Check says %v beside %d errors", it.Origin(), ok, errors)
		}
	}
	if err := validate.Read(context.Background(), filepath.Base(path), bytes.NewReader(text), each); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestBrokenResourcesAreReportedAsInTheGoldenFiles(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("../testdata/validate/err/*.ndjson")
	if err != nil || len(paths) < 10 {
		t.Fatalf("%d files, %v", len(paths), err)
	}
	v := validate.New(validate.Options{Letter: true})
	all := ""
	for _, path := range paths {
		got := checkFile(t, v, path)
		all += got
		golden := strings.TrimSuffix(path, ".ndjson") + ".out"
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
	}
	for _, rule := range validate.Rules() {
		if rule.ID != "extension-unknown" && rule.ID != "binding-advised" && rule.ID != "bundle-link" && !ofProfiles(rule.ID) && // which have tests of their own
			!strings.Contains(all, " "+rule.ID+" ") {
			t.Errorf("no golden file shows %s", rule.ID)
		}
	}
}

// ofProfiles reports whether a rule needs profiles that no resource of R4
// itself demands.
func ofProfiles(rule string) bool {
	return strings.HasPrefix(rule, "profile-") || strings.HasPrefix(rule, "slice-") || rule == "extension-part" || rule == "extension-context"
}

func TestEveryBrokenLineIsRefused(t *testing.T) {
	t.Parallel()
	paths, _ := filepath.Glob("../testdata/validate/err/*.ndjson")
	v := validate.New(validate.Options{Letter: true, Resolve: func(_, id string) bool { return id == "1" }}) // as in a run, where a reference leads somewhere
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
			ok := true
			each := func(it *validate.Item) { ok = v.CheckItem(it, nil) && ok }
			if err := validate.Read(context.Background(), "x.ndjson", strings.NewReader(line), each); err != nil {
				t.Fatal(err)
			}
			if ok {
				t.Errorf("%s:%d passes: %s", path, i+1, line)
			}
		}
	}
}

func TestSoundResourcesPassWithoutAWord(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("../testdata/validate/ok/*.ndjson")
	if err != nil || len(paths) == 0 {
		t.Fatalf("%d files, %v", len(paths), err)
	}
	v := validate.New(validate.Options{Letter: true, UnknownExtensions: validate.RefuseUnknown, Guide: usCore(t)})
	for _, path := range paths {
		if got := checkFile(t, v, path); got != "" {
			t.Errorf("%s: %s", path, got)
		}
	}
}

func codesOf(v *validate.Validator, json string) []string {
	var codes []string
	v.Check(fhir.Resource{JSON: []byte(json)}, issue.Origin{}, func(i issue.Issue) {
		codes = append(codes, i.Severity.String()+" "+i.Code+" "+i.Expression)
	})
	return codes
}

func TestUnknownExtensionsFollowThePolicy(t *testing.T) {
	t.Parallel()
	const patient = `{"resourceType":"Patient","_birthDate":{"extension":[{"url":"http://example.org/x","valueCode":"a"},` +
		`{"url":"http://hl7.org/fhir/StructureDefinition/patient-birthTime","valueDateTime":"2020"}]}}`
	for policy, want := range map[validate.ExtensionPolicy][]string{
		validate.AllowUnknown:  nil,
		validate.WarnUnknown:   {"warning extension-unknown Patient.birthDate.extension[0]"},
		validate.RefuseUnknown: {"error extension-unknown Patient.birthDate.extension[0]"},
	} {
		if diff := cmp.Diff(want, codesOf(validate.New(validate.Options{UnknownExtensions: policy}), patient)); diff != "" {
			t.Errorf("policy %d: %s", policy, diff)
		}
	}
}

func TestAdviceIsGivenWhereAsked(t *testing.T) {
	t.Parallel()
	const patient = `{"resourceType":"Patient","maritalStatus":{"coding":[{"system":"http://example.org","code":"m"}]},` +
		`"contact":[{"name":{"family":"x"},"relationship":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0131","code":"N"}]}]}],` +
		`"photo":[{"contentType":"pdf","url":"http://example.org"}],"generalPractitioner":[{"identifier":{"type":{"coding":[{"system":"http://snomed.info/sct","code":"1"}]}}}]}`
	for advice, want := range map[bool][]string{
		false: {"warning binding-advised Patient.photo[0].contentType"},
		true: {
			"warning binding-advised Patient.maritalStatus", "warning binding-advised Patient.photo[0].contentType",
			"warning binding-advised Patient.generalPractitioner[0].identifier.type",
		},
	} {
		v := validate.New(validate.Options{Advice: advice})
		if diff := cmp.Diff(want, codesOf(v, patient)); diff != "" {
			t.Errorf("advice %v: %s", advice, diff)
		}
		unchecked := v.NotChecked()
		if advice && (len(unchecked) != 2 || unchecked[0] != (validate.Unchecked{What: "codes of http://example.org", Count: 1})) || !advice && len(unchecked) > 0 {
			t.Errorf("advice %v: not checked %v", advice, unchecked)
		}
	}
}

func TestCodesThatTheUserAddsAreKnown(t *testing.T) {
	t.Parallel()
	set := terms.R4()
	set.Add("http://hl7.org/fhir/sid/cvx", "03", "08")
	v := validate.New(validate.Options{Terms: set})
	for code, want := range map[string][]string{"08": nil, "8": {"error coding-unknown Immunization.vaccineCode"}} {
		got := codesOf(v, `{"resourceType":"Immunization","status":"completed","patient":{"display":"x"},"occurrenceString":"once","vaccineCode":{"coding":[{"system":"http://hl7.org/fhir/sid/cvx","code":"`+code+`"}]}}`)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", code, diff)
		}
	}
}

func TestCodesThatTheirSystemLacksAreWarnedOfInARun(t *testing.T) {
	t.Parallel()
	v := validate.New(validate.Options{WarnCodes: true})
	const patient = `{"resourceType":"Patient","id":"a","maritalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-MaritalStatus","code":"QQ"}]}%s}`
	if diff := cmp.Diff([]string{"warning coding-unknown Patient.maritalStatus"}, codesOf(v, strings.Replace(patient, "%s", "", 1))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"warning coding-unknown Patient.maritalStatus", "error binding-required Patient.gender"}, codesOf(v, strings.Replace(patient, "%s", `,"gender":"QQ"`, 1))); diff != "" {
		t.Errorf("a code that a value set demands stays an error: %s", diff)
	}
}

func TestReferencesResolveWhereAsked(t *testing.T) {
	t.Parallel()
	v := validate.New(validate.Options{
		Resolve:  func(typ, id string) bool { return typ == "Organization" && id == "1" },
		External: []string{"Organization/ext-"},
	})
	for reference, want := range map[string][]string{
		"Organization/1":                                nil,
		"Organization/1/_history/4":                     nil,
		"Organization/ext-7":                            nil,
		"https://example.org/fhir/Organization/2":       nil,
		"Organization?identifier=a":                     nil,
		"urn:uuid:c757873d-ec9a-4326-a141-556f43239520": nil,
		"Organization/2":                                {"error reference-unresolved Patient.managingOrganization"},
	} {
		got := codesOf(v, `{"resourceType":"Patient","managingOrganization":{"reference":"`+reference+`"}}`)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", reference, diff)
		}
	}
}

func TestIssuesCarryOriginAndNoPatientDataInTheirMessage(t *testing.T) {
	t.Parallel()
	origin := issue.Origin{Source: "patients.csv", Table: "patients", Row: 7, Line: 9}
	var got []issue.Issue
	ok := validate.New(validate.Options{}).Check(
		fhir.Resource{JSON: []byte(`{"resourceType":"Patient","birthDate":"Lopez","gender":"femal"}`)}, origin,
		func(i issue.Issue) { got = append(got, i) })
	want := []issue.Issue{
		{
			Severity: issue.Error, Code: "primitive-format", Type: "value", Rule: "primitive-format", Origin: origin,
			Expression: "Patient.birthDate", Value: "Lopez", Message: "not a valid date, which is YYYY, YYYY-MM or YYYY-MM-DD",
			Counterpart: "Type_Specific_Checks_DT_Date_Valid",
		},
		{
			Severity: issue.Error, Code: "binding-required", Type: "code-invalid", Rule: "binding-required", Origin: origin,
			Expression: "Patient.gender", Value: "femal", Suggestion: "female",
			Message:     "a code of the value set http://hl7.org/fhir/ValueSet/administrative-gender is required here",
			Counterpart: "Terminology_TX_NoValid_16",
		},
	}
	if diff := cmp.Diff(want, got); diff != "" || ok {
		t.Errorf("ok %v %s", ok, diff)
	}
}

func TestCheckingIsSafeFromManyGoroutines(t *testing.T) {
	t.Parallel()
	v := validate.New(validate.Options{})
	done := make(chan []string)
	for n := range 8 {
		go func() {
			var codes []string
			for range 200 {
				codes = codesOf(v, fmt.Sprintf(`{"resourceType":"Patient","id":"a%d","gender":"g%d"}`, n, n))
			}
			done <- codes
		}()
	}
	for range 8 {
		if diff := cmp.Diff([]string{"error binding-required Patient.gender"}, <-done); diff != "" {
			t.Error(diff)
		}
	}
}

func TestNoTypeHasMoreElementsThanTheSetOfSeenOnesHolds(t *testing.T) {
	t.Parallel()
	for _, name := range append(fhir.ResourceTypes(), "ElementDefinition", "Extension", "Parameters.parameter", "Task.input") {
		def, ok := fhir.LookupType(name)
		if !ok || len(def.Elements) > 384 {
			t.Errorf("%s: %v", name, ok)
		}
	}
}

func TestCodesAreTheRulesInOrder(t *testing.T) {
	t.Parallel()
	codes := validate.Codes()
	for i, rule := range validate.Rules() {
		if codes[i].Code != rule.ID || codes[i].Title == "" || codes[i].Fix == "" || rule.Type == "" {
			t.Errorf("rule %d is %+v, code %+v", i, rule, codes[i])
		}
		if i > 0 && rule.ID <= codes[i-1].Code {
			t.Errorf("%s is out of order", rule.ID)
		}
	}
}

// observation is a resource of about 1 kB, as mappings make them.
const observation = `{"resourceType":"Observation","id":"0c9a1d2e-7b44-4b6e-9a52-0f6f0d1c2b3a","meta":{"lastUpdated":"2023-04-05T06:07:08.123Z",` +
	`"profile":["http://hl7.org/fhir/us/core/StructureDefinition/us-core-vital-signs"]},"identifier":[{"system":"urn:oid:1.2.3.4","value":"123456"}],` +
	`"status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs","display":"Vital Signs"}]}],` +
	`"code":{"coding":[{"system":"http://loinc.org","code":"8462-4","display":"Diastolic blood pressure"}],"text":"Diastolic blood pressure"},` +
	`"subject":{"reference":"Patient/0c9a1d2e-7b44-4b6e-9a52-0f6f0d1c2b3b"},"encounter":{"reference":"Encounter/0c9a1d2e-7b44-4b6e-9a52-0f6f0d1c2b3c"},` +
	`"effectiveDateTime":"2023-04-05T06:07:08-05:00","issued":"2023-04-05T06:07:08.123-05:00",` +
	`"valueQuantity":{"value":120.5,"unit":"mmHg","system":"http://unitsofmeasure.org","code":"mm[Hg]"}}`

// usCore returns the guide that comes along.
func usCore(tb testing.TB) *profile.Guide {
	tb.Helper()
	g := profile.New()
	if err := g.AddPath(profile.USCore); err != nil {
		tb.Fatal(err)
	}
	return g
}

func TestSoundResourcesCostNoAllocation(t *testing.T) {
	if underRace {
		t.Skip("the race detector makes sync.Pool allocate")
	}
	for name, guide := range map[string]*profile.Guide{"R4 alone": nil, "US Core": usCore(t)} {
		v := validate.New(validate.Options{Resolve: func(string, string) bool { return true }, Guide: guide})
		r := fhir.Resource{Type: "Observation", JSON: []byte(observation)}
		report := func(i issue.Issue) {
			if i.Code != "profile-unknown" || guide != nil {
				t.Errorf("%s: %+v", name, i)
			}
		}
		if n := testing.AllocsPerRun(500, func() { v.Check(r, issue.Origin{}, report) }); n >= 1 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func BenchmarkCheckObservation(b *testing.B) { benchmarkCheck(b, nil) }

func BenchmarkCheckObservationOfUSCore(b *testing.B) { benchmarkCheck(b, usCore(b)) }

func benchmarkCheck(b *testing.B, guide *profile.Guide) {
	v := validate.New(validate.Options{Guide: guide})
	r := fhir.Resource{Type: "Observation", JSON: []byte(observation)}
	b.SetBytes(int64(len(observation)))
	b.ReportAllocs()
	for b.Loop() {
		if !v.Check(r, issue.Origin{}, nil) {
			b.Fatal("not valid")
		}
	}
}

func FuzzCheck(f *testing.F) {
	paths, _ := filepath.Glob("../testdata/validate/*/*.ndjson")
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for _, line := range bytes.Split(text, []byte("\n")) {
			f.Add(line)
		}
	}
	alone := validate.New(validate.Options{UnknownExtensions: validate.WarnUnknown})
	guided := validate.New(validate.Options{Guide: ownGuide(f)})
	f.Fuzz(func(t *testing.T, text []byte) {
		v, errors := alone, 0
		if bytes.Contains(text, []byte("example.org/fhir")) {
			v = guided
		}
		ok := v.Check(fhir.Resource{JSON: text}, issue.Origin{}, func(i issue.Issue) {
			if i.Severity == issue.Error {
				errors++
			}
			if i.Code == "" || i.Message == "" || i.Type == "" {
				t.Errorf("incomplete issue %+v", i)
			}
		})
		if ok != (errors == 0) {
			t.Errorf("Check says %v beside %d errors", ok, errors)
		}
	})
}
