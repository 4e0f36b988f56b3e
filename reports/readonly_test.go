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

func TestAReportDoesNotWaitForARunThatWrites(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	_, path := sample(t, reports.Options{})
	writer, err := raw(t, path).Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { writer.Close() })
	for _, statement := range []string{"BEGIN IMMEDIATE", "UPDATE source SET rows_read = 0"} {
		if _, err := writer.ExecContext(ctx, statement); err != nil {
			t.Fatal(err)
		}
	}
	db, err := reports.OpenReadOnly(path) // who waited would wait for the lock that is never given back, and be refused
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	var b strings.Builder
	if err := db.Page(ctx, "", &b, reports.PageOptions{}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "52,129 rows read") {
		t.Error("it must tell what was there before the transaction")
	}
}

func TestAReadOnlyDatabaseCannotBeWrittenTo(t *testing.T) {
	t.Parallel()
	_, path := sample(t, reports.Options{})
	db, err := reports.OpenReadOnly(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if _, err := db.Begin(context.Background(), reports.RunInfo{}); err == nil {
		t.Error("a run began in it")
	}
}

func TestAnOlderDatabaseIsBroughtUpToDateBeforeItIsRead(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs.db")
	text, err := os.ReadFile("schema.sql")
	if err != nil {
		t.Fatal(err)
	}
	change(t, path, string(text)+"; PRAGMA user_version = 1")
	db, err := reports.OpenReadOnly(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if _, err := db.Ledger(context.Background(), ""); !errors.Is(err, reports.ErrNoRun) {
		t.Errorf("got %v", err)
	}
	if table, err := db.Query(context.Background(), "completeness", "1"); !errors.Is(err, reports.ErrNoRun) {
		t.Errorf("%v, %v", table, err)
	}
}

func TestReadingWhatIsNoRunDatabaseMakesNone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "none.db")
	if _, err := reports.OpenReadOnly(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("a file was made")
	}
	if err := os.WriteFile(path, []byte("this is a text, and it is long enough for SQLite to look at its first page, which has a header of a hundred bytes"), 0o600); err != nil {
		t.Fatal(err)
	}
	if db, err := reports.OpenReadOnly(path); err == nil {
		db.Close()
		t.Error("a text was opened")
	}
}
