package cmd_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const openelisDump = "openelis-bahmni-postgres/openelis_backup_v0.92.sql.gz"

func TestEachRowOfAnOpenELISDumpBecomesWhatItsTableSays(t *testing.T) {
	t.Parallel()
	c := convert(t, "openelis-postgres", openelisDump)
	wantTypes := map[string]int{
		"Patient":          8 - 1, // one stands for orders without a patient
		"Practitioner":     5 - 3, // three providers are the person UNKNOWN_
		"Organization":     3,
		"Specimen":         5,
		"ServiceRequest":   18, // analyses
		"Observation":      18, // results; no other identity has a value
		"DiagnosticReport": 5,  // samples
	}
	if diff := cmp.Diff(wantTypes, c.types(t)); diff != "" {
		t.Error(diff)
	}
	rows := c.rows()
	wantRows := map[string][4]int64{
		"patient": {7, 0, 1, 0}, "person": {9, 0, 1, 0}, "provider": {2, 0, 3, 0}, "organization": {3}, "sample": {5}, "sample_human": {5},
		"sample_item": {5}, "analysis": {18}, "result": {18},
	}
	for table, want := range wantRows {
		if rows[table] != want {
			t.Errorf("%s: %v loaded, merged, filtered, rejected; want %v", table, rows[table], want)
		}
	}
	if diff := cmp.Diff(map[string]int{}, c.findings(t, "error")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]int{"unknown-unit": 1}, c.findings(t, "warning")); diff != "" {
		t.Error(diff)
	}
	again := convert(t, "openelis-postgres", openelisDump)
	if diff := cmp.Diff(c.files, again.files); diff != "" {
		t.Errorf("two runs differ: %.2000s", diff)
	}
}

func TestABirthDateOfOpenELISWithUnknownPartsIsNotGuessed(t *testing.T) {
	t.Parallel()
	c := convert(t, "openelis-postgres", openelisDump)
	tests := []struct{ number, want string }{
		{"SEM203001", `"birthDate":"1985"`},       // entered as xx/xx/1985, computed as 1985-01-01
		{"GAN203010", `"birthDate":"1987-06-07"`}, // entered as 07/06/1987
	}
	for _, test := range tests {
		patient := c.resource(t, "Patient", "urn:chartlift:openelis:identity:ST", test.number)
		if !strings.Contains(patient, test.want) {
			t.Errorf("no %s in %s", test.want, patient)
		}
	}
}

func TestARangeOfZeroToZeroInOpenELISIsNone(t *testing.T) {
	t.Parallel()
	c := convert(t, "openelis-postgres", openelisDump)
	tests := []struct{ result, want, never string }{
		{"223", `"valueQuantity":{"value":220,"unit":"ng/dl"`, "referenceRange"},
		{"231", `"referenceRange":[{"low":{"value":8.1,"unit":"mg/dL"},"high":{"value":10.4,"unit":"mg/dL"}}]`, "8.0999"},
		{"237", `"referenceRange":[{"low":{"value":0,"unit":"mg/dL"},"high":{"value":140,"unit":"mg/dL"}}]`, `"code":"N"`},
		{"238", `"valueString":"5.7"`, "referenceRange"},
	}
	for _, test := range tests {
		got := c.resource(t, "Observation", "urn:chartlift:openelis:result", test.result)
		if !strings.Contains(got, test.want) || strings.Contains(got, test.never) {
			t.Errorf("result %s: want %s and not %s in %s", test.result, test.want, test.never, got)
		}
	}
}
