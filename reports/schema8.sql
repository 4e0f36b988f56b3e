-- What became of the cells of each column in each rule of the mapping, and of columns that no rule names.

CREATE TABLE field_profile (
  run_id          TEXT NOT NULL REFERENCES run (run_id),
  table_name      TEXT NOT NULL,
  column_name     TEXT NOT NULL,
  rule            TEXT NOT NULL,
  element         TEXT NOT NULL,
  n_rows          INTEGER NOT NULL,
  n_filled        INTEGER NOT NULL,
  n_target_filled INTEGER NOT NULL,
  n_lost          INTEGER NOT NULL,
  PRIMARY KEY (run_id, table_name, column_name, rule)
) STRICT, WITHOUT ROWID;

-- What a run is accepted by, where it was given another limit than none.
CREATE TABLE acceptance (
  run_id    TEXT NOT NULL REFERENCES run (run_id),
  criterion TEXT NOT NULL,
  at_most   REAL NOT NULL,
  percent   INTEGER NOT NULL CHECK (percent IN (0, 1)),
  PRIMARY KEY (run_id, criterion)
) STRICT, WITHOUT ROWID;
