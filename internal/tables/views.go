package tables

import (
	"slices"

	"chartlift/internal/issue"
	"chartlift/internal/pipeline"
	"chartlift/mappings"
	"chartlift/transform/stage"
)

// checkViews compiles the views of use against the columns of the tables at
// hand.
func (t *Set) checkViews() error {
	columns := map[*mappings.Source][]string{}
	for _, table := range t.Tables {
		names := []string{}
		for _, c := range table.Inputs[0].Schema.Columns {
			names = append(names, table.Source.SourceName(c))
		}
		columns[table.Source] = names
	}
	plan, findings, err := PlanViews(t.prog, columns)
	t.Findings = append(t.Findings, findings...)
	if err != nil || plan == nil {
		return err
	}
	t.Plan = plan
	for _, v := range t.prog.UsedViews() {
		if t.withoutRows(v) {
			t.Absent = append(t.Absent, v)
			continue
		}
		t.Views = append(t.Views, &pipeline.Table{Source: v})
	}
	return nil
}

// PlanViews compiles the views of use, and compares the columns that maps want
// of them with those that they give.
func PlanViews(prog *mappings.Program, columns map[*mappings.Source][]string) (*stage.Plan, []issue.Issue, error) {
	views := prog.UsedViews()
	if len(views) == 0 {
		return nil, nil, nil
	}
	plan, findings, err := stage.Check(prog, columns)
	if err != nil {
		return nil, nil, err
	}
	for _, v := range views {
		names := plan.Columns(v)
		if names == nil || v.View.Star() && len(columns) == 0 {
			continue // it has findings of its own, or the columns of tables that nobody named
		}
		findings = append(findings, prog.CheckColumns(v, mappings.Table{Source: "the view " + v.Name, Table: v.Name, Columns: names})...)
	}
	return plan, findings, nil
}

// withoutRows reports whether the tables that the view takes its rows from were
// not given.
func (t *Set) withoutRows(view *mappings.Source) bool {
	return !slices.ContainsFunc(view.View.Leads, func(s *mappings.Source) bool { return !slices.Contains(t.Absent, s) })
}
