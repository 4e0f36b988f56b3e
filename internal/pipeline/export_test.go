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

// Order returns the names of a program's sources in the order in which their
// tables are converted.
func Order(prog *mappings.Program) []string {
	var tables []*Table
	for _, s := range prog.Sources {
		tables = append(tables, &Table{Source: s})
	}
	var names []string
	for _, t := range order(tables, prog, func(m *mappings.Map) []*mappings.Map { return m.Refs }) {
		names = append(names, t.Source.Name)
	}
	return names
}
