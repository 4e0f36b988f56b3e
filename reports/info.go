package reports

import (
	"context"
	"fmt"
)

// Run returns how the run was started. It returns ErrNoRun where there is no such run.
func (db *DB) Run(ctx context.Context, run string) (RunInfo, error) {
	id, err := db.runID(ctx, run)
	if err != nil {
		return RunInfo{}, err
	}
	var r RunInfo
	err = db.sql.QueryRowContext(ctx, `SELECT command, args, tool_version, mapping, mapping_sha256, target, site, dry_run FROM run WHERE run_id = ?`, id).
		Scan(&r.Command, &r.Args, &r.ToolVersion, &r.Mapping, &r.MappingSHA256, &r.Target, &r.Site, &r.DryRun)
	if err != nil {
		return RunInfo{}, fmt.Errorf("read run %s: %w", id, err)
	}
	return r, nil
}
