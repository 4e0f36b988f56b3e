package charts_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/fhir"
	"chartlift/internal/issue"
	"chartlift/load"
	"chartlift/reports/charts"
)

// clinic has so many patients; patient n has n mod 7 observations, which come
// before or after it.
func clinic(patients int, seed uint64) []load.Entry {
	var all []load.Entry
	for n := range patients {
		id := fmt.Sprintf("p%d", n)
		add := func(typ, id, text string) {
			all = append(all, load.Entry{
				Resource: fhir.Resource{Type: typ, ID: id, JSON: []byte(text)},
				Origin:   issue.Origin{Source: "p.csv", Table: "p", Row: int64(len(all) + 1)},
			})
		}
		add("Patient", id, `{"resourceType":"Patient","id":"`+id+`"}`)
		for k := range n % 7 {
			add("Observation", fmt.Sprintf("o%d-%d", n, k), `{"resourceType":"Observation","subject":{"reference":"Patient/`+id+`"}}`)
		}
		add("Location", "l"+id, `{"resourceType":"Location"}`)
	}
	r := rand.New(rand.NewPCG(seed, 1))
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// sampled says whose charts were chosen and how many resources they have, one
// line each.
func sampled(t *testing.T, o charts.Options, entries []load.Entry, troubled func(issue.Origin) bool) []string {
	t.Helper()
	s := charts.New(o)
	for i := 0; i < len(entries); i += 50 {
		b := load.Bundle{Entries: entries[i:min(i+50, len(entries))]}
		outcomes, err := s.Send(context.Background(), &b)
		if err != nil || len(outcomes) != len(b.Entries) || !outcomes[0].OK() {
			t.Fatal(outcomes, err)
		}
	}
	var out []string
	for _, c := range s.Charts(troubled) {
		if c.Entries[0].Resource.Type != "Patient" {
			t.Errorf("the chart of %s does not begin with the patient", c.Patient)
		}
		out = append(out, fmt.Sprintf("%s %s %d %d", c.Patient, c.Stratum, c.Resources, len(c.Entries)))
	}
	return out
}

func never(issue.Origin) bool { return false }

func TestTheSameSeedChoosesTheSameWholeChartsInWhateverOrderTheyCome(t *testing.T) {
	t.Parallel()
	o := charts.Options{Patients: 6, Seed: 7}
	first := sampled(t, o, clinic(2_000, 1), never)
	if len(first) != 9 {
		t.Fatalf("%d charts: six by chance, three with most resources: %v", len(first), first)
	}
	for order := range uint64(4) {
		if diff := cmp.Diff(first, sampled(t, o, clinic(2_000, order), never)); diff != "" {
			t.Errorf("another order, another sample (-want +got):\n%s", diff)
		}
	}
	for _, line := range first {
		var n, resources, shown int
		var a, b string
		if _, err := fmt.Sscanf(line, "p%d %s %s", &n, &a, &b); err != nil {
			t.Fatal(err)
		}
		fields := strings.Fields(line)
		_, err := fmt.Sscan(fields[len(fields)-2]+" "+fields[len(fields)-1], &resources, &shown)
		if want := n%7 + 1; err != nil || resources != want || shown != want {
			t.Errorf("%s: the chart has %d resources (%v)", line, want, err)
		}
	}
	if diff := cmp.Diff(first, sampled(t, charts.Options{Patients: 6, Seed: 8}, clinic(2_000, 1), never)); diff == "" {
		t.Error("another seed chose the same patients")
	}
}

func TestEveryPatientMayBeChosen(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for seed := range uint64(60) {
		for _, line := range sampled(t, charts.Options{Patients: 5, Seed: seed}, clinic(40, 1), never)[:5] {
			seen[strings.Fields(line)[0]] = true
		}
	}
	if len(seen) < 38 {
		t.Errorf("sixty samples of five had %d of forty patients", len(seen))
	}
}

func TestPatientsWithFindingsAreAmongTheSample(t *testing.T) {
	t.Parallel()
	entries := clinic(30, 1)
	bad := map[int64]bool{}
	for _, e := range entries {
		if e.Resource.ID == "p11" || e.Resource.ID == "o12-2" {
			bad[e.Origin.Row] = true
		}
	}
	var with []string
	for _, line := range sampled(t, charts.Options{Patients: 3, Seed: 1}, entries, func(o issue.Origin) bool { return bad[o.Row] }) {
		if strings.Contains(line, "with findings") || strings.HasPrefix(line, "p11 ") || strings.HasPrefix(line, "p12 ") {
			with = append(with, strings.Fields(line)[0])
		}
	}
	if len(with) != 2 {
		t.Errorf("those with findings: %v", with)
	}
}

func TestNobodyIsChosenWhereThereIsNobody(t *testing.T) {
	t.Parallel()
	if got := sampled(t, charts.Options{Patients: 3}, nil, never); len(got) != 0 {
		t.Errorf("%v", got)
	}
}

func TestARowStandsBesideItsResourceWithWhatDiffersMarked(t *testing.T) {
	t.Parallel()
	e := load.Entry{
		Resource: fhir.Resource{Type: "Patient", ID: "p1", JSON: []byte(`{"resourceType":"Patient","id":"p1","meta":{"source":"x"},"text":{"status":"generated","div":"<div>Ana</div>"},
			"identifier":[{"system":"urn:mrn","value":"007"}],"name":[{"family":"GARCIA","given":["Ana","María"]}],"birthDate":"1980-02-01","multipleBirthInteger":2,"managingOrganization":{"reference":"Organization/o"}}`)},
		Origin: issue.Origin{Source: "p.csv", Table: "p", Row: 4},
	}
	got, err := charts.Beside(e, []string{"MRN", "LAST", "FIRST", "DOB", "NOTE"}, []string{"007", " Garcia ", "Ana María", "01/02/1980", " "})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, c := range got.Cells {
		lines = append(lines, fmt.Sprint("< ", c.Name, "=", strings.TrimSpace(c.Value), " ", c.Same))
	}
	for _, f := range got.Fields {
		lines = append(lines, fmt.Sprint("> ", f.Name, "=", f.Value, " ", f.Same))
	}
	want := []string{
		"< MRN=007 true", "< LAST=Garcia true", "< FIRST=Ana María false", "< DOB=01/02/1980 false",
		"> text.status=generated false", "> identifier.value=007 true", "> name.family=GARCIA true", "> name.given=Ana false", "> name.given=María false",
		"> birthDate=1980-02-01 false", "> multipleBirthInteger=2 false",
	}
	if diff := cmp.Diff(want, lines); diff != "" || got.Row != 4 {
		t.Errorf("row %d (-want +got):\n%s", got.Row, diff)
	}
	e.Resource.JSON = []byte(`{"a":`)
	if _, err := charts.Beside(e, nil, nil); err == nil {
		t.Error("a resource that is cut off is no error")
	}
}
