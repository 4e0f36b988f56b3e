package reports_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/reports"
)

func TestCompletenessPutsWhatMayHarmFirst(t *testing.T) {
	t.Parallel()
	db, _ := sample(t, reports.Options{})
	s, err := db.Summary(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range append(s.Completeness.Fields, s.Completeness.Unnamed...) {
		got = append(got, fmt.Sprint(f.Element, " ", f.Column, " ", f.Critical, " ", f.Rows, " ", f.Filled, " ", f.Made, " ", f.Lost))
	}
	want := []string{
		"Patient.birthDate DOB true 9551 9500 9496 4",
		"AllergyIntolerance.criticality SEVERITY true 42117 42117 42117 0",
		"Patient.telecom.value PHONE false 9551 700 688 12",
		" <b>REMARK</b> false 9551 310 0 310",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if s.Completeness.Lost != 16 || s.Completeness.Lossy != 2 {
		t.Errorf("%d values lost in %d fields; columns that no rule names count apart", s.Completeness.Lost, s.Completeness.Lossy)
	}
}

func TestElementsThatMayHarmAreToldFromTheirNeighbours(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	rec, err := db.Begin(context.Background(), reports.RunInfo{})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{
		"Observation.valueQuantity": true, "Observation.value": true, "Observation.value.code": true, "Observation.valueset": false,
		"Patient.name.family": true, "Patient.names": false, "Patient.photo": false, "Medication.code.text": true, "Medication.form": false,
		"MedicationRequest.dosageInstruction.text": true, "Encounter.period": false,
	}
	for element := range want {
		rec.FieldUse(reports.Field{Table: "t", Column: element, Rule: element, Element: element}, reports.FieldCounts{Rows: 1, Filled: 1, Made: 1})
	}
	finish(t, rec, reports.Succeeded)
	s, err := db.Summary(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for _, f := range s.Completeness.Fields {
		got[f.Element] = f.Critical
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
