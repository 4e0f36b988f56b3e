package reconcile_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"chartlift/internal/reconcile"
	"chartlift/load/fhirserver"
	"chartlift/reports"
)

func TestWhatNobodyDeliveredIsListedWithinABound(t *testing.T) {
	t.Parallel()
	s, db, source := hospital(t, 20)
	for i := range 10_005 {
		s.all[fmt.Sprintf("Observation/stray%d", i)] = fhirserver.Stored{Version: "1"}
	}
	r := check(t, s, db, source, reconcile.Options{Share: 0, Orphans: true})
	n := 0
	for _, d := range r.Differences {
		if d.Kind == reconcile.Orphan && strings.HasPrefix(d.ID, "stray") {
			n++
		}
	}
	if n != 10_000 || !slices.Contains(r.Notes, "Observation that nobody delivered: the first 10000 are listed, there are more") {
		t.Errorf("%d are listed, with the notes %q", n, r.Notes)
	}
}

func TestByWhatOrphansWereLookedForIsSaidWhereItMatters(t *testing.T) {
	t.Parallel()
	for by, note := range map[reconcile.Asked]string{
		reconcile.ByTag:        "",
		reconcile.ByIdentifier: "Observation that nobody delivered were looked for by our identifier, as the server is not searched by tag: those of another project count, too",
	} {
		s, db, source := hospital(t, 20)
		s.asked = by
		r := check(t, s, db, source, reconcile.Options{Share: 0, Orphans: true})
		if len(r.Differences) != 0 || len(r.Notes) != 0 {
			t.Errorf("by %s: %+v, %q", by, r.Differences, r.Notes)
		}
		s.all["Observation/stray"] = fhirserver.Stored{Version: "1"}
		r = check(t, s, db, source, reconcile.Options{Share: 0, Orphans: true})
		if len(r.Differences) != 1 || r.Differences[0].Kind != reconcile.Orphan || strings.Join(r.Notes, "; ") != note {
			t.Errorf("by %s: %+v, %q", by, r.Differences, r.Notes)
		}
	}
}

// The process died before the answer came: a row makes the one, and nobody the other.
func TestWhatAKilledRunLeftOnTheServerIsAnOrphanWhereNoRowMakesIt(t *testing.T) {
	t.Parallel()
	s, db, source := hospital(t, 20)
	rec, err := db.Begin(t.Context(), reports.RunInfo{Command: "run"})
	if err != nil {
		t.Fatal(err)
	}
	if err := rec.Deliver(reports.Delivery{Target: "x", Scope: "s"}); err != nil {
		t.Fatal(err)
	}
	var sent []reports.Delivered
	for _, i := range []int{21, 22} {
		r := observation(i, "70.50")
		s.all[r.Ref()] = fhirserver.Stored{Version: "1", JSON: r.JSON}
		sent = append(sent, reports.Delivered{Type: r.Type, ID: r.ID, Sum: reports.SumOf(r.JSON), Fate: reports.Sent})
	}
	rec.Journal(1, false, sent)
	if err := rec.Finish(t.Context(), reports.Failed, 1); err != nil {
		t.Fatal(err)
	}
	r := check(t, s, db, append(source, observation(21, "70.50")), reconcile.Options{Share: 1, Orphans: true})
	var found []string
	for _, d := range r.Differences {
		found = append(found, string(d.Kind)+" "+d.ID)
	}
	if want := []string{"orphan o22", "undelivered o21"}; !slices.Equal(found, want) {
		t.Errorf("it finds %q, want %q", found, want)
	}
}
