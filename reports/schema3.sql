-- What people decided about two records: one line each time, nothing is ever changed or removed. Of the lines of a
-- pair the last one holds. The left record is the one that comes first by source, table and key.

CREATE TABLE dup_decision (
  decision_id  INTEGER PRIMARY KEY,
  left_source  TEXT NOT NULL,
  left_table   TEXT NOT NULL,
  left_key     TEXT NOT NULL,
  right_source TEXT NOT NULL,
  right_table  TEXT NOT NULL,
  right_key    TEXT NOT NULL,
  decision     TEXT NOT NULL CHECK (decision IN ('same', 'different', 'unsure')),
  decided_by   TEXT NOT NULL,
  decided_at   TEXT NOT NULL,
  comment      TEXT NOT NULL,
  run_id       TEXT REFERENCES run (run_id),
  worksheet    TEXT NOT NULL,
  CHECK ((left_source, left_table, left_key) < (right_source, right_table, right_key))
) STRICT;

CREATE INDEX dup_decision_pair ON dup_decision (left_source, left_table, left_key, right_source, right_table, right_key);

-- The decisions that hold.
CREATE VIEW v_dup_decision AS
SELECT * FROM dup_decision d
WHERE decision_id = (SELECT max(decision_id) FROM dup_decision e
  WHERE (e.left_source, e.left_table, e.left_key, e.right_source, e.right_table, e.right_key)
      = (d.left_source, d.left_table, d.left_key, d.right_source, d.right_table, d.right_key));
