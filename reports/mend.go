package reports

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// DeadLetter is a resource that the target has not taken so far.
type DeadLetter struct {
	FailureID int64
	SourceID  int64 // the table it came from, 0 for several
	Row       int64
	Type, ID  string
}

// DeadLetters returns the dead letters of a run that are not mended, in the
// order in which they were refused.
func (db *DB) DeadLetters(ctx context.Context, run string) ([]DeadLetter, error) {
	var all []DeadLetter
	err := db.each(ctx, `SELECT failure_id, coalesce(source_id, 0), row_no, resource_type, resource_id FROM entry_failure
		WHERE run_id = ? AND mended_by IS NULL ORDER BY failure_id`, []any{run}, func(scan scanner) error {
		var d DeadLetter
		err := scan(&d.FailureID, &d.SourceID, &d.Row, &d.Type, &d.ID)
		all = append(all, d)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read dead letters: %w", err)
	}
	return all, nil
}

// Mend takes down that this run delivered dead letters of an earlier one. In
// the ledger of that run, rows of which nothing else was refused become loaded;
// it returns how many. What the target said of them is no error any more. All
// of it is one transaction: a row has one outcome at any time.
func (r *Recorder) Mend(run string, failures []int64) (rows int64, err error) {
	if len(failures) == 0 {
		return 0, nil
	}
	err = r.change("mend dead letters", func(tx *sql.Tx) error {
		m := mending{tx: tx, run: run, by: r.id, noted: map[RowRef]bool{}, twins: map[int64]int64{}}
		for _, id := range failures {
			if err := m.letter(id); err != nil {
				return err
			}
		}
		for _, row := range m.rows {
			done, err := m.row(row)
			if err != nil {
				return err
			}
			if done {
				rows++
			}
		}
		if err := m.findings(); err != nil {
			return err
		}
		subject := fmt.Sprintf("%d dead letters delivered by %s, %d rows become loaded", len(failures), r.id, rows)
		return appendAudit(tx, auditEntry{run, r.info.Actor, "mend", subject})
	})
	return rows, err
}

// mending is one Mend under way.
type mending struct {
	tx      *sql.Tx
	run, by string
	rows    []RowRef
	noted   map[RowRef]bool // the rows, for there may be as many as a server refuses in a night
	letters []letterFacts
	twins   map[int64]int64 // by group of findings, the one that takes what was mended of it
}

// letter marks a dead letter and notes its rows.
func (m *mending) letter(id int64) error {
	var typ string
	var l letterFacts
	err := m.tx.QueryRow("UPDATE entry_failure SET mended_by = ? WHERE failure_id = ? AND run_id = ? AND mended_by IS NULL RETURNING source_id, resource_type, row_no, codes",
		m.by, id, m.run).Scan(&l.source, &typ, &l.row, &l.codes)
	if err != nil {
		return fmt.Errorf("dead letter %d: %w", id, err)
	}
	m.letters = append(m.letters, l)
	if _, err := m.tx.Exec("UPDATE resource_count SET n_loaded = n_loaded + 1, n_rejected = n_rejected - 1 WHERE run_id = ? AND source_id = ? AND resource_type = ?", m.run, l.source, typ); err != nil {
		return err
	}
	rows, err := m.tx.Query("SELECT source_id, row_no FROM dead_row WHERE failure_id = ?", id)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var ref RowRef
		if err := rows.Scan(&ref.SourceID, &ref.Row); err != nil {
			return err
		}
		if !m.noted[ref] {
			m.noted[ref], m.rows = true, append(m.rows, ref)
		}
	}
	return rows.Err()
}

// row makes a rejected row loaded where all its dead letters are mended and it
// was rejected for one of them.
func (m *mending) row(ref RowRef) (bool, error) {
	var left int
	var codes string
	err := m.tx.QueryRow(`SELECT count(*) FILTER (WHERE mended_by IS NULL), coalesce(group_concat(codes, ' '), '')
		FROM dead_row JOIN entry_failure USING (failure_id) WHERE dead_row.source_id = ? AND dead_row.row_no = ?`, ref.SourceID, ref.Row).Scan(&left, &codes)
	if err != nil || left > 0 {
		return false, err
	}
	var x RowRange
	var id int64
	err = m.tx.QueryRow(`SELECT range_id, first_row, last_row, reason FROM row_outcome
		WHERE source_id = ?1 AND outcome = 'rejected' AND ?2 BETWEEN first_row AND last_row`, ref.SourceID, ref.Row).Scan(&id, &x.First, &x.Last, &x.Reason)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil || !slices.Contains(append(strings.Fields(codes), "refused-by-server"), x.Reason) {
		return false, err // something else was refused of it as well
	}
	return true, m.split(id, x, ref)
}

// split cuts one row out of a range of rejected ones.
func (m *mending) split(id int64, x RowRange, ref RowRef) error {
	if _, err := m.tx.Exec("DELETE FROM row_outcome WHERE range_id = ?", id); err != nil {
		return err
	}
	for _, part := range []RowRange{
		{First: x.First, Last: ref.Row - 1, Outcome: Rejected, Reason: x.Reason},
		{First: ref.Row, Last: ref.Row, Outcome: Loaded},
		{First: ref.Row + 1, Last: x.Last, Outcome: Rejected, Reason: x.Reason},
	} {
		if part.First > part.Last {
			continue
		}
		_, err := m.tx.Exec("INSERT INTO row_outcome (source_id, first_row, last_row, outcome, reason) VALUES (?, ?, ?, ?, ?)",
			ref.SourceID, part.First, part.Last, part.Outcome.String(), part.Reason)
		if err != nil {
			return err
		}
	}
	_, err := m.tx.Exec("UPDATE source SET rows_rejected = rows_rejected - 1, rows_loaded = rows_loaded + 1 WHERE source_id = ?", ref.SourceID)
	return err
}

// Delivering returns the id of a run that delivered something: the one named,
// or the latest of run and load.
func (db *DB) Delivering(ctx context.Context, run string) (string, error) {
	if run != "" {
		id, err := db.findRun(ctx, run)
		if err != nil {
			return "", err
		}
		_, _, err = db.DeliveryOf(ctx, id)
		return id, err
	}
	var id string
	err := db.sql.QueryRowContext(ctx, "SELECT run_id FROM run JOIN delivery USING (run_id) WHERE command IN ('run', 'load') AND NOT dry_run ORDER BY run_no DESC LIMIT 1").Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("%w: nothing has been delivered in this project", ErrNoRun)
	}
	return id, err
}

// FileSum is a source file of a run, by its hash.
type FileSum struct{ Path, SHA256 string }

// SourceSums returns the files that a run read.
func (db *DB) SourceSums(ctx context.Context, run string) ([]FileSum, error) {
	var all []FileSum
	err := db.each(ctx, "SELECT DISTINCT path, sha256 FROM source WHERE run_id = ? AND mapped ORDER BY path", []any{run}, func(scan scanner) error {
		var f FileSum
		err := scan(&f.Path, &f.SHA256)
		all = append(all, f)
		return err
	})
	return all, err
}

// Status returns how a run ended, the latest if run is ""; "running" also where
// it was killed and nobody has noticed since.
func (db *DB) Status(ctx context.Context, run string) (string, error) {
	id, err := db.findRun(ctx, run)
	if err != nil {
		return "", fmt.Errorf("read status: %w", err)
	}
	var status string
	err = db.sql.QueryRowContext(ctx, "SELECT status FROM run WHERE run_id = ?", id).Scan(&status)
	return status, err
}
