-- What the plausibility rules came to: a line for each type of resource or measurement that a rule applied to, one with
-- an empty scope where it applied to nothing.

CREATE TABLE check_result (
  run_id        TEXT NOT NULL REFERENCES run (run_id),
  rule          TEXT NOT NULL,
  scope         TEXT NOT NULL,
  position      INTEGER NOT NULL,
  category      TEXT NOT NULL,
  title         TEXT NOT NULL,
  n_denominator INTEGER NOT NULL,
  n_violated    INTEGER NOT NULL,
  threshold_pct REAL NOT NULL,
  status        TEXT NOT NULL CHECK (status IN ('pass', 'pass_with_violations', 'fail', 'not_applicable', 'silenced')),
  reason        TEXT NOT NULL,
  PRIMARY KEY (run_id, rule, scope)
) STRICT, WITHOUT ROWID;
