package reports

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"chartlift/internal/issue"
)

// Comparison is what verify or reconcile found out about what an earlier run
// delivered.
type Comparison struct {
	Of        string  // id of that run
	Sample    float64 // per cent of the resources whose content was compared; small types have more
	Delivered int64   // resources as the sources make them now, of which any could have been compared
	Compared  int64
	Differ    int64 // of these, not on the server or with other content
	Bound     float64
	Failed    int64 // differences of kinds that decide the exit code
	Notes     []string
	Counts    []ComparedCount
	Kinds     []string // that could have been found, the gravest first; those without any are kept as 0
	Found     []ComparedDifference
}

// ComparedCount is a line of figures. Stratum is table (rows of a source: now
// and then), type (resources of a type), or patients (those with about as many
// resources). Source and Server are -1 where they are not known.
type ComparedCount struct {
	Stratum, Name             string
	Source, Delivered, Server int64
	Compared, Differ          int64
	Bound                     float64 // highest share that may differ, with 95 % confidence; -1 where nothing was compared
}

// ComparedDifference is one thing that differs.
type ComparedDifference struct {
	Kind, Type, ID string // ID is "" for counts
	Origin         issue.Origin
	Says           string
	Values         []ComparedValue
}

// ComparedValue is a place where a resource differs. The values are kept as
// those of findings are: their shape, where the run masks them.
type ComparedValue struct{ Path, Sent, Held string }

// maxDifferences is how many differences of a kind are kept. All are counted.
const maxDifferences = 10_000

// Comparison writes down what a comparison came to, in one transaction: a
// comparison that died has not been.
func (r *Recorder) Comparison(c Comparison) error {
	return r.now("record comparison", func(tx *sql.Tx) error {
		_, err := tx.Exec("INSERT INTO comparison VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", r.id, c.Of, c.Sample, c.Delivered, c.Compared, c.Differ,
			c.Bound, c.Failed, strings.Join(c.Notes, "\n"))
		if err != nil {
			return err
		}
		var counts [][]any
		for _, n := range c.Counts {
			counts = append(counts, []any{
				r.id, n.Stratum, n.Name, ifKnown(n.Source), n.Delivered, ifKnown(n.Server), n.Compared, n.Differ, ifKnown(n.Bound),
			})
		}
		if err := insert(tx, "INSERT INTO comparison_count VALUES", counts, ""); err != nil {
			return err
		}
		return r.writeDifferences(tx, c)
	})
}

// ifKnown returns what the database holds of a figure that is -1 where it is
// not known.
func ifKnown[N int64 | float64](n N) any {
	if n < 0 {
		return nil
	}
	return n
}

// writeDifferences writes the kinds with their counts, and the first of each.
func (r *Recorder) writeDifferences(tx *sql.Tx, c Comparison) error {
	var last int64
	if err := tx.QueryRow("SELECT coalesce(max(difference_id), 0) FROM difference").Scan(&last); err != nil {
		return err
	}
	found := map[string]int64{}
	var kinds, rows, values [][]any
	for _, d := range c.Found {
		if found[d.Kind]++; found[d.Kind] > maxDifferences {
			continue
		}
		last++
		rows = append(rows, []any{last, r.id, d.Kind, d.Type, d.ID, d.Origin.Source, d.Origin.Table, d.Origin.Row, d.Says})
		for _, v := range d.Values {
			values = append(values, []any{last, v.Path, r.keep(v.Sent, maxValue), r.keep(v.Held, maxValue)})
		}
	}
	for i, kind := range c.Kinds {
		kinds = append(kinds, []any{r.id, i + 1, kind, found[kind], min(found[kind], maxDifferences)})
	}
	return errors.Join(insert(tx, "INSERT INTO comparison_kind VALUES", kinds, ""), insert(tx, "INSERT INTO difference VALUES", rows, ""),
		insert(tx, "INSERT INTO difference_path VALUES", values, ""))
}

// ConfirmedFacts is what the latest comparison says of a run: whether the
// server holds what was delivered.
type ConfirmedFacts struct {
	Run         string               `json:"run"`     // the comparison's own
	Command     string               `json:"command"` // verify or reconcile
	At          string               `json:"at"`
	Delivered   int64                `json:"delivered"`
	Compared    int64                `json:"compared"`
	Differ      int64                `json:"differ"`
	Unconfirmed int64                `json:"unconfirmed"` // of these, or more where the server has even fewer of a type
	Bound       float64              `json:"bound"`
	Types       []ConfirmedCount     `json:"types"`
	Patients    []ConfirmedCount     `json:"patients"`
	Kinds       []ConfirmedKind      `json:"kinds"` // with any
	First       []ConfirmedDiffering `json:"first"`
	Notes       []string             `json:"notes,omitempty"`
}

