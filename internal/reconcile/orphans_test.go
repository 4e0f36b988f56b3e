package reconcile_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

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
	r := check(t, s, db, source, reconcile.Options{Share: 0, Orphans: reconcile.OrphansListed})
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
		r := check(t, s, db, source, reconcile.Options{Share: 0, Orphans: reconcile.OrphansListed})
		if len(r.Differences) != 0 || len(r.Notes) != 0 {
			t.Errorf("by %s: %+v, %q", by, r.Differences, r.Notes)
		}
		s.all["Observation/stray"] = fhirserver.Stored{Version: "1"}
		r = check(t, s, db, source, reconcile.Options{Share: 0, Orphans: reconcile.OrphansListed})
		if len(r.Differences) != 1 || r.Differences[0].Kind != reconcile.Orphan || strings.Join(r.Notes, "; ") != note {
			t.Errorf("by %s: %+v, %q", by, r.Differences, r.Notes)
		}
	}
}

// The process died before the answer came: a row makes the one, and nobody the
// other.
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
	r := check(t, s, db, append(source, observation(21, "70.50")), reconcile.Options{Share: 1, Orphans: reconcile.OrphansListed})
	var found []string
	for _, d := range r.Differences {
		found = append(found, string(d.Kind)+" "+d.ID)
	}
	if want := []string{"orphan o22", "undelivered o21"}; !slices.Equal(found, want) {
		t.Errorf("it finds %q, want %q", found, want)
	}
}

func TestAListIsAskedForWhereTheCountOrAnythingElseDiffersOrAlways(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		how       reconcile.Orphans
		share     float64
		drop, add string
		blind     bool
		lists     int
		want      map[reconcile.Kind]int
	}{
		"as many as were delivered":          {how: reconcile.OrphansCounted, share: 1},
		"one more":                           {how: reconcile.OrphansCounted, share: 1, add: "Observation/stray", lists: 1, want: map[reconcile.Kind]int{reconcile.Orphan: 1}},
		"one less":                           {how: reconcile.OrphansCounted, drop: "Observation/o3", lists: 1, want: map[reconcile.Kind]int{reconcile.Count: 1}},
		"one in the place of another":        {how: reconcile.OrphansCounted, share: 1, drop: "Observation/o3", add: "Observation/stray", lists: 1, want: map[reconcile.Kind]int{reconcile.Missing: 1, reconcile.Orphan: 1}},
		"the same, and nobody looked for it": {how: reconcile.OrphansCounted, drop: "Observation/o3", add: "Observation/stray"},
		"the same, listed":                   {how: reconcile.OrphansListed, drop: "Observation/o3", add: "Observation/stray", lists: 1, want: map[reconcile.Kind]int{reconcile.Orphan: 1}},
		"a server that does not count":       {how: reconcile.OrphansCounted, add: "Observation/stray", blind: true, lists: 1},
		"nobody wants to know":               {how: reconcile.NoOrphans, add: "Observation/stray"},
	} {
		s, db, source := hospital(t, 20)
		s.blind = c.blind
		delete(s.all, c.drop)
		if c.add != "" {
			s.all[c.add] = fhirserver.Stored{Version: "1"}
		}
		r := check(t, s, db, source, reconcile.Options{Share: c.share, Orphans: c.how})
		var got map[reconcile.Kind]int
		for _, d := range r.Differences {
			if got == nil {
				got = map[reconcile.Kind]int{}
			}
			got[d.Kind]++
		}
		if diff := cmp.Diff(c.want, got); s.lists != c.lists || diff != "" {
			t.Errorf("%s: listed %d times, %q %s", name, s.lists, r.Notes, diff)
		}
		if said := strings.Contains(strings.Join(r.Notes, ""), "were not looked for"); said != c.blind {
			t.Errorf("%s: it notes %q", name, r.Notes)
		}
	}
}
