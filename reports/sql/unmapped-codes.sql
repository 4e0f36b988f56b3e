-- Codes that no crosswalk maps, the most used first
-- percent_so_far is the share of all uses of unmapped codes that is settled once this line and those
-- above it are mapped. Written as CSV, with target filled in and named as worklist in the crosswalk, the list is read back.
SELECT crosswalk, source_system AS system, source_code AS code, source_display AS display, n_records AS uses,
  round(100.0 * sum(n_records) OVER (ORDER BY n_records DESC, crosswalk, source_system, source_code) /
    nullif(sum(n_records) OVER (), 0), 1) AS percent_so_far,
  '' AS target, '' AS target_display, '' AS target_system
FROM code_map
WHERE run_id = :run AND status = 'unmapped'
ORDER BY n_records DESC, crosswalk, source_system, source_code
