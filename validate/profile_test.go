package validate_test

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"chartlift/fhir"
	"chartlift/fhir/profile"
	"chartlift/internal/issue"
	"chartlift/validate"

	"github.com/google/go-cmp/cmp"
)

// ownGuide is a guide of differentials alone: slices by value, pattern, type,
// profile and exists, through resolve() and extension(), slices inside slices,
// ordered and closed ones, nested profiles, extensions.
func ownGuide(t testing.TB) *profile.Guide {
	t.Helper()
	g := profile.New()
	if err := errors.Join(g.AddPath("../testdata/validate/profile/guide.json"), g.Check()); err != nil {
		t.Fatal(err)
	}
	return g
}

// TestResourcesThatBreakAProfileAreReportedAsInTheGoldenFile goes through one
// case a line; its id says what is wrong.
func TestResourcesThatBreakAProfileAreReportedAsInTheGoldenFile(t *testing.T) {
	t.Parallel()
	const cases, golden = "../testdata/validate/profile/cases.ndjson", "../testdata/validate/profile/cases.out"
	got := checkFile(t, validate.New(validate.Options{Letter: true, Guide: ownGuide(t)}), cases)
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
		t.Error(diff)
	}
	for _, rule := range validate.Rules() {
		if ofProfiles(rule.ID) && !strings.Contains(got, " "+rule.ID+" ") {
			t.Errorf("no case shows %s", rule.ID)
		}
	}
}

func TestAProfileThatIsNotAtHandIsSaidOnce(t *testing.T) {
	t.Parallel()
	v := validate.New(validate.Options{})
	const patient = `{"resourceType":"Patient","id":"a","meta":{"profile":["http://example.org/nowhere"]},"active":true}`
	want := []string{"information profile-unknown Patient"}
	if got := codesOf(v, patient); !slices.Equal(got, want) {
		t.Errorf("%q, not %q", got, want)
	}
	if got := codesOf(v, patient); len(got) > 0 {
		t.Errorf("said again: %q", got)
	}
}

// A file may name any number of profiles: what is remembered of them has a
// bound, and so has what is said.
func TestProfilesThatAreNotAtHandAreRememberedUpToABound(t *testing.T) {
	t.Parallel()
	v := validate.New(validate.Options{})
	said := 0
	for i := range 5000 {
		said += len(codesOf(v, fmt.Sprintf(`{"resourceType":"Patient","id":"a","meta":{"profile":["http://example.org/%d"]},"active":true}`, i)))
	}
	if said != 1<<12 {
		t.Errorf("%d of 5000 profiles were said", said)
	}
}

// A definition that cannot be used is said where the first resource names it,
// not passed over because its guide was loaded without an error.
func TestAProfileWhoseBaseIsNotAtHandIsSaidOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "guide.json")
	const definition = `{"resourceType":"StructureDefinition","url":"http://example.org/p","name":"p","status":"draft","kind":"resource","abstract":false,"type":"Patient",` +
		`"baseDefinition":"http://example.org/nowhere","derivation":"constraint","differential":{"element":[{"id":"Patient.name","path":"Patient.name","min":1}]}}`
	if err := os.WriteFile(path, []byte(definition), 0o600); err != nil {
		t.Fatal(err)
	}
	g := profile.New()
	if err := errors.Join(g.AddPath(path), g.Check()); err != nil {
		t.Fatal(err)
	}
	v, messages := validate.New(validate.Options{Guide: g}), []string{}
	for range 2 {
		v.Check(fhir.Resource{JSON: []byte(`{"resourceType":"Patient","meta":{"profile":["http://example.org/p"]}}`)}, issue.Origin{}, func(i issue.Issue) { messages = append(messages, i.Code+" "+i.Message) })
	}
	if len(messages) != 1 || !strings.HasPrefix(messages[0], "profile-unknown ") || !strings.Contains(messages[0], "what it derives from") {
		t.Errorf("%q", messages)
	}
}

