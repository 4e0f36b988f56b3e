package reconcile_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"chartlift/fhir"
	"chartlift/internal/reconcile"
	"chartlift/load/fhirserver"
)

// renamed makes a server keep everything under its own ids, as Raw tells it.
func renamed(s *server) {
	for ref, v := range s.all {
		s.all[ref] = fhirserver.Stored{Version: v.Version, Raw: inTheirs(v.JSON)}
	}
}

// inTheirs is a resource in the server's ids.
func inTheirs(ours []byte) []byte {
	return bytes.ReplaceAll(ours, []byte("Patient/p"), []byte("Patient/srv-"))
}

// theirs is what such a server should hold; nothing is known of some.
func theirs(unknown ...string) func([]fhir.Resource) ([][]byte, error) {
	return func(all []fhir.Resource) ([][]byte, error) {
		out := make([][]byte, len(all))
		for i, r := range all {
			if !slices.Contains(unknown, r.ID) {
				out[i] = inTheirs(r.JSON)
			}
		}
		return out, nil
	}
}

func TestWhatIsThereUnderOtherIdsIsComparedByWhatItShouldBe(t *testing.T) {
	t.Parallel()
	s, db, source := hospital(t, 100)
	renamed(s)
	change := func(i int, version, old, now string) {
		v := s.all[source[i].Ref()]
		s.all[source[i].Ref()] = fhirserver.Stored{Version: version, Raw: bytes.Replace(v.Raw, []byte(old), []byte(now), 1)}
	}
	change(3, "2", "70.50", "75")
	change(4, "1", "srv-4", "srv-5") // another patient's chart
	delete(s.all, source[5].Ref())
	r := check(t, s, db, source, reconcile.Options{Share: 1, Expect: theirs("o7", "o8")})
	var got []string
	for _, d := range r.Differences {
		got = append(got, string(d.Kind)+" "+d.ID+" "+strings.Join(d.Paths(), " "))
	}
	want := []string{"missing o5 ", "altered o4 Observation.subject.reference", "drifted o3 Observation.valueQuantity.value", "count  "}
	if !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
	if r.Compared != 98 || r.Uncompared != 2 || r.Differ != 3 || r.Population != 100 || r.Bound() != 3.0/98 {
		t.Errorf("%d compared, %d not, %d differ of %d, bound %f", r.Compared, r.Uncompared, r.Differ, r.Population, r.Bound())
	}
	if o := r.Types[0]; o.Compared != 98 || o.Uncompared != 2 || o.Bound() != 3.0/98 {
		t.Errorf("the type is %+v", o)
	}
	if !slices.ContainsFunc(r.Notes, func(n string) bool { return strings.HasPrefix(n, "2 resources on the server not compared") }) {
		t.Errorf("the notes are %q", r.Notes)
	}
}

func TestWhatCannotBeComparedCountsAsNothing(t *testing.T) {
	t.Parallel()
	s, db, source := hospital(t, 20)
	for ref := range s.all {
		s.all[ref] = fhirserver.Stored{Version: "1"} // there, and not a word of it
	}
	late := source[2].Ref()
	s.late = map[string]bool{late: true} // it is taken for missing first
	var last reconcile.State
	o := reconcile.Options{Share: 1, Wait: time.Second, Sleep: func(context.Context, time.Duration) error { return nil }, Save: func(st reconcile.State) error { last = st; return nil }}
	r := check(t, s, db, source, o)
	if r.Compared != 0 || r.Uncompared != 20 || r.Differ != 0 || len(r.Differences) != 0 {
		t.Errorf("%d compared, %d not, %d differ: %+v", r.Compared, r.Uncompared, r.Differ, r.Differences)
	}
	if last.Uncompared["Observation"] != 20 || last.Compared["Observation"] != 0 {
		t.Errorf("what is kept to go on with: %+v", last)
	}
}

func TestAComparisonEndsWhereWhatIsExpectedCannotBeLookedUp(t *testing.T) {
	t.Parallel()
	s, db, source := hospital(t, 3)
	broken := errors.New("the disk is gone")
	_, err := tryCheck(t, s, db, source, reconcile.Options{Share: 1, Expect: func([]fhir.Resource) ([][]byte, error) { return nil, broken }})
	if !errors.Is(err, broken) {
		t.Errorf("it ends with %v", err)
	}
}
