package reports

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// schemaOf returns what a database is made of.
func schemaOf(t *testing.T, conns *sql.DB) (objects []string) {
	t.Helper()
	db := &DB{sql: conns}
	all, err := db.table(context.Background(), `SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_master
		UNION ALL SELECT 'version ' || user_version FROM pragma_user_version
		UNION ALL SELECT 'journal ' || journal_mode FROM pragma_journal_mode
		UNION ALL SELECT 'page size ' || page_size FROM pragma_page_size
		UNION ALL SELECT 'encoding ' || encoding FROM pragma_encoding
		UNION ALL SELECT 'vacuum ' || auto_vacuum FROM pragma_auto_vacuum
		UNION ALL SELECT 'check ' || integrity_check FROM pragma_integrity_check ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range all.Rows {
		objects = append(objects, row[0])
	}
	return objects
}

// A database that was put there whole must be the one that SQLite makes in its
// place, to the last index.
func TestABlankDatabaseIsWhatSQLiteMakes(t *testing.T) {
	t.Parallel()
	placed, grown := filepath.Join(t.TempDir(), "placed.db"), filepath.Join(t.TempDir(), "grown.db")
	if err := placeBlank(placed); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(grown, nil, 0o600); err != nil { // as createPrivate leaves it where there are no links
		t.Fatal(err)
	}
	var schemas [2][]string
	for i, path := range []string{placed, grown} {
		db, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		schemas[i] = schemaOf(t, db.sql)
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(schemas[1], schemas[0]); diff != "" {
		t.Error(diff)
	}
	if len(schemas[0]) < 50 {
		t.Errorf("only %d objects", len(schemas[0]))
	}
}

func TestABlankDatabaseIsForItsOwnerAndLeavesNothingBeside(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), ".chartlift")
	db, err := Open(filepath.Join(dir, "runs.db"))
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 || files[0].Name() != "runs.db" {
		t.Fatalf("%v, %v", files, err)
	}
	if info, err := files[0].Info(); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

// What is there is somebody's runs.
func TestABlankDatabaseNeverTakesThePlaceOfAFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "runs.db")
	if err := os.WriteFile(path, []byte("runs of a year"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := placeBlank(path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("got %v", err)
	}
	if text, err := os.ReadFile(path); string(text) != "runs of a year" || err != nil {
		t.Errorf("the file holds %q, %v", text, err)
	}
	if files, _ := os.ReadDir(dir); len(files) != 1 {
		t.Errorf("left behind: %v", files)
	}
}

func TestManyWhoOpenANewDatabaseAtOnceShareIt(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "p", "runs.db")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			db, err := Open(path)
			if err != nil {
				t.Error(err)
				return
			}
			defer db.Close()
			rec, err := db.Begin(context.Background(), RunInfo{Command: "run", Target: "out"})
			if err != nil {
				t.Error(err)
				return
			}
			if err := rec.Finish(context.Background(), Succeeded, 0); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	db, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var runs int
	if err := db.sql.QueryRow("SELECT count(*) FROM run").Scan(&runs); err != nil || runs != 8 {
		t.Errorf("%d runs of 8 are in it, %v", runs, err)
	}
}

func TestAFolderThatTakesNoFileIsAnErrorOfTheOpening(t *testing.T) {
	t.Parallel()
	if os.Getuid() == 0 {
		t.Skip("to this user every folder is open")
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(filepath.Join(dir, "runs.db")); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("got %v", err)
	}
}

func TestPreparingTwiceMakesOneImage(t *testing.T) {
	t.Parallel()
	if err := errors.Join(Prepare(), Prepare()); err != nil {
		t.Fatal(err)
	}
	first, _ := blank()
	second, _ := blank()
	if len(first) == 0 || &first[0] != &second[0] {
		t.Error("the image was made again")
	}
}
