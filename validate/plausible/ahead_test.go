package plausible

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"chartlift/fhir"
	"chartlift/internal/issue"
)

// told is what happened in some encounters of some patients, with mistakes in
// it.
func told(n int) (all []fhir.Resource) {
	random := rand.New(rand.NewPCG(11, 12))
	add := func(typ, id, rest string) {
		all = append(all, fhir.Resource{Type: typ, ID: id, JSON: fmt.Appendf(nil, `{"resourceType":%q,"id":%q,%s}`, typ, id, rest)})
	}
	for i := range n {
		add("Patient", fmt.Sprint("p", i), `"gender":"male","birthDate":"1990-05-01"`)
		add("Encounter", fmt.Sprint("e", i), fmt.Sprintf(`"subject":{"reference":"Patient/p%d"},"period":{"start":"%d-02-01"}`, i, 1985+random.IntN(30)))
	}
	for i := range 4 * n {
		e := i/4 + random.IntN(2) // neighbours refer to the same, and some to none that is known
		typ := []string{"Observation", "Condition", "AllergyIntolerance", "Basic"}[random.IntN(4)]
		patient := map[bool]string{true: "patient", false: "subject"}[typ == "AllergyIntolerance"]
		add(typ, fmt.Sprint("o", i), fmt.Sprintf(`%q:{"reference":"Patient/p%d"},"encounter":{"reference":"Encounter/e%d"},"recordedDate":"%d-03-04","effectiveDateTime":"%d-03-04"`,
			patient, e, e, 1980+random.IntN(40), 1980+random.IntN(40)))
	}
	return all
}

func TestToTellAheadOfResourcesChangesNothing(t *testing.T) {
	t.Parallel()
	all := told(300)
	check := func(ahead bool) (found []issue.Issue, results []Result) {
		c := New(Options{Today: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)})
		report := func(i issue.Issue) { found = append(found, i) }
		w := c.Worker(report)
		for i, r := range all {
			if ahead && i%64 == 0 {
				for _, soon := range all[i:min(len(all), i+64)] {
					w.Ahead(soon, skim(soon.JSON, nil))
				}
			}
			w.CheckMembers(r, skim(r.JSON, nil), issue.Origin{Row: int64(i + 1)})
		}
		results, err := c.Finish(report)
		if err != nil {
			t.Fatal(err)
		}
		return found, results
	}
	foundAlone, alone := check(false)
	found, results := check(true)
	if diff := cmp.Diff(foundAlone, found); diff != "" {
		t.Errorf("found (as usual -, told ahead +):\n%s", diff)
	}
	if diff := cmp.Diff(alone, results); diff != "" {
		t.Errorf("results (as usual -, told ahead +):\n%s", diff)
	}
	if len(found) < 300 {
		t.Errorf("%d findings: the test proves little", len(found))
	}
}

func TestAheadAsksForWhatWillBeLookedUpOrRemembered(t *testing.T) {
	t.Parallel()
	w := New(Options{Today: time.Unix(0, 0)}).Worker(func(issue.Issue) {})
	tell := func(typ, id, rest string) {
		text := fmt.Appendf(nil, `{"resourceType":%q,"id":%q,%s}`, typ, id, rest)
		w.Ahead(fhir.Resource{Type: typ, ID: id, JSON: text}, skim(text, nil))
	}
	within := `"encounter":{"reference":"Encounter/2"}`
	tell("Patient", "1", `"active":true`)
	tell("Encounter", "2", `"subject":{"reference":"Patient/1"}`)
	tell("Observation", "3", `"subject":{"reference":"Patient/1"},`+within)
	tell("Observation", "4", `"subject":{"reference":"Patient/1"},`+within)
	tell("Observation", "5", `"subject":{"display":"somebody"}`)
	tell("AllergyIntolerance", "6", `"patient":{"reference":"Patient/7"},"encounter":{"reference":"Encounter/8"}`) // may have begun long before
	tell("Organization", "9", `"subject":{"reference":"Patient/9"}`)
	people, stays := []uint64{hash("Patient/1"), hash("Patient/1"), hash("Patient/7")}, []uint64{hash("Encounter/2"), hash("Encounter/2")}
	if diff := cmp.Diff(people, w.ahead.people); diff != "" {
		t.Errorf("patients (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(stays, w.ahead.stays); diff != "" {
		t.Errorf("encounters (-want +got):\n%s", diff)
	}
	r := fhir.Resource{Type: "Basic", ID: "1", JSON: []byte(`{}`)}
	if w.CheckMembers(r, nil, issue.Origin{}); len(w.ahead.people)+len(w.ahead.stays) > 0 {
		t.Error("what was asked for is asked for again")
	}
}
