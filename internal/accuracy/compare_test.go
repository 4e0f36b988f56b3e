package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const truthBundle = `{"resourceType":"Bundle","entry":[
{"fullUrl":"urn:uuid:p1","resource":{"resourceType":"Patient","id":"p1","gender":"female","birthDate":"1954-03-07",
  "name":[{"use":"official","family":"Doe","given":["Ana"]}],"maritalStatus":{"coding":[{"code":"S"}]},
  "identifier":[{"type":{"coding":[{"code":"SS"}]},"value":"999-17-1679"}]}},
{"fullUrl":"urn:uuid:dr","resource":{"resourceType":"Practitioner","id":"dr","identifier":[{"value":"9999900000"}],"name":[{"family":"Lee","given":["Kim"]}]}},
{"fullUrl":"urn:uuid:e1","resource":{"resourceType":"Encounter","id":"e1","status":"finished","class":{"system":"s","code":"AMB"},
  "subject":{"reference":"urn:uuid:p1"},"period":{"start":"2015-07-14T15:31:15+00:00","end":"2015-07-14T16:00:00+00:00"},
  "participant":[{"individual":{"reference":"Practitioner?identifier=http://hl7.org/fhir/sid/us-npi|9999900000"}}]}},
{"fullUrl":"urn:uuid:c1","resource":{"resourceType":"Condition","id":"c1","code":{"coding":[{"system":"sct","code":"38341003","display":"Hypertension, essential"}],"text":"Hypertension, essential"},
  "subject":{"reference":"urn:uuid:p1"},"encounter":{"reference":"urn:uuid:e1"},"onsetDateTime":"2015-07-14T15:31:15+00:00"}},
{"fullUrl":"urn:uuid:m1","resource":{"resourceType":"Medication","id":"m1","code":{"coding":[{"system":"rx","code":"310798"}],"text":"Pill"}}},
{"fullUrl":"urn:uuid:r1","resource":{"resourceType":"MedicationRequest","id":"r1","status":"active","intent":"order","subject":{"reference":"urn:uuid:p1"},
  "encounter":{"reference":"urn:uuid:e1"},"authoredOn":"2015-07-14T15:31:15+00:00","medicationReference":{"reference":"urn:uuid:m1"},"reasonReference":[{"reference":"urn:uuid:c1"}]}},
{"fullUrl":"urn:uuid:o1","resource":{"resourceType":"Observation","id":"o1","status":"final","code":{"coding":[{"code":"85354-9"}]},"subject":{"reference":"urn:uuid:p1"},
  "encounter":{"reference":"urn:uuid:e1"},"effectiveDateTime":"2015-07-14T15:31:15+00:00","component":[
   {"code":{"coding":[{"code":"8480-6"}]},"valueQuantity":{"value":120.04,"unit":"mm[Hg]"}},
   {"code":{"coding":[{"code":"8462-4"}]},"valueQuantity":{"value":80,"unit":"mm[Hg]"}}]}},
{"fullUrl":"urn:uuid:b1","resource":{"resourceType":"Claim","id":"b1","status":"active","use":"claim","type":{"coding":[{"code":"pharmacy"}]},"patient":{"reference":"urn:uuid:p1"},
  "created":"2015-07-14T16:00:00+00:00","diagnosis":[{"diagnosisReference":{"reference":"urn:uuid:c1"}}],"insurance":[{"coverage":{"display":"Aetna"}}],"total":{"value":90},
  "item":[{"productOrService":{"coding":[{"code":"162673000"}]}},{"productOrService":{"coding":[{"code":"140"}]},"net":{"value":136}}]}},
{"fullUrl":"urn:uuid:b2","resource":{"resourceType":"ExplanationOfBenefit","id":"b2","claim":{"reference":"urn:uuid:b1"},"patient":{"reference":"urn:uuid:p1"},
  "provider":{"reference":"Practitioner?identifier=http://hl7.org/fhir/sid/us-npi|9999900000"},"total":[{"category":{"coding":[{"code":"submitted"}]},"amount":{"value":272.8}}]}},
{"fullUrl":"urn:uuid:b3","resource":{"resourceType":"ExplanationOfBenefit","id":"b3","claim":{"reference":"urn:uuid:other"},"patient":{"reference":"urn:uuid:p1"}}},
{"fullUrl":"urn:uuid:x","resource":{"resourceType":"CareTeam","id":"x","type":{},"code":"not what the structs here expect"}}]}`

