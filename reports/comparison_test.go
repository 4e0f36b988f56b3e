package reports_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/internal/issue"
	"chartlift/reports"
)

// compared records a comparison of the latest run and returns its id.
func compared(t *testing.T, db *reports.DB, o reports.Options, change func(*reports.Comparison)) string {
	t.Helper()
	of, err := db.Ledger(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	rec, err := db.Begin(context.Background(), reports.RunInfo{Command: "reconcile", Target: "https://fhir.example.org/r4", Options: o})
	if err != nil {
		t.Fatal(err)
	}
	c := reports.Comparison{
		Of: of.Run, Sample: 5, Delivered: 10_000, Compared: 620, Differ: 3, Bound: 0.0125, Failed: 4, Notes: []string{"the server does not say how many Device it has"},
		Counts: []reports.ComparedCount{
			{Stratum: "table", Name: "patients.csv/patients", Source: 10_013, Delivered: 10_012, Server: -1, Bound: -1},
			{Stratum: "type", Name: "Patient", Source: 9_551, Delivered: 9_551, Server: 9_549, Compared: 560, Differ: 3, Bound: 0.0138},
			{Stratum: "type", Name: "Device", Source: 12, Delivered: 12, Server: -1, Bound: -1},
			{Stratum: "type", Name: "Condition", Source: 60, Delivered: 60, Server: 51, Compared: 60, Differ: 0},
			{Stratum: "patients", Name: "10 to 99 resources", Source: 800, Delivered: 800, Server: 799, Compared: 20, Differ: 1, Bound: 0.216},
		},
		Kinds: []string{"missing", "drifted", "count", "orphan"},
		Found: []reports.ComparedDifference{
			{Kind: "missing", Type: "Patient", ID: "p12", Origin: issue.Origin{Source: "patients.csv", Table: "patients", Row: 12}},
			{Kind: "drifted", Type: "Patient", ID: "p13", Origin: issue.Origin{Source: "dump.sql", Table: "person", Row: 13}, Values: []reports.ComparedValue{
				{Path: "Patient.birthDate", Sent: "1950-01-31", Held: "1950-01-30"}, {Path: "Patient.gender", Held: "<b>other</b>"},
			}},
			{Kind: "count", Type: "Condition", Says: "60 delivered, 51 on the server"},
			{Kind: "orphan", Type: "Patient", ID: "stranger"},
		},
	}
	if change != nil {
		change(&c)
	}
	if err := rec.Comparison(c); err != nil {
		t.Fatal(err)
	}
	finish(t, rec, reports.Findings)
	return rec.ID()
}

func criterion(t *testing.T, db *reports.DB) reports.Criterion {
	t.Helper()
	s, err := db.Summary(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range s.Acceptance {
		if c.Name == "resources-unconfirmed" {
			return c
		}
	}
	t.Fatal("nothing is said of what the server holds")
	return reports.Criterion{}
}

func TestAComparisonIsListedWithFiguresDifferencesAndRows(t *testing.T) {
	t.Parallel()
	db, path := sample(t, reports.Options{})
	id := compared(t, db, reports.Options{}, nil)
	change(t, path, "UPDATE run SET finished_at = '2026-11-22T10:14:20.500Z'")
	table, err := db.Query(context.Background(), "reconcile", "")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "compared.txt", table.Title+"\n\n"+table.Text())
	same, err := db.Query(context.Background(), "reconcile", id)
	if diff := cmp.Diff(table, same); diff != "" || err != nil {
		t.Errorf("asked for by its own id: %v (-want +got)\n%s", err, diff)
	}
	shown, err := db.QueryValues(context.Background(), "reconcile", "")
	if text := shown.Text(); err != nil || !strings.Contains(text, "1950-01-31") || !strings.Contains(text, "1950-01-30") {
		t.Errorf("whoever asks for values does not get them: %v\n%s", err, text)
	}
}

func TestTheLatestComparisonOfEachRunCounts(t *testing.T) {
	t.Parallel()
	db, _ := sample(t, reports.Options{})
	if c := criterion(t, db); c.Status != reports.NotMeasured || !strings.Contains(c.Why, "chartlift verify") {
		t.Errorf("before any comparison: %+v", c)
	}
	compared(t, db, reports.Options{}, nil)
	// 3 Patients differ (the server has 2 fewer: those are among them); of the
	// Conditions none of those looked at, but 9 are lacking.
	if c := criterion(t, db); c.Status != reports.NotMet || c.Actual != 12 || c.Of != 620 || c.Why != "report reconcile" {
		t.Errorf("with differences: %+v", c)
	}
	well := func(c *reports.Comparison) {
		c.Differ, c.Bound, c.Found = 0, 0.0048, nil
		c.Counts = []reports.ComparedCount{{Stratum: "type", Name: "Patient", Source: 10_000, Delivered: 10_000, Server: 10_400, Compared: 620, Bound: 0.0048}}
	}
	compared(t, db, reports.Options{}, well)
	if c := criterion(t, db); c.Status != reports.Met || c.Why != "a sample of 10,000; with 95 % confidence at most 0.48 % of all differ" {
		t.Errorf("mended and compared again: %+v", c)
	}
	compared(t, db, reports.Options{}, func(c *reports.Comparison) { well(c); c.Compared, c.Bound = 10_000, 0 })
	if c := criterion(t, db); c.Status != reports.Met || c.Why != "" || c.Of != 10_000 {
		t.Errorf("all compared: %+v", c)
	}
	compared(t, db, reports.Options{}, func(c *reports.Comparison) { c.Compared, c.Differ = 0, 0 })
	if c := criterion(t, db); c.Status != reports.NotMeasured {
		t.Errorf("nothing compared: %+v", c)
	}
	later(t, db)
	if c := criterion(t, db); c.Status != reports.NotMeasured {
		t.Errorf("what was compared of another run says nothing of this one: %+v", c)
	}
}

func TestWhatNoServerGotIsNotConfirmed(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]string{"out": "files were written; there is no server to ask", "sandbox:": "nobody has asked the server yet: chartlift verify, or chartlift reconcile"} {
		db, path := sample(t, reports.Options{})
		change(t, path, "UPDATE run SET target = '"+target+"'")
		if c := criterion(t, db); c.Status != reports.NotMeasured || c.Why != want {
			t.Errorf("into %s: %+v", target, c)
		}
	}
	db, path := sample(t, reports.Options{})
	change(t, path, "UPDATE run SET dry_run = 1")
	if c := criterion(t, db); c.Why != "a dry run delivers nothing" {
		t.Errorf("a dry run: %+v", c)
	}
}

