-- Rejected rows with their reason
-- Every range of rows that was rejected; findings and report row FILE:N tell more of each.
SELECT s.source AS file, s.table_or_sheet AS "table", o.first_row, o.last_row,
  o.last_row - o.first_row + 1 AS rows, o.reason
FROM row_outcome o JOIN source s USING (source_id)
WHERE s.run_id = :run AND o.outcome = 'rejected'
ORDER BY s.source_id, o.first_row
