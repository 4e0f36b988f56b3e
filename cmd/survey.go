package cmd

import (
	"context"

	"chartlift/internal/issue"
	"chartlift/internal/survey"
	"chartlift/mappings"
	"chartlift/transform"
)

// survey looks at the first rows of the tables: of all, or only of those in which values decide how dates are read.
func (m *migration) survey(ctx context.Context, all bool) ([]issue.Issue, error) {
	s := survey.New(m.prog)
	for _, t := range m.tables.tables {
		if !all && !s.Doubtful(t.Source) {
			continue
		}
		var inputs []survey.Input
		for _, in := range t.Inputs {
			inputs = append(inputs, survey.Input{Source: in.Source, Schema: in.Schema})
		}
		if err := s.Look(ctx, transform.New(m.prog, m.tables.absent), t.Source, inputs); err != nil {
			return nil, err
		}
	}
	return s.Findings(), nil
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
