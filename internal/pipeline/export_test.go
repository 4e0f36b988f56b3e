package pipeline

import (
	"chartlift/extract"
	"chartlift/mappings"
)

// Unshelve reads the rows of a frame, as readStored hands them to a worker.
func Unshelve(maps []*mappings.Map, schema *extract.Schema, rows, resources []byte) (int, error) {
	d := decoder{maps: maps, in: &Input{Schema: schema}, rows: string(rows), resources: resources}
	p, err := d.product(work{})
	return len(p.rows), err
}
