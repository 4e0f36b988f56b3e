-- Lines of the journal whose resources have UUIDs are packed into a third of the bytes: resources is then the list of [type, fate, version] that
-- they share, and packed has 33 bytes of each resource: its place in that list as two decimal digits, the UUID, the hash. Older lines stay as they are.
ALTER TABLE journal ADD COLUMN packed BLOB;

DROP VIEW v_resource;

-- A packed line has no list to count by: a list of as many zeros is made of its length. Each function in FROM makes a thing once for a resource (the 33 bytes
-- in hexadecimal, then what an older line would say), not once for each column, and keeps the line itself out of what a query sorts by.
CREATE VIEW v_resource AS
SELECT j.run_id, j.seq, j.state, json_extract(v.value, '$[0]') AS resource_type, json_extract(v.value, '$[1]') AS resource_id, json_extract(v.value, '$[2]') AS content_hash,
  CASE json_extract(v.value, '$[3]') WHEN 's' THEN 'sent' WHEN 'c' THEN 'created' WHEN 'u' THEN 'updated' WHEN 'n' THEN 'unchanged' WHEN 'x' THEN 'dead'
    WHEN 'd' THEN 'deleted' WHEN 'r' THEN 'restored' WHEN 'e' THEN 'retired' END AS fate,
  json_extract(v.value, '$[4]') AS version, coalesce(json_extract(v.value, '$[5]'), '') AS server_id
FROM journal j,
  json_each(CASE typeof(j.packed) WHEN 'null' THEN j.resources ELSE '[0' || replace(hex(zeroblob(length(j.packed) / 33 - 1)), '00', ',0') || ']' END) e,
  json_each(json_array(CASE typeof(j.packed) WHEN 'null' THEN e.value ELSE lower(hex(substr(j.packed, 33 * e.key + 1, 33))) END)) h,
  json_each(json_array(CASE typeof(j.packed) WHEN 'null' THEN h.value ELSE json_array(
    json_extract(j.resources, '$[' || CAST(substr(h.value, 1, 2) AS INTEGER) || '][0]'),
    substr(h.value, 3, 8) || '-' || substr(h.value, 11, 4) || '-' || substr(h.value, 15, 4) || '-' || substr(h.value, 19, 4) || '-' || substr(h.value, 23, 12),
    substr(h.value, 35),
    json_extract(j.resources, '$[' || CAST(substr(h.value, 1, 2) AS INTEGER) || '][1]'),
    json_extract(j.resources, '$[' || CAST(substr(h.value, 1, 2) AS INTEGER) || '][2]')) END)) v;