func output() map[string]string {
	return map[string]string{
		"Patient": `{"resourceType":"Patient","id":"p1","gender":"female","birthDate":"1954-03-07","name":[{"use":"official","family":"Doe","given":["Ana"]}],` +
			`"identifier":[{"type":{"coding":[{"code":"SS"}]},"value":"999171679"}]}`,
		"Organization": `{"resourceType":"Organization","id":"aetna","type":[{"coding":[{"code":"pay"}]}],"name":"Aetna"}`,
		"Claim": `{"resourceType":"Claim","id":"b1","status":"active","use":"claim","type":{"coding":[{"code":"professional"}]},"patient":{"reference":"Patient/p1"},` +
			`"created":"2015-07-14T16:00:00Z","diagnosis":[{"diagnosisCodeableConcept":{"coding":[{"code":"38341003"}]}},{"diagnosisCodeableConcept":{"coding":[{"code":"66383009"}]}}],` +
			`"insurance":[{"coverage":{"display":"Aetna"}}],"item":[{"productOrService":{"coding":[{"code":"162673000"}]},"net":{"value":136.80}},{"productOrService":{"coding":[{"code":"140"}]},"net":{"value":136.00}}]}`,
		"ExplanationOfBenefit": `{"resourceType":"ExplanationOfBenefit","id":"w","claim":{"reference":"Claim/b1"},"patient":{"reference":"Patient/p1"},"provider":{"reference":"Practitioner/dr"},` +
			`"total":[{"category":{"coding":[{"code":"submitted"}]},"amount":{"value":272.8}},{"category":{"coding":[{"code":"benefit"}]},"amount":{"value":200}},{"category":{"text":"Paid by the patient"},"amount":{"value":72.80}}]}`,
		"Practitioner": `{"resourceType":"Practitioner","id":"dr","name":[{"family":"Lee","given":["Kim"]}]}`,
		"Encounter": `{"resourceType":"Encounter","id":"e1","status":"finished","class":{"system":"s","code":"AMB"},"subject":{"reference":"Patient/p1"},` +
			`"period":{"start":"2015-07-14T15:31:15Z","end":"2015-07-14T16:00:00Z"},"participant":[{"individual":{"reference":"Practitioner/dr"}}]}`,
		"Condition": `{"resourceType":"Condition","id":"z","code":{"coding":[{"system":"sct","code":"38341003"}],"text":"Hypertension  essential"},` +
			`"subject":{"reference":"Patient/p1"},"encounter":{"reference":"Encounter/e1"},"onsetDateTime":"2015-07-14"}`,
		"MedicationRequest": `{"resourceType":"MedicationRequest","id":"y","status":"active","intent":"order","subject":{"reference":"Patient/p1"},"encounter":{"reference":"Encounter/e1"},` +
			`"authoredOn":"2015-07-14T15:31:15Z","medicationCodeableConcept":{"coding":[{"system":"rx","code":"310798"}],"text":"Pill"},"reasonCode":[{"coding":[{"code":"38341003"}]}]}`,
		"Observation": `{"resourceType":"Observation","id":"q","status":"final","code":{"coding":[{"code":"85354-9"}]},"subject":{"reference":"Patient/p1"},"encounter":{"reference":"Encounter/e1"},` +
			`"effectiveDateTime":"2015-07-14T15:31:15Z","component":[{"code":{"coding":[{"code":"8462-4"}]},"valueQuantity":{"value":80.0,"unit":"mm[Hg]"}},` +
			`{"code":{"coding":[{"code":"8480-6"}]},"valueQuantity":{"value":120.0,"unit":"mm[Hg]"}}]}`,
	}
}

