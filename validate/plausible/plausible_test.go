package plausible_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"chartlift/fhir"
	"chartlift/internal/issue"
	"chartlift/validate/plausible"

	"github.com/google/go-cmp/cmp"
)

var today = time.Date(2026, 11, 22, 15, 0, 0, 0, time.UTC) //nolint:gochecknoglobals // the day on which the tests play

// resource makes one from JSON without its type and id.
func resource(typ, id, rest string) fhir.Resource {
	if rest != "" {
		rest = "," + rest
	}
	return fhir.Resource{Type: typ, ID: id, JSON: []byte(`{"resourceType":"` + typ + `","id":"` + id + `"` + rest + `}`)}
}

// found runs resources through one worker and returns the codes of what was
// found, each with its row.
func found(t *testing.T, o plausible.Options, all ...fhir.Resource) ([]string, []plausible.Result) {
	t.Helper()
	if o.Today.IsZero() {
		o.Today = today
	}
	var codes []string
	report := func(i issue.Issue) {
		if i.Message == "" || i.Rule != i.Code || i.Severity != issue.Warning {
			t.Errorf("found %+v", i)
		}
		codes = append(codes, fmt.Sprintf("%s %d", i.Code, i.Origin.Row))
	}
	c := plausible.New(o)
	w := c.Worker(report)
	for i, r := range all {
		w.Check(r, issue.Origin{Source: "a.csv", Table: "a", Row: int64(i + 1)})
	}
	results := finish(t, c, report)
	return codes, results
}

const born1980 = `"gender":"male","birthDate":"1980-05-10"`

