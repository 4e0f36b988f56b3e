-- The runs of this project, the latest first
-- Every run with its end state, target and rows, and the run that took it back. --run takes the number or the id.
SELECT r.run_no AS run, r.run_id AS id, r.command, r.status, r.exit_code, r.started_at AS started,
  r.finished_at AS finished, iif(r.dry_run, 'dry run', r.target) AS target,
  (SELECT u.run_no FROM delivery d JOIN run u ON u.run_id = d.undone_by WHERE d.run_id = r.run_id) AS undone_by, r.tool_version AS version,
  coalesce((SELECT sum(rows_read) FROM source s WHERE s.run_id = r.run_id AND s.mapped = 1), 0) AS rows_read,
  coalesce((SELECT sum(rows_rejected) FROM source s WHERE s.run_id = r.run_id AND s.mapped = 1), 0) AS rows_rejected
FROM run r
ORDER BY r.run_no DESC
