package reports

import (
	"context"
	"fmt"
)

// RowPlace is a row of a source.
type RowPlace struct {
	Source, Table string
	Row           int64
}

// TroubledRows returns the rows of a run with an error or a warning, as far as
// findings are kept with their rows.
func (db *DB) TroubledRows(ctx context.Context, run string) (map[RowPlace]bool, error) {
	id, err := db.findRun(ctx, run)
	if err != nil {
		return nil, fmt.Errorf("read rows with findings: %w", err)
	}
	out := map[RowPlace]bool{}
	err = db.each(ctx, `SELECT DISTINCT source, table_or_sheet, row_no FROM v_finding WHERE run_id = ? AND severity <> 'information' AND source IS NOT NULL`, []any{id}, func(scan scanner) error {
		var r RowPlace
		err := scan(&r.Source, &r.Table, &r.Row)
		out[r] = true
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read rows with findings: %w", err)
	}
	return out, nil
}
