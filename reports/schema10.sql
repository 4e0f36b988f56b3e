-- What comparing the sources, this database and the server came to: verify and reconcile.

CREATE TABLE comparison (
  run_id         TEXT PRIMARY KEY REFERENCES run (run_id),
  of_run         TEXT NOT NULL REFERENCES run (run_id),
  sample_percent REAL NOT NULL,
  n_delivered    INTEGER NOT NULL,
  n_compared     INTEGER NOT NULL,
  n_differ       INTEGER NOT NULL,
  bound          REAL NOT NULL,
  n_failed       INTEGER NOT NULL,
  notes          TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX comparison_of ON comparison (of_run);

CREATE TABLE comparison_count (
  run_id      TEXT NOT NULL REFERENCES comparison (run_id),
  stratum     TEXT NOT NULL CHECK (stratum IN ('table', 'type', 'patients')),
  name        TEXT NOT NULL,
  n_source    INTEGER,
  n_delivered INTEGER NOT NULL,
  n_server    INTEGER,
  n_compared  INTEGER NOT NULL,
  n_differ    INTEGER NOT NULL,
  bound       REAL,
  PRIMARY KEY (run_id, stratum, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE comparison_kind (
  run_id   TEXT NOT NULL REFERENCES comparison (run_id),
  place    INTEGER NOT NULL,
  kind     TEXT NOT NULL,
  n_found  INTEGER NOT NULL,
  n_stored INTEGER NOT NULL,
  PRIMARY KEY (run_id, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE difference (
  difference_id  INTEGER PRIMARY KEY,
  run_id         TEXT NOT NULL REFERENCES comparison (run_id),
  kind           TEXT NOT NULL,
  resource_type  TEXT NOT NULL,
  resource_id    TEXT NOT NULL,
  source         TEXT NOT NULL,
  table_or_sheet TEXT NOT NULL,
  row_no         INTEGER NOT NULL,
  says           TEXT NOT NULL
) STRICT;

CREATE INDEX difference_run ON difference (run_id, kind);

CREATE TABLE difference_path (
  difference_id INTEGER NOT NULL REFERENCES difference (difference_id),
  path          TEXT NOT NULL,
  sent          TEXT NOT NULL,
  held          TEXT NOT NULL,
  PRIMARY KEY (difference_id, path)
) STRICT, WITHOUT ROWID;

-- Of each run that was compared, the latest comparison.
CREATE VIEW v_comparison AS
SELECT c.of_run, c.run_id, r.command, r.finished_at, c.sample_percent, c.n_delivered, c.n_compared, c.n_differ, c.bound, c.n_failed, c.notes,
  (SELECT coalesce(sum(max(t.n_differ, t.n_delivered - coalesce(t.n_server, t.n_delivered))), 0) FROM comparison_count t
    WHERE t.run_id = c.run_id AND t.stratum = 'type') AS n_unconfirmed
FROM comparison c JOIN run r ON r.run_id = c.run_id
WHERE r.run_no = (SELECT max(l.run_no) FROM comparison k JOIN run l ON l.run_id = k.run_id WHERE k.of_run = c.of_run);

CREATE VIEW v_difference AS
SELECT d.run_id, c.of_run, d.difference_id, d.kind, d.resource_type, d.resource_id, p.path, p.sent, p.held, d.source, d.table_or_sheet, d.row_no, d.says
FROM difference d JOIN comparison c ON c.run_id = d.run_id LEFT JOIN difference_path p ON p.difference_id = d.difference_id;