const (
	countsTSV = "patient_id\tresourceType\tcount\np1\tEncounter\t1\np1\tCondition\t1\np1\tMedicationRequest\t1\np1\tObservation\t1\np1\tClaim\t1\np1\tCareTeam\t7\n"
	valuesCSV = "DATE,PATIENT,ENCOUNTER,CATEGORY,CODE,DESCRIPTION,VALUE,UNITS,TYPE\n" +
		"2015-07-14T15:31:15Z,p1,e1,vital-signs,8480-6,Systolic,120.0,mm[Hg],numeric\n" +
		"2015-07-14T15:31:15Z,p1,e1,vital-signs,8462-4,Diastolic,80.0,mm[Hg],numeric\n" +
		"2015-07-14T15:31:15Z,p1,,,QOLS,QOLS,1.0,{score},numeric\n" +
		"2015-07-14T15:31:15Z,p1,e1,survey,1-8,Text,yes,,text\n"
	billsCSV = "CLAIMID,TYPE,AMOUNT,METHOD,PAYMENTS\n" +
		"b1,CHARGE,136.80,,0.00\nb1,CHARGE,136.00,,0.00\nb1,PAYMENT,,ECHECK,200.00\nb1,TRANSFERIN,72.80,,0.00\nb1,PAYMENT,,CASH,70.10\nb1,PAYMENT,,COPAY,2.70\n"
)

