package reports

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Diff is what changed from one run to another. Findings are the same where
// rule, code, column and table are.
type Diff struct {
	Before  string   `json:"before"`
	After   string   `json:"after"`
	Changes []Change `json:"changes"`
	// The findings that are new, gone, more and fewer, counted by kinds.
	New, Gone, Grown, Shrunk int
}

// Change is one figure that differs. Kind is new, gone, grown or shrunk. Worse
// says that a bigger figure is no good news.
type Change struct {
	Area   string `json:"area"` // rows, duplicates, clusters, resources, findings, codes, plausibility, completeness
	What   string `json:"what"`
	Kind   string `json:"kind"`
	Before int64  `json:"before"`
	After  int64  `json:"after"`
	Worse  bool   `json:"worse"`
}

// figures is an area of the comparison: its query gives a name and a number for
// a run.
type figures struct {
	area, query string
	bad         bool // more is worse
}

// compared lists what two runs are compared by, in the order of the report.
func compared() []figures {
	return []figures{
		{"rows", "SELECT table_or_sheet || ' read' || iif(source = table_or_sheet, '', ' (' || source || ')'), rows_read FROM source WHERE run_id = ? AND mapped = 1", false},
		{"rows", "SELECT table_or_sheet || ' loaded (' || source || ')', rows_loaded FROM source WHERE run_id = ? AND mapped = 1", false},
		{"rows", "SELECT table_or_sheet || ' rejected (' || source || ')', rows_rejected FROM source WHERE run_id = ? AND mapped = 1", true},
		{"rows", "SELECT table_or_sheet || ' filtered (' || source || ')', rows_filtered FROM source WHERE run_id = ? AND mapped = 1", false},
		{"duplicates", "SELECT table_or_sheet || ' merged (' || source || ')', rows_merged FROM source WHERE run_id = ? AND mapped = 1", false},
		{"duplicates", "SELECT 'pairs that are one person for certain', n_certain FROM dup_run WHERE run_id = ?", false},
		{"duplicates", "SELECT 'pairs that are probably one person', n_probable FROM dup_run WHERE run_id = ?", false},
		{"duplicates", "SELECT 'pairs that are possibly one person', n_possible FROM dup_run WHERE run_id = ?", true},
		{"duplicates", "SELECT 'clusters of records that are one person', count(*) FROM dup_cluster WHERE run_id = ?", false},
		{"clusters", "SELECT 'Patient/' || resource_id || ' in cluster ' || cluster_id, 1 FROM dup_member WHERE run_id = ?", true},
		{"clusters", "SELECT 'Patient/' || resource_id || ' put together with Patient/' || survivor_id, 1 FROM dup_member WHERE run_id = ? AND survivor_id NOT IN ('', resource_id)", true},
		{"resources", "SELECT resource_type || ' loaded', sum(n_loaded) FROM resource_count WHERE run_id = ? GROUP BY resource_type", false},
		{"findings", `SELECT trim(g.severity || ' ' || g.code || ' ' || g.rule || ' ' || iif(g.column_name = '', '', 'column ' || g.column_name) || ' ' || coalesce(s.table_or_sheet, '')), sum(n_findings)
			FROM finding_group g LEFT JOIN source s ON s.source_id = g.source_id WHERE g.run_id = ? GROUP BY 1`, true},
		{"codes", "SELECT 'unmapped ' || crosswalk || ' ' || source_code, sum(n_records) FROM code_map WHERE run_id = ? GROUP BY 1", true},
		{"plausibility", "SELECT trim(rule || ' ' || scope), n_violated FROM check_result WHERE run_id = ?", true},
		{"completeness", "SELECT 'lost ' || table_name || '.' || column_name || iif(element = '', ' (no rule)', ' ' || element), sum(n_lost) FROM field_profile WHERE run_id = ? GROUP BY 1", true},
	}
}

