-- The hash of the files that a run left behind, as sha256sum of its lines "sha256  name" gives it; NULL where it left none.
ALTER TABLE delivery ADD COLUMN output_sha256 TEXT;
ALTER TABLE delivery ADD COLUMN output_resources INTEGER;

DROP VIEW v_resource;

CREATE VIEW v_resource AS
SELECT j.run_id, j.seq, j.state, json_extract(e.value, '$[0]') AS resource_type, json_extract(e.value, '$[1]') AS resource_id, json_extract(e.value, '$[2]') AS content_hash,
  CASE json_extract(e.value, '$[3]') WHEN 's' THEN 'sent' WHEN 'c' THEN 'created' WHEN 'u' THEN 'updated' WHEN 'n' THEN 'unchanged' WHEN 'x' THEN 'dead'
    WHEN 'd' THEN 'deleted' WHEN 'r' THEN 'restored' WHEN 'e' THEN 'retired' END AS fate,
  json_extract(e.value, '$[4]') AS version, coalesce(json_extract(e.value, '$[5]'), '') AS server_id
FROM journal j, json_each(j.resources) e;
