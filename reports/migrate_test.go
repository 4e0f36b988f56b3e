package reports

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// older makes a run database as a chartlift wrote it whose newest schema had
// that number, with rows in every table.
func older(t *testing.T, files []schemaFile, version int) (path string) {
	t.Helper()
	text, err := os.ReadFile("testdata/older.sql")
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "runs.db")
	conns, err := sql.Open("sqlite3", dataSource(path))
	if err != nil {
		t.Fatal(err)
	}
	defer conns.Close()
	for _, f := range files[:version] {
		schema, err := schemas.ReadFile(f.name)
		if err != nil {
			t.Fatal(err)
		}
		_, rows, known := strings.Cut(string(text), fmt.Sprintf("\n-- schema %d\n", f.version))
		if !known {
			t.Fatalf("testdata/older.sql has no part for schema %d", f.version)
		}
		rows, _, _ = strings.Cut(rows, "\n-- schema ")
		for _, statements := range []string{string(schema), rows} {
			if _, err := conns.Exec(statements); err != nil {
				t.Fatalf("schema %d: %v", f.version, err)
			}
		}
	}
	db := &DB{sql: conns}
	err = db.inTx(context.Background(), func(tx *sql.Tx) error {
		return appendAudit(tx, auditEntry{"2026-01-02T03-04-05Z-1", "j.doe", "finish", "succeeded exit 0"})
	})
	if _, numbered := conns.Exec(fmt.Sprintf("PRAGMA user_version = %d", version)); err != nil || numbered != nil {
		t.Fatal(err, numbered)
	}
	return path
}

// contents returns every row of every table: columns as name=value, so that a
// column more is seen as one.
func contents(t *testing.T, path string) map[string][]map[string]string {
	t.Helper()
	conns, err := sql.Open("sqlite3", dataSource(path))
	if err != nil {
		t.Fatal(err)
	}
	defer conns.Close()
	db := &DB{sql: conns}
	tables, err := db.table(context.Background(), "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]map[string]string{}
	for _, name := range tables.Rows {
		rows, err := db.table(context.Background(), "SELECT * FROM "+name[0])
		if err != nil {
			t.Fatal(err)
		}
		out[name[0]] = []map[string]string{}
		for _, row := range rows.Rows {
			cells := map[string]string{}
			for i, c := range rows.Columns {
				cells[c.Name] = row[i]
			}
			out[name[0]] = append(out[name[0]], cells)
		}
	}
	return out
}

func TestADatabaseOfEveryOlderSchemaIsOpenedWithNothingLost(t *testing.T) {
	t.Parallel()
	files, err := schemaFiles(schemas)
	if err != nil {
		t.Fatal(err)
	}
	for version := 1; version <= len(files); version++ {
		t.Run(fmt.Sprint(version), func(t *testing.T) {
			t.Parallel()
			path := older(t, files, version)
			before := contents(t, path)
			for table, rows := range before {
				if len(rows) == 0 {
					t.Errorf("testdata/older.sql has no row of %s: what becomes of them is not tested", table)
				}
			}
			db, err := Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			after := contents(t, path)
			for table, rows := range before {
				for i, row := range rows {
					if i >= len(after[table]) {
						t.Errorf("%s had %d rows and has %d", table, len(rows), len(after[table]))
						break
					}
					for column := range after[table][i] {
						if _, was := row[column]; !was {
							delete(after[table][i], column)
						}
					}
				}
				if diff := cmp.Diff(rows, after[table]); diff != "" {
					t.Errorf("%s (-before +after)\n%s", table, diff)
				}
			}
			works(t, db, path)
		})
	}
}

// works uses a database that was brought up to date for everything that a new
// one is used for.
func works(t *testing.T, db *DB, path string) {
	t.Helper()
	ctx := context.Background()
	for _, check := range []string{"SELECT * FROM pragma_integrity_check WHERE integrity_check <> 'ok'", "SELECT * FROM pragma_foreign_key_check"} {
		if wrong, err := db.table(ctx, check); err != nil || len(wrong.Rows) > 0 {
			t.Errorf("%s: %v, %v", check, wrong.Rows, err)
		}
	}
	if err := db.VerifyAudit(ctx); err != nil {
		t.Error(err)
	}
	l, err := db.Ledger(ctx, "1")
	if x := l.Total(); err != nil || l.Check() != nil || x.Read != 12 || x.Loaded != 8 || x.Merged != 1 || x.Filtered != 1 || x.Rejected != 2 {
		t.Errorf("the ledger is %+v: %v, %v", l, err, l.Check())
	}
	for _, r := range Reports() {
		if _, err := db.Query(ctx, r.Name, "1"); err != nil {
			t.Error(err)
		}
	}
	if err := db.Page(ctx, "1", io.Discard, PageOptions{}); err != nil {
		t.Error(err)
	}
	rec, err := db.Begin(ctx, RunInfo{Command: "run", Mapping: "lakeside"})
	if err != nil {
		t.Fatal(err)
	}
	id, err := rec.Source(SourceInfo{Source: "patients.csv", Table: "patients", Mapped: true})
	if err != nil {
		t.Fatal(err)
	}
	rec.Rows(id, []RowRange{{First: 1, Last: 5}})
	if err := rec.Finish(ctx, Succeeded, 0); err != nil {
		t.Fatal(err)
	}
	if status, err := db.Status(ctx, "2026-01-03T03-04-05Z-1"); err != nil || status != Interrupted {
		t.Errorf("the run that was killed under the old version is %s, %v", status, err)
	}
	if again, err := OpenReadOnly(path); err != nil {
		t.Error(err)
	} else if err := again.Close(); err != nil {
		t.Error(err)
	}
}

func TestAMigrationThatFailsLeavesTheOldDatabase(t *testing.T) {
	t.Parallel()
	files, err := schemaFiles(schemas)
	if err != nil {
		t.Fatal(err)
	}
	path := older(t, files, 6)
	conns, err := sql.Open("sqlite3", dataSource(path))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conns.Exec("CREATE TABLE acceptance (of_somebody_else)"); err != nil { // schema 8 cannot make it
		t.Fatal(err)
	}
	if err := conns.Close(); err != nil {
		t.Fatal(err)
	}
	before := contents(t, path)
	if _, err := Open(path); err == nil || !strings.Contains(err.Error(), "schema8.sql") {
		t.Errorf("it does not say which migration failed: %v", err)
	}
	if diff := cmp.Diff(before, contents(t, path)); diff != "" {
		t.Errorf("half a migration is left (-before +after)\n%s", diff)
	}
}