func TestEachRuleFindsItsMistakeAndLeavesTheRightAlone(t *testing.T) {
	t.Parallel()
	subject := `"subject":{"reference":"Patient/p"},`
	dead := `"gender":"female","birthDate":"1930-01-02","deceasedDateTime":"2001-06-01"`
	quantity := func(code, value, unit string) string {
		return subject + `"code":{"coding":[{"system":"http://loinc.org","code":"` + code + `"}]},"valueQuantity":{"value":` + value + `,"code":"` + unit + `"}`
	}
	pressure := func(systolic, diastolic string) string {
		part := func(code, v string) string {
			return `{"code":{"coding":[{"system":"http://loinc.org","code":"` + code + `"}]},"valueQuantity":{"value":` + v + `,"unit":"mmHg"}}`
		}
		return subject + `"component":[` + part("8480-6", systolic) + "," + part("8462-4", diastolic) + `]`
	}
	diagnosis := func(system, code string) string {
		return subject + `"code":{"coding":[{"system":"` + system + `","code":"` + code + `"}]}`
	}
	supply := func(s string) string { return subject + `"dispenseRequest":{` + s + `}` }
	for _, row := range []struct{ name, patient, typ, rest, want string }{
		{"a plain patient", born1980, "", "", ""},
		{"born in the year of an emperor", `"birthDate":"1830-01-02"`, "", "", "birth-before-1850 1, age-over-120 1"},
		{"born in 1850 and dead", `"birthDate":"1850","deceasedBoolean":true`, "", "", ""},
		{"born the day after tomorrow", `"birthDate":"2026-11-24"`, "", "", "birth-in-future 1"},
		{"born tomorrow, as clocks differ", `"birthDate":"2026-11-23"`, "", "", ""},
		{"born some day this year", `"birthDate":"2026"`, "", "", ""},
		{"120 years and a day", `"birthDate":"1906-11-21"`, "", "", "age-over-120 1"},
		{"120 years", `"birthDate":"1906-11-22"`, "", "", ""},
		{"old and not dead", `"birthDate":"1901","deceasedBoolean":false`, "", "", "age-over-120 1"},
		{"dead before birth", `"birthDate":"1980-05-10","deceasedDateTime":"1980-05-09"`, "", "", "death-before-birth 1"},
		{"dead in the month of birth", `"birthDate":"1980-05-10","deceasedDateTime":"1980-05"`, "", "", ""},
		{"dead at birth, in another zone", `"birthDate":"1980-05-10","deceasedDateTime":"1980-05-09T23:50:00-05:00"`, "", "", ""},
		{"dead in the future", `"birthDate":"1980-05-10","deceasedDateTime":"2027"`, "", "", "death-in-future 1"},
		{"a placeholder", `"birthDate":"1970-01-01"`, "", "", "birth-date-placeholder 1"},
		{"a test patient", `"name":[{"family":"zzTest"}]`, "", "", "test-patient 1"},
		{"a name with test in it", `"name":[{"family":"Testaverde"}]`, "", "", ""},
		{"ssn", `"identifier":[{"system":"http://hl7.org/fhir/sid/us-ssn","value":"666-12-3456"}]`, "", "", "ssn-impossible 1"},
		{"ssn of one digit", `"identifier":[{"system":"http://hl7.org/fhir/sid/us-ssn","value":"111111111"}]`, "", "", "ssn-impossible 1"},
		{"ssn as it may be", `"identifier":[{"system":"http://hl7.org/fhir/sid/us-ssn","value":"078-05-1120"}]`, "", "", ""},
		{"last four of an ssn", `"identifier":[{"system":"http://hl7.org/fhir/sid/us-ssn","value":"1120"}]`, "", "", ""},
		{"npi", born1980, "Practitioner", `"identifier":[{"system":"http://hl7.org/fhir/sid/us-npi","value":"1234567890"}]`, "npi-check-digit 2"},
		{"npi as it may be", born1980, "Practitioner", `"identifier":[{"system":"http://hl7.org/fhir/sid/us-npi","value":"1234567893"}]`, ""},

		{"before 1950", dead, "Procedure", subject + `"performedDateTime":"1949-12-31"`, "event-before-1950 2"},
		{"in the future", born1980, "Immunization", `"patient":{"reference":"Patient/p"},"occurrenceDateTime":"2027-01-01"`, "event-in-future 2"},
		{"planned", born1980, "ServiceRequest", subject + `"authoredOn":"2027-01-01"`, ""},
		{"before birth", born1980, "Encounter", subject + `"period":{"start":"1979-01-01T10:00:00Z"}`, "event-before-birth 2"},
		{"at birth, in another zone", born1980, "Encounter", subject + `"period":{"start":"1980-05-09T22:00:00Z"}`, ""},
		{"in the year of birth", born1980, "Condition", subject + `"onsetDateTime":"1980"`, ""},
		{"after death", dead, "Procedure", subject + `"performedPeriod":{"start":"2001-06-02"}`, "event-after-death 2"},
		{"a result after death", dead, "Observation", subject + `"effectiveDateTime":"2001-07-31"`, ""},
		{"a result long after death", dead, "Observation", subject + `"effectiveDateTime":"2001-08-01"`, "event-after-death 2"},
		{"nobody known", born1980, "Procedure", `"subject":{"reference":"Patient/other"},"performedDateTime":"1955-01-01"`, ""},
		{"over before it began", born1980, "Condition", subject + `"onsetDateTime":"2001-01-02","abatementDateTime":"2001-01-01"`, "end-before-start 2"},
		{"over in the same year", born1980, "Condition", subject + `"onsetDateTime":"2001-01-02","abatementDateTime":"2001"`, ""},
		{"nobody's encounter", born1980, "Encounter", `"status":"finished"`, "encounter-without-patient 2"},

		{"a pregnant man, ICD-10-CM", born1980, "Condition", diagnosis("http://hl7.org/fhir/sid/icd-10-cm", "O26.899"), "sex-conflict 2"},
		{"a pregnant man, ICD-9", born1980, "Condition", diagnosis("http://hl7.org/fhir/sid/icd-9-cm", "V22.1"), "sex-conflict 2"},
		{"a pregnant man, SNOMED", born1980, "Condition", diagnosis("http://snomed.info/sct", "72892002"), "sex-conflict 2"},
		{"a woman's prostate", dead, "Condition", diagnosis("http://hl7.org/fhir/sid/icd-10", "C61"), "sex-conflict 2"},
		{"a man's prostate", born1980, "Condition", diagnosis("http://hl7.org/fhir/sid/icd-10", "C61"), ""},
		{"a man's breast", born1980, "Condition", diagnosis("http://hl7.org/fhir/sid/icd-10-cm", "C50.921"), ""},
		{"a newborn", born1980, "Condition", diagnosis("http://hl7.org/fhir/sid/icd-10-cm", "Z38.00"), ""},
		{"other sex", `"gender":"other"`, "Condition", diagnosis("http://hl7.org/fhir/sid/icd-10", "O80"), ""},
		{"a local code", born1980, "Condition", diagnosis("urn:local", "O80"), ""},

		{"fever", born1980, "Observation", quantity("8310-5", "41.2", "Cel"), ""},
		{"Fahrenheit as Celsius", born1980, "Observation", quantity("8310-5", "98.6", "Cel"), "unit-swapped 2"},
		{"Celsius as Fahrenheit", born1980, "Observation", quantity("8310-5", "37.0", "[degF]"), "unit-swapped 2"},
		{"368 degrees", born1980, "Observation", quantity("8310-5", "368", "Cel"), "measurement-out-of-range 2"},
		{"a small woman", born1980, "Observation", quantity("8302-2", "142", "cm"), ""},
		{"1.7 centimetres", born1980, "Observation", quantity("8302-2", "1.7", "cm"), "unit-swapped 2"},
		{"grams as kilograms", born1980, "Observation", quantity("29463-7", "3500", "kg"), "unit-swapped 2"},
		{"a heart that stands", born1980, "Observation", quantity("8867-4", "0", "/min"), "measurement-out-of-range 2"},
		{"a heart in millimetres", born1980, "Observation", quantity("8867-4", "70", "mm[Hg]"), "measurement-unit 2"},
		{"entered in error", born1980, "Observation", `"status":"entered-in-error",` + quantity("8867-4", "0", "/min"), ""},
		{"no limits known", born1980, "Observation", quantity("1751-7", "4000", "g/dL"), ""},
		{"pressure", born1980, "Observation", pressure("120", "80"), ""},
		{"pressure the wrong way round", born1980, "Observation", pressure("80", "120"), "blood-pressure-swapped 2"},
		{"pressure beyond life", born1980, "Observation", pressure("1200", "80"), "measurement-out-of-range 2"},

		{"two years of tablets", born1980, "MedicationRequest", supply(`"expectedSupplyDuration":{"value":730,"code":"d"}`), "prescription-amount 2"},
		{"30 refills", born1980, "MedicationRequest", supply(`"numberOfRepeatsAllowed":30`), "prescription-amount 2"},
		{"no tablets", born1980, "MedicationRequest", supply(`"quantity":{"value":0}`), "prescription-amount 2"},
		{"a month of tablets", born1980, "MedicationRequest", supply(`"numberOfRepeatsAllowed":0,"quantity":{"value":30},"expectedSupplyDuration":{"value":30,"unit":"days"}`), ""},
	} {
		all := []fhir.Resource{resource("Patient", "p", row.patient)}
		if row.typ != "" {
			all = append(all, resource(row.typ, "x", strings.TrimSuffix(row.rest, ",")))
		}
		codes, _ := found(t, plausible.Options{}, all...)
		if got := strings.Join(codes, ", "); got != row.want {
			t.Errorf("%s: found %q, want %q", row.name, got, row.want)
		}
	}
}

