-- How crosswalks translated codes, by how closely the targets match
-- equivalence is that of FHIR's ConceptMap, as the crosswalk's file states it (not stated: inline and CSV tables);
-- unmapped counts codes without a target.
SELECT crosswalk, iif(equivalence = '', 'not stated', equivalence) AS equivalence, n_uses AS uses,
  round(100.0 * n_uses / nullif(sum(n_uses) OVER (PARTITION BY crosswalk), 0), 1) AS percent
FROM crosswalk_use
WHERE run_id = :run
ORDER BY crosswalk, n_uses DESC, equivalence