// world writes a truth and an output folder; change may alter the output first.
func world(t *testing.T, change func(map[string]string)) (truth, out string) {
	t.Helper()
	truth, out = t.TempDir(), t.TempDir()
	resources := output()
	if change != nil {
		change(resources)
	}
	for typ, text := range resources {
		write(t, filepath.Join(out, typ+".ndjson"), []byte(text+"\n"))
	}
	write(t, filepath.Join(truth, "FHIR_COUNTS.tsv"), []byte(countsTSV))
	write(t, filepath.Join(truth, "csv", "observations.csv.gz"), zipped(t, []byte(valuesCSV)))
	write(t, filepath.Join(truth, "csv", "claims_transactions.csv.gz"), zipped(t, []byte(billsCSV)))
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for name, text := range map[string]string{"fhir/a.json": truthBundle, "fhir/README": "no bundle"} {
		if err := w.WriteHeader(&tar.Header{Name: name, Size: int64(len(text)), Mode: 0o600}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(truth, "fhir_bundles.tar.gz"), zipped(t, b.Bytes()))
	return truth, out
}

func write(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func zipped(t *testing.T, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func accuracyOf(t *testing.T, change func(map[string]string)) (string, error) {
	t.Helper()
	truth, out := world(t, change)
	var printed bytes.Buffer
	err := run([]string{"-truth", truth, "-run", out}, &printed, io.Discard)
	return printed.String(), err
}

func TestOutputThatAgreesPasses(t *testing.T) {
	t.Parallel()
	printed, err := accuracyOf(t, nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, printed)
	}
	for _, want := range []string{
		"Observation         1      1       1         1",
		"Observation           value, digits as in the CSV (all patients)        2",
		"ExplanationOfBenefit  (resources)                                       1           1",
		"ExplanationOfBenefit  totals, to the cent as in the CSV (all patients)  1           1",
		"Claim: charges; equal as far as the CSV tells (1 times)",
		"Claim: diagnoses; equal as far as the CSV tells (1 times)",
		"any type: claim type; not in the CSV (1 times)",
		"Patient: SSN; written otherwise on purpose (1 times)",
		"Patient: marital status; not in the CSV (1 times)",
	} {
		if !strings.Contains(printed, want) {
			t.Errorf("no %q in\n%s", want, printed)
		}
	}
}

func TestEveryKindOfMistakeIsSeen(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, typ, old, new, says string }{
		{"another family name", "Patient", `"Doe"`, `"Dee"`, "Doe became Dee"},
		{"another digit of a number that is bound to identify", "Patient", "999171679", "999171678", "999-17-1679 became 999171678"},
		{"a moment one second off", "Encounter", "16:00:00Z", "16:00:01Z", "became 2015-07-14T16:00:01Z"},
		{"a moment in another zone", "Encounter", "16:00:00Z", "16:00:00-05:00", "Encounter end differs"},
		{"another practitioner", "Encounter", "Practitioner/dr", "Practitioner/dx", "dr became dx"},
		{"another day of onset", "Condition", `"2015-07-14"`, `"2015-07-15"`, "Condition (resources) differs"},
		{"another reason", "MedicationRequest", `"code":"38341003"`, `"code":"38341004"`, "38341003 became 38341004"},
		{"an element that is gone", "MedicationRequest", `"intent":"order",`, ``, "order became"},
		{"another unit", "Observation", `"value":80.0,"unit":"mm[Hg]"`, `"value":80.0,"unit":"mm"`, "Observation unit differs"},
		{"a rounded digit", "Observation", `"value":120.0`, `"value":120.1`, "Observation value differs"},
		{"a digit behind the point that is lost", "Observation", `"value":120.0`, `"value":120`, "120.0 became 120"},
		{"a bill of another day", "Claim", "T16:00:00Z", "T15:00:00Z", "Claim created differs"},
		{"a charge that nobody made", "Claim", `"code":"140"`, `"code":"141"`, "Claim charges differs"},
		{"another price", "Claim", "136.00", "137.00", "Claim charges differs"},
		{"a diagnosis that is gone", "Claim", "38341003", "38341004", "Claim diagnoses differs"},
		{"another payer", "Claim", "Aetna", "Anthem", "Aetna became Anthem"},
		{"another kind of bill", "Claim", `"professional"`, `"oral"`, "pharmacy became oral"},
		{"a cent that is lost", "ExplanationOfBenefit", "72.80", "72.79", "272.80 200.00 72.80 became 272.80 200.00 72.79"},
		{"the benefit of another claim", "ExplanationOfBenefit", "Claim/b1", "Claim/b2", "ExplanationOfBenefit (resources) differs"},
		{"values of two components exchanged", "Observation", `"value":80.0`, `"value":120.0`, "Observation value differs"},
		{"a component that is gone", "Observation", `{"code":{"coding":[{"code":"8462-4"}]},"valueQuantity":{"value":80.0,"unit":"mm[Hg]"}},`, ``, "no counterpart for p1 e1 8462-4,8480-6"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			printed, err := accuracyOf(t, func(out map[string]string) {
				changed := strings.Replace(out[tt.typ], tt.old, tt.new, 1)
				if changed == out[tt.typ] {
					t.Fatal("the change changes nothing")
				}
				out[tt.typ] = changed
			})
			if !errors.Is(err, errInaccurate) || !strings.Contains(printed, tt.says) {
				t.Errorf("error %v, no %q in\n%s", err, tt.says, printed)
			}
		})
	}
}

func TestMissingAndSurplusResourcesFail(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(map[string]string){
		"missing": func(out map[string]string) { delete(out, "Condition") },
		"twice":   func(out map[string]string) { out["Condition"] += "\n" + out["Condition"] },
		"surplus of a patient without truth": func(out map[string]string) {
			out["Condition"] += "\n" + strings.ReplaceAll(out["Condition"], "Patient/p1", "Patient/p2")
		},
	} {
		printed, err := accuracyOf(t, change)
		failed := errors.Is(err, errInaccurate)
		if want := name != "surplus of a patient without truth"; failed != want {
			t.Errorf("%s: %v\n%s", name, err, printed)
		}
	}
}

