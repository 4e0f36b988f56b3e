-- How often each rule of the mapping made a value
-- Those that never did come first: their column is empty, their condition never held, or nothing was left after cleaning.
-- Constants without a condition are not listed.
SELECT rule, n_values AS "values", mapping_at AS at
FROM rule_use
WHERE run_id = :run
ORDER BY n_values > 0, rule
