-- Rows that became part of others
-- Exact duplicates and rows with the same key, range by range; merged_into is the row of the same table that they became part of, where it is one.
SELECT s.source AS file, s.table_or_sheet AS "table", o.first_row, o.last_row, o.last_row - o.first_row + 1 AS rows, o.reason, o.merged_into
FROM row_outcome o JOIN source s USING (source_id)
WHERE s.run_id = :run AND o.outcome = 'merged'
ORDER BY s.source_id, o.first_row
