-- Resources by type and table
-- built: made from rows; valid: without an error; loaded: taken by the target; rejected: refused by
-- the validator or the target.
SELECT c.resource_type AS type, s.table_or_sheet AS "table", c.n_built AS built, c.n_valid AS valid,
  c.n_loaded AS loaded, c.n_rejected AS rejected
FROM resource_count c JOIN source s USING (source_id)
WHERE c.run_id = :run
ORDER BY c.resource_type, s.source_id
