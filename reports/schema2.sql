-- What the rules and crosswalks of a mapping came to.

CREATE TABLE rule_use (
  run_id     TEXT NOT NULL REFERENCES run (run_id),
  rule       TEXT NOT NULL,
  mapping_at TEXT NOT NULL,
  n_values   INTEGER NOT NULL,
  PRIMARY KEY (run_id, rule)
) STRICT, WITHOUT ROWID;

CREATE TABLE crosswalk_use (
  run_id      TEXT NOT NULL REFERENCES run (run_id),
  crosswalk   TEXT NOT NULL,
  equivalence TEXT NOT NULL,
  n_uses      INTEGER NOT NULL,
  PRIMARY KEY (run_id, crosswalk, equivalence)
) STRICT, WITHOUT ROWID;
