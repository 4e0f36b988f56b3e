package sqldump_test

import (
	"testing"

	"chartlift/extract"
	"chartlift/extract/extracttest"
	"chartlift/extract/sqldump"
)

// contracts is one dump of the same two tables for each dialect.
func contracts() map[string]string {
	return map[string]string{
		"mysql": "CREATE TABLE `a` (x int, y text);\nINSERT INTO `a` VALUES (1,''),(2,NULL);\nINSERT INTO `a` (y) VALUES ('z');\nINSERT INTO a VALUES (1);\nINSERT INTO `b` (k) VALUES ('v');\n",
		"postgres": "SET search_path = s;\nCREATE TABLE a (x integer, y text);\nCOPY a (x, y) FROM stdin;\n1\t\n2\t\\N\n\\.\nINSERT INTO s.a (y) VALUES (E'z');\n" +
			"COPY s.a FROM stdin;\n1\n\\.\nCOPY b (k) FROM stdin;\nv\n\\.\n",
		"mssql":  "CREATE TABLE [dbo].[a]([x] [int], [y] [nvarchar](9))\nGO\nINSERT [dbo].[a] VALUES (1, N''), (2, NULL)\ninsert a ([y]) values (N'z') INSERT dbo.a VALUES (1)\nGo\nINSERT INTO \"b\" (k) VALUES (CAST(N'v' AS char(1)))\n",
		"sqlite": "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE a(x int, y);\nINSERT INTO a VALUES(1,''),(2,NULL);\nINSERT INTO a(y) VALUES(replace('q','q','z'));\nINSERT INTO a VALUES(1);\nINSERT INTO \"b\"(k) VALUES('v');\nCOMMIT;\n",
		"oracle": "REM INSERTING into A\nSET DEFINE OFF;\nCREATE TABLE a (x NUMBER, y VARCHAR2(9))\n/\nInsert into \"S\".\"A\" (X,Y) values (1,'');\nInsert into A (X,Y) values (2,null);\nInsert into A (Y) values (q'[z]');\nInsert into A values (1);\nINSERT ALL INTO b (k) VALUES (to_clob('v')) SELECT * FROM dual;\n",
	}
}

func TestEveryDialectKeepsTheContract(t *testing.T) {
	t.Parallel()
	for dialect, dump := range contracts() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			extracttest.Run(t, sqldump.Format(), extracttest.Sample{
				Name: "emr.sql", Content: []byte(dump),
				Tables: []extracttest.Table{
					{
						Name: "a", Columns: []string{"x", "y"}, Faults: []string{"", "", "", "ragged-row"},
						Rows: [][]extract.Value{{number("1"), text("")}, {number("2"), {Kind: extract.Null}}, {{}, text("z")}, {number("1"), {}}},
					},
					{Name: "b", Columns: []string{"k"}, Rows: [][]extract.Value{{text("v")}}},
				},
			})
		})
	}
}
