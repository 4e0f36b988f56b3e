package reports

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// ErrUnbalanced says that rows were lost or counted twice: a fault of
// chartlift, never of the data.
var ErrUnbalanced = errors.New("the ledger does not balance")

// Ledger is the account of one run: for every table that a mapping names, rows
// read = loaded + merged + filtered + rejected.
type Ledger struct {
	Run        string        `json:"run"`
	Status     string        `json:"status"`
	Balanced   bool          `json:"balanced"`
	Tables     []LedgerTable `json:"tables"`
	LeftBehind []LeftBehind  `json:"left_behind"`
	Incomplete []string      `json:"incomplete,omitempty"` // what is said of files that were not read to their end: the account is of what stands before
}

// LedgerTable is one table's line. Read comes from the counter, the outcomes
// from the row ranges, so that one proves the other.
type LedgerTable struct {
	Source   string `json:"source"`
	Table    string `json:"table"`
	Read     int64  `json:"read"`
	Loaded   int64  `json:"loaded"`
	Merged   int64  `json:"merged"`
	Filtered int64  `json:"filtered"`
	Rejected int64  `json:"rejected"`
	Twice    int64  `json:"-"` // rows that were given more than one outcome
}

// LeftBehind is a table that no mapping names.
type LeftBehind struct {
	Source string `json:"source"`
	Table  string `json:"table"`
	Rows   int64  `json:"rows"`
}

// Difference returns rows read less the rows with an outcome: 0 where all is
// well.
func (t LedgerTable) Difference() int64 {
	return t.Read - t.Loaded - t.Merged - t.Filtered - t.Rejected
}

// Balanced reports whether every row read has exactly one outcome.
func (t LedgerTable) Balanced() bool { return t.Difference() == 0 && t.Twice == 0 }

// Ledger returns the ledger of a run, of the latest if run is "".
func (db *DB) Ledger(ctx context.Context, run string) (Ledger, error) {
	id, err := db.findRun(ctx, run)
	if err != nil {
		return Ledger{}, fmt.Errorf("read ledger: %w", err)
	}
	l := Ledger{Run: id, Balanced: true, Tables: []LedgerTable{}, LeftBehind: []LeftBehind{}}
	err = db.each(ctx, `SELECT source, table_or_sheet, rows_read, loaded, merged, filtered, rejected, rows_twice
		FROM v_ledger WHERE run_id = ? ORDER BY source_id`, []any{id}, func(scan scanner) error {
		var t LedgerTable
		err := scan(&t.Source, &t.Table, &t.Read, &t.Loaded, &t.Merged, &t.Filtered, &t.Rejected, &t.Twice)
		l.Tables = append(l.Tables, t)
		l.Balanced = l.Balanced && t.Balanced()
		return err
	})
	if err != nil {
		return Ledger{}, fmt.Errorf("read ledger: %w", err)
	}
	err = db.each(ctx, `SELECT source, table_or_sheet, rows_read FROM source
		WHERE run_id = ? AND mapped = 0 ORDER BY source_id`, []any{id}, func(scan scanner) error {
		var t LeftBehind
		err := scan(&t.Source, &t.Table, &t.Rows)
		l.LeftBehind = append(l.LeftBehind, t)
		return err
	})
	if err == nil {
		l.Incomplete, err = db.incomplete(ctx, id)
	}
	if err == nil {
		err = db.sql.QueryRowContext(ctx, "SELECT status FROM run WHERE run_id = ?", id).Scan(&l.Status)
	}
	if err != nil {
		return Ledger{}, fmt.Errorf("read ledger: %w", err)
	}
	return l, nil
}

