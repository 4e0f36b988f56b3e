package mappingtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"chartlift/extract"
	"chartlift/internal/issue"
	"chartlift/mappings"
	"chartlift/transform/stage"
)

// givenRows are the rows of a table or view of a test.
type givenRows struct {
	source  *mappings.Source
	schema  *extract.Schema
	records []extract.Record
}

// given reports whether the test gives rows of the source, or of the tables
// without which the view has none.
func (r *rehearsal) given(s *mappings.Source) bool {
	if slices.ContainsFunc(r.test.Given, func(g mappings.GivenTable) bool { return g.Source == s }) {
		return true
	}
	return s.View != nil && slices.ContainsFunc(s.View.Leads, r.given)
}

// columnsOf returns the columns that the mapping uses of the table, then those
// that only views read.
func columnsOf(g mappings.GivenTable) []string {
	out := g.Source.FileColumns()
	for _, row := range g.Rows {
		for _, c := range row.Cells {
			if g.Source.UseIndex(c.Column) < 0 && !slices.Contains(out, c.Column) {
				out = append(out, c.Column)
			}
		}
	}
	return out
}

// views returns the rows of the views that the tables given make.
func (r *rehearsal) views(prog *mappings.Program, tables []givenRows) (out []givenRows, err error) {
	used := slices.DeleteFunc(prog.UsedViews(), func(v *mappings.Source) bool {
		return !r.given(v) || slices.ContainsFunc(tables, func(t givenRows) bool { return t.source == v })
	})
	if len(used) == 0 {
		return nil, nil
	}
	plan, err := rehearse(prog, tables)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "chartlift-test-*")
	if err != nil {
		return nil, fmt.Errorf("stage views: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	st, err := stage.Open(plan, dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	for _, t := range tables {
		if len(t.source.ReadBy) > 0 && t.source.View == nil {
			if err := r.stage(st, t); err != nil {
				return nil, err
			}
		}
	}
	for _, v := range used {
		rows, err := viewRows(st, plan, v, tables)
		if err != nil {
			return nil, err
		}
		out = append(out, rows)
	}
	return out, nil
}

// rehearse compiles the views over the tables given.
func rehearse(prog *mappings.Program, tables []givenRows) (*stage.Plan, error) {
	columns := map[*mappings.Source][]string{}
	for _, t := range tables {
		for _, c := range t.schema.Columns {
			columns[t.source] = append(columns[t.source], t.source.SourceName(c))
		}
	}
	plan, findings, err := stage.Rehearse(prog, columns)
	if err == nil && len(findings) > 0 {
		err = fmt.Errorf("%s: %s", findings[0].At, findings[0].Message)
	}
	return plan, err
}

// stage puts the rows that count into the stage.
func (r *rehearsal) stage(st *stage.Stage, t givenRows) (err error) {
	b, err := r.engine.BindRows(t.source, t.schema)
	if err != nil {
		return err
	}
	filler, err := st.Filler(t.source, b.Cells)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, filler.Close()) }()
	s := b.NewSieve()
	for i := range t.records {
		s.See(&t.records[i], int64(i+1))
	}
	for i := range t.records {
		if s.Passes(&t.records[i], int64(i+1)) {
			if err := filler.Add(int64(i+1), &t.records[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// viewRows reads a view. Its rows stand where the first row that they were made
// of stands.
func viewRows(st *stage.Stage, plan *stage.Plan, v *mappings.Source, tables []givenRows) (givenRows, error) {
	out := givenRows{source: v, schema: plan.Schema(v)}
	for batch, err := range st.View(v).Read(context.Background(), v.Name, func(issue.Issue) {}) {
		if err != nil {
			return out, err
		}
		for i := range batch.Records {
			rec := batch.Records[i]
			for _, p := range st.Places(&rec) {
				at := slices.IndexFunc(tables, func(t givenRows) bool { return t.source == p.Source })
				rec.Origin = tables[at].records[p.Row-1].Origin
				break
			}
			out.records = append(out.records, rec)
		}
	}
	return out, nil
}
