package reports_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"chartlift/reports"
)

func TestFileAndFolderAreForTheOwnerOnly(t *testing.T) {
	t.Parallel()
	db, path := open(t)
	begin(t, db, reports.Options{})
	for name, want := range map[string]os.FileMode{filepath.Dir(path): 0o700, path: 0o600, path + "-wal": 0o600} {
		stat, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := stat.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", name, got, want)
		}
	}
}

func TestOpenTightensTheModeOfAnOldFile(t *testing.T) {
	t.Parallel()
	db, path := open(t)
	db.Close()
	os.Chmod(path, 0o644)
	again, err := reports.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if stat, _ := os.Stat(path); stat.Mode().Perm() != 0o600 {
		t.Errorf("mode is %o", stat.Mode().Perm())
	}
}

func TestOpenRefusesANewerSchema(t *testing.T) {
	t.Parallel()
	db, path := open(t)
	db.Close()
	change(t, path, "PRAGMA user_version = 99")
	if _, err := reports.Open(path); !errors.Is(err, reports.ErrNewerSchema) {
		t.Errorf("got %v, want ErrNewerSchema", err)
	}
}

func TestOpenRefusesAnotherDatabaseAndAnotherFile(t *testing.T) {
	t.Parallel()
	other := filepath.Join(t.TempDir(), "other.db")
	change(t, other, "CREATE TABLE patient (id)")
	if _, err := reports.Open(other); !errors.Is(err, reports.ErrNotRunDatabase) {
		t.Errorf("got %v, want ErrNotRunDatabase", err)
	}
	text := filepath.Join(t.TempDir(), "text.db")
	os.WriteFile(text, []byte(strings.Repeat("id,name\n", 200)), 0o600)
	if _, err := reports.Open(text); err == nil || !strings.Contains(err.Error(), "text.db") {
		t.Errorf("a text file was opened: %v", err)
	}
}

func TestOpenTakesAPathWithEverySpecialCharacter(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "Größe 100%?a=b#c&d", "runs.db")
	db, err := reports.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	begin(t, db, reports.Options{})
	db.Close()
	if stat, err := os.Stat(path); err != nil || stat.Size() == 0 {
		t.Errorf("the database is elsewhere: %v", err)
	}
}

func TestConnectionsUseWALAndForeignKeys(t *testing.T) {
	t.Parallel()
	db, path := open(t)
	if mode := one[string](t, path, "PRAGMA journal_mode"); mode != "wal" {
		t.Errorf("journal mode %s", mode)
	}
	rec, _ := begin(t, db, reports.Options{})
	rec.Rows(4711, []reports.RowRange{{First: 1, Last: 2}})
	err := rec.Finish(context.Background(), reports.Succeeded, 0)
	if err == nil || !strings.Contains(err.Error(), "FOREIGN KEY") {
		t.Errorf("rows of an unknown source were taken: %v", err)
	}
}