func TestAnEventIsComparedWithItsEncounter(t *testing.T) {
	t.Parallel()
	encounter := `"encounter":{"reference":"Encounter/e"},`
	stay := resource("Encounter", "e", `"subject":{"reference":"Patient/p"},"period":{"start":"2020-03-10","end":"2020-03-12"}`)
	for date, bad := range map[string]bool{"2020-03-03": false, "2020-03-02": true, "2020-03-19": false, "2020-03-20": true, "2020": false} {
		codes, _ := found(t, plausible.Options{}, stay, resource("Procedure", "x", encounter+`"performedDateTime":"`+date+`"`))
		if slices.Contains(codes, "event-outside-encounter 2") != bad {
			t.Errorf("%s: %v", date, codes)
		}
	}
	if codes, _ := found(t, plausible.Options{}, stay, resource("Condition", "x", encounter+`"onsetDateTime":"1990-01-01"`)); len(codes) > 0 {
		t.Errorf("an old illness, written down in a stay: %v", codes)
	}
	open := resource("Encounter", "e", `"subject":{"reference":"Patient/p"},"period":{"start":"2020-03-10"}`)
	if codes, _ := found(t, plausible.Options{}, open, resource("Procedure", "x", encounter+`"performedDateTime":"2026-01-01"`)); len(codes) > 0 {
		t.Errorf("the stay may still go on: %v", codes)
	}
}

