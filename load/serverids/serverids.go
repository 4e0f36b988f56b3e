// Package serverids keeps, in a file, which id a server gave to each resource
// of ours, for servers that let no client choose them.
//
// Read [File] first. The file is that of one target: whoever loses it can still
// load, but changes of what is on the server already are then found by search
// only, and what cannot be searched for is doubled.
//
//	ids := serverids.Open("acme/.chartlift/targets/3f2a.db")
//	defer ids.Close()
//	sink, err := fhirserver.Open(ctx, fhirserver.Options{Base: base, IDs: ids})
package serverids

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	_ "github.com/mattn/go-sqlite3" // the driver "sqlite3"

	"chartlift/internal/disk"
	"chartlift/load/fhirserver"
)

const schema = `CREATE TABLE IF NOT EXISTS server_id (
	ref TEXT PRIMARY KEY, id TEXT NOT NULL, hash TEXT NOT NULL) STRICT, WITHOUT ROWID`

// File is fhirserver.IDs in an SQLite file. It is safe for concurrent use.
type File struct {
	path string

	mu        sync.Mutex
	db        *sql.DB
	get, save *sql.Stmt
}

// Open returns the file at path. It and its folder are made by the first Save:
// most servers need none.
func Open(path string) *File { return &File{path: path} }

// Lookup returns what is known of refs; what is not known is left out.
func (f *File) Lookup(refs []string) (map[string]fhirserver.Known, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	found := map[string]fhirserver.Known{}
	if f.db == nil {
		if _, err := os.Stat(f.path); errors.Is(err, fs.ErrNotExist) {
			return found, nil
		}
		if err := f.open(); err != nil {
			return nil, err
		}
	}
	for _, ref := range refs {
		k := fhirserver.Known{Ref: ref}
		switch err := f.get.QueryRow(ref).Scan(&k.ID, &k.Hash); {
		case err == nil:
			found[ref] = k
		case !errors.Is(err, sql.ErrNoRows):
			return nil, fmt.Errorf("read server ids: %w", err)
		}
	}
	return found, nil
}

// Refs returns our references of resources of a type by the ids that the server
// gave them, of those that are known. The first call in a file's life makes an
// index, which takes a few seconds for millions.
func (f *File) Refs(resourceType string, ids []string) (map[string]string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	found := map[string]string{}
	if f.db == nil {
		if _, err := os.Stat(f.path); errors.Is(err, fs.ErrNotExist) {
			return found, nil
		}
		if err := f.open(); err != nil {
			return nil, err
		}
	}
	if _, err := f.db.Exec("CREATE INDEX IF NOT EXISTS by_server_id ON server_id(id)"); err != nil {
		return nil, fmt.Errorf("index server ids: %w", err)
	}
	for _, id := range ids {
		var ref string
		// Servers may give one id to resources of several types.
		switch err := f.db.QueryRow("SELECT ref FROM server_id WHERE id = ? AND ref LIKE ? || '/%'", id, resourceType).Scan(&ref); {
		case err == nil:
			found[id] = ref
		case !errors.Is(err, sql.ErrNoRows):
			return nil, fmt.Errorf("read server ids: %w", err)
		}
	}
	return found, nil
}

// Save makes all durable, all or none of them, before it returns: no kill of
// this process loses them.
func (f *File) Save(all ...fhirserver.Known) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.db == nil {
		if err := f.open(); err != nil {
			return err
		}
	}
	tx, err := f.db.Begin()
	if err != nil {
		return fmt.Errorf("write server ids: %w", err)
	}
	save := tx.Stmt(f.save)
	for _, k := range all {
		if _, err := save.Exec(k.Ref, k.ID, k.Hash); err != nil {
			return fmt.Errorf("write server ids: %w", errors.Join(err, tx.Rollback()))
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("write server ids: %w", err)
	}
	return nil
}

// Close closes the file. It may be called where it was never opened, and more
// than once.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.db == nil {
		return nil
	}
	err := f.db.Close()
	f.db = nil
	if err != nil {
		return fmt.Errorf("close server ids: %w", err)
	}
	return nil
}

// open makes file and folder for their owner only. The caller holds mu.
func (f *File) open() error {
	full, err := filepath.Abs(f.path)
	if err != nil {
		return fmt.Errorf("open server ids: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(full), 0o700); err != nil {
		return fmt.Errorf("open server ids: %w", err)
	}
	// SQLite gives its journal files the mode of the database file.
	file, err := os.OpenFile(full, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("open server ids: %w", err)
	}
	if err := file.Close(); err != nil {
		return fmt.Errorf("open server ids: %w", err)
	}
	db, err := sql.Open("sqlite3", disk.URI(full, "_journal_mode=WAL&_synchronous=NORMAL&_busy_timeout=5000"))
	if err != nil {
		return fmt.Errorf("open server ids: %w", err)
	}
	db.SetMaxOpenConns(1) // mu is held anyway, and a second would have to wait for the first
	if err := f.prepare(db); err != nil {
		return errors.Join(fmt.Errorf("open server ids %s: %w", f.path, err), db.Close())
	}
	f.db = db
	return nil
}

func (f *File) prepare(db *sql.DB) (err error) {
	ctx := context.Background()
	if _, err = db.ExecContext(ctx, schema); err != nil {
		return err
	}
	if f.get, err = db.PrepareContext(ctx, `SELECT id, hash FROM server_id WHERE ref = ?`); err != nil {
		return err
	}
	f.save, err = db.PrepareContext(ctx, `INSERT INTO server_id (ref, id, hash) VALUES (?, ?, ?)
		ON CONFLICT (ref) DO UPDATE SET id = excluded.id, hash = excluded.hash`)
	return err
}