func TestTheLimitOfUnconfirmedResourcesIsAShareOfThoseCompared(t *testing.T) {
	t.Parallel()
	db, path := sample(t, reports.Options{})
	compared(t, db, reports.Options{}, nil)
	for share, want := range map[string]string{"2.0": reports.Met, "1.9": reports.NotMet} { // 12 of 620 are 1.94 %
		change(t, path, "INSERT OR REPLACE INTO acceptance SELECT run_id, 'resources-unconfirmed', "+share+", 1 FROM run WHERE command = 'run'")
		if c := criterion(t, db); c.Status != want {
			t.Errorf("at most %s %%: %+v", share, c)
		}
	}
}

func TestAComparisonKeepsTheShapesOfValuesWhereTheyAreMasked(t *testing.T) {
	t.Parallel()
	db, path := sample(t, reports.Options{MaskValues: true})
	compared(t, db, reports.Options{MaskValues: true}, nil)
	if n := one[int](t, path, "SELECT count(*) FROM difference_path WHERE sent LIKE '%1950%' OR held LIKE '%1950%' OR held LIKE '%other%'"); n != 0 {
		t.Errorf("%d values are in the file", n)
	}
	shown, err := db.QueryValues(context.Background(), "reconcile", "")
	if text := shown.Text(); err != nil || !strings.Contains(text, "9999-99-99 (len 10)") {
		t.Errorf("%v\n%s", err, text)
	}
	table, err := db.Query(context.Background(), "reconcile", "")
	if diff := cmp.Diff(shown, table); diff != "" || err != nil {
		t.Errorf("shapes are masked once more: %v\n%s", err, diff)
	}
}

