package cmd_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What somebody writes who has read the documentation only. The mappings are in
// testdata/walks.

func TestADumpOfSQLServerIsConvertedByAMappingOfFortyLines(t *testing.T) {
	t.Parallel()
	c := convert(t, "../testdata/walks/patienthub.yaml", "patienthub-mssql/setup-reset.sql")
	if diff := cmp.Diff(map[string]int{"Patient": 20, "Practitioner": 3}, c.types(t)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string][4]int64{"patient": {20, 0, 0, 0}}, c.rows()); diff != "" {
		t.Error(diff)
	}
	// Half of the patients have one telephone number, which stands for none.
	if diff := cmp.Diff(map[string]int{"check-failed": 10}, c.findings(t, "warning")); diff != "" {
		t.Error(diff)
	}
	if n := strings.Count(c.files["Patient.ndjson"], `"system":"phone"`); n != 10 {
		t.Errorf("%d patients have a telephone number", n)
	}
	patient := c.resource(t, "Patient", "urn:patienthub:mrn", "00917") // a number in the dump, with zeros in front
	for _, part := range []string{
		`"name":[{"family":"Koch","given":["Piper"]},{"use":"usual","given":["Piper"]}]`, `{"system":"phone","value":"+14255550102"}`, `"birthDate":"1954-11-08"`,
		`"generalPractitioner":[{"reference":"Practitioner/`,
	} {
		if !strings.Contains(patient, part) {
			t.Errorf("no %s in\n%s", part, patient)
		}
	}
}

func TestACatalogueOfALaboratoryIsConvertedFromItsWorkbook(t *testing.T) {
	t.Parallel()
	c := convert(t, "../testdata/walks/lab-catalogue.yaml", "spreadsheets/openelis_lab_data.xlsx")
	if diff := cmp.Diff(map[string]int{"ObservationDefinition": 276}, c.types(t)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string][4]int64{"lab_data": {276, 0, 0, 0}}, c.rows()); diff != "" {
		t.Error(diff)
	}
	test := c.resource(t, "ObservationDefinition", "urn:lab:test", "AEC")
	for _, part := range []string{
		`"coding":[{"system":"urn:lab:department","code":"Haematology"}]`, `{"text":"Blood (EDTA)"}`, `"code":{"text":"Absolute Eosinphil Count"}`,
		`"permittedDataType":["Quantity"],"quantitativeDetails":{"unit":{"text":"cumm"}}`,
		`{"category":"reference","range":{"low":{"value":100},"high":{"value":600}}},{"category":"absolute","range":{"low":{"value":25},"high":{"value":30000}}}`,
	} {
		if !strings.Contains(test, part) {
			t.Errorf("no %s in\n%s", part, test)
		}
	}
}
