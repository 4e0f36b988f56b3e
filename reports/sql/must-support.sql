-- How often the elements are there that profiles must support
-- of: values of the element's parent, such as all Patients for Patient.birthDate; the emptiest come first. Must-support asks a system to send what it has: an element
-- that is nowhere is a question to the mapping and to the source, not an error.
SELECT profile, element, n_there AS there, n_of AS "of", round(100.0 * n_there / nullif(n_of, 0), 1) AS percent
FROM must_support
WHERE run_id = :run
ORDER BY profile, 1.0 * n_there / nullif(n_of, 0), element