func TestAbsentOrBrokenInputIsAnError(t *testing.T) {
	t.Parallel()
	truth, out := world(t, nil)
	empty := t.TempDir()
	for _, args := range [][]string{{"-truth", empty, "-run", out}, {"-truth", truth, "-run", empty}} {
		if err := run(args, io.Discard, io.Discard); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%v: %v", args, err)
		}
	}
	write(t, filepath.Join(out, "Patient.ndjson"), []byte("{\"resourceType\":\"Patient\",\"name\":7}\n"))
	if err := run([]string{"-truth", truth, "-run", out}, io.Discard, io.Discard); err == nil || errors.Is(err, errInaccurate) {
		t.Errorf("broken output: %v", err)
	}
	write(t, filepath.Join(truth, "fhir_bundles.tar.gz"), []byte("no gzip"))
	if err := run([]string{"-truth", truth, "-run", out}, io.Discard, io.Discard); !errors.Is(err, gzip.ErrHeader) && !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("broken truth: %v", err)
	}
	if err := run([]string{"-nonsense"}, io.Discard, io.Discard); err == nil {
		t.Error("an unknown flag was taken")
	}
}

func TestResourcesWithOneKeyArePairedByLikeness(t *testing.T) {
	t.Parallel()
	order := func(status string) *resource {
		return &resource{
			ResourceType: "MedicationRequest", Status: status, Intent: "order", AuthoredOn: "2015-07-14T15:31:15Z",
			Subject: reference{"Patient/p1"}, Medication: concept{Coding: []coding{{Code: "1"}}},
		}
	}
	want, got := newSide(), newSide()
	for _, s := range []string{"active", "stopped", "completed"} {
		want.add(order(s))
	}
	for _, s := range []string{"completed", "active", "stopped"} {
		got.add(order(s))
	}
	var k kind
	for _, each := range kinds() {
		if each.typ == "MedicationRequest" {
			k = each
		}
	}
	for _, row := range compareKind(k, want, got) {
		if row.equal != row.comparable {
			t.Errorf("%s: %d of %d equal, %v", row.field, row.equal, row.comparable, row.examples)
		}
	}
}

