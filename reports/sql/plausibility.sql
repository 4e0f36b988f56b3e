-- What is formally right but hardly true, rule by rule
-- Those that failed come first. A rule that applied to nothing has not passed; a silenced one has its reason.
SELECT rule, scope, n_violated AS violated, n_denominator AS of,
  CASE WHEN n_denominator > 0 THEN round(100.0 * n_violated / n_denominator, 2) END AS percent,
  threshold_pct AS threshold, status, reason, title, category
FROM check_result
WHERE run_id = :run
ORDER BY CASE status WHEN 'fail' THEN 0 WHEN 'pass_with_violations' THEN 1 WHEN 'pass' THEN 2 WHEN 'silenced' THEN 3 ELSE 4 END, position, scope
