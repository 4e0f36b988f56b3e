package disk_test

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	_ "github.com/mattn/go-sqlite3"

	"chartlift/internal/disk"
)

func opened(t *testing.T, path string) *os.File {
	t.Helper()
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func TestALockIsHeldByOneFileUntilItIsClosed(t *testing.T) {
	t.Parallel()
	if !disk.CanLock {
		t.Skip("SKIPPED: this system has no locks that end with their process")
	}
	path := filepath.Join(t.TempDir(), "lock")
	first, second := opened(t, path), opened(t, path)
	if err := disk.Lock(first); err != nil {
		t.Fatal(err)
	}
	if err := disk.Lock(second); !errors.Is(err, disk.ErrLocked) {
		t.Errorf("a second lock: %v", err)
	}
	if _, err := second.WriteString("what is written does not wait for the lock"); err != nil {
		t.Error(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := disk.Lock(second); err != nil {
		t.Errorf("after the first was closed: %v", err)
	}
}

func TestATemporaryFileIsGoneWhenItIsClosed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f, err := disk.Temp(dir, "aside-*")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("Ann"); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 2)
	if _, err := f.ReadAt(got, 1); err != nil || string(got) != "nn" {
		t.Errorf("%q, %v", got, err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%v, %v", left, err)
	}
	if _, err := disk.Temp(filepath.Join(dir, "nowhere"), "aside-*"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestAFolderIsSynced(t *testing.T) {
	t.Parallel()
	if err := disk.SyncFolder(t.TempDir()); err != nil {
		t.Error(err)
	}
}

func TestNoRoomIsToldFromOtherTrouble(t *testing.T) {
	t.Parallel()
	for _, no := range disk.Numbers() {
		for _, err := range []error{no, &fs.PathError{Op: "write", Path: "x", Err: no}, fmt.Errorf("save: %w", no), errors.New("step: disk I/O error: " + no.Error())} {
			if !disk.Full(err) {
				t.Errorf("%v is not known", err)
			}
		}
	}
	if !disk.Full(errors.New("insert: database or disk is full")) {
		t.Error("SQLite's own words are not known")
	}
	for _, err := range []error{nil, fs.ErrPermission, fs.ErrNotExist, errors.New("disk I/O error: input/output error")} {
		if disk.Full(err) {
			t.Errorf("%v is no full disk", err)
		}
	}
}

func TestADatabaseIsNamedAsSQLiteWantsIt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "a b#c%41.db")
	db, err := sql.Open("sqlite3", disk.URI(path, "mode=rwc&_journal_mode=OFF"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("CREATE TABLE t(c)"); err != nil {
		t.Fatal(err)
	}
	if names, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(names) != 1 || names[0] != path {
		t.Errorf("%s: there are %v, %v", disk.URI(path, ""), names, err)
	}
	if err := db.Close(); err != nil { // before the folder is removed
		t.Error(err)
	}
}
