package reports

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"

	"chartlift/internal/issue"
)

// Matching is what a run found out about which of its Patients are one person.
type Matching struct {
	Records, Compared, NotCompared      int64
	Certain, Probable, Possible, Vetoed int64 // pairs
	Unlinkable                          int64
	ExpectedFalse                       float64 // of the certain and probable pairs, how many are two persons by their own probabilities
	Policy, Links, MergeFrom            string  // as the mapping's match has them
	Model, ModelSHA256                  string  // the weights as JSON
	Blocks                              []MatchBlock
	Clusters                            []MatchCluster
	Pairs                               iter.Seq[MatchPair]
}

// MatchBlock says what a rule brought together, and what it left out.
type MatchBlock struct {
	Rule                  string
	Pairs, Compared, Left int64
	Skipped               bool
}

// MatchCluster is records that are taken for one person.
type MatchCluster struct {
	ID      string
	Review  string // why a person must look at the whole of it; "" where that is not so
	Members []MatchMember
}

// MatchMember is one of them. Survivor is the Patient that stands for it,
// itself included; "" where it is left as it is.
type MatchMember struct {
	Ref      RecordRef
	ID       string // of its Patient
	Origin   issue.Origin
	Grade    string
	Survivor string
}

// MatchPair is two records that may be one person. Terms are kept of those that
// a person may have to look at.
type MatchPair struct {
	Left, Right       RecordRef
	LeftID, RightID   string
	Bits, Probability float64
	Grade, Vetoes     string
	Terms             []MatchTerm
}

// MatchTerm is what one comparison says. Its values are patient data, and kept
// as those of findings are.
type MatchTerm struct {
	Name, Level, Left, Right string
	Bits, Frequency, Total   float64
}

// Merge is records that were put together.
type Merge struct {
	Cluster, Mode, Survivor, Grade, Model string
	Decided                               *Decision // of the person who decided it; nil where nobody had to
	Records                               []MergedRecord
}

// MergedRecord is one of them: its Patient as it was before, and how many
// references were led to the survivor instead.
type MergedRecord struct {
	Ref        RecordRef
	ID         string
	Before     []byte
	References int64
}

// Earlier is what the last run that matched found out about a record.
type Earlier struct{ Cluster, Survivor string }

// Matching writes down what matching found, in one transaction, before anything
// is merged.
func (r *Recorder) Matching(m Matching) error {
	return r.now("record matching", func(tx *sql.Tx) error {
		_, err := tx.Exec("INSERT INTO dup_run VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", r.id, m.Records, m.Compared,
			m.Certain, m.Probable, m.Possible, m.Vetoed, m.NotCompared, m.Unlinkable, m.ExpectedFalse, m.Policy, m.Links, m.MergeFrom, m.ModelSHA256, m.Model)
		if err != nil {
			return err
		}
		var blocks, clusters, members [][]any
		for i, b := range m.Blocks {
			blocks = append(blocks, []any{r.id, i + 1, b.Rule, b.Pairs, b.Compared, b.Left, flag(b.Skipped)})
		}
		for _, c := range m.Clusters {
			clusters = append(clusters, []any{r.id, c.ID, len(c.Members), c.Review})
			for _, k := range c.Members {
				members = append(members, []any{r.id, c.ID, k.Ref.Source, k.Ref.Table, k.Ref.Key, k.ID, k.Origin.Source, k.Origin.Row, k.Grade, k.Survivor})
			}
		}
		return errors.Join(insert(tx, "INSERT INTO dup_block VALUES", blocks, ""), insert(tx, "INSERT INTO dup_cluster VALUES", clusters, ""),
			insert(tx, "INSERT INTO dup_member VALUES", members, ""), r.writePairs(tx, m.Pairs))
	})
}

// writePairs writes pairs in pieces, so that memory is bounded.
func (r *Recorder) writePairs(tx *sql.Tx, all iter.Seq[MatchPair]) error {
	if all == nil {
		return nil
	}
	var last int64
	if err := tx.QueryRow("SELECT coalesce(max(pair_id), 0) FROM dup_pair").Scan(&last); err != nil {
		return err
	}
	var pairs, terms [][]any
	flush := func() error {
		err := errors.Join(insert(tx, "INSERT INTO dup_pair VALUES", pairs, ""), insert(tx, "INSERT INTO dup_term VALUES", terms, ""))
		pairs, terms = pairs[:0], terms[:0]
		return err
	}
	for p := range all {
		last++
		pairs = append(pairs, []any{
			last, r.id, p.Left.Source, p.Left.Table, p.Left.Key, p.LeftID, p.Right.Source, p.Right.Table, p.Right.Key, p.RightID,
			p.Bits, p.Probability, p.Grade, p.Vetoes,
		})
		for i, t := range p.Terms {
			terms = append(terms, []any{last, i + 1, t.Name, t.Level, r.keep(t.Left, maxValue), r.keep(t.Right, maxValue), t.Bits, t.Frequency, t.Total})
		}
		if len(pairs) == insertRows {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// Merges writes down what was put together. Where values are masked, the
// Patients as they were before are left out. An error becomes the Recorder's:
// see Err.
func (r *Recorder) Merges(all iter.Seq2[Merge, error]) {
	err := r.now("record merges", func(tx *sql.Tx) error {
		var rows [][]any
		for m, err := range all {
			if err != nil {
				return err
			}
			if rows = append(rows, r.journalRows(m)...); len(rows) < insertRows {
				continue
			}
			if err := insert(tx, "INSERT INTO merge_journal VALUES", rows, ""); err != nil {
				return err
			}
			rows = rows[:0]
		}
		return insert(tx, "INSERT INTO merge_journal VALUES", rows, "")
	})
	if err != nil {
		r.fail(err)
	}
}

func (r *Recorder) journalRows(m Merge) [][]any {
	var rows [][]any
	by, at := "", ""
	if m.Decided != nil {
		by, at = m.Decided.By, stamp(m.Decided.At)
	}
	for _, k := range m.Records {
		before := string(k.Before)
		if r.info.Options.MaskValues {
			before = ""
		}
		rows = append(rows, []any{nil, r.id, m.Cluster, m.Mode, m.Grade, m.Survivor, k.Ref.Source, k.Ref.Table, k.Ref.Key, k.ID, before, k.References, by, at, m.Model})
	}
	return rows
}

// now writes in a transaction of its own, beside those of the writer.
func (r *Recorder) now(what string, do func(*sql.Tx) error) error {
	if err := r.Err(); err != nil {
		return err
	}
	r.writing.Lock()
	defer r.writing.Unlock()
	if err := r.db.inTx(context.Background(), do); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// EarlierMatching returns what the last run of the mapping for the site found
// out, by id of the Patients; rehearsals do not count.
func (db *DB) EarlierMatching(ctx context.Context, mapping, site string) (map[string]Earlier, error) {
	out := map[string]Earlier{}
	rows, err := db.sql.QueryContext(ctx, `SELECT resource_id, cluster_id, survivor_id FROM dup_member WHERE run_id = (
		SELECT run_id FROM dup_run JOIN run USING (run_id) WHERE mapping = ? AND site = ? AND dry_run = 0 ORDER BY run_no DESC LIMIT 1)`, mapping, site)
	if err != nil {
		return nil, fmt.Errorf("read earlier matching: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		var e Earlier
		if err := rows.Scan(&id, &e.Cluster, &e.Survivor); err != nil {
			return nil, fmt.Errorf("read earlier matching: %w", err)
		}
		out[id] = e
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read earlier matching: %w", err)
	}
	return out, nil
}
