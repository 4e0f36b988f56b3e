package reconcile_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"chartlift/internal/reconcile"
	"chartlift/load/fhirserver"
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
