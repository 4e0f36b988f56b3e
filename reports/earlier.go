package reports

import (
	"context"
	"fmt"
)

// EarlierTable is a table from which an earlier run delivered to a target.
type EarlierTable struct {
	Run    string
	Path   string // of the file, absolute; of the archive, where it was a member of one
	Source string // the file's name as reports show it
	Table  string
	SHA256 string // of the file; "" where it was read from standard input
	Bytes  int64  // its size
	Rows   int64  // that were read of it; 0 where the run was killed before that was written down
}

// EarlierTables returns the tables with rows of the runs that delivered to the
// target, those of the latest run first. scope is that of the coming run. What
// was taken back, and files that never got their names, are not there: the
// target holds nothing of them.
func (db *DB) EarlierTables(ctx context.Context, target, scope string) ([]EarlierTable, error) {
	var all []EarlierTable
	err := db.each(ctx, `SELECT r.run_id, path, source, table_or_sheet, sha256, bytes, rows_read
		FROM delivery d JOIN run r USING (run_id) JOIN source s USING (run_id)
		WHERE d.target = ? AND d.scope = ? AND (d.kind = 'server' OR complete) AND undone_by IS NULL AND command = 'run'
			AND mapped AND (rows_read > 0 OR status NOT IN ('succeeded', 'findings'))
			AND (status IN ('succeeded', 'findings') OR EXISTS (SELECT 1 FROM journal j WHERE j.run_id = r.run_id))
		ORDER BY r.run_no DESC, source_id`, []any{target, scope}, func(scan scanner) error {
		var e EarlierTable
		err := scan(&e.Run, &e.Path, &e.Source, &e.Table, &e.SHA256, &e.Bytes, &e.Rows)
		all = append(all, e)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read what was delivered to %s before: %w", target, err)
	}
	return all, nil
}
