// Package reports keeps the run database, one SQLite file a project, and tells
// what is in it: the ledger, named reports, a page.
//
// Read [DB] and [Recorder] first. A Recorder writes one run: one goroutine,
// batched transactions, and the counters of rows in the same transaction as the
// rows' outcomes, so that the ledger balances whenever the process dies.
//
//	db, err := reports.Open("project/.chartlift/runs.db")
//	rec, err := db.Begin(ctx, reports.RunInfo{Command: "run", Target: "out/"})
//	id, err := rec.Source(reports.SourceInfo{Source: "patients.csv", Table: "patients", Mapped: true})
//	rec.Rows(id, []reports.RowRange{{First: 1, Last: 500, Outcome: reports.Loaded}})
//	err = rec.Finish(ctx, reports.Succeeded, 0)
//	ledger, err := db.Ledger(ctx, "")
package reports

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/mattn/go-sqlite3" // also the driver "sqlite3"

	"chartlift/internal/disk"
)

// What a caller decides by.
var (
	// ErrNewerSchema says that a newer chartlift has written the run database.
	ErrNewerSchema = errors.New("the run database was written by a newer chartlift: use that version, or another --project")
	// ErrNotRunDatabase says that the file is an SQLite database of something
	// else.
	ErrNotRunDatabase = errors.New("this SQLite file is not a run database")
	// ErrDamaged says that the file is no whole run database: cut short,
	// overwritten, or text.
	ErrDamaged = errors.New("the run database is damaged")
	// ErrNoRun says that the run asked for is not in the run database.
	ErrNoRun = errors.New("no such run")
	// ErrNoDelivery says that a run has sent nothing anywhere.
	ErrNoDelivery = errors.New("the run has delivered nothing")
)

//go:embed schema*.sql
var schemas embed.FS

// DB is an open run database. It is safe for concurrent use.
type DB struct {
	sql *sql.DB

	mu        sync.Mutex
	recorders []*Recorder // those not finished, for Close
}

// Open opens the run database at path, creates it (0600, missing folders 0700)
// if it is not there, and brings an older one up to date. It returns
// ErrNewerSchema for one that it is too old to understand and ErrDamaged for
// one that SQLite cannot read. The caller closes it.
func Open(path string) (*DB, error) {
	if err := createPrivate(path); err != nil {
		return nil, fmt.Errorf("open run database: %w", err)
	}
	conns, err := sql.Open("sqlite3", dataSource(path))
	if err != nil {
		return nil, fmt.Errorf("open run database %s: %w", path, err)
	}
	if err := waiting(func() error { return migrate(conns) }); err != nil {
		return nil, errors.Join(notOpened(path, err), conns.Close())
	}
	return &DB{sql: conns}, nil
}

// notOpened says why the database at path was not opened, and of a damaged one
// what to do: nothing but its journal of runs is lost by moving it away, as ids
// are made of keys and a target is asked by them.
func notOpened(path string, err error) error {
	var trouble sqlite3.Error
	if errors.As(err, &trouble) && (trouble.Code == sqlite3.ErrCorrupt || trouble.Code == sqlite3.ErrNotADB) {
		return fmt.Errorf("%w: bring %s back from a copy, or move it away (with its -wal and -shm) and run again; what is on the target stays there", ErrDamaged, path)
	}
	return fmt.Errorf("open run database %s: %w", path, err)
}

// Close ends the recorders still open, which leaves their runs to be marked as
// interrupted by the next Begin, and closes the database.
func (db *DB) Close() error {
	db.mu.Lock()
	open := db.recorders
	db.recorders = nil
	db.mu.Unlock()
	var errs []error
	for _, r := range open {
		errs = append(errs, r.halt())
	}
	return errors.Join(append(errs, db.sql.Close())...)
}

// createPrivate makes the file before SQLite does, which would give it the
// process's umask; the -wal and -shm files inherit its mode. It never opens a
// file that is there: closing it would drop the locks that this process's other
// connections hold on it (https://www.sqlite.org/howtocorrupt.html section
// 2.2).
func createPrivate(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	stat, err := os.Stat(path)
	if err == nil && stat.Mode().Perm()&0o077 != 0 {
		return os.Chmod(path, 0o600)
	}
	if !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := placeBlank(path); err == nil || errors.Is(err, os.ErrExist) {
		return nil
	} else if !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil // another process was quicker
	}
	if err != nil {
		return err
	}
	return f.Close()
}

// waiting repeats do while another process makes the same new database: SQLite
// does not wait by itself for the lock that turns WAL on.
func waiting(do func() error) error {
	const tries, pause = 100, 20 * time.Millisecond
	var err error
	for range tries {
		var refused sqlite3.Error
		if err = do(); !errors.As(err, &refused) || refused.Code != sqlite3.ErrBusy {
			return err
		}
		<-time.After(pause)
	}
	return err
}

// dataSource returns SQLite's URI for path. Transactions take the write lock at
// their start: a deferred one may be refused at its first write without
// waiting (https://www.sqlite.org/isolation.html).
func dataSource(path string) string {
	return disk.URI(path, "_journal_mode=WAL&_synchronous=NORMAL&_foreign_keys=on&_busy_timeout=10000&_txlock=immediate")
}

// migrate runs the schema files that the database has not seen, all in one
// transaction; PRAGMA user_version counts them.
func migrate(conns *sql.DB) error {
	files, err := schemaFiles(schemas)
	if err != nil {
		return err
	}
	tx, err := conns.BeginTx(context.Background(), nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after Commit there is nothing to roll back
	version, err := schemaVersion(tx)
	if err != nil || version == len(files) {
		return err
	}
	if version > len(files) {
		return fmt.Errorf("schema %d, this one knows %d: %w", version, len(files), ErrNewerSchema)
	}
	for _, f := range files[version:] {
		text, err := schemas.ReadFile(f.name)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(string(text)); err != nil {
			return fmt.Errorf("migrate with %s: %w", f.name, err)
		}
	}
	if _, err := tx.Exec(fmt.Sprintf("PRAGMA user_version = %d", len(files))); err != nil {
		return err
	}
	return tx.Commit()
}

// schemaVersion returns the number of the schema, 0 for an empty file. A file
// with tables but no number belongs to somebody else.
func schemaVersion(tx *sql.Tx) (int, error) {
	var version, objects int
	err := tx.QueryRow("SELECT user_version, (SELECT count(*) FROM sqlite_master) FROM pragma_user_version").Scan(&version, &objects)
	if err == nil && version == 0 && objects > 0 {
		err = ErrNotRunDatabase
	}
	return version, err
}
