package reports

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// letterFacts is what ties a dead letter to its findings: the target's reasons
// of a row.
type letterFacts struct {
	source sql.NullInt64
	row    int64
	codes  string
}

// findings takes what the target said of mended letters out of the errors: a
// refusal that is over is nothing to mend any more. It stays in the run as
// information, with the row and the words of the server.
func (m *mending) findings() error {
	for _, l := range m.letters {
		for code := range strings.FieldsSeq(l.codes) {
			if err := m.finding(l, code); err != nil {
				return fmt.Errorf("findings of row %d: %w", l.row, err)
			}
		}
	}
	return nil
}

// finding moves what was said of one row by one code, where no other dead
// letter of the row is left that it may be about: a finding does not tell which
// resource of its row it means.
func (m *mending) finding(l letterFacts, code string) error {
	var left int
	err := m.tx.QueryRow(`SELECT count(*) FROM entry_failure WHERE run_id = ? AND source_id IS ? AND row_no = ? AND mended_by IS NULL
		AND ' ' || codes || ' ' LIKE '% ' || ? || ' %'`, m.run, l.source, l.row, code).Scan(&left)
	if err != nil || left > 0 {
		return err
	}
	groups, err := m.groups(l.source, code)
	if err != nil {
		return err
	}
	moved := false
	for _, g := range groups {
		here, err := m.move(g, l.row)
		if err != nil {
			return err
		}
		moved = moved || here
	}
	if moved || len(groups) == 0 {
		return nil
	}
	return m.moveUncounted(groups)
}

// groups returns the groups of findings by which a table's rows were refused
// with this code.
func (m *mending) groups(source sql.NullInt64, code string) ([]int64, error) {
	rows, err := m.tx.Query("SELECT group_id FROM finding_group WHERE run_id = ? AND source_id IS ? AND code = ? AND severity <> 'information'", m.run, source, code)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		all = append(all, id)
	}
	return all, rows.Err()
}

// move takes the findings of a row from their group to the one of what was
// mended.
func (m *mending) move(group, row int64) (bool, error) {
	var n int64
	if err := m.tx.QueryRow("SELECT count(*) FROM finding WHERE group_id = ? AND row_no = ?", group, row).Scan(&n); err != nil || n == 0 {
		return false, err
	}
	to, err := m.twin(group, row)
	if err != nil {
		return false, err
	}
	if _, err := m.tx.Exec("UPDATE finding SET group_id = ?, severity = 'information' WHERE group_id = ? AND row_no = ?", to, group, row); err != nil {
		return false, err
	}
	return true, m.count(group, to, n, n)
}

// moveUncounted takes one finding that was counted and not kept: of each group
// only the first 1,000 are. One letter has one finding of a code, as far as
// anybody can tell afterwards.
func (m *mending) moveUncounted(groups []int64) error {
	for _, g := range groups {
		var n, row int64
		err := m.tx.QueryRow("SELECT n_findings - n_stored, first_row FROM finding_group WHERE group_id = ?", g).Scan(&n, &row)
		if errors.Is(err, sql.ErrNoRows) || err == nil && n == 0 {
			continue
		}
		if err != nil {
			return err
		}
		to, err := m.twin(g, row)
		if err != nil {
			return err
		}
		return m.count(g, to, 1, 0)
	}
	return nil
}

// twin returns the group that takes what was mended of another one.
func (m *mending) twin(group, row int64) (int64, error) {
	if id, known := m.twins[group]; known {
		return id, nil
	}
	done, err := m.tx.Exec(`INSERT INTO finding_group SELECT NULL, run_id, source_id, rule, code, column_name, 'information', issue_type, mapping_at,
		'refused at first, and delivered by the later run ' || ?, ?, 0, 0 FROM finding_group WHERE group_id = ?`, m.by, row, group)
	if err != nil {
		return 0, err
	}
	id, err := done.LastInsertId()
	m.twins[group] = id
	return id, err
}

// count moves counts from one group to another. A group of which nothing is
// left goes.
func (m *mending) count(from, to, findings, stored int64) error {
	for _, step := range []struct {
		group int64
		sign  int64
	}{{from, -1}, {to, 1}} {
		_, err := m.tx.Exec("UPDATE finding_group SET n_findings = n_findings + ?, n_stored = n_stored + ? WHERE group_id = ?", step.sign*findings, step.sign*stored, step.group)
		if err != nil {
			return err
		}
	}
	if _, err := m.tx.Exec("DELETE FROM finding_group WHERE group_id = ? AND n_findings = 0", from); err != nil {
		return err
	}
	_, err := m.tx.Exec(`UPDATE finding_group SET first_row = coalesce((SELECT min(row_no) FROM finding f WHERE f.group_id = finding_group.group_id), first_row)
		WHERE group_id = ?`, from)
	return err
}

// Settle makes an earlier run one that went well, where it was delivered whole
// and nothing is left that it ended with findings for: no rejected row, no
// refused resource, no error and, with warnings, no warning. It reports whether
// the run is one that went well now.
func (r *Recorder) Settle(run string, warnings bool) (settled bool, err error) {
	err = r.change("settle run", func(tx *sql.Tx) error {
		done, err := tx.Exec(`UPDATE run SET status = 'succeeded', exit_code = 0 WHERE run_id = ?1 AND status = 'findings'
			AND EXISTS (SELECT 1 FROM delivery d WHERE d.run_id = ?1 AND d.complete = 1)
			AND NOT EXISTS (SELECT 1 FROM entry_failure e WHERE e.run_id = ?1 AND e.mended_by IS NULL)
			AND NOT EXISTS (SELECT 1 FROM source s WHERE s.run_id = ?1 AND s.mapped = 1 AND s.rows_rejected > 0)
			AND NOT EXISTS (SELECT 1 FROM resource_count c WHERE c.run_id = ?1 AND c.n_rejected > 0)
			AND NOT EXISTS (SELECT 1 FROM finding_group g WHERE g.run_id = ?1 AND (g.severity IN ('error', 'fatal') OR ?2 AND g.severity = 'warning'))`, run, warnings)
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return err
		}
		settled = true
		return appendAudit(tx, auditEntry{run, r.info.Actor, "settle", "nothing of its findings is left after " + r.id})
	})
	return settled, err
}
