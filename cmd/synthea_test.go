package cmd_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEachRowOfASyntheaExportBecomesWhatItsTableSays(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("SKIPPED: it converts 280,000 rows")
	}
	c := convert(t, "synthea-csv", "synthea-ma/csv")
	wantTypes := map[string]int{
		"Patient":              153,
		"Organization":         361 + 10 - 1, // organizations, and payers but for the one that stands for none
		"Practitioner":         361,
		"PractitionerRole":     361,
		"Encounter":            10825,
		"Condition":            6954,
		"AllergyIntolerance":   137,
		"MedicationRequest":    11330,
		"Immunization":         2104,
		"Procedure":            30535,
		"CarePlan":             597,
		"ImagingStudy":         719, // of 12,032 images
		"Device":               1111,
		"DeviceUseStatement":   1111,
		"SupplyDelivery":       5613,
		"Observation":          107185, // rows of one panel are components
		"Coverage":             1230 - 55 + 213,
		"Claim":                22155,
		"ExplanationOfBenefit": 2020, // the claims that the 20,000 transactions are of
	}
	if diff := cmp.Diff(wantTypes, c.types(t)); diff != "" {
		t.Error(diff)
	}
	for table, want := range map[string][4]int64{
		"observations": {151502, 0, 3291, 0}, "payers": {9, 0, 1, 0}, "payer_transitions": {1175, 0, 55, 0},
		"claims": {22155, 0, 0, 0}, "claims_transactions": {20000, 0, 0, 0},
	} {
		if got := c.rows()[table]; got != want {
			t.Errorf("%s: %v, not %v", table, got, want)
		}
	}
	if errs := c.findings(t, "error"); len(errs) > 0 {
		t.Errorf("errors: %v", errs)
	}
	// A visit of one charge that the insurer refused and the patient paid.
	claim := c.resource(t, "Claim", "urn:chartlift:demo:claim", "3b41c81c-1e0e-ab18-8c5d-c547d1120c74")
	benefit := c.resource(t, "ExplanationOfBenefit", "urn:chartlift:demo:claim", "3b41c81c-1e0e-ab18-8c5d-c547d1120c74")
	for _, part := range []struct{ in, has string }{
		{claim, `"coverage":{"display":"Cigna Health"}`},
		{claim, `"item":[{"sequence":1,"diagnosisSequence":[1],"productOrService":{"coding":[{"system":"http://snomed.info/sct","code":"185349003","display":"Encounter for check up"}]`},
		{claim, `"net":{"value":85.55,"currency":"USD"}`},
		{benefit, `"code":"submitted","display":"Submitted Amount"}]},"amount":{"value":85.55,"currency":"USD"}`},
		{benefit, `{"category":{"text":"Paid by the patient"},"amount":{"value":85.55,"currency":"USD"}}`},
		{benefit, `"payment":{"amount":{"value":0,"currency":"USD"}}`},
	} {
		if !strings.Contains(part.in, part.has) {
			t.Errorf("no %s in\n%s", part.has, part.in)
		}
	}
}
