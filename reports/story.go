package reports

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// ErrNoSource says that the run has no such file or table, or more than one.
var ErrNoSource = errors.New("no such source in this run")

// sourceRow is one table of a run.
type sourceRow struct {
	id            int64
	source, table string
	rows          int64
}

// findSource returns the table of a run that is called name: a table, a file
// that holds one table, or file/table.
func (db *DB) findSource(ctx context.Context, run, name string) (sourceRow, error) {
	id, err := db.findRun(ctx, run)
	if err != nil {
		return sourceRow{}, err
	}
	var found []sourceRow
	var all, names []string
	err = db.each(ctx, "SELECT source_id, source, table_or_sheet, rows_read FROM source WHERE run_id = ? ORDER BY source_id", id,
		func(scan scanner) error {
			var s sourceRow
			err := scan(&s.id, &s.source, &s.table, &s.rows)
			all = append(all, s.source)
			if s.named(name) {
				found, names = append(found, s), append(names, s.source+"/"+s.table)
			}
			return err
		})
	switch {
	case err != nil:
		return sourceRow{}, err
	case len(found) == 1:
		return found[0], nil
	case len(found) == 0:
		return sourceRow{}, fmt.Errorf("%w: %q; there are: %s", ErrNoSource, name, strings.Join(all, ", "))
	}
	return sourceRow{}, fmt.Errorf("%w: %q names several: %s", ErrNoSource, name, strings.Join(names, ", "))
}

func (s sourceRow) named(name string) bool {
	base := s.source[strings.LastIndexAny(s.source, `/\`)+1:]
	return name == s.table || name == s.source || name == base || name == s.source+"/"+s.table || name == base+"/"+s.table
}
