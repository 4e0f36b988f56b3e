package pipeline_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

// twice is a ward and a laboratory that tell results of the same people; %s is
// what stands under dedupe of both.
const twice = `chartlift: 1
id: twice
params: { site: twice }
sources:
  people: { csv: { path: people.csv }, key: [ID] }
  lab: { csv: { path: lab.csv }, key: [ID] }
  ward: { csv: { path: ward.csv }, key: [ID] }
maps:
  patient: { from: people, resource: Patient, id: $ID, elements: { gender: unknown } }
  result:
    from: lab
    resource: Observation
    id: $ID
    dedupe: %[1]s
    elements: { status: final, code: { text: $TEST }, subject: ref patient($PAT), effectiveDateTime: $T | datetime "YYYY-MM-DD hh:mm:ss" UTC, valueQuantity: { value: $VALUE | decimal, unit: mmol } }
  noted:
    from: ward
    resource: Observation
    id: $ID
    dedupe: %[1]s
    elements: { status: final, code: { text: $TEST }, subject: ref patient($PAT), effectiveDateTime: $T | datetime "YYYY-MM-DD hh:mm:ss" UTC, valueQuantity: { value: $VALUE | decimal, unit: mmol } }
  report: { from: ward, resource: DiagnosticReport, id: $ID, where: "TEST = 'K'", elements: { status: final, code: { text: r }, subject: ref patient($PAT), result: [ref noted($ID)] } }
`

func wardAndLab(t *testing.T, dedupe string) *run {
	t.Helper()
	return prepare(
		t, fmt.Sprintf(twice, dedupe), file("people.csv", "ID", "p1", "p2"),
		file("lab.csv", "ID|PAT|TEST|T|VALUE", "a|p1|Na|2020-01-01 10:00:00|140.4", "b|p1|K|2020-01-01 10:00:00|4.35", "c|p2|Na|2020-01-01 10:00:00|140.4", "d|p1|Na|2020-01-02 10:00:00|141"),
		file("ward.csv", "ID|PAT|TEST|T|VALUE", "w|p1|Na|2020-01-01 10:05:00|140", "x|p1|K|2020-01-01 10:00:00|4.4", "y|p2|Na|2020-01-01 12:00:00|140", "z|p1|Na|2020-01-02 10:00:00|141"),
	)
}

func TestWhatNearlyTellsTheSameIsNamedAndStays(t *testing.T) {
	t.Parallel()
	r := wardAndLab(t, "{ on: [subject, code, effective, value], near: { within: 15min, rounded: [value] } }")
	_, out := delivered(t, r)
	r.wantRows("ward.csv", "1-3 loaded", "4-4 merged duplicate-resource") // the last is the same without any tolerance
	if n := count(out, "Observation"); n != 7 {
		t.Errorf("%d observations, want all but the one that is the same", n)
	}
	if n := r.findings("duplicate-near"); n != 2 { // p2's lies two hours apart
		t.Errorf("%d pairs are named, want Na and K of p1", n)
	}
}

func TestWhatNearlyTellsTheSameIsMergedWhereTheMappingSaysSo(t *testing.T) {
	t.Parallel()
	r := wardAndLab(t, "{ on: [subject, code, effective, value], near: { within: 15min, rounded: value, then: merge } }")
	_, out := delivered(t, r)
	r.wantLedger("people.csv 2 = 2 + 0 + 0 + 0", "lab.csv 4 = 4 + 0 + 0 + 0", "ward.csv 4 = 2 + 2 + 0 + 0") // x made a report, too
	if got := out["DiagnosticReport/x"]; !strings.Contains(got, `"result":[{"reference":"Observation/b"}]`) {
		t.Errorf("the report does not lead to what is kept: %s", got)
	}
	if count(out, "Observation") != 5 || r.findings("duplicate-near") != 2 {
		t.Errorf("%d observations, %d named", count(out, "Observation"), r.findings("duplicate-near"))
	}
	late := wardAndLab(t, "{ on: [subject, code, effective, value], keep: last, near: { rounded: [value], then: merge } }")
	_, out = delivered(t, late)
	if out["Observation/x"] == "" || out["Observation/b"] != "" || out["Observation/w"] == "" {
		t.Error("keep: last keeps the later row of the two K, and leaves what differs in time")
	}
}

func TestAChainOfMeasurementsIsNotOne(t *testing.T) {
	t.Parallel()
	rows := []string{"ID|PAT|TEST|T|VALUE"}
	for i := range 6 { // every ten minutes: each is near the next, the first is not near the third
		rows = append(rows, fmt.Sprintf("v%d|p1|P|2020-01-01 10:%d0:00|80", i, i))
	}
	for _, workers := range []int{1, 2} {
		r := prepare(t, fmt.Sprintf(twice, "{ on: [subject, code, effective, value], near: { within: 15min, then: merge } }"), file("people.csv", "ID", "p1"),
			file("lab.csv", rows...), file("ward.csv", "ID|PAT|TEST|T|VALUE"))
		r.job.Workers = workers
		_, out := delivered(t, r)
		for i := range 6 {
			if kept := out[fmt.Sprintf("Observation/v%d", i)] != ""; kept != (i%2 == 0) {
				t.Errorf("%d workers: v%d is kept: %v", workers, i, kept)
			}
		}
	}
}

func TestALongSeriesIsComparedInNoTime(t *testing.T) {
	t.Parallel()
	rows := []string{"ID|PAT|TEST|T|VALUE"}
	for i := range 5000 { // all within reach of each other: a pair of every two would be twelve million
		rows = append(rows, fmt.Sprintf("v%d|p1|P|2020-01-01 10:%02d:%02d|%d", i, i/60%60, i%60, 1000+i*7))
	}
	r := prepare(t, fmt.Sprintf(twice, "{ on: [subject, code, effective, value], near: { within: 30d, rounded: [value] } }"), file("people.csv", "ID", "p1"),
		file("lab.csv", rows...), file("ward.csv", "ID|PAT|TEST|T|VALUE"))
	_, out := delivered(t, r)
	if s, err := r.db.Summary(context.Background(), ""); err != nil || count(out, "Observation") != 5000 || r.findings("duplicate-near") != 0 {
		t.Errorf("%d observations, %v, %v", count(out, "Observation"), s.Run.ID, err)
	}
}
