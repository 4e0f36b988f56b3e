package sqldump_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/extract"
	"chartlift/extract/sqldump"
)

// sourceOf opens a dump of a dialect and shows all its rows by table.
func sourceOf(t *testing.T, dialect, dump string) map[string][]string {
	t.Helper()
	src := open(t, dump, extract.Options{Dialect: dialect, Encoding: "utf-8"})
	all := map[string][]string{}
	for _, schema := range schemas(t, src) {
		got := read(t, src, schema.Table)
		shown := []string{}
		for _, row := range got.Rows {
			shown = append(shown, show(row))
		}
		all[schema.Table+"("+strings.Join(schema.Columns, ",")+")"] = append(shown, got.Codes...)
	}
	return all
}

func TestWhatIsNoTableIsPassedOver(t *testing.T) {
	t.Parallel()
	want := map[string][]string{"t(a)": {"1"}}
	for name, c := range map[string]struct{ dialect, dump string }{
		"view":                     {"mysql", "CREATE VIEW v AS SELECT 'INSERT INTO t VALUES (9);' x;"},
		"conditional stand-in":     {"mysql", "/*!50001 CREATE TABLE `v` (`a` int) */;"},
		"trigger with delimiter":   {"mysql", "DELIMITER //\nCREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW BEGIN INSERT INTO t VALUES (9); END//\nDELIMITER ;\n"},
		"comments of all kinds":    {"mysql", "# INSERT INTO t VALUES (9);\n-- it's\n/* INSERT INTO t VALUES (9); ' */"},
		"dollar function":          {"postgres", "CREATE FUNCTION f() RETURNS void AS $body$ INSERT INTO t VALUES (9); ' $x$ $body$ LANGUAGE sql;"},
		"atomic function":          {"postgres", "CREATE OR REPLACE FUNCTION f(begin int) RETURNS int BEGIN ATOMIC INSERT INTO t VALUES (9); SELECT CASE 1 WHEN 1 THEN 2 END; END;"},
		"do block":                 {"postgres", "DO $$ BEGIN INSERT INTO t VALUES (9); END $$;"},
		"psql command":             {"postgres", "\\connect it's\n\\restrict x\n"},
		"nested comment":           {"postgres", "/* a /* b */ INSERT INTO t VALUES (9); */"},
		"escape string":            {"postgres", `COMMENT ON TABLE t IS E'a\'; INSERT INTO t VALUES (9); --';`},
		"copy to a file":           {"postgres", "COPY t TO '/tmp/x';\nCOPY t FROM '/tmp/x';"},
		"rule":                     {"postgres", "CREATE RULE r AS ON INSERT TO v DO INSTEAD INSERT INTO t VALUES (9);"},
		"procedure":                {"mssql", "GO\nCREATE OR ALTER PROC p AS\nINSERT INTO t VALUES (9)\nINSERT INTO t VALUES (8)\nGO"},
		"altered trigger":          {"mssql", "GO\nALTER TRIGGER x ON t AFTER INSERT AS INSERT t VALUES (9)\ngo 1\n"},
		"grant":                    {"mssql", "GRANT INSERT ON t TO x\n"},
		"merge":                    {"mssql", "MERGE t USING s ON 1=0 WHEN NOT MATCHED THEN INSERT VALUES (9);"},
		"executed string":          {"mssql", "EXEC('INSERT INTO t VALUES (9)')\nEXEC sp_executesql N'\nGO\nINSERT INTO t VALUES (9)'\n"},
		"temporary table":          {"mssql", "CREATE TABLE #x (a int)\nINSERT #x VALUES (9)\nDECLARE @t TABLE (a int)\nINSERT @t VALUES (9)\n"},
		"bracketed quote":          {"mssql", "ALTER TABLE [it's] NOCHECK CONSTRAINT [a]]';]\n"},
		"trigger without":          {"sqlite", "CREATE TEMP TRIGGER x AFTER INSERT ON t BEGIN INSERT INTO t VALUES (CASE WHEN 1 THEN 9 END); DELETE FROM t; END;"},
		"own tables":               {"sqlite", "DELETE FROM sqlite_sequence; INSERT INTO sqlite_sequence VALUES ('t',9); INSERT INTO sqlite_schema(type,sql) VALUES('table','x');"},
		"virtual table":            {"sqlite", "CREATE VIRTUAL TABLE v USING fts5(a);"},
		"package":                  {"oracle", "CREATE OR REPLACE PACKAGE BODY p AS\nPROCEDURE x IS BEGIN INSERT INTO t VALUES (9); END;\nEND;\n/"},
		"declared block":           {"oracle", "DECLARE\n n NUMBER;\nBEGIN\nINSERT INTO t VALUES (9);\nEND;\n/"},
		"client commands":          {"oracle", "REM it's\nPROMPT don't;\nSET DEFINE OFF\nWHENEVER SQLERROR EXIT\n@other.sql\nSPOOL x'\n"},
		"q string":                 {"oracle", "COMMENT ON TABLE t IS q'[a'; INSERT INTO t VALUES (9); ]';"},
		"statement ended by slash": {"oracle", "COMMENT ON TABLE t IS 'x'\n/"},
	} {
		dump := "CREATE TABLE t (a int);\n" + c.dump + "\nINSERT INTO t VALUES (1);\n"
		if c.dialect == "mssql" {
			dump = "CREATE TABLE t (a int)\n" + c.dump + "\nINSERT INTO t VALUES (1)\n"
		}
		if diff := cmp.Diff(want, sourceOf(t, c.dialect, dump)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestTablesOfSeveralSchemasAreKeptApart(t *testing.T) {
	t.Parallel()
	for dialect, dump := range map[string]string{
		"mysql":    "USE `a`;\nCREATE TABLE `t` (x int);\nINSERT INTO t VALUES (1);\nUSE b;\nCREATE TABLE t (y int);\nINSERT INTO `t` VALUES (2);\nINSERT INTO a.t VALUES (3);\n",
		"postgres": "SET search_path TO a, public;\nCREATE TABLE t (x int);\nINSERT INTO t VALUES (1);\nSET search_path = 'b';\nCREATE TABLE t (y int);\nINSERT INTO \"t\" VALUES (2);\nCOPY a.t FROM stdin;\n3\n\\.\n",
		"mssql":    "CREATE TABLE [a].[t](x int)\nCREATE TABLE b.t(y int)\nGO\nINSERT [a].[t] VALUES (1)\nINSERT [db].[b].[t] VALUES (2)\nINSERT a.t VALUES (3)\n",
		"oracle":   "CREATE TABLE A.T (x NUMBER);\nCREATE TABLE \"b\".\"T\" (y NUMBER);\nINSERT INTO a.t VALUES (1);\nINSERT INTO B.T VALUES (2);\nINSERT INTO A.T VALUES (3);\n",
	} {
		got := sourceOf(t, dialect, dump)
		for table, rows := range got {
			delete(got, table)
			got[strings.ToLower(table)] = rows
		}
		if diff := cmp.Diff(map[string][]string{"a.t(x)": {"1", "3"}, "b.t(y)": {"2"}}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", dialect, diff)
		}
	}
	got := sourceOf(t, "postgres", `CREATE TABLE "Patient" (a int); CREATE TABLE patient (b int); INSERT INTO PATIENT VALUES (1); INSERT INTO "Patient" VALUES (2);`)
	if diff := cmp.Diff(map[string][]string{"Patient(a)": {"2"}, "patient(b)": {"1"}}, got); diff != "" {
		t.Errorf("quoted names (-want +got):\n%s", diff)
	}
}

func TestInsertsOfManyShapes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		dialect, dump string
		want          map[string][]string
	}{
		{"sqlite", "INSERT OR REPLACE INTO t(a) VALUES (1);INSERT OR IGNORE INTO 't' (a) VALUES (2);REPLACE INTO [t](a) VALUES(3)", map[string][]string{"t(a)": {"1", "2", "3"}}},
		{"mysql", "INSERT IGNORE t (a) VALUE (1);REPLACE DELAYED INTO t (a) VALUES (2)\n,\n(3) AS new ON DUPLICATE KEY UPDATE a=9;INSERT t () VALUES ();", map[string][]string{"t(a)": {"1", "2", "3", "-"}}},
		{"postgres", "INSERT INTO t (a) OVERRIDING SYSTEM VALUE VALUES (1) RETURNING a; INSERT INTO t AS x (a) VALUES (2);", map[string][]string{"t(a)": {"1", "row 0 line 1 bad-sql"}}},
		{"postgres", "INSERT INTO t (a, a_b) SELECT 1, 'x' UNION ALL SELECT 2, 'y'; INSERT INTO t SELECT 3, z FROM u;", map[string][]string{"t(a,a_b)": {`1 | "x"`, `2 | "y"`, "row 0 line 1 bad-sql"}}},
		{"mssql", "INSERT t (a) VALUES (1)INSERT t (a) VALUES (2);insert into t(a)values(3)\ngo\nInsert Into t (a)\nSELECT 4\nUNION ALL SELECT 5 AS a\nGO", map[string][]string{"t(a)": {"1", "2", "3", "4", "5"}}},
		{"mssql", "CREATE TABLE t (id int IDENTITY(1,1), a int, b AS (a+1), PRIMARY KEY (id));\nINSERT t VALUES (1)\nINSERT t (id, a) VALUES (7, 2)\nINSERT t VALUES (1, 2, 3)", map[string][]string{"t(id,a)": {"- | 1", "7 | 2", "1 | 2", "row 3 line 4 ragged-row"}}},
		{"oracle", "INSERT ALL INTO t (a) VALUES (1) INTO u VALUES (2, ')') INTO t (a) VALUES (3) SELECT 1 FROM dual;\nINSERT INTO t (a) SELECT 4 FROM DUAL UNION ALL SELECT 5 FROM dual;", map[string][]string{"t(a)": {"1", "3", "4", "5"}, "u(1,2)": {`2 | ")"`}}},
		{"oracle", "INSERT INTO t (a) VALUES (1)\n/\nBEGIN\nINSERT INTO t (a) VALUES (2);\nEND;\n/\n", map[string][]string{"t(a)": {"1", "2"}}},
		{"postgres", "COPY t FROM stdin;\n1\tx\n2\ty\n\\.\nCOPY t (c) FROM stdin;\nz\n\\.\n", map[string][]string{"t(1,2,c)": {`"1" | "x" | -`, `"2" | "y" | -`, `- | - | "z"`, "row 1 line 2 ragged-row", "row 2 line 3 ragged-row"}}},
		{"postgres", "COPY t (a, b) FROM stdin;\r\n1\t\\N\r\n\\.\r\nINSERT INTO t VALUES ('2', '\r\n');\r\n", map[string][]string{"t(a,b)": {`"1" | NULL`, `"2" | "\r\n"`}}},
		{"postgres", "CREATE TABLE p (a int, b text);CREATE TABLE c (d date) INHERITS (public.p);CREATE TABLE q PARTITION OF p FOR VALUES IN (1);\nINSERT INTO c VALUES (1,'x','2020-01-01');INSERT INTO q VALUES (2,'y');", map[string][]string{"p(a,b)": {}, "c(a,b,d)": {`1 | "x" | date 2020-01-01`}, "q(a,b)": {`2 | "y"`}}},
		{"mysql", "CREATE TABLE t LIKE u;\nCREATE TABLE v AS SELECT 1;\nINSERT INTO t VALUES (1,2);\nREPLACE INTO t (z) VALUES (3);", map[string][]string{"t(1,2,z)": {"1 | 2 | -", "- | - | 3", "row 1 line 3 ragged-row"}}},
		{"mysql", "INSERT INTO t SET a = 1;\nINSERT INTO t (a) VALUES (1);\nINSERT INTO t (a) SELECT a FROM u;", map[string][]string{"t(a)": {"1", "row 0 line 3 bad-sql"}}},
	} {
		if diff := cmp.Diff(c.want, sourceOf(t, c.dialect, c.dump)); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", c.dialect, c.dump, diff)
		}
	}
}

