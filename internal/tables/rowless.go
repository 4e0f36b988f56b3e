package tables

import (
	"context"
	"slices"

	"chartlift/internal/issue"
	"chartlift/internal/pipeline"
	"chartlift/mappings"
)

// Rowless returns the tables of the program without a row among the files: no
// file has them, their file is empty, or has a header alone. Segments are none
// of them while messages are there: a feed without some kind of segment is what
// every night brings.
func (t *Set) Rowless(ctx context.Context) ([]*mappings.Source, error) {
	var out []*mappings.Source
	for _, s := range t.Absent {
		if s.View == nil && !t.reads(s) {
			out = append(out, s)
		}
	}
	for _, table := range t.Tables {
		empty, err := t.empties(ctx, table)
		if err != nil {
			return nil, err
		}
		if empty {
			out = append(out, table.Source)
		}
	}
	return out, nil
}

// empties reports whether a table that is there has no row. Of files in which a
// table has to be searched for it says no: that would be to read them twice,
// and standard input can be read once only.
func (t *Set) empties(ctx context.Context, table *pipeline.Table) (bool, error) {
	if !slices.Contains([]string{"csv", "xlsx", "sqlite"}, table.Source.Format) {
		return false, nil
	}
	for _, in := range table.Inputs {
		if t.paths[in] == "-" {
			return false, nil
		}
		for b, err := range in.Source.Read(ctx, in.Schema.Table, func(issue.Issue) {}) {
			if err != nil { // what it has cannot be said; the run, which reads it as well, says why
				return false, ctx.Err()
			}
			if len(b.Records) > 0 {
				return false, nil
			}
		}
	}
	return true, nil
}

// Wanted says what is looked for as a source: the pattern of the file's name,
// and the table or sheet in it.
func Wanted(s *mappings.Source) string {
	switch {
	case s.Read.Table != "":
		return "table " + s.Read.Table + " in " + s.Path
	case s.Read.Sheet != "":
		return "sheet " + s.Read.Sheet + " in " + s.Path
	}
	return s.Path
}
