package pipeline_test

import (
	"database/sql"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"chartlift/validate/plausible"
)

// Resources are weighed some dozens at a time, by several workers, but what is
// found of them stands with their row, in the order of the rows, between what
// the mapping found.
func TestWhatIsHardlyTrueStandsInTheOrderOfTheRows(t *testing.T) {
	t.Parallel()
	const rows = 2000 // more than are weighed at once, and more than a batch for each worker
	lines, want := []string{"ID|DAY|N"}, []string(nil)
	for i := range rows {
		day, n, row := "2020-01-02", "1", i+1
		if i%7 == 6 { // the row before has the key
			lines, want = append(lines, fmt.Sprintf("o%d|2090-01-02|y", i)), append(want, fmt.Sprintf("duplicate-key %d", row))
			continue
		}
		if i%3 == 0 {
			day, want = "2090-01-02", append(want, fmt.Sprintf("event-in-future %d", row))
		}
		if i%5 == 0 {
			n, want = "x", append(want, fmt.Sprintf("bad-number %d", row))
			if i%3 == 0 { // what the mapping finds comes before what is thought of the result
				slices.Reverse(want[len(want)-2:])
			}
		}
		lines = append(lines, fmt.Sprintf("o%d|%s|%s", i+1, day, n))
	}
	mapping := "chartlift: 1\nid: site\ndefaults: { policy: { bad_value: omit-element } }\nsources:\n  obs: { csv: { path: obs.csv }, key: [ID] }\nmaps:\n  o: { from: obs, resource: Observation, key: [ID], " +
		"elements: { status: final, code: { text: x }, effectiveDateTime: $DAY | date YYYY-MM-DD, valueQuantity: { value: $N | decimal } } }\n"
	obs := file("obs.csv", lines...)
	obs.batch = 80
	r := prepare(t, mapping, obs)
	r.job.Workers = 4
	r.job.Plausible = plausible.New(plausible.Options{Today: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)})
	r.start(t.Context()).ok()
	if diff := cmp.Diff(want, r.found()); diff != "" {
		t.Errorf("findings by row, in the order in which they were reported (-want +got):\n%s", diff)
	}
}

// Of more findings than are kept the first rows' are, whichever worker was
// first.
func TestOfManyFindingsThoseOfTheFirstRowsAreKept(t *testing.T) {
	t.Parallel()
	const rows, kept = 4000, 1000
	lines, want := []string{"ID"}, []string(nil)
	for i := range rows {
		lines = append(lines, fmt.Sprintf("p%d", i))
		if i < kept {
			want = append(want, fmt.Sprintf("bad-number %d", i+1))
		}
	}
	mapping := "chartlift: 1\nid: site\ndefaults: { policy: { bad_value: omit-element } }\nsources:\n  obs: { csv: { path: obs.csv }, key: [ID] }\nmaps:\n  o: { from: obs, resource: Observation, key: [ID], " +
		"elements: { status: final, code: { text: x }, valueQuantity: { value: $ID | decimal } } }\n"
	obs := file("obs.csv", lines...)
	obs.batch = 50
	r := prepare(t, mapping, obs)
	r.job.Workers = 4
	r.start(t.Context()).ok()
	if diff := cmp.Diff(want, r.found()); diff != "" {
		t.Errorf("findings by row, in the order in which they were reported (-want +got):\n%s", diff)
	}
}

// found returns code and row of all findings of rows, in the order in which
// they were reported.
func (r *run) found() (all []string) {
	r.t.Helper()
	db, err := sql.Open("sqlite3", r.path)
	if err != nil {
		r.t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query("SELECT g.code || ' ' || f.row_no FROM finding f JOIN finding_group g USING (group_id) WHERE f.row_no > 0 ORDER BY f.finding_id")
	if err != nil {
		r.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			r.t.Fatal(err)
		}
		all = append(all, one)
	}
	if err := rows.Err(); err != nil {
		r.t.Fatal(err)
	}
	return all
}
