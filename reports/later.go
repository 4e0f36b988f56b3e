package reports

import (
	"context"
	"fmt"
	"slices"
)

// Others returns the runs that delivered to the same target before and after
// some that belong together, each in their order. What undo did is not among
// them; see Restored.
func (db *DB) Others(ctx context.Context, runs []string) (earlier, later []string, err error) {
	if len(runs) == 0 {
		return nil, nil, nil
	}
	err = db.each(ctx, `SELECT run_id, run_no > (SELECT run_no FROM run WHERE run_id = ?1) FROM run JOIN delivery USING (run_id)
		WHERE delivery.target = (SELECT target FROM delivery WHERE run_id = ?1) AND command <> 'undo' ORDER BY run_no`,
		[]any{runs[0]}, func(scan scanner) error {
			var id string
			var after bool
			err := scan(&id, &after)
			switch {
			case err != nil || slices.Contains(runs, id):
			case after:
				later = append(later, id)
			default:
				earlier = append(earlier, id)
			}
			return err
		})
	if err != nil {
		return nil, nil, fmt.Errorf("read other runs: %w", err)
	}
	return earlier, later, nil
}
