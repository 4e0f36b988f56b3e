package survey

import (
	"context"
	"fmt"

	"chartlift/extract"
	"chartlift/internal/issue"
	"chartlift/mappings"
	"chartlift/transform"
	"chartlift/transform/stage"
)

// Fill hands the first rows of a table to the lookups in it. It is said before
// the tables are looked at that look them up.
func (s *Survey) Fill(ctx context.Context, engine *transform.Engine, source *mappings.Source, inputs []Input) error {
	left := Rows
	for _, in := range inputs {
		binding, err := engine.BindRows(source, in.Schema)
		if err != nil {
			return err
		}
		filler := binding.Filler(func(*mappings.Map) bool { return true }, func(issue.Issue) {})
		if filler == nil {
			return nil
		}
		left, err = s.first(ctx, in, left, func(rec *extract.Record) error {
			return filler.Add(rec)
		})
		if err != nil {
			return fmt.Errorf("look up in %s: %w", in.Schema.Source, err)
		}
	}
	return nil
}

// Stage hands the first rows of a table to the views that read it.
func (s *Survey) Stage(ctx context.Context, engine *transform.Engine, st *stage.Stage, source *mappings.Source, inputs []Input) error {
	binding, err := engine.BindRows(source, inputs[0].Schema)
	if err != nil {
		return err
	}
	filler, err := st.Filler(source, binding.Cells)
	if err != nil {
		return err
	}
	worker := binding.Worker(transform.Hooks{Report: func(issue.Issue) {}})
	left, row := Rows, int64(0)
	for _, in := range inputs {
		left, err = s.first(ctx, in, left, func(rec *extract.Record) error {
			if row++; worker.Row(rec).Spare {
				return filler.Add(row, rec)
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("look at %s: %w", in.Schema.Source, err)
		}
	}
	s.shortened = s.shortened || left < 0
	return filler.Close()
}
