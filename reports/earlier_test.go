package reports_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/reports"
)

const there = "https://fhir.example.org/r4"

// fed is a run to there that read rows of visits.csv, and ended so; "" leaves
// it as a kill does.
func fed(t *testing.T, db *reports.DB, d reports.Delivery, rows int64, status string) string {
	t.Helper()
	rec := delivering(t, db, d)
	id, err := rec.Source(reports.SourceInfo{Path: "/legacy/visits.csv", Source: "visits.csv", Table: "visits", SHA256: "feed", Bytes: 30, Mapped: true})
	if err != nil {
		t.Fatal(err)
	}
	if rows > 0 {
		rec.Rows(id, []reports.RowRange{{First: 1, Last: rows, Outcome: reports.Loaded}})
		rec.Journal(1, true, []reports.Delivered{delivered("p1", "a", reports.Created)})
	}
	if status != "" {
		finish(t, rec, status)
	} else if err := rec.Await(); err != nil {
		t.Fatal(err)
	}
	return rec.ID()
}

func TestTablesOfEarlierRunsComeWithTheLatestFirst(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	here := reports.Delivery{Target: there, Scope: "clinic@here"}
	first := fed(t, db, here, 4, reports.Succeeded)
	fed(t, db, reports.Delivery{Target: there, Scope: "clinic@elsewhere"}, 4, reports.Succeeded)
	fed(t, db, reports.Delivery{Target: "sandbox:", Scope: "clinic@here"}, 4, reports.Succeeded)
	fed(t, db, here, 0, reports.Succeeded) // an empty table
	fed(t, db, here, 0, reports.Failed)    // ended before anything was sent
	fed(t, db, reports.Delivery{Target: there, Scope: "clinic@here", Files: true}, 4, reports.Failed)
	killed := fed(t, db, here, 2, "")
	back := fed(t, db, here, 5, reports.Succeeded)
	undo := delivering(t, db, here)
	if err := undo.Undone(back); err != nil {
		t.Fatal(err)
	}
	got, err := db.EarlierTables(t.Context(), there, "clinic@here")
	if err != nil {
		t.Fatal(err)
	}
	got = slices.DeleteFunc(got, func(e reports.EarlierTable) bool { return e.Table == "patients" }) // of begin, without rows: in the killed run alone
	one := reports.EarlierTable{Path: "/legacy/visits.csv", Source: "visits.csv", Table: "visits", SHA256: "feed", Bytes: 30}
	two := one
	one.Run, one.Rows, two.Run, two.Rows = killed, 2, first, 4
	if diff := cmp.Diff([]reports.EarlierTable{one, two}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestATargetThatGotNothingHasNoEarlierTables(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	if got, err := db.EarlierTables(t.Context(), there, "clinic@here"); err != nil || len(got) > 0 {
		t.Errorf("%v, %v", got, err)
	}
}