func TestAnIdentifierOfTwoPatientsIsFoundOnTheLaterRow(t *testing.T) {
	t.Parallel()
	with := func(id, value, rest string) fhir.Resource {
		return resource("Patient", id, `"identifier":[{`+rest+`"system":"urn:mrn","value":"`+value+`"}]`)
	}
	codes, results := found(t, plausible.Options{}, with("a", "1", ""), with("b", "2", ""), with("c", "1", ""), with("d", "1", ""))
	if want := []string{"identifier-shared 3", "identifier-shared 4"}; !slices.Equal(codes, want) {
		t.Errorf("found %v, want %v", codes, want)
	}
	r := resultOf(t, results, "identifier-shared", "Patient")
	if r.N != 4 || r.Violated != 2 || r.Status != plausible.Fail {
		t.Errorf("the verdict is %+v", r)
	}
	replaced := resource("Patient", "b", `"identifier":[{"system":"urn:mrn","value":"1"}],"active":false`)
	if codes, _ := found(t, plausible.Options{}, with("a", "1", ""), replaced, with("c", "1", `"use":"old",`)); len(codes) > 0 {
		t.Errorf("a replaced record and a retired number: %v", codes)
	}
}

func TestRecordsOfOnePersonShareTheirIdentifiersRightly(t *testing.T) {
	t.Parallel()
	var codes []string
	report := func(i issue.Issue) { codes = append(codes, fmt.Sprintf("%s %d", i.Code, i.Origin.Row)) }
	c := plausible.New(plausible.Options{Today: today})
	w := c.Worker(report)
	for i, id := range []string{"a", "b", "c", "d"} {
		w.Check(resource("Patient", id, `"identifier":[{"system":"urn:mrn","value":"1"}]`), issue.Origin{Source: "a.csv", Row: int64(i + 1)})
	}
	c.Same([]string{"c", "a", "b"})
	results := finish(t, c, report)
	if want := []string{"identifier-shared 4"}; !slices.Equal(codes, want) || resultOf(t, results, "identifier-shared", "Patient").Violated != 1 {
		t.Errorf("found %v, want %v", codes, want)
	}
	(*plausible.Checker)(nil).Same([]string{"a", "b"}) // nobody looks: nothing happens
}

func finish(t *testing.T, c *plausible.Checker, report issue.Reporter) []plausible.Result {
	t.Helper()
	results, err := c.Finish(report)
	if err != nil {
		t.Fatal(err)
	}
	return results
}

func resultOf(t *testing.T, all []plausible.Result, rule, scope string) plausible.Result {
	t.Helper()
	for _, r := range all {
		if r.Rule.Name == rule && r.Scope == scope {
			return r
		}
	}
	t.Fatalf("there is no result of %s for %q in %+v", rule, scope, all)
	return plausible.Result{}
}

func TestAMonthWithoutItsRecordsIsFound(t *testing.T) {
	t.Parallel()
	visits := func(missing string, every int) []fhir.Resource {
		var all []fhir.Resource
		for m := range 24 {
			at := time.Date(2020, time.Month(1+m), 1, 0, 0, 0, 0, time.UTC).Format("2006-01")
			for i := range every {
				if at == missing && i >= every/2-1 {
					break
				}
				all = append(all, resource("Encounter", fmt.Sprint(m, "-", i), `"subject":{"reference":"Patient/p"},"period":{"start":"`+fmt.Sprintf("%s-%02d", at, i%28+1)+`"}`))
			}
		}
		return all
	}
	for _, row := range []struct {
		missing string
		every   int
		want    []string
	}{
		{"2020-09", 30, []string{"month-gap 0"}},
		{"2020-02", 30, []string{"month-gap 0"}},
		{"2021-12", 30, nil}, // the extract ends there
		{"none", 30, nil},
		{"2020-09", 10, nil}, // too few to tell
	} {
		codes, results := found(t, plausible.Options{}, visits(row.missing, row.every)...)
		if !slices.Equal(codes, row.want) {
			t.Errorf("%s of %d a month: found %v", row.missing, row.every, codes)
		}
		if row.every == 30 {
			if r := resultOf(t, results, "month-gap", "Encounter"); r.N != 22 || r.Violated != int64(len(row.want)) {
				t.Errorf("%s: %+v", row.missing, r)
			}
		}
	}
}

