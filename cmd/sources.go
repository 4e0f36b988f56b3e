package cmd

import (
	"context"
	"fmt"

	"chartlift/internal/pipeline"
	"chartlift/internal/tables"
	"chartlift/mappings"
	"chartlift/transform/stage"
)

// openTables finds the tables of a program in what --source names. The caller
// closes the set, also where there is an error.
func (s *settings) openTables(ctx context.Context, prog *mappings.Program, tempDir string) (*tables.Set, error) {
	if len(s.sources) == 0 {
		return &tables.Set{}, usage("name what to read: --source FOLDER or --source FILE")
	}
	return tables.Open(ctx, prog, s.sources, tables.Options{TempDir: tempDir, UTF8: s.utf8, Known: s.planned.known(prog)})
}

// openStage makes the database of the views.
func (m *migration) openStage() (err error) {
	if m.tables.Plan == nil || len(m.tables.Views) == 0 {
		return nil
	}
	if m.stage, err = stage.Open(m.tables.Plan, m.temp); err != nil {
		return fmt.Errorf("open stage: %w", err)
	}
	for _, table := range m.tables.Views {
		table.Inputs = []*pipeline.Input{{Source: m.stage.View(table.Source), Schema: m.tables.Plan.Schema(table.Source)}}
	}
	return nil
}
