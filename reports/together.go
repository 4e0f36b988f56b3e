package reports

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Survivor returns the id of the Patient that stands for this one since they
// were put together as one person, and how sure that was; run "" is the latest.
// It is "" where the Patient stands for itself.
func (db *DB) Survivor(ctx context.Context, run, id string) (survivor, grade string, err error) {
	if run, err = db.findRun(ctx, run); err != nil {
		return "", "", fmt.Errorf("look for who %s was put together with: %w", id, err)
	}
	err = db.sql.QueryRowContext(ctx, "SELECT survivor_id, grade FROM merge_journal WHERE run_id = ? AND resource_id = ? AND mode <> 'seealso' AND survivor_id <> resource_id",
		run, id).Scan(&survivor, &grade)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", "", fmt.Errorf("look for who %s was put together with: %w", id, err)
	}
	return survivor, grade, nil
}

// Merged hands out who was put together by the runs of a mapping for a site,
// run by run, each time the run and the ids of the Patients of one person, the
// one that survives first. A person whom several runs put together comes
// several times.
func (db *DB) Merged(ctx context.Context, mapping, site string, each func(run string, patients []string) error) error {
	var patients []string
	last, lastRun := "", ""
	flush := func() error {
		if len(patients) == 0 {
			return nil
		}
		err := each(lastRun, patients)
		patients = nil
		return err
	}
	err := db.each(ctx, `SELECT run_id, run_id || ' ' || cluster_id || ' ' || survivor_id, resource_id FROM merge_journal JOIN run USING (run_id)
		WHERE mapping = ? AND site = ? ORDER BY merge_id`, []any{mapping, site}, func(scan scanner) error {
		var run, person, id string
		if err := scan(&run, &person, &id); err != nil {
			return err
		}
		if person != last {
			if err := flush(); err != nil {
				return err
			}
			last, lastRun = person, run
		}
		patients = append(patients, id)
		return nil
	})
	if err = errors.Join(err, flush()); err != nil {
		return fmt.Errorf("read who was put together: %w", err)
	}
	return nil
}

// Together returns the pairs of a run whose records were put together, the
// least likely first, and the run's id; run "" is the latest. It returns
// ErrNoRun where there is no such run.
func (db *DB) Together(ctx context.Context, run string) (pairs []Doubt, id string, err error) {
	if id, err = db.findRun(ctx, run); err != nil {
		return nil, "", fmt.Errorf("read pairs put together: %w", err)
	}
	err = db.each(ctx, `SELECT pair_id, left_source, left_table, left_key, left_id, right_source, right_table, right_key, right_id, bits, probability, p.grade, vetoes
		FROM dup_pair p JOIN dup_member l ON l.run_id = p.run_id AND l.resource_id = left_id JOIN dup_member r ON r.run_id = p.run_id AND r.resource_id = right_id
		WHERE p.run_id = ? AND l.survivor_id <> '' AND l.survivor_id = r.survivor_id ORDER BY probability, pair_id`, []any{id}, func(scan scanner) error {
		d := Doubt{Joins: 1}
		err := scan(&d.pairID, &d.Left.Source, &d.Left.Table, &d.Left.Key, &d.LeftID, &d.Right.Source, &d.Right.Table, &d.Right.Key, &d.RightID,
			&d.Bits, &d.Probability, &d.Grade, &d.Vetoes)
		pairs = append(pairs, d)
		return err
	})
	if err != nil {
		return nil, id, fmt.Errorf("read pairs put together by run %s: %w", id, err)
	}
	return pairs, id, nil
}
