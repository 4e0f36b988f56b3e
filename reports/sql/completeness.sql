-- Which values of the source did not come through, column by column
-- filled: rows with a value, of those that the rule looked at; target: rows whose element got one; lost: rows that had one and got none.
-- A column without a rule is named nowhere in the mapping; one with view:NAME is read by the SQL of that view, and its values are counted again at the view's columns. Conditions come first: rows for which a rule's condition does not hold are not looked at.
SELECT table_name AS "table", column_name AS "column", element, n_rows AS rows, n_filled AS filled, iif(rule LIKE 'view:%', NULL, n_target_filled) AS target, n_lost AS lost,
  round(100.0 * n_filled / nullif(n_rows, 0), 1) AS filled_percent, iif(rule LIKE 'view:%', NULL, round(100.0 * n_target_filled / nullif(n_rows, 0), 1)) AS target_percent, rule
FROM field_profile
WHERE run_id = :run AND n_rows > 0
ORDER BY n_lost = 0, rule = '', n_lost DESC, table_name, element, column_name
