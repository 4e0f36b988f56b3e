package extract_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/extract"
	"chartlift/extract/formats"
	"chartlift/internal/issue"
)

func TestRowsAreSpreadOverTheColumnsOfTheirDefinition(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	path := write(t, filepath.Join(t.TempDir(), "data.sql"), []byte("INSERT INTO p (name, id) VALUES ('Ann', 1), (NULL, 2);\nINSERT INTO q (x) VALUES (7);\n"))
	src, err := extract.Open(ctx, formats.All(), path, extract.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = src.Close() }()
	schemas, err := src.Tables(ctx)
	if err != nil || len(schemas) != 2 {
		t.Fatal(schemas, err)
	}
	wide := &extract.Schema{Source: "data.sql", Table: "p", Columns: []string{"id", "born", "name"}}
	both := extract.Widen(src, schemas[0], wide)
	if got, err := both.Tables(ctx); err != nil || got[0] != wide || got[1] != schemas[1] || schemas[0] == wide {
		t.Errorf("tables %v, %v", got, err)
	}
	for table, want := range map[string][][]extract.Value{
		"p": {{{Text: "1", Kind: extract.Number}, {}, {Text: "Ann", Kind: extract.Text}}, {{Text: "2", Kind: extract.Number}, {}, {Kind: extract.Null}}},
		"q": {{{Text: "7", Kind: extract.Number}}},
	} {
		var got [][]extract.Value
		for batch, err := range both.Read(ctx, table, func(issue.Issue) {}) {
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range batch.Records {
				if len(r.Schema.Columns) != len(r.Values) {
					t.Errorf("%d values for %v", len(r.Values), r.Schema.Columns)
				}
				got = append(got, r.Values)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", table, diff)
		}
	}
	if extract.Widen(src, schemas[1], wide) != nil {
		t.Error("a column that the definition does not have cannot be spread")
	}
}
