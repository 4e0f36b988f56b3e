-- Resources that the target refused
-- Each with the row it came from, the status and codes of the answer, and what the target wrote (quotations by their shape, without --show-values). Those that a later run
-- delivered have its name, and come last.
SELECT e.seq AS bundle, e.resource_type AS type, e.resource_id AS id, coalesce(s.source, '') AS file, e.row_no AS row,
  e.http_status AS status, e.codes, e.server_text, coalesce(e.mended_by, '') AS "delivered by"
FROM entry_failure e LEFT JOIN source s ON s.source_id = e.source_id
WHERE e.run_id = :run
ORDER BY e.mended_by IS NOT NULL, e.failure_id
