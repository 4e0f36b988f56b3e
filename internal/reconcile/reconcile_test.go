package reconcile_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"chartlift/fhir"
	"chartlift/internal/issue"
	"chartlift/internal/reconcile"
	"chartlift/load"
	"chartlift/load/compare"
	"chartlift/load/fhirserver"
	"chartlift/reports"
)

// server is what a server holds, by reference.
type server struct {
	all   map[string]fhirserver.Stored
	looks int
	late  map[string]bool // seen only from the second look on
	blind bool            // neither counts nor searches
	asked reconcile.Asked // by what it is searched; "": by tag
	lists int             // how often what is ours was listed
}

func (s *server) Current(_ context.Context, typ string, ids []string) (map[string]fhirserver.Stored, error) {
	s.looks++
	found := map[string]fhirserver.Stored{}
	for _, id := range ids {
		ref := typ + "/" + id
		if v, ok := s.all[ref]; ok && !s.late[ref] {
			found[id] = v
		}
		delete(s.late, ref)
	}
	return found, nil
}

func (s *server) CountWhere(_ context.Context, typ, query string) (n int64, ok bool, err error) {
	patient, byPatient := strings.CutPrefix(query, "patient=")
	for ref, v := range s.all {
		if strings.HasPrefix(ref, typ+"/") && (!byPatient || strings.Contains(string(v.JSON), strings.ReplaceAll(patient, "%2F", "/")+`"`)) {
			n++
		}
	}
	return n, !s.blind, nil
}

func (s *server) Ours(_ context.Context, typ, tag string, each func(string) error) (reconcile.Asked, error) {
	if tag != "urn:chartlift:site|here" {
		return "", errors.New("asked for " + tag)
	}
	s.lists++
	if s.blind {
		return reconcile.NotAsked, nil
	}
	for ref := range s.all {
		if id, ok := strings.CutPrefix(ref, typ+"/"); ok {
			if err := each(id); err != nil {
				return "", err
			}
		}
	}
	if s.asked != "" {
		return s.asked, nil
	}
	return reconcile.ByTag, nil
}

func observation(i int, value string) fhir.Resource {
	id := fmt.Sprintf("o%d", i)
	return fhir.Resource{Type: "Observation", ID: id, JSON: fmt.Appendf(nil,
		`{"resourceType":"Observation","id":"%s","meta":{"tag":[{"system":"urn:chartlift:site","code":"here"}]},"status":"final","code":{"text":"weight"},"subject":{"reference":"Patient/p%d"},"effectiveDateTime":"2020-01-02","valueQuantity":{"value":%s,"unit":"kg"},"note":[{"text":"a"},{"text":"b"}]}`, id, i%50, value)}
}

func observations(n int) []fhir.Resource {
	var all []fhir.Resource
	for i := range n {
		all = append(all, observation(i, "70.50"))
	}
	return all
}

// hospital is n observations that were delivered, and are on the server in
// their first version.
func hospital(t *testing.T, n int) (*server, *reports.DB, []fhir.Resource) {
	t.Helper()
	all := observations(n)
	s, db := delivered(t, all)
	return s, db, all
}

// delivered is a server and the run database of the run that brought it these
// resources.
func delivered(t *testing.T, all []fhir.Resource) (*server, *reports.DB) {
	t.Helper()
	return deliveredWith(t, all, reports.SumOf)
}

