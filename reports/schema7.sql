-- Where runs deliver to, what became of every resource there, and what was done about it afterwards.

CREATE TABLE delivery (
  run_id    TEXT PRIMARY KEY REFERENCES run (run_id),
  target    TEXT NOT NULL,
  kind      TEXT NOT NULL CHECK (kind IN ('server', 'files')),
  scope     TEXT NOT NULL,
  resumes   TEXT REFERENCES run (run_id),
  complete  INTEGER NOT NULL DEFAULT 0 CHECK (complete IN (0, 1)),
  undone_by TEXT REFERENCES run (run_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX delivery_target ON delivery (target);

-- A line a bundle, not a resource: a line each would cost a run into files half of its speed. v_resource unfolds them.
CREATE TABLE journal (
  journal_id INTEGER PRIMARY KEY,
  run_id     TEXT NOT NULL REFERENCES delivery (run_id),
  seq        INTEGER NOT NULL,
  state      TEXT NOT NULL CHECK (state IN ('sent', 'acked')),
  at         TEXT NOT NULL,
  resources  TEXT NOT NULL,
  UNIQUE (run_id, seq)
) STRICT;

CREATE VIEW v_resource AS
SELECT j.run_id, j.seq, j.state, json_extract(e.value, '$[0]') AS resource_type, json_extract(e.value, '$[1]') AS resource_id, json_extract(e.value, '$[2]') AS sha256,
  CASE json_extract(e.value, '$[3]') WHEN 's' THEN 'sent' WHEN 'c' THEN 'created' WHEN 'u' THEN 'updated' WHEN 'n' THEN 'unchanged' WHEN 'x' THEN 'dead'
    WHEN 'd' THEN 'deleted' WHEN 'r' THEN 'restored' WHEN 'e' THEN 'retired' END AS fate,
  json_extract(e.value, '$[4]') AS version, coalesce(json_extract(e.value, '$[5]'), '') AS server_id
FROM journal j, json_each(j.resources) e;

-- The rows that a refused resource answers for, so that their outcome can change when it is taken after all.
CREATE TABLE dead_row (
  failure_id INTEGER NOT NULL REFERENCES entry_failure (failure_id),
  source_id  INTEGER NOT NULL REFERENCES source (source_id),
  row_no     INTEGER NOT NULL,
  PRIMARY KEY (failure_id, source_id, row_no)
) STRICT, WITHOUT ROWID;

CREATE INDEX dead_row_row ON dead_row (source_id, row_no);

ALTER TABLE entry_failure ADD COLUMN mended_by TEXT REFERENCES run (run_id);

DROP VIEW v_dead_letter;

CREATE VIEW v_dead_letter AS
SELECT e.run_id, e.seq, s.source, s.table_or_sheet, e.row_no, e.resource_type, e.resource_id,
  e.http_status, e.codes, e.server_text, e.mended_by
FROM entry_failure e LEFT JOIN source s ON s.source_id = e.source_id;