func TestVitalSignsFollowR4sProfileWithoutNamingIt(t *testing.T) {
	t.Parallel()
	const weight = `{"resourceType":"Observation","id":"w","status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs"}]}],` +
		`"code":{"coding":[{"system":"SYSTEM","code":"29463-7"}]},"subject":{"reference":"Patient/p"},"effectiveDateTime":"DAY",` +
		`"valueQuantity":{"value":70,"unit":"kg","system":"http://unitsofmeasure.org","code":"UNIT"}}`
	v := validate.New(validate.Options{})
	for _, c := range []struct {
		system, day, unit string
		want              []string
	}{
		{"http://loinc.org", "2020-01-01", "kg", nil},
		{"http://loinc.org", "2020", "kg", []string{"error invariant-failed Observation.effective.ofType(dateTime)"}},
		{"http://loinc.org", "2020-01-01", "mg", []string{"error binding-required Observation.value.ofType(Quantity).code"}},
		{"http://example.org", "2020", "mg", nil},
	} {
		text := strings.NewReplacer("SYSTEM", c.system, "DAY", c.day, "UNIT", c.unit).Replace(weight)
		if got := codesOf(v, text); !slices.Equal(got, c.want) {
			t.Errorf("%s %s %s: %q, not %q", c.system, c.day, c.unit, got, c.want)
		}
	}
}

func TestBrokenProfilesMayBeWarnings(t *testing.T) {
	t.Parallel()
	v := validate.New(validate.Options{Guide: usCore(t), WarnProfiles: true})
	r := fhir.Resource{JSON: []byte(`{"resourceType":"Patient","id":"a","meta":{"profile":["http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient"]},"gender":"male"}`)}
	var got []string
	ok := v.Check(r, issue.Origin{}, func(i issue.Issue) { got = append(got, i.Severity.String()+" "+i.Expression) })
	if want := []string{"warning Patient", "warning Patient"}; !ok || !slices.Equal(got, want) {
		t.Errorf("%v %q, not true %q", ok, got, want)
	}
	strict := validate.New(validate.Options{Guide: usCore(t)})
	if strict.Check(r, issue.Origin{}, nil) {
		t.Error("the same is valid where profiles decide")
	}
}

func TestProfilesCanBeDemandedOfResourcesThatNameNone(t *testing.T) {
	t.Parallel()
	v := validate.New(validate.Options{Guide: usCore(t), Profiles: []string{"http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient"}})
	if got, want := codesOf(v, `{"resourceType":"Patient","id":"a","name":[{"family":"A"}],"identifier":[{"system":"urn:x","value":"1"}]}`), []string{"error cardinality-min Patient"}; !slices.Equal(got, want) {
		t.Errorf("%q, not %q", got, want)
	}
	if got := codesOf(v, `{"resourceType":"Group","id":"a","type":"person","actual":true}`); len(got) > 0 {
		t.Errorf("a resource of another type: %q", got)
	}
}

func TestWhatOneProfileSaysIsNotSaidByItsBaseAgain(t *testing.T) {
	t.Parallel()
	v := validate.New(validate.Options{Guide: usCore(t)})
	const base = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-"
	text := `{"resourceType":"Observation","id":"w","meta":{"profile":["` + base + `vital-signs","` + base + `body-weight"]},"status":"final",` +
		`"code":{"coding":[{"system":"http://loinc.org","code":"29463-7"}]},"subject":{"reference":"Patient/p"},"effectiveDateTime":"2020-01-01",` +
		`"valueQuantity":{"value":70,"unit":"kg","system":"http://unitsofmeasure.org","code":"kg"}}`
	if got, want := codesOf(v, text), []string{"error slice-missing Observation"}; !slices.Equal(got, want) {
		t.Errorf("%q, not %q", got, want)
	}
}

