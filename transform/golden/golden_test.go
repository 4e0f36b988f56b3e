package golden_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/fhir"
	"chartlift/transform/golden"
)

// record makes a record of the elements of a Patient that follow its id.
func record(id, elements string) golden.Record {
	if elements != "" {
		elements = "," + elements
	}
	return golden.Record{ID: id, JSON: []byte(`{"resourceType":"Patient","id":"` + id + `"` + elements + `}`)}
}

// merged is what becomes of records, behind resourceType and id.
func merged(t *testing.T, o golden.Options, records ...golden.Record) (string, []golden.Conflict) {
	t.Helper()
	m, err := golden.Merge(records, o)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := fhir.Canonical(m.JSON); err != nil || string(again) != string(m.JSON) {
		t.Errorf("not canonical (%v): %s", err, m.JSON)
	}
	out, ok := strings.CutPrefix(string(m.JSON), `{"resourceType":"Patient","id":"`+records[0].ID+`"`)
	if !ok {
		t.Fatalf("the golden record is not the first record's: %s", m.JSON)
	}
	return strings.TrimSuffix(strings.TrimPrefix(out, ","), "}"), m.Conflicts
}

func TestTheGoldenRecordKeepsWhatEveryRecordKnows(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, a, b, want string }{
		{"a gap is filled", `"gender":"female"`, `"birthDate":"1950-01-31","maritalStatus":{"text":"married"}`, `"gender":"female","birthDate":"1950-01-31","maritalStatus":{"text":"married"}`},
		{"the same name once, whatever its case and signs", `"name":[{"family":"O'Neil","given":["Ana"]}]`, `"name":[{"family":"ONEIL","given":["ana"]}]`, `"name":[{"family":"O'Neil","given":["Ana"]}]`},
		{"the name of another record is a former one", `"name":[{"family":"Quill"}]`, `"name":[{"use":"official","family":"Voss"}]`, `"name":[{"use":"official","family":"Quill"},{"use":"old","family":"Voss"}]`},
		{"maiden names and nicknames stay what they are", `"name":[{"use":"usual","family":"Quill"}]`, `"name":[{"use":"maiden","family":"Voss"},{"use":"nickname","text":"Anny"}]`, `"name":[{"use":"usual","family":"Quill"},{"use":"maiden","family":"Voss"},{"use":"nickname","text":"Anny"}]`},
		{
			"numbers of a replaced record are old", `"identifier":[{"system":"urn:a","value":"1"}]`, `"identifier":[{"system":"urn:a","value":"2"},{"use":"usual","system":"urn:b","value":"7"}]`,
			`"identifier":[{"system":"urn:a","value":"1"},{"use":"old","system":"urn:a","value":"2"},{"use":"old","system":"urn:b","value":"7"}]`,
		},
		{
			"an id of a state is the person's", `"identifier":[{"system":"urn:a","value":"1"}]`, `"identifier":[{"system":"http://hl7.org/fhir/sid/us-ssn","value":"212551234"}]`,
			`"identifier":[{"system":"urn:a","value":"1"},{"system":"http://hl7.org/fhir/sid/us-ssn","value":"212551234"}]`,
		},
		{
			"so is one whose type says so", ``, `"identifier":[{"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"NNIND"}]},"system":"urn:n","value":"1"}]`,
			`"identifier":[{"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"NNIND"}]},"system":"urn:n","value":"1"}]`,
		},
		{
			"a second id of a state is old", `"identifier":[{"system":"http://hl7.org/fhir/sid/us-ssn","value":"1"}]`, `"identifier":[{"system":"http://hl7.org/fhir/sid/us-ssn","value":"2"}]`,
			`"identifier":[{"system":"http://hl7.org/fhir/sid/us-ssn","value":"1"},{"use":"old","system":"http://hl7.org/fhir/sid/us-ssn","value":"2"}]`,
		},
		{
			"telephone numbers by their digits", `"telecom":[{"system":"phone","value":"(555) 123-4567"}]`, `"telecom":[{"system":"phone","value":"5551234567"},{"system":"email","value":"a@b.org"}]`,
			`"telecom":[{"system":"phone","value":"(555) 123-4567"},{"system":"email","value":"a@b.org"}]`,
		},
		{"addresses", `"address":[{"line":["1 Oak St"],"city":"Troy"}]`, `"address":[{"line":["1 OAK ST."],"city":"troy"},{"line":["9 Elm Rd"]}]`, `"address":[{"line":["1 Oak St"],"city":"Troy"},{"line":["9 Elm Rd"]}]`},
		{
			"extensions by their URL", `"extension":[{"url":"urn:race","valueString":"x"}]`, `"extension":[{"url":"urn:race","valueString":"y"},{"url":"urn:birth","valueString":"z"}]`,
			`"extension":[{"url":"urn:race","valueString":"x"},{"url":"urn:birth","valueString":"z"}]`,
		},
		{"meta and narrative are the survivor's", `"meta":{"source":"urn:a"}`, `"meta":{"source":"urn:b"},"text":{"status":"additional","div":"<div/>"},"gender":"male"`, `"meta":{"source":"urn:a"},"gender":"male"`},
		{
			"links to each other are dropped, links to others kept", `"link":[{"other":{"reference":"Patient/b"},"type":"seealso"}]`, `"link":[{"other":{"reference":"Patient/c"},"type":"seealso"}]`,
			`"link":[{"other":{"reference":"Patient/c"},"type":"seealso"}]`,
		},
		{"a value that is only known to be missing", `"_birthDate":{"extension":[{"url":"urn:x","valueCode":"unknown"}]}`, ``, `"_birthDate":{"extension":[{"url":"urn:x","valueCode":"unknown"}]}`},
		{"a sex that nobody knows gives way", `"gender":"unknown"`, `"gender":"male"`, `"gender":"male"`},
		{"escapes and other scripts survive", `"name":[{"family":"Łuk\"asz"}]`, `"name":[{"family":"محمد"}]`, `"name":[{"use":"official","family":"Łuk\"asz"},{"use":"old","family":"محمد"}]`},
	} {
		got, conflicts := merged(t, golden.Options{}, record("a", c.a), record("b", c.b))
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
		if len(conflicts) > 0 {
			t.Errorf("%s: %v", c.name, conflicts)
		}
	}
}

