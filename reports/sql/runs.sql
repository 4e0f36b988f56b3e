-- The runs of this project, the latest first
-- Every run with its end state, target and rows. --run takes the number or the id.
SELECT r.run_no AS run, r.run_id AS id, r.command, r.status, r.exit_code, r.started_at AS started,
  r.finished_at AS finished, iif(r.dry_run, 'dry run', r.target) AS target, r.tool_version AS version,
  coalesce((SELECT sum(rows_read) FROM source s WHERE s.run_id = r.run_id AND s.mapped = 1), 0) AS rows_read,
  coalesce((SELECT sum(rows_rejected) FROM source s WHERE s.run_id = r.run_id AND s.mapped = 1), 0) AS rows_rejected
FROM run r
ORDER BY r.run_no DESC