func TestRepeatedHeadersAreTakenForTheSameOnlyIfTheyAre(t *testing.T) {
	t.Parallel()
	dump := "INSERT INTO t (a, b) VALUES (1, 2);\nINSERT INTO t (a, b) VALUES (3, 4);\nINSERT INTO t (b, a) VALUES (5, 6);\nINSERT INTO t (a, b) VALUES  (7, 8);\n" +
		"INSERT INTO u (a, b) VALUES (9, 9);\nINSERT\nINTO t\n(a) VALUES\n(10);\nINSERT\nINTO t\n(a) VALUES\n(11);\nSET search_path = s;\nINSERT\nINTO t\n(a) VALUES\n(12);\n"
	src := open(t, dump, extract.Options{Dialect: "postgres"})
	got := read(t, src, "t")
	if diff := cmp.Diff([]int64{1, 2, 3, 4, 9, 13, 18}, got.Lines); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	shown := []string{}
	for _, row := range got.Rows {
		shown = append(shown, show(row))
	}
	if diff := cmp.Diff([]string{"1 | 2", "3 | 4", "6 | 5", "7 | 8", "10 | -", "11 | -", "12 | -"}, shown); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

// TestNoMatterWhereTheReadBufferEnds shifts every sample through the buffer of
// 256 KiB.
func TestNoMatterWhereTheReadBufferEnds(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"mysql.sql", "postgres_copy.sql", "postgres_old.sql", "mssql.sql", "sqlite.sql", "oracle.sql"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dialect, _, _ := strings.Cut(strings.TrimSuffix(name, ".sql"), "_")
			dump := sample(t, name)
			want := readAll(t, dump, dialect)
			step := 41
			if testing.Short() {
				step = 211
			}
			for at := 1; at < len(dump); at += step {
				padding := "--" + strings.Repeat("-", 256<<10-at-3) + "\n"
				if dialect == "mysql" {
					padding = "# " + padding[2:]
				}
				if diff := cmp.Diff(want, readAll(t, padding+dump, dialect), cmp.AllowUnexported(outcome{})); diff != "" {
					t.Fatalf("buffer ends at %d, behind %q (-want +got):\n%s", at, dump[max(0, at-30):at], diff)
				}
			}
		})
	}
}

