package reports

import (
	"context"
	"fmt"
	"os"
)

// Snapshot writes a copy of the run database to path, where no file may be: one
// moment of it, also while a run writes. The copy is for its owner only.
func (db *DB) Snapshot(ctx context.Context, path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) // SQLite would make it with the process's umask, and takes an empty file
	if err == nil {
		err = f.Close()
	}
	if err == nil {
		_, err = db.sql.ExecContext(ctx, "VACUUM INTO ?", path)
	}
	if err != nil {
		return fmt.Errorf("copy run database: %w", err)
	}
	return nil
}

// LaterInto reports whether a run after this one had the same target.
func (db *DB) LaterInto(ctx context.Context, run string) (later bool, err error) {
	err = db.sql.QueryRowContext(ctx, `SELECT count(*) > 0 FROM run r JOIN run l ON l.run_no > r.run_no AND l.target = r.target WHERE r.run_id = ?`, run).Scan(&later)
	if err != nil {
		return false, fmt.Errorf("look for later runs: %w", err)
	}
	return later, nil
}
