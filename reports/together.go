package reports

import (
	"context"
	"fmt"
)

// Together returns the pairs of a run whose records were put together, the least likely first, and the run's id; run "" is the latest. It
// returns ErrNoRun where there is no such run.
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