func TestLongValuesAreReadAndEndlessOnesRefused(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("0123456789abcdef", 60000) // 960 kB, beyond any buffer
	for dialect, dump := range map[string]string{
		"mysql":    "INSERT INTO t VALUES ('" + long + "');",
		"mssql":    "INSERT t VALUES (0x" + long + ")",
		"postgres": "COPY t FROM stdin;\n" + long + "\n\\.\n",
		"oracle":   "INSERT INTO t VALUES (q'[" + long + "]');",
		"sqlite":   "INSERT INTO t VALUES(X'" + long + "');",
	} {
		got := read(t, open(t, dump, extract.Options{Dialect: dialect, Encoding: "utf-8"}), "t")
		if len(got.Rows) != 1 || len(got.Codes) != 0 || got.Rows[0][0].Text != long {
			t.Errorf("%s: %d rows, %v", dialect, len(got.Rows), got.Codes)
		}
	}
	if testing.Short() {
		t.Skip("the endless ones take 70 MB each")
	}
	endless := strings.Repeat("x", 65<<20)
	for dialect, dump := range map[string]string{"mysql": "INSERT INTO t (a) VALUES (1),\n('" + endless, "postgres": "COPY t (a) FROM stdin;\n1\n" + endless} {
		src := open(t, dump, extract.Options{Dialect: dialect, Encoding: "utf-8"})
		rows, last := 0, error(nil)
		for batch, err := range src.Read(t.Context(), schemas(t, src)[0].Table, nil) {
			if last = err; err == nil {
				rows += len(batch.Records)
			}
		}
		if rows != 1 || last == nil || !strings.Contains(last.Error(), "64 MiB") || !strings.Contains(last.Error(), "line ") {
			t.Errorf("%s: %d rows, then %v", dialect, rows, last)
		}
	}
}

