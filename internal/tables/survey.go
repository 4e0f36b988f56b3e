package tables

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"chartlift/internal/issue"
	"chartlift/internal/pipeline"
	"chartlift/internal/survey"
	"chartlift/mappings"
	"chartlift/transform"
	"chartlift/transform/stage"
)

// Survey looks at the first rows of the tables and views, as [survey] does: of
// all, or only of those in which values decide how dates are read.
func (t *Set) Survey(ctx context.Context, all bool) (out []issue.Issue, err error) {
	s := survey.New(t.prog)
	wanted := func(table *pipeline.Table) bool { return all || s.Doubtful(table.Source) }
	engine := transform.New(t.prog, t.Absent)
	tables := slices.Clone(t.Tables)
	if t.Plan != nil && (slices.ContainsFunc(t.Views, wanted) || t.looksInViews(wanted)) {
		st, err := t.firstRows(ctx, s, engine)
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, st.Close()) }()
		for _, v := range t.Views {
			tables = append(tables, &pipeline.Table{Source: v.Source, Inputs: []*pipeline.Input{{Source: st.View(v.Source), Schema: t.Plan.Schema(v.Source)}}})
		}
	}
	if slices.ContainsFunc(tables, wanted) {
		for _, table := range tables {
			if err := s.Fill(ctx, engine, table.Source, inputsOf(table)); err != nil {
				return nil, err
			}
		}
	}
	for _, table := range tables {
		if !wanted(table) {
			continue
		}
		if err := s.Look(ctx, engine, table.Source, inputsOf(table)); err != nil {
			return nil, err
		}
	}
	return s.Findings(), nil
}

// looksInViews reports whether maps of a wanted table look rows of a view up.
func (t *Set) looksInViews(wanted func(*pipeline.Table) bool) bool {
	for _, def := range t.prog.Maps {
		if !slices.ContainsFunc(def.Lookups, func(l *mappings.Lookup) bool { return l.In.View != nil }) {
			continue
		}
		if slices.ContainsFunc(t.Tables, func(table *pipeline.Table) bool { return table.Source == def.From && wanted(table) }) {
			return true
		}
	}
	return false
}

// firstRows makes a stage with the first rows of the tables that views read.
// The caller closes it.
func (t *Set) firstRows(ctx context.Context, s *survey.Survey, engine *transform.Engine) (*stage.Stage, error) {
	st, err := stage.Open(t.Plan, t.options.TempDir)
	if err != nil {
		return nil, fmt.Errorf("open stage: %w", err)
	}
	for _, table := range t.Tables {
		if len(table.Source.ReadBy) == 0 {
			continue
		}
		if err := s.Stage(ctx, engine, st, table.Source, inputsOf(table)); err != nil {
			return nil, errors.Join(err, st.Close())
		}
	}
	return st, nil
}

func inputsOf(t *pipeline.Table) []survey.Input {
	var inputs []survey.Input
	for _, in := range t.Inputs {
		inputs = append(inputs, survey.Input{Source: in.Source, Schema: in.Schema})
	}
	return inputs
}

// Unused notes the columns that no rule or view uses. Tables of messages and
// documents have the columns that the mapping asks for.
func (t *Set) Unused() []issue.Issue {
	var out []issue.Issue
	for _, table := range t.Tables {
		schema := table.Inputs[0].Schema
		if i, ok := t.prog.Unused(table.Source, mappings.Table{Source: schema.Source, Table: schema.Table, Columns: schema.Columns, Line: schema.Line}); ok {
			out = append(out, i)
		}
	}
	return out
}