func TestWhatComesInBurstsHasNoGaps(t *testing.T) {
	t.Parallel()
	var all []fhir.Resource
	for m := range 36 {
		for i := range []int{25, 90, 40, 150, 60, 200}[m%6] {
			all = append(all, resource("Observation", fmt.Sprint(m, "-", i), `"effectiveDateTime":"`+time.Date(2020, time.Month(1+m), 1+i%28, 0, 0, 0, 0, time.UTC).Format("2006-01-02")+`"`))
		}
	}
	if codes, _ := found(t, plausible.Options{}, all...); len(codes) > 0 {
		t.Errorf("found %v", codes)
	}
}

func TestTooManyBirthsOnTheFirstOfJanuary(t *testing.T) {
	t.Parallel()
	people := func(n, january int) []fhir.Resource {
		var all []fhir.Resource
		for i := range n {
			date := "1980-06-15"
			if i < january {
				date = "1981-01-01"
			}
			all = append(all, resource("Patient", fmt.Sprint(i), `"birthDate":"`+date+`"`))
		}
		return all
	}
	for _, row := range []struct {
		n, january int
		want       plausible.Status
		codes      []string
	}{
		{1000, 30, plausible.Fail, []string{"births-on-1-january 0"}},
		{1000, 10, plausible.WithViolation, nil},
		{1000, 2, plausible.Pass, nil},
		{50, 25, plausible.Pass, nil}, // a handful says nothing
	} {
		codes, results := found(t, plausible.Options{}, people(row.n, row.january)...)
		if r := resultOf(t, results, "births-on-1-january", "Patient"); r.Status != row.want || r.N != int64(row.n) || !slices.Equal(codes, row.codes) {
			t.Errorf("%d of %d: %v, %+v", row.january, row.n, codes, r)
		}
	}
}

func TestASiteTunesAndSilencesRules(t *testing.T) {
	t.Parallel()
	half := 50.0
	all := []fhir.Resource{resource("Patient", "a", `"birthDate":"1830-01-01"`), resource("Patient", "b", born1980)}
	codes, results := found(t, plausible.Options{Settings: map[string]plausible.Setting{
		"birth-before-1850": {Threshold: &half}, "age-over-120": {Off: "a museum"},
	}}, all...)
	if !slices.Equal(codes, []string{"birth-before-1850 1"}) {
		t.Errorf("found %v", codes)
	}
	if r := resultOf(t, results, "birth-before-1850", "Patient"); r.Status != plausible.WithViolation || r.Threshold != 50 || r.Percent() != 50 {
		t.Errorf("tuned: %+v", r)
	}
	if r := resultOf(t, results, "age-over-120", "Patient"); r.Status != plausible.Silenced || r.Reason != "a museum" || r.Violated != 1 {
		t.Errorf("silenced: %+v", r)
	}
	if r := resultOf(t, results, "month-gap", ""); r.Status != plausible.NotApplicable {
		t.Errorf("what applied to nothing has not passed: %+v", r)
	}
}