func TestSystematicDifferencesAcceptNothingElse(t *testing.T) {
	t.Parallel()
	type both struct{ want, got []string }
	tests := []struct {
		typ, field string
		accepted   both
		refused    both
	}{
		{"Condition", "onset", both{[]string{"2015-07-14T15:31:15+00:00"}, []string{"2015-07-14"}}, both{[]string{"2015-07-14T15:31:15+00:00"}, []string{"2015-07"}}},
		{"Procedure", "code text", both{[]string{"a, b"}, []string{"a  b"}}, both{[]string{"a, b"}, []string{"a b"}}},
		{"Observation", "value", both{[]string{"1-8=5.87"}, []string{"1-8=5.9"}}, both{[]string{"1-8=5.87"}, []string{"1-8=5.8"}}},
		{"Observation", "value", both{[]string{"1-8=112910"}, []string{"1-8=112907"}}, both{[]string{"1-8=112910"}, []string{"1-8=112904"}}},
		{"Observation", "value", both{[]string{"1-8=-0.25"}, []string{"1-8=-0.3"}}, both{[]string{"1-8=5.9"}, []string{"2-6=5.9"}}},
		{"Observation", "unit code", both{[]string{"1-8=u|pH"}, []string{"1-8=u|[pH]"}}, both{[]string{"1-8=u|mg"}, []string{"1-8=u|[mg]"}}},
		{"Patient", "SSN", both{[]string{"999-17-1679"}, []string{"999171679"}}, both{[]string{"999-17-1679"}, nil}},
		{"Patient", "postal code", both{[]string{"020722571"}, []string{"02072-2571"}}, both{[]string{"02072"}, []string{"2072"}}},
		{"Patient", "marital status", both{[]string{"S"}, nil}, both{[]string{"M"}, nil}},
		{"AllergyIntolerance", "reaction", both{[]string{"1", "2", "3"}, []string{"1", "3"}}, both{[]string{"1", "2", "3"}, []string{"1", "4"}}},
		{"AllergyIntolerance", "reaction", both{[]string{"1", "2", "3"}, []string{"2", "3"}}, both{[]string{"1", "2"}, []string{"1"}}},
		{"AllergyIntolerance", "severity", both{[]string{"1"}, []string{"1=mild"}}, both{[]string{"1=mild"}, []string{"1"}}},
		{"Observation", "category", both{[]string{"clinical-test", "exam"}, []string{"exam"}}, both{[]string{"clinical-test", "exam"}, []string{"survey"}}},
		{"Claim", "claim type", both{[]string{"pharmacy"}, []string{"institutional"}}, both{[]string{"pharmacy"}, []string{"vision"}}},
		{"Claim", "payer", both{[]string{"Medicare"}, []string{"Blue", "Medicare"}}, both{[]string{"Medicare"}, []string{"Aetna", "Blue"}}},
		{"Claim", "diagnoses", both{[]string{"1"}, []string{"1", "2"}}, both{[]string{"1"}, []string{"2"}}},
		{"Claim", "charges", both{[]string{"1=", "2=5", "3=7"}, []string{"1=8.5", "2=5.00", "3=0.00"}}, both{[]string{"2=5"}, []string{"2=4"}}},
		{"Claim", "charges", both{[]string{"1="}, nil}, both{nil, []string{"1=5"}}},
		{"ExplanationOfBenefit", "submitted", both{[]string{"996.16"}, []string{"136.8"}}, both{[]string{"136.8"}, []string{"996.16"}}},
		{"ImagingStudy", "image title", both{[]string{"1.2=Image"}, []string{"1.2=Storage"}}, both{[]string{"1.2=Image"}, []string{"1.3=Image"}}},
		{"ImagingStudy", "modality system", both{[]string{"x/sect_CID_29.html"}, []string{"http://dicom.nema.org/resources/ontology/DCM"}}, both{[]string{"x"}, []string{"y"}}},
	}
	met := map[int]bool{}
	for _, tt := range tests {
		at := differenceOf(tt.typ, tt.field, tt.accepted.want, tt.accepted.got)
		if at < 0 {
			t.Errorf("%s %s: %v became %v is not known", tt.typ, tt.field, tt.accepted.want, tt.accepted.got)
		}
		met[at] = true
		if differenceOf(tt.typ, tt.field, tt.refused.want, tt.refused.got) >= 0 {
			t.Errorf("%s %s: %v became %v is accepted", tt.typ, tt.field, tt.refused.want, tt.refused.got)
		}
	}
	for i, d := range differences {
		if !met[i] {
			t.Errorf("no test for %q", d.reason)
		}
	}
}

func TestDocumentationHasEverySystematicDifference(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("../../docs/accuracy.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range differences {
		if !strings.Contains(string(doc), d.reason) {
			t.Errorf("docs/accuracy.md lacks: %s", d.reason)
		}
	}
}

func TestValuesMeanTheSame(t *testing.T) {
	t.Parallel()
	got := map[string]bool{}
	for _, p := range [][2]string{
		{"1", "1.0"},
		{"1-8=1", "1-8=1.00"},
		{"a", "a"},
		{"1-8=1", "2-6=1"},
		{"1", "1.1"},
		{"1/2", "0.5"},
		{"1e3", "1000"},
		{"2015-07-14T15:31:15+00:00", "2015-07-14T15:31:15Z"},
		{"2015-07-14T15:31:15+00:00", "2015-07-14T15:31:15.5Z"},
		{"2015-07-14T15:31:15Z", "2015-07-14"},
	} {
		got[p[0]+" "+p[1]] = same(p[0], p[1])
	}
	want := map[string]bool{
		"1 1.0": true, "1-8=1 1-8=1.00": true, "a a": true, "1-8=1 2-6=1": false, "1 1.1": false, "1/2 0.5": false, "1e3 1000": false,
		"2015-07-14T15:31:15+00:00 2015-07-14T15:31:15Z": true, "2015-07-14T15:31:15+00:00 2015-07-14T15:31:15.5Z": false, "2015-07-14T15:31:15Z 2015-07-14": false,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
