-- The run database, version 1. Every table and column is explained in
-- docs/run-database.md; a test keeps the two together. Later versions are
-- files schema2.sql and so on, each run once, in order.

CREATE TABLE run (
  run_no         INTEGER PRIMARY KEY,
  run_id         TEXT NOT NULL UNIQUE,
  started_at     TEXT NOT NULL,
  finished_at    TEXT,
  command        TEXT NOT NULL,
  args           TEXT NOT NULL,
  tool_version   TEXT NOT NULL,
  mapping        TEXT NOT NULL,
  mapping_sha256 TEXT NOT NULL,
  target         TEXT NOT NULL,
  site           TEXT NOT NULL,
  actor          TEXT NOT NULL,
  dry_run        INTEGER NOT NULL CHECK (dry_run IN (0, 1)),
  values_masked  INTEGER NOT NULL CHECK (values_masked IN (0, 1)),
  status         TEXT NOT NULL CHECK (status IN ('running', 'succeeded', 'findings', 'failed', 'interrupted')),
  exit_code      INTEGER
) STRICT;

CREATE TABLE source (
  source_id      INTEGER PRIMARY KEY,
  run_id         TEXT NOT NULL REFERENCES run (run_id),
  path           TEXT NOT NULL,
  source         TEXT NOT NULL,
  table_or_sheet TEXT NOT NULL,
  kind           TEXT NOT NULL,
  sha256         TEXT NOT NULL,
  bytes          INTEGER NOT NULL,
  encoding       TEXT NOT NULL,
  dialect        TEXT NOT NULL,
  mapped         INTEGER NOT NULL CHECK (mapped IN (0, 1)),
  rows_read      INTEGER NOT NULL DEFAULT 0,
  rows_loaded    INTEGER NOT NULL DEFAULT 0,
  rows_merged    INTEGER NOT NULL DEFAULT 0,
  rows_filtered  INTEGER NOT NULL DEFAULT 0,
  rows_rejected  INTEGER NOT NULL DEFAULT 0,
  UNIQUE (run_id, source, table_or_sheet)
) STRICT;

CREATE TABLE row_outcome (
  range_id    INTEGER PRIMARY KEY,
  source_id   INTEGER NOT NULL REFERENCES source (source_id),
  first_row   INTEGER NOT NULL CHECK (first_row > 0),
  last_row    INTEGER NOT NULL CHECK (last_row >= first_row),
  outcome     TEXT NOT NULL CHECK (outcome IN ('loaded', 'merged', 'filtered', 'rejected')),
  reason      TEXT NOT NULL,
  merged_into INTEGER
) STRICT;

CREATE INDEX row_outcome_row ON row_outcome (source_id, first_row);

CREATE TABLE finding_group (
  group_id    INTEGER PRIMARY KEY,
  run_id      TEXT NOT NULL REFERENCES run (run_id),
  source_id   INTEGER REFERENCES source (source_id),
  rule        TEXT NOT NULL,
  code        TEXT NOT NULL,
  column_name TEXT NOT NULL,
  severity    TEXT NOT NULL CHECK (severity IN ('information', 'warning', 'error', 'fatal')),
  issue_type  TEXT NOT NULL,
  mapping_at  TEXT NOT NULL,
  message     TEXT NOT NULL,
  first_row   INTEGER NOT NULL,
  n_findings  INTEGER NOT NULL,
  n_stored    INTEGER NOT NULL
) STRICT;

CREATE INDEX finding_group_run ON finding_group (run_id, source_id);

CREATE TABLE finding (
  finding_id INTEGER PRIMARY KEY,
  group_id   INTEGER NOT NULL REFERENCES finding_group (group_id),
  row_no     INTEGER NOT NULL,
  line       INTEGER NOT NULL,
  severity   TEXT NOT NULL,
  expression TEXT NOT NULL,
  value      TEXT NOT NULL,
  message    TEXT NOT NULL,
  suggestion TEXT NOT NULL
) STRICT;

CREATE INDEX finding_row ON finding (group_id, row_no);

