package sqldump_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/extract"
)

func TestAHalfRowBeforeTheNextStatementCostsItselfAndNoOther(t *testing.T) {
	t.Parallel()
	for dialect, tt := range map[string]struct {
		dump string
		want content
	}{
		"mssql": {
			"CREATE TABLE t (a int, b varchar(9))\nGO\nINSERT t (a, b) VALUES (1,\nINSERT t (a, b) VALUES (2, N'x')\nINSERT t (a, b) VALUES (\nGO\nINSERT t (a, b) VALUES (4, NULL)\n",
			content{
				Rows: [][]extract.Value{
					{number("1"), {}}, {number("2"), text("x")}, {{}, {}}, {number("4"), {Kind: extract.Null}},
				},
				Lines: []int64{3, 4, 5, 7},
			},
		},
		"oracle": {
			"CREATE TABLE t (a number, b varchar2(9))\n/\nINSERT INTO t (a, b) VALUES (1,\n/\nINSERT INTO t (a, b) VALUES (2, 'x')\n/\n",
			content{Rows: [][]extract.Value{{number("1"), {}}, {number("2"), text("x")}}, Lines: []int64{3, 5}},
		},
	} {
		src := open(t, tt.dump, extract.Options{Dialect: dialect})
		got := read(t, src, "t")
		if diff := cmp.Diff(tt.want.Rows, got.Rows); diff != "" {
			t.Errorf("%s:\n%s", dialect, diff)
		}
		if diff := cmp.Diff(tt.want.Lines, got.Lines); diff != "" || len(got.Codes) == 0 {
			t.Errorf("%s: said %v\n%s", dialect, got.Codes, diff)
		}
		counts, err := extract.Count(context.Background(), src, []string{"t", "t"})
		if err != nil || counts["t"] != int64(len(got.Rows)) {
			t.Errorf("%s: counted %v, %v", dialect, counts, err)
		}
	}
}