func TestTheNumberOfWorkersChangesNothing(t *testing.T) {
	t.Parallel()
	var all []fhir.Resource
	for i := range 400 {
		all = append(all, resource("Patient", fmt.Sprint(i), fmt.Sprintf(`"identifier":[{"system":"urn:mrn","value":"%d"}],"birthDate":"19%02d-01-01"`, i%150, i%90)))
	}
	run := func(workers int) ([]string, []plausible.Result) {
		var mu sync.Mutex
		var lines []string
		report := func(i issue.Issue) {
			mu.Lock()
			defer mu.Unlock()
			lines = append(lines, i.Code+" "+i.Origin.String()+" "+i.Value)
		}
		c := plausible.New(plausible.Options{Today: today})
		var group sync.WaitGroup
		for n := range workers {
			group.Go(func() {
				w := c.Worker(report)
				for i := range all {
					if i := len(all) - 1 - i; i%workers == n { // backwards, to meet later rows first
						w.Check(all[i], issue.Origin{Source: "a.csv", Table: "a", Row: int64(i + 1)})
					}
				}
			})
		}
		group.Wait()
		results := finish(t, c, report)
		slices.Sort(lines)
		return lines, results
	}
	wantLines, wantResults := run(1)
	if len(wantLines) < 250 {
		t.Fatalf("only %d findings", len(wantLines))
	}
	gotLines, gotResults := run(4)
	if diff := cmp.Diff(wantLines, gotLines); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(wantResults, gotResults); diff != "" {
		t.Error(diff)
	}
}

func TestRulesAreNamedOnceAndExplained(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, r := range plausible.Rules() {
		if r.Name == "" || seen[r.Name] || r.Title == "" || r.Fix == "" || r.Source == "" || r.Category == "" || r.Threshold < 0 {
			t.Errorf("%+v", r)
		}
		seen[r.Name] = true
	}
}

func TestWhatIsNoResourceIsLeftToTheValidator(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		``, `{`, `[]`, `{"resourceType":"Patient","id":"a","birthDate":"19","name":{},"identifier":[1,null]}`,
		`{"resourceType":"Observation","id":"a","component":[{}],"effectiveDateTime":"abcd-ef-gh","valueQuantity":{}}`, `{"code":{"coding":{}},"subject":1}`,
	} {
		for _, typ := range []string{"Patient", "Observation", "Condition", "Encounter"} {
			if codes, _ := found(t, plausible.Options{}, fhir.Resource{Type: typ, ID: "a", JSON: []byte(text)}); len(codes) > 1 {
				t.Errorf("%s as %s: %v", text, typ, codes)
			}
		}
	}
}

func BenchmarkCheckObservation(b *testing.B) {
	r := resource("Observation", "x", `"status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"8302-2","display":"Body Height"}],"text":"Body Height"},"subject":{"reference":"Patient/p"},"encounter":{"reference":"Encounter/e"},"effectiveDateTime":"2012-05-01T10:00:00Z","valueQuantity":{"value":166.6,"unit":"cm","system":"http://unitsofmeasure.org","code":"cm"}`)
	c := plausible.New(plausible.Options{Today: today})
	w := c.Worker(func(issue.Issue) {})
	w.Check(resource("Patient", "p", born1980), issue.Origin{})
	b.ReportAllocs()
	for b.Loop() {
		w.Check(r, issue.Origin{})
	}
}