// TestExamplesOfUSCorePass checks the examples of the packages with the
// profiles of the same package. Of those of 3.1.1 some lack the second code
// that R4 asks of an oxygen saturation or the one of a body height, and one has
// a hash that is no base64.
func TestExamplesOfUSCorePass(t *testing.T) {
	t.Parallel()
	for version, atLeast := range map[string]int{"3.1.1": 80, "6.1.0": 170, "7.0.0": 170} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			path := "../../shared/data/fhir-r4/packages/hl7.fhir.us.core-" + version + ".tgz"
			if _, err := os.Stat(path); err != nil {
				t.Skipf("%s is absent", path)
			}
			g := profile.New()
			if err := errors.Join(g.AddPath(path), g.Check()); err != nil {
				t.Fatal(err)
			}
			v, n := validate.New(validate.Options{Guide: g}), 0
			eachExample(t, path, func(it *validate.Item) {
				n++
				v.CheckItem(it, func(i issue.Issue) {
					if i.Severity >= issue.Error && !strings.HasPrefix(it.File, "Observation-oxygen-saturation") && !strings.HasPrefix(it.File, "Observation-satO2") && it.File != "Observation-length.json" && i.Expression != "DiagnosticReport.presentedForm[0].hash" {
						t.Errorf("%s: %s %s: %s", it.File, i.Code, i.Expression, i.Message)
					}
				})
			})
			if n < atLeast {
				t.Errorf("only %d examples", n)
			}
		})
	}
}

func eachExample(t *testing.T, path string, each func(*validate.Item)) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	unzipped, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for files := tar.NewReader(unzipped); ; {
		head, err := files.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Dir(head.Name) != "package/example" || strings.HasPrefix(filepath.Base(head.Name), "Bundle-") || !strings.HasSuffix(head.Name, ".json") || strings.HasPrefix(filepath.Base(head.Name), ".") {
			continue
		}
		if err := validate.Read(context.Background(), filepath.Base(head.Name), files, each); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTheFillOfElementsThatMustBeSupportedIsCounted(t *testing.T) {
	t.Parallel()
	var filled validate.MustSupport
	v := validate.New(validate.Options{Guide: usCore(t), MustSupport: &filled})
	for _, text := range []string{
		`{"resourceType":"Patient","id":"a","meta":{"profile":["http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient"]},"name":[{"family":"A","given":["B"]},{"family":"C"}],"gender":"male"}`,
		`{"resourceType":"Patient","id":"b","meta":{"profile":["http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient"]},"name":[{"family":"A"}],"gender":"male","birthDate":"2000"}`,
		`{"resourceType":"Patient","id":"c","birthDate":"2000"}`,
	} {
		v.Check(fhir.Resource{JSON: []byte(text)}, issue.Origin{}, func(issue.Issue) {})
	}
	got := map[string][2]int64{}
	for _, f := range filled.List() {
		got[f.Element] = [2]int64{f.Have, f.Of}
	}
	for element, want := range map[string][2]int64{
		"Patient.birthDate": {1, 2}, "Patient.gender": {2, 2}, "Patient.identifier": {0, 2}, "Patient.name.given": {1, 3}, "Patient.name.family": {3, 3},
	} {
		if got[element] != want {
			t.Errorf("%s: %v, not %v", element, got[element], want)
		}
	}
	if all := filled.List(); all[0].Have != 0 || all[0].Profile != "us-core-patient" {
		t.Errorf("the emptiest element does not come first: %+v", all[0])
	}
}

func TestAProfileIsNoExtensionWhetherItWasNeededBeforeOrNot(t *testing.T) {
	t.Parallel()
	const vitals = "http://hl7.org/fhir/StructureDefinition/bodyweight"
	v := validate.New(validate.Options{})
	extended := `{"resourceType":"Patient","id":"a","extension":[{"url":"` + vitals + `","valueString":"x"}]}`
	if got := codesOf(v, extended); len(got) > 0 {
		t.Errorf("at first: %q", got)
	}
	codesOf(v, `{"resourceType":"Observation","id":"w","meta":{"profile":["`+vitals+`"]},"status":"final","code":{"text":"weight"}}`)
	if got := codesOf(v, extended); len(got) > 0 {
		t.Errorf("when the profile is known: %q", got)
	}
}

func TestManyWorkersShareAGuide(t *testing.T) {
	t.Parallel()
	v := validate.New(validate.Options{Guide: usCore(t)})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 50 {
				text := strings.Replace(observation, "us-core-vital-signs", []string{"us-core-vital-signs", "us-core-bmi", fmt.Sprint("none-", i, j)}[j%3], 1)
				v.Check(fhir.Resource{JSON: []byte(text)}, issue.Origin{}, func(issue.Issue) {})
			}
		})
	}
	wg.Wait()
}