// ConfirmedCount is a line of figures: of a type, or of patients with about as
// many resources. Source and Server are nil where they are not known, Bound
// where nothing was compared.
type ConfirmedCount struct {
	Name      string   `json:"name"`
	Source    *int64   `json:"source"`
	Delivered int64    `json:"delivered"`
	Server    *int64   `json:"server"`
	Compared  int64    `json:"compared"`
	Differ    int64    `json:"differ"`
	Bound     *float64 `json:"bound"`
}

// ConfirmedKind is how many differences there are of a kind.
type ConfirmedKind struct {
	Kind  string `json:"kind"`
	Count int64  `json:"count"`
}

// ConfirmedDiffering is a difference without its values: Paths are those that
// differ, with commas.
type ConfirmedDiffering struct {
	Kind     string `json:"kind"`
	Resource string `json:"resource"`
	Paths    string `json:"paths,omitempty"`
	Row      string `json:"row,omitempty"`
	Says     string `json:"says,omitempty"`
}

// confirmedFirst is how many differences a Summary has; report reconcile lists
// them all.
const confirmedFirst = 20

// sumConfirmed reads what the latest comparison of the run said; it stays nil
// where there was none.
func (db *DB) sumConfirmed(ctx context.Context, s *Summary) error {
	var f ConfirmedFacts
	var finished sql.NullString
	var notes string
	err := db.sql.QueryRowContext(ctx, `SELECT run_id, command, finished_at, n_delivered, n_compared, n_differ, n_unconfirmed, bound, notes
		FROM v_comparison WHERE of_run = ?`, s.Run.ID).
		Scan(&f.Run, &f.Command, &finished, &f.Delivered, &f.Compared, &f.Differ, &f.Unconfirmed, &f.Bound, &notes)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	f.At, s.Confirmed = finished.String, &f
	if notes != "" {
		f.Notes = strings.Split(notes, "\n")
	}
	for stratum, into := range map[string]*[]ConfirmedCount{"type": &f.Types, "patients": &f.Patients} {
		if err := db.confirmedCounts(ctx, f.Run, stratum, into); err != nil {
			return err
		}
	}
	err = db.each(ctx, "SELECT kind, n_found FROM comparison_kind WHERE run_id = ? AND n_found > 0 ORDER BY place", []any{f.Run}, func(scan scanner) error {
		var k ConfirmedKind
		err := scan(&k.Kind, &k.Count)
		f.Kinds = append(f.Kinds, k)
		return err
	})
	if err != nil {
		return err
	}
	return db.each(ctx, `SELECT d.kind, d.resource_type || iif(d.resource_id = '', '', '/' || d.resource_id),
		coalesce((SELECT group_concat(path, ', ') FROM (SELECT path FROM difference_path p WHERE p.difference_id = d.difference_id ORDER BY path)), ''),
		iif(d.row_no = 0, '', d.source || iif(instr(d.source, d.table_or_sheet || '.') > 0, '', '/' || d.table_or_sheet) || ':' || d.row_no), d.says
		FROM difference d WHERE d.run_id = ? ORDER BY d.difference_id LIMIT ?`, []any{f.Run, confirmedFirst}, func(scan scanner) error {
		var d ConfirmedDiffering
		err := scan(&d.Kind, &d.Resource, &d.Paths, &d.Row, &d.Says)
		f.First = append(f.First, d)
		return err
	})
}

func (db *DB) confirmedCounts(ctx context.Context, run, stratum string, into *[]ConfirmedCount) error {
	*into = []ConfirmedCount{}
	return db.each(ctx, `SELECT name, n_source, n_delivered, n_server, n_compared, n_differ, bound FROM comparison_count
		WHERE run_id = ? AND stratum = ? ORDER BY name`, []any{run, stratum}, func(scan scanner) error {
		var c ConfirmedCount
		err := scan(&c.Name, &c.Source, &c.Delivered, &c.Server, &c.Compared, &c.Differ, &c.Bound)
		*into = append(*into, c)
		return err
	})
}

// unconfirmed says why it cannot be told whether the server holds what was
// delivered.
func (s Summary) unconfirmed() string {
	switch {
	case s.Confirmed != nil && s.Confirmed.Compared > 0: // also where the run had nothing new to send
		return ""
	case s.Confirmed != nil:
		return "nothing of it was compared"
	case s.undelivered() != "":
		return s.undelivered()
	case !s.Run.atServer():
		return "files were written; there is no server to ask"
	case !s.Run.answers():
		return "an interface engine was told of them; it cannot be asked what it made of it"
	}
	return "nobody has asked the server yet: chartlift verify, or chartlift reconcile"
}

// confirmation says how far a sample speaks for the whole; "" where all were
// compared.
func (s Summary) confirmation() string {
	if c := s.Confirmed; c != nil && c.Compared < c.Delivered {
		return fmt.Sprintf("a sample of %s; with 95 %% confidence at most %.2f %% of all differ", thousands(c.Delivered), c.Bound*100)
	}
	return ""
}
