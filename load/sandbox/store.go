package sandbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	_ "github.com/mattn/go-sqlite3" // the driver "sqlite3"

	"chartlift/internal/disk"
)

// A deleted resource keeps its row without a body, so that its version goes on.
const schema = `
CREATE TABLE IF NOT EXISTS resource (
	seq INTEGER PRIMARY KEY, type TEXT NOT NULL, id TEXT NOT NULL,
	version INTEGER NOT NULL, updated TEXT NOT NULL, body BLOB, UNIQUE (type, id));
CREATE TABLE IF NOT EXISTS history (
	seq INTEGER NOT NULL, version INTEGER NOT NULL, updated TEXT NOT NULL, body BLOB,
	PRIMARY KEY (seq, version)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS identifier (
	type TEXT NOT NULL, value TEXT NOT NULL, system TEXT NOT NULL, seq INTEGER NOT NULL,
	PRIMARY KEY (type, value, system, seq)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS reference (
	target TEXT NOT NULL, type TEXT NOT NULL, element TEXT NOT NULL, seq INTEGER NOT NULL,
	PRIMARY KEY (target, type, element, seq)) WITHOUT ROWID;`

// store is the database: one connection, used by whoever holds mu.
type store struct {
	mu   sync.Mutex
	db   *sql.DB
	conn *sql.Conn

	get, exists, insert, update, age         *sql.Stmt
	addIdentifier, dropIdentifier            *sql.Stmt
	addReference, dropReference, referred    *sql.Stmt
	begin, commit, rollback, mark, back, end *sql.Stmt
}

// row is one stored resource; body is nil where it is deleted.
type row struct {
	seq, version int64
	id, updated  string
	body         []byte
}

// openStore opens or makes the database. With WAL and synchronous=NORMAL a
// killed process loses nothing that was committed; only a power cut may take
// the last transactions.
func openStore(path string) (*store, error) {
	full, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	// SQLite gives its journal files the mode of the database file.
	f, err := os.OpenFile(full, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite3", disk.URI(full, "_journal_mode=WAL&_synchronous=NORMAL&_busy_timeout=5000"))
	if err != nil {
		return nil, err
	}
	s := &store{db: db}
	if err := s.prepare(); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

// prepare binds all statements to the one connection: a bundle of 100 runs some
// 500 of them.
func (s *store) prepare() (err error) {
	ctx := context.Background()
	if s.conn, err = s.db.Conn(ctx); err != nil {
		return err
	}
	if _, err := s.conn.ExecContext(ctx, schema); err != nil {
		return fmt.Errorf("make tables: %w", err)
	}
	for _, p := range []struct {
		to  **sql.Stmt
		sql string
	}{
		{&s.get, `SELECT seq, version, updated, body FROM resource WHERE type = ? AND id = ?`},
		{&s.exists, `SELECT 1 FROM resource WHERE type = ? AND id = ? AND body IS NOT NULL`},
		{&s.insert, `INSERT INTO resource (type, id, version, updated, body) VALUES (?, ?, 1, ?, ?)`},
		{&s.update, `UPDATE resource SET version = version + 1, updated = ?, body = ? WHERE seq = ?`},
		{&s.age, `INSERT INTO history SELECT seq, version, updated, body FROM resource WHERE seq = ?`},
		{&s.addIdentifier, `INSERT OR IGNORE INTO identifier (type, value, system, seq) VALUES (?, ?, ?, ?)`},
		{&s.dropIdentifier, `DELETE FROM identifier WHERE type = ? AND value = ? AND system = ? AND seq = ?`},
		{&s.addReference, `INSERT OR IGNORE INTO reference (target, type, element, seq) VALUES (?, ?, ?, ?)`},
		{&s.dropReference, `DELETE FROM reference WHERE target = ? AND type = ? AND element = ? AND seq = ?`},
		{&s.referred, `SELECT 1 FROM reference WHERE target = ? LIMIT 1`},
		{&s.begin, `BEGIN IMMEDIATE`},
		{&s.commit, `COMMIT`},
		{&s.rollback, `ROLLBACK`},
		{&s.mark, `SAVEPOINT entry`},
		{&s.back, `ROLLBACK TO entry`},
		{&s.end, `RELEASE entry`},
	} {
		if *p.to, err = s.conn.PrepareContext(ctx, p.sql); err != nil {
			return fmt.Errorf("prepare %q: %w", p.sql, err)
		}
	}
	return nil
}

func (s *store) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Join(s.conn.Close(), s.db.Close())
}

// find returns the row of a resource, deleted ones too; ok is false where there
// never was one.
func (s *store) find(typ, id string) (r row, ok bool, err error) {
	r.id = id
	err = s.get.QueryRow(typ, id).Scan(&r.seq, &r.version, &r.updated, &r.body)
	if errors.Is(err, sql.ErrNoRows) {
		return r, false, nil
	}
	return r, err == nil, err
}

// has reports whether the statement finds anything.
func (s *store) has(q *sql.Stmt, args ...string) (bool, error) {
	var one int
	bound := make([]any, len(args))
	for i, a := range args {
		bound[i] = a
	}
	err := q.QueryRow(bound...).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// put stores d as a new resource, or as the next version of old.
func (s *store) put(d *document, old row, updated string) (row, error) {
	r := row{seq: old.seq, version: old.version + 1, id: d.id, updated: updated, body: d.body}
	if old.seq == 0 {
		done, err := s.insert.Exec(d.typ, d.id, updated, d.body)
		if err != nil {
			return r, fmt.Errorf("insert: %w", err)
		}
		if r.seq, err = done.LastInsertId(); err != nil {
			return r, fmt.Errorf("insert: %w", err)
		}
	} else if err := s.replace(old, updated, d.body); err != nil {
		return r, err
	}
	return r, s.index(d, r.seq, s.addIdentifier, s.addReference)
}

// remove makes a tombstone of old.
func (s *store) remove(old row, updated string) (row, error) {
	if err := s.replace(old, updated, nil); err != nil {
		return old, err
	}
	return row{seq: old.seq, version: old.version + 1, id: old.id, updated: updated}, nil
}

// replace makes body the next version of old, which goes into the history.
func (s *store) replace(old row, updated string, body []byte) error {
	if _, err := s.age.Exec(old.seq); err != nil {
		return fmt.Errorf("keep history: %w", err)
	}
	if _, err := s.update.Exec(updated, body, old.seq); err != nil {
		return fmt.Errorf("update: %w", err)
	}
	return nil
}

// unindex drops the rows by which d, the version before, is found.
func (s *store) unindex(d *document, seq int64) error {
	return s.index(d, seq, s.dropIdentifier, s.dropReference)
}

// index adds the rows by which d is found, or drops them: the statements
// decide.
func (s *store) index(d *document, seq int64, identifiers, references *sql.Stmt) error {
	for _, i := range d.identifiers {
		if _, err := identifiers.Exec(d.typ, i.value, i.system, seq); err != nil {
			return fmt.Errorf("index identifier: %w", err)
		}
	}
	for _, r := range d.references {
		if _, err := references.Exec(r.target, d.typ, r.element, seq); err != nil {
			return fmt.Errorf("index reference: %w", err)
		}
	}
	return nil
}
