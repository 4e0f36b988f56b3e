-- The index of earlier batches, version 1. A record that came again with other values has a newer line; the older keeps
-- neither id nor values.

CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE record (
  rec     INTEGER PRIMARY KEY,
  id      TEXT UNIQUE,
  vals    TEXT NOT NULL,
  cluster TEXT NOT NULL
) STRICT;
CREATE INDEX record_cluster ON record (cluster);

CREATE TABLE block (key INTEGER NOT NULL, rec INTEGER NOT NULL, PRIMARY KEY (key, rec)) STRICT, WITHOUT ROWID;

CREATE TABLE frequency (
  name  TEXT NOT NULL,
  value TEXT NOT NULL,
  n     INTEGER NOT NULL,
  PRIMARY KEY (name, value)
) STRICT, WITHOUT ROWID;