CREATE TABLE unit (
  run_id      TEXT NOT NULL REFERENCES run (run_id),
  seq         INTEGER NOT NULL,
  source_id   INTEGER REFERENCES source (source_id),
  first_row   INTEGER NOT NULL,
  last_row    INTEGER NOT NULL,
  n_entries   INTEGER NOT NULL,
  n_ok        INTEGER NOT NULL,
  n_created   INTEGER NOT NULL,
  attempts    INTEGER NOT NULL,
  http_status INTEGER NOT NULL,
  started_at  TEXT NOT NULL,
  ms          INTEGER NOT NULL,
  PRIMARY KEY (run_id, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE entry_failure (
  failure_id    INTEGER PRIMARY KEY,
  run_id        TEXT NOT NULL,
  seq           INTEGER NOT NULL,
  source_id     INTEGER REFERENCES source (source_id),
  row_no        INTEGER NOT NULL,
  resource_type TEXT NOT NULL,
  resource_id   TEXT NOT NULL,
  http_status   INTEGER NOT NULL,
  codes         TEXT NOT NULL,
  server_text   TEXT NOT NULL,
  FOREIGN KEY (run_id, seq) REFERENCES unit (run_id, seq)
) STRICT;

CREATE INDEX entry_failure_unit ON entry_failure (run_id, seq);
CREATE INDEX entry_failure_row ON entry_failure (source_id, row_no);

CREATE TABLE resource_count (
  run_id        TEXT NOT NULL REFERENCES run (run_id),
  source_id     INTEGER NOT NULL REFERENCES source (source_id),
  resource_type TEXT NOT NULL,
  n_built       INTEGER NOT NULL,
  n_valid       INTEGER NOT NULL,
  n_loaded      INTEGER NOT NULL,
  n_rejected    INTEGER NOT NULL,
  PRIMARY KEY (run_id, source_id, resource_type)
) STRICT, WITHOUT ROWID;

CREATE TABLE code_map (
  run_id         TEXT NOT NULL REFERENCES run (run_id),
  crosswalk      TEXT NOT NULL,
  source_system  TEXT NOT NULL,
  source_code    TEXT NOT NULL,
  source_display TEXT NOT NULL,
  n_records      INTEGER NOT NULL,
  status         TEXT NOT NULL CHECK (status IN ('unmapped')),
  PRIMARY KEY (run_id, crosswalk, source_system, source_code)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
  seq         INTEGER PRIMARY KEY,
  run_id      TEXT NOT NULL REFERENCES run (run_id),
  at          TEXT NOT NULL,
  actor       TEXT NOT NULL,
  action      TEXT NOT NULL,
  subject     TEXT NOT NULL,
  prev_sha256 TEXT NOT NULL,
  sha256      TEXT NOT NULL
) STRICT;

-- The ledger counted from the row ranges alone, beside the counter rows_read
-- that is kept apart from them: a writer that lost or doubled rows shows here.
-- rows_twice: rows that lie in more than one range.
CREATE VIEW v_ledger AS
SELECT *, rows_read - loaded - merged - filtered - rejected AS difference
FROM (
  SELECT s.run_id, s.source_id, s.source, s.table_or_sheet, s.rows_read,
    (SELECT coalesce(sum(last_row - first_row + 1), 0) FROM row_outcome o
      WHERE o.source_id = s.source_id AND outcome = 'loaded') AS loaded,
    (SELECT coalesce(sum(last_row - first_row + 1), 0) FROM row_outcome o
      WHERE o.source_id = s.source_id AND outcome = 'merged') AS merged,
    (SELECT coalesce(sum(last_row - first_row + 1), 0) FROM row_outcome o
      WHERE o.source_id = s.source_id AND outcome = 'filtered') AS filtered,
    (SELECT coalesce(sum(last_row - first_row + 1), 0) FROM row_outcome o
      WHERE o.source_id = s.source_id AND outcome = 'rejected') AS rejected,
    (SELECT coalesce(sum(min(reached, last_row) - first_row + 1), 0) FROM (
      SELECT first_row, last_row, max(last_row) OVER (
        ORDER BY first_row, last_row, range_id
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached
      FROM row_outcome o WHERE o.source_id = s.source_id)
      WHERE reached >= first_row) AS rows_twice
  FROM source s
  WHERE s.mapped = 1
);

-- One line a stored finding, with its file, table, column and rule.
CREATE VIEW v_finding AS
SELECT g.run_id, f.finding_id, g.group_id, f.severity, g.code, g.rule, s.source, s.table_or_sheet,
  f.row_no, f.line, g.column_name, f.expression, f.value, f.message, f.suggestion
FROM finding f JOIN finding_group g USING (group_id) LEFT JOIN source s ON s.source_id = g.source_id;

-- One line a resource that the target refused, with the row that it came from.
CREATE VIEW v_dead_letter AS
SELECT e.run_id, e.seq, s.source, s.table_or_sheet, e.row_no, e.resource_type, e.resource_id,
  e.http_status, e.codes, e.server_text
FROM entry_failure e LEFT JOIN source s ON s.source_id = e.source_id;