func TestWhatContradictsItselfIsSaidAndNeverSilentlyResolved(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, a, b, want string
		conflicts        []golden.Conflict
	}{
		{"days", `"birthDate":"1950-01-31"`, `"birthDate":"1950-01-13"`, `"birthDate":"1950-01-31"`, []golden.Conflict{{"birthDate", "1950-01-31", "1950-01-13", "b"}}},
		{"a year and a day in it agree", `"birthDate":"1950"`, `"birthDate":"1950-01-13"`, `"birthDate":"1950-01-13"`, nil},
		{"a year and a day of another", `"birthDate":"1951"`, `"birthDate":"1950-01-13"`, `"birthDate":"1950-01-13"`, []golden.Conflict{{"birthDate", "1950-01-13", "1951", "a"}}},
		{"sexes", `"gender":"female"`, `"gender":"male"`, `"gender":"female"`, []golden.Conflict{{"gender", "female", "male", "b"}}},
		{"dead and the day of it agree", `"deceasedBoolean":true`, `"deceasedDateTime":"2019-03-01"`, `"deceasedDateTime":"2019-03-01"`, nil},
		{"alive and dead", `"deceasedBoolean":false`, `"deceasedDateTime":"2019-03-01"`, `"deceasedDateTime":"2019-03-01"`, []golden.Conflict{{"deceased", "2019-03-01", "false", "a"}}},
		{"two days of death", `"deceasedDateTime":"2019-03-01"`, `"deceasedDateTime":"2019-04"`, `"deceasedDateTime":"2019-03-01"`, []golden.Conflict{{"deceased", "2019-03-01", "2019-04", "b"}}},
	} {
		got, conflicts := merged(t, golden.Options{}, record("a", c.a), record("b", c.b))
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
		if diff := cmp.Diff(c.conflicts, conflicts); diff != "" {
			t.Errorf("%s: conflicts (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestALongerNameSaysNoMore(t *testing.T) {
	t.Parallel()
	for _, slip := range []string{"Oscxar", "Osca"} {
		got, _ := merged(t, golden.Options{}, record("a", `"name":[{"family":"Lee","given":["Oscar"]}]`), record("b", `"name":[{"family":"Lee","given":["`+slip+`"]}]`))
		if want := `"name":[{"use":"official","family":"Lee","given":["Oscar"]},{"use":"old","family":"Lee","given":["` + slip + `"]}]`; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestRulesOfSurvivorshipDecideElementByElement(t *testing.T) {
	t.Parallel()
	a, b, c := record("a", `"maritalStatus":{"text":"m"},"address":[{"city":"Ada"}]`), record("b", `"maritalStatus":{"coding":[{"code":"W"}],"text":"w"},"address":[{"city":"Bly"}]`), record("c", `"maritalStatus":{"text":"m"}`)
	a.Rank, b.Rank, c.Rank = 1, 1, 0
	a.Updated, b.Updated = "2019-01-01", "2020-06-01T10:00:00Z"
	for rule, want := range map[string]string{
		golden.SourcePriority: `"maritalStatus":{"text":"m"}`, golden.MostRecent: `"maritalStatus":{"coding":[{"code":"W"}],"text":"w"}`,
		golden.MostFrequent: `"maritalStatus":{"text":"m"}`, golden.MostComplete: `"maritalStatus":{"coding":[{"code":"W"}],"text":"w"}`,
	} {
		got, _ := merged(t, golden.Options{Rules: func(string) []string { return []string{rule} }}, a, b, c)
		if !strings.Contains(got, want) {
			t.Errorf("%s: no %s in %s", rule, want, got)
		}
	}
	recentAddress := func(element string) []string {
		if element == "address" {
			return []string{golden.MostRecent}
		}
		return []string{golden.MostFrequent}
	}
	got, _ := merged(t, golden.Options{Rules: recentAddress}, a, b, c)
	if want := `"address":[{"city":"Bly"},{"city":"Ada"}],"maritalStatus":{"text":"m"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestTheOrderOfEqualRecordsIsTheOrderGiven(t *testing.T) {
	t.Parallel()
	got, _ := merged(t, golden.Options{}, record("a", `"birthDate":"1950-01-01"`), record("b", `"birthDate":"1950-01-02"`), record("c", `"birthDate":"1950-01-03"`))
	if got != `"birthDate":"1950-01-01"` {
		t.Errorf("nothing prefers one of them, so the survivor's holds: %s", got)
	}
}

func TestWhoIsReplacedStaysAsTheyWereButInactive(t *testing.T) {
	t.Parallel()
	survivor, _ := merged(t, golden.Options{Linked: true}, record("a", `"active":false`), record("b", ``), record("c", ``))
	if want := `"active":true,"link":[{"other":{"reference":"Patient/b"},"type":"replaces"},{"other":{"reference":"Patient/c"},"type":"replaces"}]`; survivor != want {
		t.Errorf("got %s, want %s", survivor, want)
	}
	retired, err := golden.Retire(record("b", `"active":true,"gender":"male","link":[{"other":{"reference":"Patient/x"},"type":"seealso"}]`), "a")
	want := `{"resourceType":"Patient","id":"b","active":false,"gender":"male","link":[{"other":{"reference":"Patient/x"},"type":"seealso"},{"other":{"reference":"Patient/a"},"type":"replaced-by"}]}`
	if err != nil || string(retired) != want {
		t.Errorf("got %s (%v), want %s", retired, err, want)
	}
	linked, err := golden.Link(record("b", ``), []string{"a", "c"})
	want = `{"resourceType":"Patient","id":"b","link":[{"other":{"reference":"Patient/a"},"type":"seealso"},{"other":{"reference":"Patient/c"},"type":"seealso"}]}`
	if err != nil || string(linked) != want {
		t.Errorf("got %s (%v), want %s", linked, err, want)
	}
}

func TestANarrativeThatWasGeneratedIsGeneratedAgain(t *testing.T) {
	t.Parallel()
	a := record("a", `"gender":"female"`)
	a.JSON = fhir.Narrate(a.JSON)
	m, err := golden.Merge([]golden.Record{a, record("b", `"birthDate":"1950-01-31"`)}, golden.Options{Narrate: true})
	if err != nil || !strings.Contains(string(m.JSON), "1950-01-31") || strings.Count(string(m.JSON), "1950-01-31") < 2 {
		t.Errorf("the narrative does not tell the birth date: %s (%v)", m.JSON, err)
	}
}

func TestReferencesToPatientsAreLedToTheSurvivorAndNothingElseIsTouched(t *testing.T) {
	t.Parallel()
	to := func(id string) string { return map[string]string{"b": "a", "bb": "longer-id"}[id] }
	for in, want := range map[string]string{
		`{"subject":{"reference":"Patient/b"},"performer":[{"reference":"Practitioner/b"},{"reference":"Patient/bb"}]}`: `{"subject":{"reference":"Patient/a"},"performer":[{"reference":"Practitioner/b"},{"reference":"Patient/longer-id"}]}`,
		`{"note":"Patient/b","subject":{"reference":"Patient/bc"}}`:                                                     `{"note":"Patient/b","subject":{"reference":"Patient/bc"}}`,
		`{"text":"\"reference\":\"Patient/b\""}`:                                                                        `{"text":"\"reference\":\"Patient/b\""}`,
		`{"reference":"Patient/b`:                                                                                       `{"reference":"Patient/b`,
	} {
		got, n := golden.Refer([]byte(in), to)
		if string(got) != want || (n > 0) != (in != want) {
			t.Errorf("%s: %d led, %s", in, n, got)
		}
	}
}

func TestAProvenanceTellsWhoAndWhatAndNeverTheClock(t *testing.T) {
	t.Parallel()
	d := golden.Decision{ID: "p", Records: []string{"a", "b"}, Merged: true, Tool: "chartlift 1", Sources: []golden.Source{{ID: "a", Text: "x.csv row 1"}, {Text: "y.csv row 2"}}}
	got := string(golden.Provenance(d))
	for _, want := range []string{`"target":[{"reference":"Patient/a"},{"reference":"Patient/b"}]`, `"_recorded":{"extension":`, `"code":"merge"`, `{"role":"source","what":{"display":"y.csv row 2"}}`, `"who":{"display":"chartlift 1"}`} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
	if canonical, err := fhir.Canonical([]byte(got)); err != nil || string(canonical) != got {
		t.Errorf("not canonical: %s", got)
	}
	d.Merged, d.By, d.Recorded, d.Policy = false, `Ann "B" Baker`, "2026-03-01T09:30:00Z", "urn:x"
	got = string(golden.Provenance(d))
	for _, want := range []string{`"recorded":"2026-03-01T09:30:00Z","policy":["urn:x"]`, `"code":"link"`, `"who":{"display":"Ann \"B\" Baker"}`} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
}

func TestADateBecomesAnInstantWithoutInventingATime(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"2019-03-01T10:11:12+05:30": "2019-03-01T10:11:12+05:30", "2019-03-01": "2019-03-01T00:00:00Z", "2019-03": "2019-03-01T00:00:00Z", "2019": "2019-01-01T00:00:00Z",
		"": "", "soon": "", "2019-03-01T10:11": "",
	} {
		if got := golden.Instant(in, "Z"); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestWhatIsNoPatientIsAnErrorAndNoPanic(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{``, `{`, `[]`, `{"resourceType":"Nobody"}`} {
		if _, err := golden.Merge([]golden.Record{{ID: "a", JSON: []byte(bad)}}, golden.Options{}); err == nil {
			t.Errorf("%q was merged", bad)
		}
		if _, err := golden.Retire(golden.Record{ID: "a", JSON: []byte(bad)}, "b"); err == nil {
			t.Errorf("%q was retired", bad)
		}
		_ = golden.Values([]byte(bad))
	}
}

func TestTheReasonWhyNobodyKnowsIsKeptUntilSomebodyDoes(t *testing.T) {
	t.Parallel()
	const unknown = `"_deceasedBoolean":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"unknown"}]}`
	for _, c := range []struct{ name, a, b, want string }{
		{"nobody knows", unknown, `"gender":"male"`, `"gender":"male",` + unknown},
		{"somebody else knows", unknown, `"deceasedBoolean":true`, `"deceasedBoolean":true`},
		{"somebody else knows the day", unknown, `"deceasedDateTime":"2020-01-31"`, `"deceasedDateTime":"2020-01-31"`},
		{"of another element", `"_birthDate":{"extension":[{"url":"urn:x","valueCode":"unknown"}]}`, `"birthDate":"1950"`, `"birthDate":"1950"`},
	} {
		got, conflicts := merged(t, golden.Options{}, record("a", c.a), record("b", c.b))
		if diff := cmp.Diff(c.want, got); diff != "" || len(conflicts) > 0 {
			t.Errorf("%s: %s %v", c.name, diff, conflicts)
		}
	}
}

func TestWhatIsNewerIsToldByTheClockNotByTheText(t *testing.T) {
	t.Parallel()
	recent := func(string) []string { return []string{golden.MostRecent} }
	late := record("a", `"gender":"male"`) // half past nine in UTC, although its text is the greater one
	late.Updated = "2020-01-01T11:30:00+02:00"
	later := record("b", `"gender":"female"`)
	later.Updated = "2020-01-01T10:00:00Z"
	if got, _ := merged(t, golden.Options{Rules: recent}, late, later); got != `"gender":"female"` {
		t.Errorf("%s is taken for the newer one", got)
	}
	for _, c := range []struct{ text, want string }{
		{"2020", "2020-01-01T00:00:00.000000000"},
		{"2020-03-01", "2020-03-01T00:00:00.000000000"},
		{"2020-03-01T23:59:59.5-01:00", "2020-03-02T00:59:59.500000000"},
		{"", ""},
		{"yesterday", ""},
	} {
		if got := golden.Moment(c.text); got != c.want {
			t.Errorf("%q begins at %q, not %q", c.text, got, c.want)
		}
	}
}
