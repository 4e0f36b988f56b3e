-- What a target had acknowledged, had lost when it came back from a fall, and was sent again. Few runs have any, so that it needs no index.
CREATE TABLE restored (
  run_id         TEXT NOT NULL REFERENCES run(run_id),
  resource_type  TEXT NOT NULL,
  resource_id    TEXT NOT NULL,
  source         TEXT NOT NULL,
  table_or_sheet TEXT NOT NULL,
  row_no         INTEGER NOT NULL,
  restored_at    TEXT NOT NULL
) STRICT;

CREATE VIEW v_restored AS
SELECT run_id, resource_type, count(*) AS n_resources, min(restored_at) AS first_at, max(restored_at) AS last_at
FROM restored GROUP BY run_id, resource_type;
