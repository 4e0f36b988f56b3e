-- Patient matching inside of runs: what was compared, what was found, and what was put together.

CREATE TABLE dup_run (
  run_id         TEXT PRIMARY KEY REFERENCES run (run_id),
  n_records      INTEGER NOT NULL,
  n_compared     INTEGER NOT NULL,
  n_certain      INTEGER NOT NULL,
  n_probable     INTEGER NOT NULL,
  n_possible     INTEGER NOT NULL,
  n_vetoed       INTEGER NOT NULL,
  n_not_compared INTEGER NOT NULL,
  n_unlinkable   INTEGER NOT NULL,
  expected_false REAL NOT NULL,
  policy         TEXT NOT NULL,
  links          TEXT NOT NULL,
  merge_from     TEXT NOT NULL,
  model_sha256   TEXT NOT NULL,
  model          TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE dup_block (
  run_id     TEXT NOT NULL REFERENCES run (run_id),
  place      INTEGER NOT NULL,
  rule       TEXT NOT NULL,
  n_pairs    INTEGER NOT NULL,
  n_compared INTEGER NOT NULL,
  n_left     INTEGER NOT NULL,
  skipped    INTEGER NOT NULL CHECK (skipped IN (0, 1)),
  PRIMARY KEY (run_id, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE dup_cluster (
  run_id     TEXT NOT NULL REFERENCES run (run_id),
  cluster_id TEXT NOT NULL,
  n_members  INTEGER NOT NULL,
  review     TEXT NOT NULL,
  PRIMARY KEY (run_id, cluster_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE dup_member (
  run_id      TEXT NOT NULL,
  cluster_id  TEXT NOT NULL,
  source      TEXT NOT NULL,
  record_table TEXT NOT NULL,
  record_key  TEXT NOT NULL,
  resource_id TEXT NOT NULL,
  file        TEXT NOT NULL,
  row_no      INTEGER NOT NULL,
  grade       TEXT NOT NULL CHECK (grade IN ('certain', 'probable', 'possible')),
  survivor_id TEXT NOT NULL,
  PRIMARY KEY (run_id, resource_id),
  FOREIGN KEY (run_id, cluster_id) REFERENCES dup_cluster (run_id, cluster_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX dup_member_cluster ON dup_member (run_id, cluster_id);

CREATE TABLE dup_pair (
  pair_id      INTEGER PRIMARY KEY,
  run_id       TEXT NOT NULL REFERENCES run (run_id),
  left_source  TEXT NOT NULL,
  left_table   TEXT NOT NULL,
  left_key     TEXT NOT NULL,
  left_id      TEXT NOT NULL,
  right_source TEXT NOT NULL,
  right_table  TEXT NOT NULL,
  right_key    TEXT NOT NULL,
  right_id     TEXT NOT NULL,
  bits         REAL NOT NULL,
  probability  REAL NOT NULL,
  grade        TEXT NOT NULL CHECK (grade IN ('certain', 'probable', 'possible')),
  vetoes       TEXT NOT NULL
) STRICT;

CREATE INDEX dup_pair_run ON dup_pair (run_id, grade, probability);

CREATE TABLE dup_term (
  pair_id     INTEGER NOT NULL REFERENCES dup_pair (pair_id),
  place       INTEGER NOT NULL,
  name        TEXT NOT NULL,
  level       TEXT NOT NULL,
  left_value  TEXT NOT NULL,
  right_value TEXT NOT NULL,
  bits        REAL NOT NULL,
  frequency   REAL NOT NULL,
  total       REAL NOT NULL,
  PRIMARY KEY (pair_id, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE merge_journal (
  merge_id     INTEGER PRIMARY KEY,
  run_id       TEXT NOT NULL REFERENCES run (run_id),
  cluster_id   TEXT NOT NULL,
  mode         TEXT NOT NULL CHECK (mode IN ('links', 'seealso', 'single')),
  grade        TEXT NOT NULL,
  survivor_id  TEXT NOT NULL,
  source       TEXT NOT NULL,
  record_table TEXT NOT NULL,
  record_key   TEXT NOT NULL,
  resource_id  TEXT NOT NULL,
  before       TEXT NOT NULL,
  n_references INTEGER NOT NULL,
  decided_by   TEXT NOT NULL,
  decided_at   TEXT NOT NULL,
  model_sha256 TEXT NOT NULL
) STRICT;

CREATE INDEX merge_journal_record ON merge_journal (run_id, resource_id);