// What a worker remembers of the resource before must not colour the next: a
// worker of its own for each resource, which remembers nothing, finds the same.
func TestResultsDoNotDependOnWhatWasCheckedBefore(t *testing.T) {
	t.Parallel()
	all := []fhir.Resource{
		resource("Patient", "p", born1980), resource("Patient", "q", `"birthDate":"2015-01-02"`),
		resource("Encounter", "e", `"subject":{"reference":"Patient/p"},"period":{"start":"2010-01-01","end":"2010-01-03"}`),
		resource("Encounter", "f", `"subject":{"reference":"Patient/q"},"period":{"start":"2018-01-01","end":"2018-01-03"}`),
	}
	references := []string{`"Patient/p"}`, `"Patient/q"}`, `"Patient/nobody"}`, `"Patient/p","display":"P"}`, `"Patient\/q"}`, `"x" , "display":"a\"}"}`}
	encounters := []string{"", `"encounter":{"reference":"Encounter/e"},`, `"encounter":{"reference":"Encounter/f"},`}
	dates := []string{`"effectiveDateTime":"2010-01-02"`, `"effectiveDateTime":"2012"`, `"issued":"2010-01-02"`, `"effectivePeriod":{"start":"2018-01-02"}`, `"effectiveDateTime":"\u0032010-01-02"`, `"status":"final"`}
	quantities := []string{`{"value":37,"code":"Cel"}`, `{"value":99,"code":"Cel"}`, `{"value":37,"code":"kg"}`, `{"value":99,"unit":"°F"}`, "{\"value\": 37\n,\"code\":\"Cel\"}", `{"code":"Cel","value":370}`, `{"value":37}`, `{"value":"37"}`, `{}`}
	codes := []string{"8310-5", "29463-7", "0-0"}
	for i := range 400 {
		all = append(all, resource("Observation", fmt.Sprint("o", i), `"subject":{"reference":`+references[i/3%len(references)]+","+encounters[i/5%len(encounters)]+dates[i/7%len(dates)]+
			`,"code":{"coding":[{"system":"http://loinc.org","code":"`+codes[i/9%len(codes)]+`"}]},"valueQuantity":`+quantities[i%len(quantities)]))
	}
	once, one := found(t, plausible.Options{}, all...)
	var each []string
	report := func(i issue.Issue) { each = append(each, fmt.Sprintf("%s %d", i.Code, i.Origin.Row)) }
	c := plausible.New(plausible.Options{Today: today})
	for i, r := range all {
		c.Worker(report).Check(r, issue.Origin{Row: int64(i + 1)})
	}
	results := finish(t, c, report)
	if d := cmp.Diff(each, once); d != "" {
		t.Errorf("one worker for all finds (+) other than one for each (-):\n%s", d)
	}
	if d := cmp.Diff(results, one); d != "" {
		t.Error(d)
	}
	for _, code := range []string{"event-before-birth", "event-outside-encounter", "unit-swapped", "measurement-unit", "measurement-out-of-range"} {
		if !slices.ContainsFunc(once, func(s string) bool { return strings.HasPrefix(s, code+" ") }) {
			t.Errorf("no %s is found: the test compares less than it says", code)
		}
	}
}

// The results of a visit repeat what was said of it: they are counted like the
// first, and each violation is reported.
func TestTheResultsOfAVisitAreCountedOneByOne(t *testing.T) {
	t.Parallel()
	result := func(patient, encounter, date string, i int) fhir.Resource {
		return resource("Observation", fmt.Sprint("o", i), `"status":"final","subject":{"reference":"Patient/`+patient+`"},"encounter":{"reference":"Encounter/`+encounter+`"},"effectiveDateTime":"`+date+`"`)
	}
	all := []fhir.Resource{resource("Patient", "p", born1980), resource("Encounter", "e", `"subject":{"reference":"Patient/p"},"period":{"start":"2010-01-01","end":"2010-01-03"}`)}
	for i := range 10 { // all is right, and five times it is a year too late
		all = append(all, result("p", "e", []string{"2010-01-02", "2011-01-02"}[i/5], i))
	}
	all = append(all, result("p", "unknown", "2010-01-02", 10), result("p", "unknown", "2010-01-02", 11)) // nobody knows when that was
	all = append(all, resource("Encounter", "unknown", `"subject":{"reference":"Patient/p"},"period":{"start":"2000-01-01","end":"2000-01-03"}`))
	all = append(all, result("p", "unknown", "2010-01-02", 12)) // now it is known
	codes, results := found(t, plausible.Options{}, all...)
	want := []string{"event-outside-encounter 8", "event-outside-encounter 9", "event-outside-encounter 10", "event-outside-encounter 11", "event-outside-encounter 12", "event-outside-encounter 16"}
	if diff := cmp.Diff(want, codes); diff != "" {
		t.Error(diff)
	}
	counted := map[string][2]int64{}
	for _, r := range results {
		if r.Scope == "Observation" {
			counted[r.Rule.Name] = [2]int64{r.N, r.Violated}
		}
	}
	for name, n := range map[string][2]int64{"event-outside-encounter": {11, 6}, "event-before-birth": {13, 0}, "event-in-future": {13, 0}, "event-before-1950": {13, 0}} {
		if counted[name] != n {
			t.Errorf("%s: %v of its violations, want %v", name, counted[name], n)
		}
	}
}
