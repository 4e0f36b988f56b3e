package reconcile_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/fhir"
	"chartlift/internal/reconcile"
	"chartlift/load/fhirserver"
	"chartlift/reports"
)

// ward is n observations and few conditions, all delivered.
func ward(t *testing.T, n, few int) (*server, *reports.DB, []fhir.Resource) {
	t.Helper()
	all := observations(n)
	for i := range few {
		all = append(all, fhir.Resource{Type: "Condition", ID: fmt.Sprintf("c%d", i), JSON: fmt.Appendf(nil,
			`{"resourceType":"Condition","id":"c%d","meta":{"tag":[{"system":"urn:chartlift:site","code":"here"}]},"code":{"text":"asthma"},"subject":{"reference":"Patient/p0"}}`, i)})
	}
	s, db := delivered(t, all)
	return s, db, all
}

func typesOf(r *reconcile.Result) map[string]reconcile.TypeCount {
	out := map[string]reconcile.TypeCount{}
	for _, t := range r.Types {
		out[t.Type] = t
	}
	return out
}

func TestRareTypesAreLookedAtMoreCloselyThanTheirShare(t *testing.T) {
	t.Parallel()
	s, db, source := ward(t, 4000, 70)
	r := check(t, s, db, source, reconcile.Options{Share: 0.05, Least: 60})
	got := typesOf(r)
	if n := got["Condition"].Compared; n < 50 || n > 70 {
		t.Errorf("%d of 70 Conditions were compared, want about 60", n)
	}
	if n := got["Observation"].Compared; n < 160 || n > 240 {
		t.Errorf("%d of 4000 Observations were compared, want about 200", n)
	}
	if r.Compared != got["Condition"].Compared+got["Observation"].Compared {
		t.Errorf("%d compared, by type %+v", r.Compared, got)
	}
	// None in n differ: 1 - 0.05^(1/n), about 3/n.
	o := got["Observation"]
	if want := 1 - math.Pow(0.05, 1/float64(o.Compared)); math.Abs(o.Bound()-want) > 1e-6 || math.Abs(o.Bound()*float64(o.Compared)-3) > 0.05 {
		t.Errorf("the bound of %d without a difference is %f, want %f", o.Compared, o.Bound(), want)
	}
}

func TestTheBoundOfAllIsNotSpoiltByTheRareType(t *testing.T) {
	t.Parallel()
	s, db, source := ward(t, 4000, 70)
	for ref := range s.all {
		if strings.HasPrefix(ref, "Condition/") {
			delete(s.all, ref)
		}
	}
	r := check(t, s, db, source, reconcile.Options{Share: 0.05, Least: 70})
	got := typesOf(r)
	if c := got["Condition"]; c.Differ != 70 || c.Compared != 70 || c.Bound() != 1 {
		t.Errorf("of the Conditions %+v, bound %f", c, c.Bound())
	}
	// 70 of 4,070 are 1.7 %; of those that were looked at, a quarter.
	if r.Bound() < 70.0/4070 || r.Bound() > 0.08 {
		t.Errorf("at most %f of all differ; %d of %d looked at do", r.Bound(), r.Differ, r.Compared)
	}
}

func TestAComparisonDoesNotGoOnOverOtherSources(t *testing.T) {
	t.Parallel()
	s, db, source := hospital(t, 1200)
	var first reconcile.State
	save := func(st reconcile.State) error {
		if first.Bundle == 0 {
			first = st
		}
		return nil
	}
	check(t, s, db, source, reconcile.Options{Share: 1, Save: save})
	for name, now := range map[string][]fhir.Resource{
		"a row is gone":             slices.Delete(slices.Clone(source), 3, 4),
		"a value changed":           append([]fhir.Resource{observation(0, "71")}, source[1:]...),
		"rows changed places":       append([]fhir.Resource{source[1], source[0]}, source[2:]...),
		"it ends before that place": source[:200],
		"there is nothing any more": nil,
	} {
		if _, err := tryCheck(t, s, db, now, reconcile.Options{Share: 1, From: first}); !errors.Is(err, reconcile.ErrMoved) {
			t.Errorf("%s: %v", name, err)
		}
	}
	later := append(slices.Clone(source), observation(1300, "1"))
	if r := check(t, s, db, later, reconcile.Options{Share: 1, From: first}); r.Compared != 1200 {
		t.Errorf("a row at the end is no reason to begin again, but %d were compared", r.Compared)
	}
}

func TestWhatOthersChangedIsRememberedOverAStop(t *testing.T) {
	t.Parallel()
	s, db, source := hospital(t, 8000)
	for _, r := range source {
		s.all[r.Ref()] = fhirserver.Stored{Version: "2", JSON: []byte(strings.Replace(string(r.JSON), "kg", "lb", 1))}
	}
	var last reconcile.State
	save := func(st reconcile.State) error { last = st; return nil }
	check(t, s, db, source, reconcile.Options{Share: 1, Save: save})
	if len(last.Suspects) != 8000 {
		t.Fatalf("%d of 8000 differences are kept over a stop", len(last.Suspects))
	}
	r := check(t, s, db, source, reconcile.Options{Share: 1, From: last})
	if r.Differ != 8000 || r.Compared != 8000 {
		t.Errorf("%d of %d differ", r.Differ, r.Compared)
	}
}

func TestPatientsAreToldApartByTheLengthOfTheirCharts(t *testing.T) {
	t.Parallel()
	s, db, source := ward(t, 250, 120) // 50 patients with 5 observations each, p0 with 120 conditions besides
	delete(s.all, "Condition/c7")
	r := check(t, s, db, source, reconcile.Options{Share: 0, Patients: 1})
	want := []reconcile.PatientStratum{
		{Name: "1 to 9 resources", Patients: 49, Delivered: 245, Server: 245, Whole: true},
		{Name: "100 or more resources", Patients: 1, Differ: 1, Delivered: 125, Server: 124, Whole: true},
	}
	if diff := cmp.Diff(want, r.Patients); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if r.Patients[0].Bound() != 0 || r.Patients[1].Bound() != 1 {
		t.Errorf("bounds %f and %f", r.Patients[0].Bound(), r.Patients[1].Bound())
	}
	r = check(t, s, db, source, reconcile.Options{Share: 0, Patients: 0.5})
	if p := r.Patients[0]; p.Whole || p.Patients == 0 || p.Patients == 49 || p.Bound() < 2/float64(p.Patients) {
		t.Errorf("of a sample: %+v, bound %f", p, p.Bound())
	}
}