func TestTheEncodingIsTheOneTheDumpSets(t *testing.T) {
	t.Parallel()
	for head, want := range map[string]string{
		"SET NAMES latin1;\n":                   "windows-1252",
		"SET NAMES 'utf8mb4';\n":                "utf-8",
		"SET client_encoding = 'WIN1250';\n":    "windows-1250",
		"SET client_encoding TO LATIN9;\n":      "iso-8859-15",
		"SET client_encoding = 'SQL_ASCII';\n ": "utf-8",
		"SET client_encoding = 'KOI8R';\n":      "koi8-r",
		"set names cp1251;\n":                   "windows-1251",
	} {
		got := open(t, head+"INSERT INTO t VALUES (1);", extract.Options{}).(*sqldump.Source).Describe()
		if !strings.HasSuffix(got, want) {
			t.Errorf("%q: %s, want %s", head, got, want)
		}
	}
	got := read(t, open(t, "SET client_encoding = 'WIN1250';\nCOPY t (a) FROM stdin;\n\xa3\xf3d\x9f\n\\.\n", extract.Options{}), "t")
	if len(got.Rows) != 1 || got.Rows[0][0].Text != "Łódź" {
		t.Errorf("rows %v", got.Rows)
	}
}

func TestDumpsAreRecognisedByTheirContentToo(t *testing.T) {
	t.Parallel()
	sniff := sqldump.Format().Sniff
	for _, head := range []string{
		"--\n-- PostgreSQL database dump\n--\n", "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n", "GO\nINSERT [dbo].[T] ([a]) VALUES (1)\n",
		"x\nCOPY public.t (a) FROM stdin;\n1\n", "/*M!999999\\- enable the sandbox mode */ \n-- MariaDB dump 10.19", "REM INSERTING\nInsert into T values (1);",
	} {
		if !sniff("stdin", []byte(head)) {
			t.Errorf("not recognised: %q", head)
		}
	}
	for _, head := range []string{"\x00\x01INSERT [", "PGDMP\x01\x0e", "a letter\nPlease copy this from stdin; thanks\n"} {
		if sniff("stdin", []byte(head)) {
			t.Errorf("taken for a dump: %q", head)
		}
	}
}