func TestMoreDifferencesThanAreKeptAreCounted(t *testing.T) {
	t.Parallel()
	db, path := sample(t, reports.Options{})
	compared(t, db, reports.Options{}, func(c *reports.Comparison) {
		c.Found = nil
		for i := range 10_007 {
			c.Found = append(c.Found, reports.ComparedDifference{Kind: "missing", Type: "Patient", ID: fmt.Sprint("p", i), Origin: issue.Origin{Source: "patients.csv", Table: "patients", Row: int64(i + 1)}})
		}
	})
	if n := one[int](t, path, "SELECT count(*) FROM difference"); n != 10_000 {
		t.Errorf("%d are kept", n)
	}
	table, err := db.Query(context.Background(), "reconcile", "")
	last := table.Rows[min(10_001, len(table.Rows)-1)] // after all together and what is kept; figures follow
	if err != nil || last[0] != "missing" || last[len(last)-1] != "7 more of 10007" {
		t.Errorf("%v: the line after the differences is %q", err, last)
	}
	s, err := db.Summary(context.Background(), "")
	if err != nil || len(s.Confirmed.First) != 20 || s.Confirmed.Kinds[0] != (reports.ConfirmedKind{Kind: "missing", Count: 10_007}) {
		t.Errorf("%v: the summary has %d, of %+v", err, len(s.Confirmed.First), s.Confirmed.Kinds)
	}
}

func TestTheSummaryTellsWhatTheServerHolds(t *testing.T) {
	t.Parallel()
	db, _ := sample(t, reports.Options{})
	id := compared(t, db, reports.Options{}, nil)
	s, err := db.Summary(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	c := s.Confirmed
	if c.Run != id || c.Command != "reconcile" || c.At == "" || c.Unconfirmed != 12 || c.Types[1].Name != "Device" || c.Types[1].Server != nil || c.Types[1].Bound != nil || *c.Types[0].Server != 51 {
		t.Errorf("%+v", c)
	}
	want := []reports.ConfirmedDiffering{
		{Kind: "missing", Resource: "Patient/p12", Row: "patients.csv:12"},
		{Kind: "drifted", Resource: "Patient/p13", Paths: "Patient.birthDate, Patient.gender", Row: "dump.sql/person:13"},
		{Kind: "count", Resource: "Condition", Says: "60 delivered, 51 on the server"},
		{Kind: "orphan", Resource: "Patient/stranger"},
	}
	if diff := cmp.Diff(want, c.First); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	var text bytes.Buffer
	if err := db.JSON(context.Background(), "", &text); err != nil || strings.Contains(text.String(), "1950-01") {
		t.Errorf("the JSON has values: %v", err)
	}
}

func TestThePageTellsWhatTheServerHolds(t *testing.T) {
	t.Parallel()
	db, path := sample(t, reports.Options{})
	if got := page(t, db, reports.PageOptions{}); strings.Contains(got, "What the server holds") {
		t.Error("nobody has asked the server")
	}
	compared(t, db, reports.Options{}, nil)
	change(t, path, "UPDATE difference SET resource_id = '<script>x</script>' WHERE kind = 'orphan'")
	for _, show := range []bool{false, true} {
		got := page(t, db, reports.PageOptions{ShowValues: show})
		for _, want := range []string{
			`<h2 id="server">What the server holds</h2>`, "620 of 10,000 resources were compared field by field with what was sent, 3 differ.", "With 95 % confidence at most 1.25 % of all do.",
			"the server does not say how many Device it has", `<th scope="row">Patient</th><td class="n">9,551</td><td class="n">9,551</td><td class="n">9,549</td><td class="n">560</td><td class="n">3</td><td class="n">1.38 %</td>`,
			`<th scope="row">Device</th><td class="n">12</td><td class="n">12</td><td class="n">?</td><td class="n">0</td><td class="n zero">0</td><td class="n">–</td>`,
			`<th scope="row">10 to 99 resources</th>`, "1 missing, 1 drifted, 1 count, 1 orphan", "<code>Patient/p13</code></td><td>Patient.birthDate, Patient.gender</td><td><code>dump.sql/person:13</code>",
			"60 delivered, 51 on the server", "Patient/&lt;script&gt;", `<a href="#server">the server was asked for 620 of them: 3 differ</a>`,
		} {
			if !strings.Contains(got, want) {
				t.Errorf("the page lacks %q", want)
			}
		}
		if strings.Contains(got, "1950-01-3") {
			t.Error("the page has values of what differs")
		}
	}
}
