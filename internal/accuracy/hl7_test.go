package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/cmd"
	"chartlift/internal/console"
)

// sample are messages of each kind that the mapping is for. All 67 take too
// long for a test; `make accuracy` measures them.
func sample() []string {
	return []string{"ADT-A01-01", "ADT01-23", "LAB-ORU-2", "VXU-V04-01", "SIU-S12-01", "MDM-T02-01", "OML-O21-01", "RDE-O25-01"}
}

// TestTheMappingOfHL7MessagesStaysAsExactAsItIs fails where less agrees than on
// the day when the bars were set.
func TestTheMappingOfHL7MessagesStaysAsExactAsItIs(t *testing.T) {
	t.Parallel()
	s := hl7Suite()
	all, err := s.documents(filepath.Join(sharedFolder, "data", s.truth))
	if os.IsNotExist(err) || err != nil && strings.Contains(err.Error(), "no such file") {
		t.Skipf("NOT MEASURED: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 67 {
		t.Errorf("%d messages have an expected bundle", len(all))
	}
	s.documents = func(string) ([]document, error) {
		return slices.DeleteFunc(all, func(d document) bool { return !slices.Contains(sample(), strings.TrimSuffix(d.name, ".hl7")) }), nil
	}
	a, err := s.measure(sharedFolder, inProcess)
	if err != nil {
		t.Fatal(err)
	}
	sum := a.total()
	if a.documents != len(sample()) || sum.percent() < 84 || 100*sum.equal < 60*sum.expected {
		t.Errorf("less agrees than it did: %s", a)
	}
	_, resources, values := a.byType()
	for typ, bar := range map[string]float64{"Patient": 89, "Encounter": 88, "Practitioner": 97, "Location": 99, "Observation": 84, "Immunization": 82, "Appointment": 90} {
		if resources[typ] == nil || values[typ].percent() < bar {
			t.Errorf("%s: less than %v %% of the values agree: %+v", typ, bar, values[typ])
		}
	}
	for _, typ := range []string{"Patient", "Encounter", "Appointment", "DocumentReference", "Immunization"} {
		if resources[typ].missing > 0 {
			t.Errorf("%d of %s are missing without a reason", resources[typ].missing, typ)
		}
	}
}

// TestAllMessagesOfTheSetBalance runs the 70 messages as one feed, twice: every
// row has an outcome, and the resources are the same bytes.
func TestAllMessagesOfTheSetBalance(t *testing.T) {
	t.Parallel()
	_, files, err := readTar(filepath.Join(sharedFolder, "data", hl7Suite().truth))
	if err != nil {
		t.Skipf("NOT MEASURED: %v", err)
	}
	source := t.TempDir()
	messages := 0
	for name, content := range files {
		if strings.HasSuffix(name, ".hl7") {
			messages++
			if err := os.WriteFile(filepath.Join(source, filepath.Base(name)), content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	first, second := run70(t, source), run70(t, source)
	if messages != 70 || len(first) < 20 {
		t.Errorf("%d messages made resources of %d types", messages, len(first))
	}
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("the second run wrote other bytes:\n%s", diff)
	}
}

// run70 converts a folder, looks at the ledger, and returns the files written.
func run70(t *testing.T, source string) map[string]string {
	t.Helper()
	project := t.TempDir()
	to := filepath.Join(project, "fhir")
	var out bytes.Buffer
	args := []string{"run", "--mapping", "hl7v2-adt-oru", "--source", source, "--to", to, "--project", project, "--fail-on", "never", "--quiet", "--json"}
	if code := cmd.Main(context.Background(), args, console.Streams{Out: &out, Err: io.Discard}); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	var ledger struct {
		Balanced bool
		Tables   []struct{ Read, Loaded, Merged, Filtered, Rejected int }
	}
	if err := json.Unmarshal(out.Bytes(), &ledger); err != nil {
		t.Fatal(err)
	}
	rejected := 0
	for _, table := range ledger.Tables {
		rejected += table.Rejected
		if table.Read != table.Loaded+table.Merged+table.Filtered+table.Rejected {
			t.Errorf("a table does not balance: %+v", table)
		}
	}
	if !ledger.Balanced || len(ledger.Tables) < 500 || rejected > 40 {
		t.Errorf("balanced %v, %d tables, %d rows rejected", ledger.Balanced, len(ledger.Tables), rejected)
	}
	names, err := filepath.Glob(filepath.Join(to, "*.ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(name)] = string(content)
	}
	return files
}

const lab = "MSH|^~\\&|LAB|H^1.2^ISO\rPID|1||7^^^A&1.2.3&HCD^MR||Duck&&&&Don^Ana^^^^^^^^^^^^^Annie||19540307|F\r" +
	"NK1|1|Duck^Don||||||||||||||||||||||||||||Green^Ida\rPV1|1|I|4E^136^B\rGT1|1||Payer^Pat||9 Elm St^^Troy\r"

func TestWordsOfAMessageAreFoundBySegmentAndField(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		got, want bool
	}{
		{says([]byte(lab), "Duck"), true},
		{says([]byte(lab), "duck", "NK1"), true},
		{says([]byte(lab), "Payer", "PID", "NK1"), false},
		{says([]byte(lab), "Payer", "GT1"), true},
		{says([]byte(lab), "&HCD"), true},
		{says([]byte(lab), "&DNS"), false},
		{fieldSays([]byte(lab), "NK1", "Green", 30), true},
		{fieldSays([]byte(lab), "NK1", "Green", 2), false},
		{placeFields([]byte(lab), "136"), true},
		{placeFields([]byte(lab), "Troy"), false},
	} {
		if c.got != c.want {
			t.Errorf("%+v", c)
		}
	}
}

// differenceOfHL7 tells by which rule a difference is explained: the number of
// its row, -1 none.
func ruleOfHL7(t *testing.T, typ, path, want, got string) string {
	t.Helper()
	root, err := parseElement([]byte(`{"resourceType":"` + typ + `","name":"x"}`))
	if err != nil {
		t.Fatal(err)
	}
	e := &entry{typ: typ, root: root}
	a := newAgreement(hl7Suite())
	i := a.ruleOf(leafDiff{typ: typ, path: path, want: want, got: got, expected: e, ours: e, input: []byte(lab)})
	if i < 0 {
		return ""
	}
	first, _, _ := strings.Cut(a.suite.rules[i].reason, " ")
	return first
}

func TestRulesAcceptTheirDifferenceAndNoOther(t *testing.T) {
	t.Parallel()
	for _, c := range [][5]string{
		{"Observation", "code.coding.system", placeholder + "CodeSystem/99LAB", "urn:id:99LAB", "A"},
		{"Observation", "code.coding.system", placeholder + "CodeSystem/99LAB", "urn:id:98LAB", ""},
		{"Observation", "code.coding.system", placeholder + "CodeSystem/CVX", "http://hl7.org/fhir/sid/cvx", "A"},
		{"Observation", "code.coding.system", "http://loinc.org", "http://hl7.org/fhir/sid/cvx", ""},
		{"Immunization", "route.coding.system", placeholder + "CodeSystem/HL70162", "http://terminology.hl7.org/CodeSystem/v2-0162", "A"},
		{"Patient", "identifier.system", placeholder + "Identifier/HCD", "urn:id:A", "The"},
		{"Patient", "identifier.system", placeholder + "Identifier/DNS", "urn:id:A", ""},
		{"Patient", "telecom.use", "home", "mobile", "A"},
		{"Patient", "telecom.use", "home", "work", ""},
		{"Patient", "birthDate", "1954-03-07", "1954-03-08", ""},
		{"Patient", "gender", "female", "", ""},
		{"Patient", "name.given", "Annie", "", "XPN-15"},
		{"Patient", "name.given", "Other", "", ""},
		{"Immunization", "doseQuantity.value", "999", "", "RXA-6"},
		{"Immunization", "doseQuantity.value", "0.5", "", ""},
		{"Observation", "valueQuantity.value", "13.4", "13.5", ""},
		{"Observation", "status", "final", "unknown", ""},
		{"Encounter", "location.location.reference", "Location of pair 1", "Location of pair 2", "A"},
		{"Encounter", "class.code", "IMP", "AMB", ""},
		{"MedicationRequest", "dosageInstruction.doseAndRate.doseQuantity.value", "5", "", ""},
	} {
		if got := ruleOfHL7(t, c[0], c[1], c[2], c[3]); got != c[4] {
			t.Errorf("%s %s: %q became %q: explained by %q, not by %q", c[0], c[1], c[2], c[3], got, c[4])
		}
	}
}

func TestAnElementOfAnotherSegmentIsExplainedOnlyWhereItStandsThere(t *testing.T) {
	t.Parallel()
	s := &suite{name: "t", keys: func(*entry) []string { return []string{""} }, skips: hl7Skips, rules: hl7Rules()}
	a := newAgreement(s)
	a.input = []byte(lab)
	want, err := parseBundle([]byte(`{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","name":[{"family":"Duck"},{"family":"Payer","given":["Pat"]},{"family":"Nobody"}]}},` +
		`{"resource":{"resourceType":"Device","id":"d","identifier":[{"value":"a"},{"value":"b"}]}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	got, err := parseBundle([]byte(`{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","name":[{"family":"Duck"}]}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	a.compareBundles(want, got)
	if diff := cmp.Diff(outcome{expected: 3, equal: 1, byRule: 1, missing: 1, examples: []string{"Nobody became "}}, *a.fields[fieldName{"Patient", "name.family"}], cmp.AllowUnexported(outcome{})); diff != "" {
		t.Error(diff)
	}
	if o := a.fields[fieldName{"Patient", "name.given"}]; o.byRule != 1 {
		t.Errorf("given name %+v", o)
	}
	if a.unmade != 2 {
		t.Errorf("%d values of resources that are not made", a.unmade)
	}
}

func TestBlanksAndRepeatedEntriesAreNotCompared(t *testing.T) {
	t.Parallel()
	b, err := parseBundle([]byte(`{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Location","id":"1","name":"4E "}},{"resource":{"resourceType":"Location","id":"1","name":"4E"}},` +
		`{"resource":{"resourceType":"Location","name":"x"}},{"resource":{"resourceType":"Location","name":"y"}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	hl7Prepare(b)
	var names []string
	for _, e := range b.entries {
		names = append(names, e.root.first("name"))
	}
	if diff := cmp.Diff([]string{"4E", "x", "y"}, names); diff != "" {
		t.Error(diff)
	}
}
