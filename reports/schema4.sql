-- Which pairs a review worksheet offered, so that a decision finds its records when the worksheet comes back, however
-- it was sorted, and a worksheet of another project is told from one of ours.

CREATE TABLE review_sheet (
  worksheet TEXT PRIMARY KEY,
  made_at   TEXT NOT NULL,
  run_id    TEXT REFERENCES run (run_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE review_pair (
  worksheet    TEXT NOT NULL REFERENCES review_sheet (worksheet),
  pair_no      INTEGER NOT NULL,
  left_source  TEXT NOT NULL,
  left_table   TEXT NOT NULL,
  left_key     TEXT NOT NULL,
  right_source TEXT NOT NULL,
  right_table  TEXT NOT NULL,
  right_key    TEXT NOT NULL,
  PRIMARY KEY (worksheet, pair_no)
) STRICT, WITHOUT ROWID;