// Diff compares two runs, named by id or number; "" for after is the latest
// run, "" for before the one that Previous gives.
func (db *DB) Diff(ctx context.Context, before, after string) (Diff, error) {
	var d Diff
	var err error
	if d.After, err = db.findRun(ctx, after); err != nil {
		return d, fmt.Errorf("compare runs: %w", err)
	}
	if before == "" {
		d.Before, err = db.Previous(ctx, d.After)
	} else {
		d.Before, err = db.findRun(ctx, before)
	}
	if err != nil {
		return d, fmt.Errorf("compare runs: %w", err)
	}
	for _, f := range compared() {
		if err := db.compare(ctx, f, &d); err != nil {
			return d, fmt.Errorf("compare %s of runs %s and %s: %w", f.area, d.Before, d.After, err)
		}
	}
	return d, nil
}

// Previous returns the run of the same command and mapping before this one. It
// returns ErrNoRun where this is the first.
func (db *DB) Previous(ctx context.Context, run string) (string, error) {
	var id string
	err := db.sql.QueryRowContext(ctx, `SELECT p.run_id FROM run r JOIN run p ON p.run_no < r.run_no AND p.command = r.command AND p.mapping = r.mapping
		WHERE r.run_id = ? AND p.status IN ('succeeded', 'findings') ORDER BY p.run_no DESC LIMIT 1`, run).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("%w: nothing came before %s with this mapping", ErrNoRun, run)
	}
	return id, err
}

// compare appends what differs in one area, what is worse first and then by
// size.
func (db *DB) compare(ctx context.Context, f figures, d *Diff) error {
	read := func(run string) (map[string]int64, error) {
		out := map[string]int64{}
		err := db.each(ctx, f.query, []any{run}, func(scan scanner) error {
			var name string
			var n int64
			err := scan(&name, &n)
			out[name] += n
			return err
		})
		return out, err
	}
	before, err := read(d.Before)
	if err != nil {
		return err
	}
	after, err := read(d.After)
	if err != nil {
		return err
	}
	var changes []Change
	for name, n := range after {
		changes = append(changes, Change{Area: f.area, What: name, Before: before[name], After: n, Worse: f.bad == (n > before[name])})
	}
	for name, n := range before {
		if _, still := after[name]; !still {
			changes = append(changes, Change{Area: f.area, What: name, Before: n, Worse: !f.bad})
		}
	}
	changes = slices.DeleteFunc(changes, func(c Change) bool { return c.Before == c.After })
	slices.SortFunc(changes, Change.compare)
	for i := range changes {
		changes[i].Kind = changes[i].kind()
		if f.area == "findings" {
			d.count(changes[i].Kind)
		}
	}
	d.Changes = append(d.Changes, changes...)
	return nil
}

// compare puts what is worse first, then what differs most.
func (c Change) compare(o Change) int {
	if c.Worse != o.Worse {
		if c.Worse {
			return -1
		}
		return 1
	}
	size := func(c Change) int64 { return max(c.After-c.Before, c.Before-c.After) }
	if size(c) != size(o) {
		return int(min(max(size(o)-size(c), -1), 1))
	}
	return strings.Compare(c.What, o.What)
}

func (c Change) kind() string {
	switch {
	case c.Before == 0:
		return "new"
	case c.After == 0:
		return "gone"
	case c.After > c.Before:
		return "grown"
	}
	return "shrunk"
}

func (d *Diff) count(kind string) {
	switch kind {
	case "new":
		d.New++
	case "gone":
		d.Gone++
	case "grown":
		d.Grown++
	default:
		d.Shrunk++
	}
}

// Headline names both runs, and says so where nothing differs.
func (d Diff) Headline() string {
	if len(d.Changes) == 0 {
		return "Nothing changed from run " + d.Before + " to run " + d.After
	}
	return "What changed from run " + d.Before + " to run " + d.After
}

// Table returns the differences as a table, for the forms that lists have.
func (d Diff) Table() Table {
	t := Table{Name: "diff", Title: d.Headline(), Rows: [][]string{}, Columns: []Column{
		{Name: "area"}, {Name: "change"}, {Name: "what"}, {Name: "before", Number: true}, {Name: "after", Number: true}, {Name: "difference", Number: true},
	}}
	for _, c := range d.Changes {
		t.Rows = append(t.Rows, []string{
			c.Area, c.Kind, c.What, strconv.FormatInt(c.Before, 10), strconv.FormatInt(c.After, 10), strconv.FormatInt(c.After-c.Before, 10),
		})
	}
	return t
}
