package tables

import (
	"context"
	"fmt"
	"slices"

	"chartlift/extract"
	"chartlift/internal/pipeline"
)

// define joins dumps that hold a table's definition and dumps that hold its
// rows (mysqldump --no-data and --no-create-info, pg_dump --schema-only and
// --data-only): the rows get the columns of the definition.
func (t *Set) define(ctx context.Context) error {
	for _, table := range t.Tables {
		if table.Source.Format != "sql_dump" || sameColumns(table) {
			continue
		}
		definition, rest, err := definitionOf(ctx, table)
		if err != nil {
			return err
		}
		if definition == nil {
			continue // check says that the columns differ
		}
		for _, in := range rest {
			wide := &extract.Schema{Source: in.Schema.Source, Table: in.Schema.Table, Columns: definition.Columns, Line: in.Schema.Line}
			if src := extract.Widen(in.Source, in.Schema, wide); src != nil {
				in.Source, in.Schema = src, wide
			}
		}
	}
	return nil
}

func sameColumns(table *pipeline.Table) bool {
	return !slices.ContainsFunc(table.Inputs, func(in *pipeline.Input) bool {
		return !slices.Equal(in.Schema.Columns, table.Inputs[0].Schema.Columns)
	})
}

// definitionOf returns the columns of the input that has no rows, and the other
// inputs; nil where none is empty.
func definitionOf(ctx context.Context, table *pipeline.Table) (definition *extract.Schema, rest []*pipeline.Input, err error) {
	for _, in := range table.Inputs {
		counts, err := extract.Count(ctx, in.Source, []string{in.Schema.Table})
		if err != nil {
			return nil, nil, fmt.Errorf("count the rows of %s in %s: %w", in.Schema.Table, in.Schema.Source, err)
		}
		if counts[in.Schema.Table] == 0 && (definition == nil || len(in.Schema.Columns) > len(definition.Columns)) {
			definition = in.Schema
			continue
		}
		rest = append(rest, in)
	}
	return definition, rest, nil
}
