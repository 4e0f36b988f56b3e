package reports

import (
	"context"
	"fmt"
	"time"
)

// Run returns how a run was started, the latest if run is "". It returns
// ErrNoRun where there is no such run.
func (db *DB) Run(ctx context.Context, run string) (RunInfo, error) {
	id, err := db.findRun(ctx, run)
	if err != nil {
		return RunInfo{}, fmt.Errorf("read run: %w", err)
	}
	r := RunInfo{ID: id}
	var started string
	err = db.sql.QueryRowContext(ctx, `SELECT command, args, tool_version, mapping, mapping_sha256, target, site, dry_run,
		actor, values_masked, started_at FROM run WHERE run_id = ?`, id).
		Scan(&r.Command, &r.Args, &r.ToolVersion, &r.Mapping, &r.MappingSHA256, &r.Target, &r.Site, &r.DryRun,
			&r.Actor, &r.Options.MaskValues, &started)
	if err == nil {
		r.Started, err = time.Parse(timeFormat, started)
	}
	if err != nil {
		return RunInfo{}, fmt.Errorf("read run %s: %w", id, err)
	}
	return r, nil
}
