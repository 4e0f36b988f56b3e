-- What the server lost by a fall, and was sent again
-- The server had acknowledged these resources, and did not have them when it came back: look into its settings for durable writes. They are there now; other programs' writes of
-- the same moments may not be.
SELECT restored_at AS at, resource_type AS type, resource_id AS id, source AS file, row_no AS row
FROM restored WHERE run_id = :run
ORDER BY rowid
