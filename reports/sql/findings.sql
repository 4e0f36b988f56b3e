-- Findings by rule, what concerns most rows first
-- One line for each table, rule, code, column, element and message: how often, the first rows (of those
-- that were kept, at most 1,000 a line), and what to do.
SELECT g.severity, g.code, coalesce(s.table_or_sheet, '') AS "table", g.column_name AS "column", g.rule,
  coalesce((SELECT expression FROM finding f WHERE f.group_id = g.group_id ORDER BY row_no, finding_id LIMIT 1), '') AS element,
  g.n_findings AS findings,
  (SELECT group_concat(row_no, ' ') FROM (
    SELECT DISTINCT row_no FROM finding f WHERE f.group_id = g.group_id AND row_no > 0 ORDER BY row_no LIMIT 3)) AS first_rows,
  g.message
FROM finding_group g LEFT JOIN source s ON s.source_id = g.source_id
WHERE g.run_id = :run
ORDER BY iif(g.severity IN ('fatal', 'error'), 0, iif(g.severity = 'warning', 1, 2)), g.n_findings DESC,
  g.source_id, g.code, g.rule, g.column_name, g.first_row, g.message, g.group_id
