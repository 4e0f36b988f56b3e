package sqldump_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/extract"
	"chartlift/extract/sqldump"
)

func FuzzMySQL(f *testing.F) {
	fuzz(f, "mysql", clinic, "/*!50001 x */ -- \n# \n", "DELIMITER $$\nINSERT INTO t VALUES (0x1,b'1',x'zz')$$", "CREATE TABLE (", "INSERT INTO `a`.`b` (`c", "'\\", "INSERT INTO t VALUES (1-2,((3)),NULL)")
}

func FuzzPostgres(f *testing.F) {
	fuzz(f, "postgres", "COPY t FROM stdin;\n\\x4\\", "$a$ $$ $a$; INSERT INTO t VALUES (E'\\u12', U&'\\', 1::a.b(3)[])", "SET search_path = 'a", "CREATE FUNCTION f() BEGIN ATOMIC CASE END; END; COPY t (a", "CREATE TABLE c PARTITION OF p; CREATE TABLE d (x int) INHERITS (c")
}

func FuzzSQLServer(f *testing.F) {
	fuzz(f, "mssql", "INSERT t SELECT 1 UNION ALL SELECT 2\nGO 9", "INSERT [a]].b]..[c] VALUES (CAST(0x0 AS Date), $1, CONVERT(int, '1', 2))", "CREATE TABLE #t(a int AS b)GO", "MERGE ; GRANT INSERT ON x\nINSERT x VALUES (0x1\\\n2)",
		"INSERT 0()VALUE(INSERT),(''INSERT 1 VALUE()")
}

func FuzzSQLite(f *testing.F) {
	fuzz(f, "sqlite", "INSERT INTO t VALUES(replace(replace('a','b',char(10)),'',''))", "CREATE TRIGGER x BEGIN CASE END; END; INSERT OR ABORT INTO t VALUES(unistr('\\ud83d\\ude00\\ud83d'))", "INSERT INTO 't' VALUES(X'0',-.5e)")
}

func FuzzOracle(f *testing.F) {
	fuzz(f, "oracle", "INSERT ALL INTO a VALUES (1) INTO b (c) VALUES (q'<x>') SELECT 1 FROM dual;", "INSERT INTO t VALUES (to_date('1-JAN-0','DD-MON-RR'), to_timestamp('x','\"'), nq'[')\n/\n", "REM '\nDECLARE\n/\nINSERT INTO t SELECT chr(1)||NULL||'a' FROM dual")
}

// fuzz reads anything as a dump of the dialect: it must end, every record must
// fit its schema, and a second reading must not differ.
func fuzz(f *testing.F, dialect string, seeds ...string) {
	names, err := filepath.Glob(filepath.Join("testdata", "dumps", dialect+"*.sql"))
	if err != nil || len(names) == 0 {
		f.Fatalf("samples %v, %v", names, err)
	}
	for _, name := range names {
		seeds = append(seeds, sample(f, filepath.Base(name)))
	}
	for _, seed := range seeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, dump string) {
		src, err := sqldump.Format().Open(context.Background(), extract.FromBytes("t.sql", []byte(dump)), extract.Options{Encoding: "utf-8", Dialect: dialect})
		if err != nil {
			t.Fatal(err)
		}
		tables, err := src.Tables(context.Background())
		if err != nil {
			return
		}
		var names []string
		rows, failed := map[string]int64{}, false
		for _, schema := range tables[:min(len(tables), 20)] {
			first := fuzzRead(t, src, schema)
			names, rows[schema.Table] = append(names, schema.Table), int64(len(first))
			failed = failed || len(first) > 0 && strings.Contains(first[len(first)-1], "read t.sql: ")
			if diff := cmp.Diff(first, fuzzRead(t, src, schema)); diff != "" {
				t.Errorf("a second reading differs:\n%s", diff)
			}
		}
		counts, err := extract.Count(context.Background(), src, names)
		if failed {
			return
		}
		if err != nil {
			t.Fatalf("read without an error, and counted: %v", err)
		}
		for _, name := range names {
			if counts[name] != rows[name] {
				t.Errorf("%s has %d rows and is counted as %d", name, rows[name], counts[name])
			}
		}
	})
}

func fuzzRead(t *testing.T, src extract.Source, schema *extract.Schema) []string {
	t.Helper()
	var all []string
	line := int64(1)
	for batch, err := range src.Read(context.Background(), schema.Table, nil) {
		if err != nil {
			if !strings.Contains(err.Error(), "line ") {
				t.Errorf("no line in %v", err)
			}
			return append(all, err.Error())
		}
		for _, rec := range batch.Records {
			if len(rec.Values) != len(schema.Columns) || rec.Origin.Line < line || rec.Origin.Row != int64(len(all)+1) {
				t.Fatalf("%d values for %d columns, origin %+v", len(rec.Values), len(schema.Columns), rec.Origin)
			}
			for _, v := range rec.Values {
				if v.Missing() && v.Text != "" || strings.IndexByte(v.Text, 0) >= 0 {
					t.Fatalf("value %+v", v)
				}
			}
			line = rec.Origin.Line
			all = append(all, show(rec.Values))
		}
	}
	return all
}