// deliveredWith is delivered by a program that hashes otherwise.
func deliveredWith(t *testing.T, all []fhir.Resource, sumOf func([]byte) reports.Sum) (*server, *reports.DB) {
	t.Helper()
	db, err := reports.Open(filepath.Join(t.TempDir(), "runs.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	rec, err := db.Begin(t.Context(), reports.RunInfo{Command: "run"})
	if err != nil {
		t.Fatal(err)
	}
	if err := rec.Deliver(reports.Delivery{Target: "x", Scope: "s"}); err != nil {
		t.Fatal(err)
	}
	s := &server{all: map[string]fhirserver.Stored{}}
	var journal []reports.Delivered
	for _, r := range all {
		journal = append(journal, reports.Delivered{Type: r.Type, ID: r.ID, Sum: sumOf(r.JSON), Fate: reports.Created, Version: "1"})
		s.all[r.Ref()] = fhirserver.Stored{Version: "1", JSON: r.JSON}
	}
	rec.Journal(1, true, journal)
	if err := rec.Finish(t.Context(), reports.Succeeded, 0); err != nil {
		t.Fatal(err)
	}
	return s, db
}

func check(t *testing.T, s *server, db *reports.DB, source []fhir.Resource, o reconcile.Options) *reconcile.Result {
	t.Helper()
	r, err := tryCheck(t, s, db, source, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func tryCheck(t *testing.T, s *server, db *reports.DB, source []fhir.Resource, o reconcile.Options) (*reconcile.Result, error) {
	t.Helper()
	held, err := db.Held(t.Context(), "x", "s")
	if err != nil {
		t.Fatal(err)
	}
	c := reconcile.New(s, held, o)
	seq := int64(0)
	for part := range slices.Chunk(source, 40) {
		seq++
		b := &load.Bundle{Seq: seq}
		for i, r := range part {
			b.Entries = append(b.Entries, load.Entry{Resource: r, Origin: issue.Origin{Source: "obs.csv", Row: int64(i + 1)}})
		}
		if _, err := c.Send(t.Context(), b); err != nil {
			return nil, err
		}
	}
	return c.Finish(t.Context())
}

func TestPlantedDifferencesAreFoundAndNoneInvented(t *testing.T) {
	t.Parallel()
	s, db, source := hospital(t, 3000)
	want := map[string]string{}
	change := func(ref, version, old, now string) {
		text := string(s.all[ref].JSON)
		if strings.Count(text, old) != 1 {
			t.Fatalf("%q is not once in %s", old, text)
		}
		s.all[ref] = fhirserver.Stored{Version: version, JSON: []byte(strings.Replace(text, old, now, 1))}
	}
	for i := range 100 {
		ref := func(kind int) string { return source[kind*100+i].Ref() }
		delete(s.all, ref(0))
		want[ref(0)] = "missing "
		change(ref(1), "1", `,"effectiveDateTime":"2020-01-02"`, "")
		want[ref(1)] = "altered Observation.effectiveDateTime"
		change(ref(2), "2", `"value":70.50`, `"value":75.50`)
		want[ref(2)] = "drifted Observation.valueQuantity.value"
		change(ref(3), "2", `"unit":"kg"`, `"unit":"lb"`)
		want[ref(3)] = "drifted Observation.valueQuantity.unit"
		change(ref(4), "2", `,{"text":"b"}`, "")
		want[ref(4)] = "drifted Observation.note[1]"
		change(ref(5), "2", `"status":"final"`, `"status":"amended","issued":"2020-01-02T00:00:00Z"`)
		want[ref(5)] = "drifted Observation.issued Observation.status"
		change(ref(6), "2", `"subject":{"reference":"Patient/`, `"subject":{"reference":"Patient/x`)
		want[ref(6)] = "drifted Observation.subject.reference"
		orphan := fmt.Sprintf("Observation/stranger%d", i)
		s.all[orphan] = fhirserver.Stored{Version: "1", JSON: observation(9000+i, "1").JSON}
		want[orphan] = "orphan "
		source[700+i] = observation(700+i, "71")
		want[ref(7)] = "source-changed "
		added := observation(5000+i, "70.50")
		source = append(source, added)
		want[added.Ref()] = "undelivered "
		// No differences: how a number is written, the narrative, what the
		// server adds to meta, the order of elements.
		change(ref(9), "1", `"value":70.50`, `"value":70.5`)
		change(ref(10), "1", `"status":"final"`, `"text":{"div":"x"},"status":"final"`)
		change(ref(11), "1", `"meta":{`, `"meta":{"versionId":"1","lastUpdated":"2026-01-01T00:00:00Z",`)
		change(ref(12), "1", `"id":"`+source[1200+i].ID+`",`, "")
		change(ref(12), "1", `"status":"final"`, `"id":"`+source[1200+i].ID+`","status":"final"`)
	}
	for _, gone := range source[2900:3000] {
		want[gone.Ref()] = "vanished "
	}
	source = slices.Delete(source, 2900, 3000)
	r := check(t, s, db, source, reconcile.Options{Share: 1, Orphans: reconcile.OrphansListed})
	got := map[string]string{}
	for _, d := range r.Differences {
		got[d.Type+"/"+d.ID] = string(d.Kind) + " " + strings.Join(d.Paths(), " ")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if r.Population != 2800 || r.Compared != 2800 || r.Differ != 700 || r.Bound() != 0.25 {
		t.Errorf("%d of %d compared, %d differ, bound %f", r.Compared, r.Population, r.Differ, r.Bound())
	}
	for _, d := range r.Differences {
		if d.ID == source[200].ID && !cmp.Equal(d.Changes, []compare.Change{{Path: "Observation.valueQuantity.value", Sent: "70.50", Held: "75.50"}}) {
			t.Errorf("the values of %s are %+v", d.ID, d.Changes)
		}
	}
	if first := r.Differences[0]; first.Kind != reconcile.Missing || first.Origin.Source != "obs.csv" || first.Origin.Row == 0 {
		t.Errorf("the gravest comes first and names its row: %+v", first)
	}
}

func TestASampleTellsHowMuchMayDifferAtMost(t *testing.T) {
	t.Parallel()
	s, db, source := hospital(t, 2000)
	r := check(t, s, db, source, reconcile.Options{Share: 0.1})
	if r.Compared < 150 || r.Compared > 250 || r.Differ != 0 || r.Bound() < 0.01 || r.Bound() > 0.02 {
		t.Errorf("%d compared, bound %f", r.Compared, r.Bound())
	}
	again := check(t, s, db, source, reconcile.Options{Share: 0.1})
	if again.Compared != r.Compared {
		t.Error("another sample is drawn from the same resources")
	}
}

func TestAServerThatShowsWritesLateIsGivenTime(t *testing.T) {
	t.Parallel()
	s, db, source := hospital(t, 100)
	s.late = map[string]bool{source[3].Ref(): true, source[4].Ref(): true}
	delete(s.all, source[5].Ref())
	var waited time.Duration
	pause := func(_ context.Context, d time.Duration) error { waited += d; return nil }
	r := check(t, s, db, source, reconcile.Options{Share: 1, Wait: 10 * time.Second, Sleep: pause})
	if len(r.Differences) != 2 || r.Differences[0].ID != "o5" || r.Differences[1].Kind != reconcile.Count || waited != 10*time.Second {
		t.Errorf("%+v after %v", r.Differences, waited)
	}
	s.late = map[string]bool{source[3].Ref(): true}
	if r := check(t, s, db, source, reconcile.Options{Share: 1, Sleep: pause}); r.Differ != 2 {
		t.Errorf("nobody was to wait, but %d differ", r.Differ)
	}
}

func TestAStoppedComparisonGoesOnAndForgetsNothing(t *testing.T) {
	t.Parallel()
	s, db, source := hospital(t, 2000)
	delete(s.all, source[1].Ref())
	delete(s.all, source[1999].Ref())
	var states []reconcile.State
	save := func(st reconcile.State) error { states = append(states, st); return nil }
	whole := check(t, s, db, source, reconcile.Options{Share: 1, Save: save})
	if len(states) < 2 || states[0].Bundle != 20 || states[0].Compared["Observation"] != 800 || !slices.Equal(states[0].Suspects, []string{source[1].Ref()}) {
		t.Fatalf("the states are %+v", states)
	}
	before := s.looks
	rest := check(t, s, db, source, reconcile.Options{Share: 1, From: states[0]})
	if diff := cmp.Diff(whole.Differences, rest.Differences); diff != "" || rest.Compared != 2000 {
		t.Errorf("%d compared (-whole +rest)\n%s", rest.Compared, diff)
	}
	if looked := s.looks - before; looked != 31 {
		t.Errorf("the server was asked %d times, want 30 bundles and one suspect", looked)
	}
}

func TestPatientsAreCountedByWhatTheServerFinds(t *testing.T) {
	t.Parallel()
	s, db, source := hospital(t, 100)
	delete(s.all, source[7].Ref())
	r := check(t, s, db, source, reconcile.Options{Share: 0, Patients: 1})
	var got []string
	for _, d := range r.Differences {
		got = append(got, string(d.Kind)+" "+d.Type+"/"+d.ID+" "+d.Says)
	}
	if diff := cmp.Diff([]string{"count Observation/ 100 delivered, 99 on the server", "patient-count Patient/p7 2 Observation delivered, 1 found"}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	s.blind = true
	r = check(t, s, db, source, reconcile.Options{Share: 0, Patients: 1, Orphans: reconcile.OrphansListed})
	if len(r.Differences) != 0 || len(r.Notes) != 3 || r.Types[0].Server != -1 {
		t.Errorf("%+v, %q", r.Differences, r.Notes)
	}
}

// Journals of versions before XXH3 hold the first half of SHA-256.
func TestWhatAnOlderVersionDeliveredIsComparedToo(t *testing.T) {
	t.Parallel()
	all := observations(6)
	s, db := deliveredWith(t, all, func(json []byte) reports.Sum {
		sum := sha256.Sum256(json)
		return reports.Sum(sum[:16])
	})
	r := check(t, s, db, all, reconcile.Options{Share: 1})
	if r.Compared != 6 || len(r.Differences) != 0 {
		t.Errorf("%d compared, %+v", r.Compared, r.Differences)
	}
	s.all["Observation/o3"] = fhirserver.Stored{Version: "1", JSON: observation(3, "7050").JSON}
	changed := slices.Clone(all)
	changed[4] = observation(4, "71")
	r = check(t, s, db, changed, reconcile.Options{Share: 1})
	var got []string
	for _, d := range r.Differences {
		got = append(got, string(d.Kind)+" "+d.ID)
	}
	if diff := cmp.Diff([]string{"altered o3", "source-changed o4"}, got); diff != "" || r.Compared != 5 {
		t.Errorf("%d compared (-want +got)\n%s", r.Compared, diff)
	}
}

// What a reference by identifier led to is on the server, and in the journal of
// a load; the journal of a run has the reference as it was made.
func TestAResolvedReferenceIsNoDifference(t *testing.T) {
	t.Parallel()
	made, resolved, other := observation(1, "70"), observation(1, "70"), observation(1, "70")
	made.JSON = []byte(strings.Replace(string(made.JSON), "Patient/p1", "Patient?identifier=urn:mrn|1", 1))
	other.JSON = []byte(strings.Replace(string(made.JSON), "Patient?identifier=urn:mrn|1", "Patient/p2", 1))
	resolve := func(_ context.Context, text []byte) ([]byte, error) {
		return []byte(strings.Replace(string(text), "Patient?identifier=urn:mrn|1", "Patient/p1", 1)), nil
	}
	for name, c := range map[string]struct {
		journal, server fhir.Resource
		resolve         func(context.Context, []byte) ([]byte, error)
		want            string
	}{
		"of a run":                   {made, resolved, resolve, ""},
		"of a load":                  {resolved, resolved, resolve, ""},
		"another chart":              {made, other, resolve, "altered"},
		"nobody resolves":            {made, resolved, nil, "altered"},
		"the journal says another":   {other, other, resolve, "source-changed"},
		"it is there as it was made": {made, made, resolve, "altered"},
	} {
		s, db := delivered(t, []fhir.Resource{c.journal})
		s.all["Observation/o1"] = fhirserver.Stored{Version: "1", JSON: c.server.JSON}
		r := check(t, s, db, []fhir.Resource{made}, reconcile.Options{Share: 1, Resolve: c.resolve})
		var got []string
		for _, d := range r.Differences {
			got = append(got, string(d.Kind))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	failing := func(context.Context, []byte) ([]byte, error) { return nil, errors.New("the server is gone") }
	s, db := delivered(t, []fhir.Resource{made})
	if _, err := tryCheck(t, s, db, []fhir.Resource{made}, reconcile.Options{Share: 1, Resolve: failing}); err == nil || strings.Contains(err.Error(), "urn:mrn") {
		t.Errorf("the search failed: %v", err)
	}
}
