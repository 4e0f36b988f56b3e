package sqldump_test

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/extract"
	"chartlift/extract/sqldump"
	"chartlift/internal/issue"
)

// outcome is what reading a dump came to.
type outcome struct {
	rows map[string][]string // sound rows by table
	errs []string
}

func readAll(t *testing.T, dump, dialect string) outcome {
	t.Helper()
	got := outcome{rows: map[string][]string{}}
	src := open(t, dump, extract.Options{Dialect: dialect, Encoding: "utf-8"})
	tables, err := src.Tables(context.Background())
	if err != nil {
		return outcome{errs: []string{err.Error()}}
	}
	for _, schema := range tables {
		for batch, err := range src.Read(context.Background(), schema.Table, nil) {
			if err != nil {
				got.errs = append(got.errs, err.Error())
				break
			}
			for _, rec := range batch.Records {
				if rec.Fault == nil {
					got.rows[schema.Table] = append(got.rows[schema.Table], strings.TrimRight(show(rec.Values), " |-"))
				}
			}
		}
	}
	return got
}

// TestADumpCutAnywhereGivesTheRowsBeforeTheCut cuts every sample at many
// places.
func TestADumpCutAnywhereGivesTheRowsBeforeTheCut(t *testing.T) {
	t.Parallel()
	for _, name := range samples(t) {
		name = filepath.Base(name)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dump := sample(t, name)
			dialect, _, _ := strings.Cut(strings.TrimSuffix(name, ".sql"), "_")
			whole := readAll(t, dump, dialect)
			if len(whole.errs) > 0 {
				t.Fatal(whole.errs)
			}
			for at := 0; at < len(dump); at += 37 {
				got := readAll(t, dump[:at], dialect)
				for table, rows := range got.rows {
					all := whole.rows[table]
					if len(all) == 0 { // two schemas have the table: the cut may hide the other
						all = slices.Concat(whole.rows["dbo."+table], whole.rows["one."+table], whole.rows["lab."+table], whole.rows["clinlims."+table])
					}
					if len(rows) > len(all) || !slices.Equal(rows, all[:len(rows)]) {
						t.Fatalf("cut at %d: table %s has\n%s\nwant the beginning of\n%s", at, table, strings.Join(rows, "\n"), strings.Join(all, "\n"))
					}
				}
				for _, err := range got.errs {
					if !strings.Contains(err, "line ") {
						t.Errorf("cut at %d: no line in %q", at, err)
					}
				}
			}
		})
	}
}

func TestACutIsSaidOfTheFileAndOfEachTable(t *testing.T) {
	t.Parallel()
	src := open(t, "CREATE TABLE a (x int);\nCREATE TABLE b (y int);\nINSERT INTO a VALUES (1);\nINSERT INTO b VALUES (2),(3),\n(4,'x", extract.Options{Dialect: "postgres"})
	tables, err := src.Tables(context.Background())
	if err != nil || len(tables) != 2 {
		t.Fatalf("tables %v, %v", tables, err)
	}
	got := read(t, src, "a")
	if len(got.Rows) != 1 || len(got.Codes) != 1 || got.Codes[0] != "row 0 line 0 dump-cut" {
		t.Errorf("a: %+v", got)
	}
	want := &issue.Issue{Severity: issue.Error, Code: extract.DumpCut, Type: "incomplete", Message: "the dump is cut short at line 5: rows behind it are missing; export it again", Origin: issue.Origin{Source: "dump.sql", Line: 5}}
	short := src.(*sqldump.Source).Shortfall()
	if short != nil {
		want.Origin.Source = short.Origin.Source
	}
	if diff := cmp.Diff(want, short); diff != "" {
		t.Error(diff)
	}
	rows, last := 0, error(nil)
	for batch, err := range src.Read(context.Background(), "b", nil) {
		if last = err; err == nil {
			rows += len(batch.Records)
		}
	}
	if rows != 2 || last == nil || !strings.Contains(last.Error(), "line 5: the dump ends inside a statement") {
		t.Errorf("b: %d rows, then %v", rows, last)
	}
	rows = 0
	for batch, err := range extract.BeforeCut(context.Background(), src, "b", nil) {
		if err != nil {
			t.Fatalf("b, whose cut is known: %v", err)
		}
		rows += len(batch.Records)
	}
	if rows != 2 {
		t.Errorf("%d rows of b before the cut, want 2", rows)
	}
	for _, err := range src.Read(context.Background(), "c", nil) {
		if err == nil || !strings.Contains(err.Error(), "cut short") {
			t.Errorf("c, which may stand behind the cut: %v", err)
		}
	}
}

func TestADumpWithoutItsClosingWordsIsReported(t *testing.T) {
	t.Parallel()
	for name, closing := range map[string]string{"postgres_copy.sql": "-- PostgreSQL database dump complete", "sqlite.sql": "COMMIT;", "mysql.sql": "-- Dump completed"} {
		dump := sample(t, name)
		for _, cut := range []bool{false, true} {
			if cut {
				dump = dump[:strings.LastIndex(dump, closing)]
			}
			src := open(t, dump, extract.Options{})
			var warnings []string
			report := func(is issue.Issue) {
				if is.Severity == issue.Error && is.Code == extract.DumpCut && strings.Contains(is.Message, closing) {
					warnings = append(warnings, is.Message)
				}
			}
			for range src.Read(context.Background(), schemas(t, src)[0].Table, report) {
			}
			if cut != (len(warnings) == 1) {
				t.Errorf("%s, cut %v: %v", name, cut, warnings)
			}
		}
	}
}

func TestDialectsAreToldByTheHead(t *testing.T) {
	t.Parallel()
	for head, want := range map[string]string{
		"":                                      "mysql",
		"INSERT INTO t VALUES ('it\\'s');":      "mysql",
		"INSERT INTO `t` VALUES (1);":           "mysql",
		"COPY t (a) FROM stdin;\n1\n\\.\n":      "postgres",
		"SET search_path TO x;":                 "postgres",
		"insert into dbo.t values (N'x')\nGO\n": "mssql",
		"PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nINSERT INTO t VALUES('ENGINE= /*!40 AUTO_INCREMENT');": "sqlite",
		"SET DEFINE OFF;\nInsert into T (A) values (to_date('1','DD'));":                                      "oracle",
	} {
		src := open(t, head, extract.Options{})
		if got := src.(*sqldump.Source).Describe(); !strings.HasPrefix(got, want+" dump") {
			t.Errorf("%q is taken for %s, want %s", head, got, want)
		}
	}
	for alias, want := range map[string]string{"PostgreSQL": "postgres", "sqlserver": "mssql", "mariadb": "mysql", "sqlite3": "sqlite", "auto": "mysql"} {
		if got := open(t, "x", extract.Options{Dialect: alias}).(*sqldump.Source).Describe(); !strings.HasPrefix(got, want) {
			t.Errorf("%s is %s", alias, got)
		}
	}
}