// Outcomes returns the row ranges of one table of a run in the order of the
// rows; the table is named as for RowStory.
func (db *DB) Outcomes(ctx context.Context, run, source string) ([]RowRange, error) {
	s, err := db.findSource(ctx, run, source)
	if err != nil {
		return nil, fmt.Errorf("read row outcomes: %w", err)
	}
	var out []RowRange
	err = db.each(ctx, `SELECT first_row, last_row, outcome, reason, coalesce(merged_into, 0)
		FROM row_outcome WHERE source_id = ? ORDER BY first_row, range_id`, []any{s.id}, func(scan scanner) error {
		var x RowRange
		err := scan(&x.First, &x.Last, &x.Outcome, &x.Reason, &x.MergedInto)
		out = append(out, x)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read row outcomes: %w", err)
	}
	return out, nil
}

// Scan reads the name that the run database uses.
func (o *Outcome) Scan(value any) error {
	for _, known := range []Outcome{Loaded, Merged, Filtered, Rejected} {
		if value == known.String() {
			*o = known
			return nil
		}
	}
	return fmt.Errorf("unknown outcome %q", value)
}

// Total returns the sum over all tables.
func (l Ledger) Total() LedgerTable {
	var sum LedgerTable
	for _, t := range l.Tables {
		sum.Read += t.Read
		sum.Loaded += t.Loaded
		sum.Merged += t.Merged
		sum.Filtered += t.Filtered
		sum.Rejected += t.Rejected
		sum.Twice += t.Twice
	}
	return sum
}

// behind counts the tables with rows that no mapping names, and their rows.
func (l Ledger) behind() (tables, rows int64) {
	for _, t := range l.LeftBehind {
		if t.Rows > 0 {
			tables, rows = tables+1, rows+t.Rows
		}
	}
	return tables, rows
}

// repeats reports whether several sources have a table of the name, so that the
// name alone does not tell which.
func (l Ledger) repeats(table string) bool {
	n := 0
	for _, t := range l.Tables {
		if t.Table == table {
			n++
		}
	}
	return n > 1
}

// withRows returns the tables left behind that have rows, those with most
// first.
func (l Ledger) withRows() []LeftBehind {
	out := slices.DeleteFunc(slices.Clone(l.LeftBehind), func(t LeftBehind) bool { return t.Rows == 0 })
	slices.SortStableFunc(out, func(a, b LeftBehind) int { return cmp.Compare(b.Rows, a.Rows) })
	return out
}

// firstLeft names the tables left behind that have most rows.
func (l Ledger) firstLeft() string {
	var names []string
	left := l.withRows()
	for _, t := range left[:min(len(left), 3)] {
		names = append(names, t.Table)
	}
	if len(left) > len(names) {
		names = append(names, "…")
	}
	return strings.Join(names, ", ")
}

// Check returns nil if the ledger balances, else ErrUnbalanced with every table
// that does not.
func (l Ledger) Check() error {
	var wrong []string
	for _, t := range l.Tables {
		if !t.Balanced() {
			wrong = append(wrong, t.imbalance())
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrUnbalanced, strings.Join(wrong, "; "))
}

// imbalance says by how much the table does not balance.
func (t LedgerTable) imbalance() string {
	var says []string
	switch d := t.Difference(); {
	case d > 0:
		says = append(says, thousands(d)+" rows read have no outcome")
	case d < 0:
		says = append(says, thousands(-d)+" more outcomes than rows read")
	}
	if t.Twice > 0 {
		says = append(says, thousands(t.Twice)+" rows have two outcomes")
	}
	return t.Table + ": " + strings.Join(says, ", ")
}

// Table returns the ledger as a list, a line for each table. Tables left behind
// have no outcomes; there is no line with the sum, so that whoever adds up need
// not leave it out.
func (l Ledger) Table() Table {
	t := Table{Name: "ledger", Title: "Rows read = loaded + merged + filtered + rejected", Columns: []Column{{Name: "source"}, {Name: "table"}, {Name: "mapped"}}}
	for _, name := range []string{"read", "loaded", "merged", "filtered", "rejected", "difference"} {
		t.Columns = append(t.Columns, Column{Name: name, Number: true})
	}
	for _, x := range l.Tables {
		row := []string{x.Source, x.Table, "yes"}
		for _, n := range []int64{x.Read, x.Loaded, x.Merged, x.Filtered, x.Rejected, x.Difference()} {
			row = append(row, strconv.FormatInt(n, 10))
		}
		t.Rows = append(t.Rows, row)
	}
	for _, x := range l.LeftBehind {
		t.Rows = append(t.Rows, []string{x.Source, x.Table, "no", strconv.FormatInt(x.Rows, 10), "", "", "", "", ""})
	}
	return t
}

// Text returns the ledger as an aligned table with totals. Its last line is
// "balanced", or says of every table by how much it is not, or that a run which
// stopped counts no row.
func (l Ledger) Text() string {
	t := Table{Columns: []Column{{Name: "table"}, {Name: "source"}}}
	for _, name := range []string{"read", "loaded", "merged", "filtered", "rejected"} {
		t.Columns = append(t.Columns, Column{Name: name, Number: true})
	}
	for _, x := range append(l.Tables, l.Total()) {
		t.Rows = append(t.Rows, []string{x.Table, x.Source, thousands(x.Read), thousands(x.Loaded), thousands(x.Merged), thousands(x.Filtered), thousands(x.Rejected)})
	}
	t.Rows[len(t.Rows)-1][0] = "total"
	var b strings.Builder
	fmt.Fprintf(&b, "run %s, %s\n\n%s", l.Run, l.Status, t.aligned(true))
	if len(l.LeftBehind) > 0 {
		b.WriteString("\nleft behind, no mapping names them:\n")
		left := Table{Columns: []Column{{Name: "table"}, {Name: "source"}, {Name: "rows", Number: true}}}
		for _, x := range l.LeftBehind {
			left.Rows = append(left.Rows, []string{x.Table, x.Source, thousands(x.Rows)})
		}
		b.WriteString(left.aligned(false))
	}
	if len(l.Incomplete) > 0 {
		b.WriteString("\nnot read to the end, so that rows behind are not counted:\n  " + strings.Join(l.Incomplete, "\n  ") + "\n")
	}
	b.WriteString("\n")
	if err := l.Check(); err != nil {
		b.WriteString(strings.TrimPrefix(err.Error(), "the ledger ") + "\n")
		return b.String()
	}
	b.WriteString(l.conclusion() + "\n")
	return b.String()
}

// uncounted is what a run ends with that stopped before any row had an outcome:
// sums of nothing balance, but say nothing.
const uncounted = "no row is counted: the run stopped before any had an outcome"

// conclusion says of a ledger without differences what that is worth.
func (l Ledger) conclusion() string {
	if (l.Status == Failed || l.Status == Interrupted) && l.Total().Read == 0 {
		return uncounted
	}
	return "balanced"
}

// findRun returns the id of the run named by its id or number, of the latest
// that read something if run is "": what is done about a delivery afterwards
// has no rows of its own.
func (db *DB) findRun(ctx context.Context, run string) (string, error) {
	number, _ := strconv.ParseInt(run, 10, 64) // 0, which no run has, for an id
	var id string
	err := db.sql.QueryRowContext(ctx, `SELECT run_id FROM run WHERE ?1 = '' AND command NOT IN ('retry', 'undo', 'verify', 'reconcile', 'review') OR run_id = ?1 OR run_no = ?2
		ORDER BY run_no DESC LIMIT 1`, run, number).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		if run == "" {
			return "", fmt.Errorf("%w: nothing has been run in this project", ErrNoRun)
		}
		return "", fmt.Errorf("%w: %q; report runs lists them", ErrNoRun, run)
	}
	return id, err
}

// scanner is the Scan method of a row.
type scanner func(into ...any) error

// each calls do for every row of a query.
func (db *DB) each(ctx context.Context, query string, args []any, do func(scanner) error) error {
	rows, err := db.sql.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := do(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}
