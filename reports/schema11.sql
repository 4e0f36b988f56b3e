-- How often the elements are there that profiles must support.

CREATE TABLE must_support (
  run_id  TEXT NOT NULL REFERENCES run (run_id),
  profile TEXT NOT NULL,
  element TEXT NOT NULL,
  n_there INTEGER NOT NULL,
  n_of    INTEGER NOT NULL,
  PRIMARY KEY (run_id, profile, element)
) STRICT, WITHOUT ROWID;
