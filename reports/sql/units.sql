-- Bundles sent, in their order
-- Every bundle with the rows it came from, what the target answered and how long it took.
SELECT u.seq AS bundle, coalesce(s.table_or_sheet, '') AS "table", u.first_row, u.last_row, u.n_entries AS entries,
  u.n_ok AS ok, u.n_created AS created, u.attempts, u.http_status AS status, u.started_at AS started, u.ms
FROM unit u LEFT JOIN source s ON s.source_id = u.source_id
WHERE u.run_id = :run
ORDER BY u.seq
