package reports_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/reports"
)

func TestWhatProfilesMustSupportIsCountedByElementAndTheEmptiestComesFirst(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	rec, patients := begin(t, db, reports.Options{})
	rec.Rows(patients, []reports.RowRange{{First: 1, Last: 7}})
	for range 2 { // two workers
		rec.MustSupport("us-core-patient", "Patient.gender", 7, 7)
		rec.MustSupport("us-core-patient", "Patient.telecom", 0, 7)
		rec.MustSupport("us-core-patient", "Patient.name.given", 3, 9)
	}
	rec.MustSupport("<b>own</b>", "Patient.extension:race", 1, 1)
	rec.MustSupport("<b>own</b>", "Patient.extension:race.extension", 0, 0) // nothing was looked at: no share to tell
	finish(t, rec, reports.Succeeded)
	s, err := db.Summary(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	want := []reports.SupportedProfile{
		{Profile: "<b>own</b>", Elements: []reports.SupportedElement{{Element: "Patient.extension:race", There: 1, Of: 1}}},
		{Profile: "us-core-patient", Never: 1, Elements: []reports.SupportedElement{{Element: "Patient.telecom", Of: 14}, {Element: "Patient.name.given", There: 6, Of: 18}, {Element: "Patient.gender", There: 14, Of: 14}}},
	}
	if diff := cmp.Diff(want, s.Support); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	table, err := db.Query(context.Background(), "must-support", "")
	if err != nil {
		t.Fatal(err)
	}
	var csv bytes.Buffer
	if err := table.CSV(&csv); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(csv.String(), "\nus-core-patient,Patient.telecom,0,14,0\nus-core-patient,Patient.name.given,6,18,33.3\n") {
		t.Errorf("%s", csv.String())
	}
	text := page(t, db, reports.PageOptions{})
	for _, want := range []string{"<b>us-core-patient</b>: 3 elements, 1 of them nowhere", "&lt;b&gt;own&lt;/b&gt;</b>: 1 elements</summary>", `<td class="n off">0</td><td class="n">14</td>`} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestARunWithoutProfilesSaysNothingOfThem(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	rec, _ := begin(t, db, reports.Options{})
	finish(t, rec, reports.Succeeded)
	if text := page(t, db, reports.PageOptions{}); strings.Contains(text, `id="support"`) {
		t.Error("a section without anything in it")
	}
}
