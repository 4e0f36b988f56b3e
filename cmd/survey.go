package cmd

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

// survey looks at the first rows of the tables and views: of all, or only of those in which values decide how dates are read.
func (m *migration) survey(ctx context.Context, all bool) (out []issue.Issue, err error) {
	s := survey.New(m.prog)
	wanted := func(t *pipeline.Table) bool { return all || s.Doubtful(t.Source) }
	engine := transform.New(m.prog, m.tables.absent)
	tables := slices.Clone(m.tables.tables)
	if m.tables.plan != nil && (slices.ContainsFunc(m.tables.views, wanted) || m.looksInViews(wanted)) {
		st, err := m.firstRows(ctx, s, engine)
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, st.Close()) }()
		for _, v := range m.tables.views {
			tables = append(tables, &pipeline.Table{Source: v.Source, Inputs: []*pipeline.Input{{Source: st.View(v.Source), Schema: m.tables.plan.Schema(v.Source)}}})
		}
	}
	if slices.ContainsFunc(tables, wanted) {
		for _, t := range tables {
			if err := s.Fill(ctx, engine, t.Source, inputsOf(t)); err != nil {
				return nil, err
			}
		}
	}
	for _, t := range tables {
		if !wanted(t) {
			continue
		}
		if err := s.Look(ctx, engine, t.Source, inputsOf(t)); err != nil {
			return nil, err
		}
	}
	return s.Findings(), nil
}

// looksInViews reports whether maps of a wanted table look rows of a view up.
func (m *migration) looksInViews(wanted func(*pipeline.Table) bool) bool {
	for _, def := range m.prog.Maps {
		if !slices.ContainsFunc(def.Lookups, func(l *mappings.Lookup) bool { return l.In.View != nil }) {
			continue
		}
		if slices.ContainsFunc(m.tables.tables, func(t *pipeline.Table) bool { return t.Source == def.From && wanted(t) }) {
			return true
		}
	}
	return false
}

// firstRows makes a stage with the first rows of the tables that views read. The caller closes it.
func (m *migration) firstRows(ctx context.Context, s *survey.Survey, engine *transform.Engine) (*stage.Stage, error) {
	st, err := stage.Open(m.tables.plan, m.temp)
	if err != nil {
		return nil, fmt.Errorf("open stage: %w", err)
	}
	for _, t := range m.tables.tables {
		if len(t.Source.ReadBy) == 0 {
			continue
		}
		if err := s.Stage(ctx, engine, st, t.Source, inputsOf(t)); err != nil {
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

// unused notes the columns that no rule or view uses. Tables of messages and documents have the columns that the mapping asks for.
func (t *tableSet) unused(prog *mappings.Program) []issue.Issue {
	var out []issue.Issue
	for _, table := range t.tables {
		schema := table.Inputs[0].Schema
		if i, ok := prog.Unused(table.Source, mappings.Table{Source: schema.Source, Table: schema.Table, Columns: schema.Columns, Line: schema.Line}); ok {
			out = append(out, i)
		}
	}
	return out
}
