-- Records that were put together, person by person
-- The first record of a person is the one that survives. References are those that were led to it from the others.
SELECT m.survivor_id AS person, m.resource_id AS record, m.source, m.file, m.row_no AS row, m.grade,
  j.mode AS links, j.n_references AS "references", j.decided_by
FROM dup_member m
LEFT JOIN merge_journal j ON j.run_id = m.run_id AND j.resource_id = m.resource_id
WHERE m.run_id = :run AND m.survivor_id <> ''
ORDER BY m.survivor_id, m.resource_id <> m.survivor_id, m.resource_id
