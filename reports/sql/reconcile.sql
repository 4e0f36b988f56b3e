-- What the server holds of the run, by the last verify or reconcile
-- First all together, then each difference with its paths and its row; values only with --show-values. Then the figures: resources of each type in
-- source, run database and server, patients by the length of their charts (of them compared and differ count patients), with the share that may differ
-- at most (95 % confidence; of none in n it is about 3/n), rows of each table then and now. --run takes the run that was compared, or the comparison.
WITH c AS (
  SELECT run_id FROM comparison WHERE run_id = :run
  UNION SELECT run_id FROM v_comparison WHERE of_run = :run
), listed AS (
  SELECT 0 AS part, 0 AS place, 'all resources' AS name, NULL AS n_source, n_delivered, NULL AS n_server, n_compared, n_differ, bound, '' AS path, '' AS sent, '' AS held, '' AS "row",
    coalesce((SELECT r.command || ' of ' || substr(r.finished_at, 1, 10) FROM run r WHERE r.run_id = comparison.run_id), '') || iif(notes = '', '', '; ' || replace(notes, char(10), '; ')) AS says
  FROM comparison JOIN c USING (run_id)
  UNION ALL
  SELECT iif(stratum = 'type', 3, iif(stratum = 'table', 5, 4)), 0, iif(stratum = 'table', 'rows of ', iif(stratum = 'patients', 'patients with ', '')) || name,
    n_source, n_delivered, n_server, iif(stratum = 'table', NULL, n_compared), iif(stratum = 'table', NULL, n_differ), bound, '', '', '', '', ''
  FROM comparison_count JOIN c USING (run_id)
  UNION ALL
  SELECT 1, k.place, k.kind || ' ' || d.resource_type || iif(d.resource_id = '', '', '/' || d.resource_id), NULL, NULL, NULL, NULL, NULL, NULL, coalesce(p.path, ''), coalesce(p.sent, ''), coalesce(p.held, ''),
    iif(d.row_no = 0, '', d.source || iif(instr(d.source, d.table_or_sheet || '.') > 0, '', '/' || d.table_or_sheet) || ':' || d.row_no), d.says
  FROM difference d JOIN c USING (run_id) JOIN comparison_kind k ON k.run_id = d.run_id AND k.kind = d.kind LEFT JOIN difference_path p USING (difference_id)
  UNION ALL
  SELECT 1, 0, 'no differences', NULL, NULL, NULL, NULL, NULL, NULL, '', '', '', '', ''
  FROM c WHERE NOT EXISTS (SELECT 1 FROM comparison_kind k WHERE k.run_id = c.run_id AND k.n_found > 0)
  UNION ALL
  SELECT 0, 0, 'not compared yet', NULL, NULL, NULL, NULL, NULL, NULL, '', '', '', '', 'chartlift verify, or chartlift reconcile, asks the server'
  FROM delivery WHERE run_id = :run AND kind = 'server' AND NOT EXISTS (SELECT 1 FROM c)
  UNION ALL
  SELECT 2, place, kind, NULL, NULL, NULL, NULL, NULL, NULL, '', '', '', '', (n_found - n_stored) || ' more of ' || n_found
  FROM comparison_kind JOIN c USING (run_id) WHERE n_found > n_stored
)
SELECT name AS what, n_source AS source, n_delivered AS delivered, n_server AS server, n_compared AS compared, n_differ AS differ,
  iif(bound IS NULL, '', printf('%.2f %%', 100 * bound)) AS at_most, path, sent AS "sent value", held AS "held value", "row", says
FROM listed
ORDER BY part, place, name, path
