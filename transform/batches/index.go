// Package batches keeps the records of earlier batches, so that a new batch is
// matched against them without reading them all.
//
// Read [Open] and [Index.Link] first. Only records that share a key with the
// new ones are brought back, with the whole clusters that they are in: memory
// goes with the batch, not with the index. Weights are learned while the index
// is small; clusters keep their ids.
//
//	x, err := batches.Open(ctx, "people.idx", batches.Options{Fields: fields})
//	batch := x.Batch()
//	err = batch.Add("1001", values)
//	linked, err := batch.Link(ctx, dedupe.Options{})
//	err = linked.Commit() // after what came of it was written
package batches

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/mattn/go-sqlite3" // also the driver "sqlite3"

	"chartlift/internal/disk"
	"chartlift/transform/dedupe"
)

// What a caller decides by.
var (
	// ErrDamaged says that the file is no index, or not whole.
	ErrDamaged = errors.New("this is no index of dedupe, or it is damaged: restore it from a copy, or name a new file and match all batches again")
	// ErrNewer says that a newer chartlift has written the index.
	ErrNewer = errors.New("this index was written by a newer chartlift: use that version")
	// ErrOtherFields says that the index was made with other columns or kinds.
	ErrOtherFields = errors.New("the index was made with other fields")
	// ErrBusy says that another process is matching against the index.
	ErrBusy = errors.New("the index is in use by another process")
)

//go:embed schema.sql
var schema embed.FS

// How SQLite's header tells an index from other databases, and its version.
const (
	applicationID = 0x63_6c_69_78 // "clix"
	version       = 1
)

// Options say what the records of an index are.
type Options struct {
	Fields []dedupe.Field
	Name   string // of the set, for decisions; kept by the index of the first batch
	// Whole is the number of earlier records below which all are looked at, and
	// the weights learned from all: then the result is as if all had come
	// together. 0: 20,000.
	Whole int
}

// Index is an open index. It is for one goroutine.
type Index struct {
	o     Options
	db    *sql.DB
	tx    *sql.Tx
	model *dedupe.Model // nil until the first batch
	facts map[string]string
}

// Open opens the index at path, or makes a new one (0600). Nobody else can use
// it until Close. It returns ErrDamaged, ErrNewer, ErrOtherFields or ErrBusy
// for one that cannot be used.
func Open(ctx context.Context, path string, o Options) (*Index, error) {
	if o.Whole == 0 {
		o.Whole = 20_000
	}
	if err := createPrivate(path); err != nil {
		return nil, fmt.Errorf("open index: %w", err)
	}
	db, err := sql.Open("sqlite3", disk.URI(path, "_txlock=exclusive&_busy_timeout=2000&_synchronous=NORMAL"))
	if err != nil {
		return nil, fmt.Errorf("open index %s: %w", path, err)
	}
	db.SetMaxOpenConns(1)
	x := &Index{o: o, db: db, facts: map[string]string{}}
	if err := x.begin(ctx); err != nil {
		return nil, fmt.Errorf("open index %s: %w", path, errors.Join(told(err), x.Close()))
	}
	return x, nil
}

// createPrivate makes the file before SQLite does, which would give it the
// process's umask.
func createPrivate(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return os.Chmod(path, 0o600)
	}
	if err != nil {
		return err
	}
	return f.Close()
}

// told turns what SQLite says of a file into what a person can do about it.
func told(err error) error {
	var refused sqlite3.Error
	if !errors.As(err, &refused) {
		return err
	}
	switch refused.Code {
	case sqlite3.ErrCorrupt, sqlite3.ErrNotADB, sqlite3.ErrFormat:
		return fmt.Errorf("%w (%w)", ErrDamaged, err)
	case sqlite3.ErrBusy, sqlite3.ErrLocked:
		return ErrBusy
	}
	return err
}

// begin takes the index for this process and reads what it is.
func (x *Index) begin(ctx context.Context) (err error) {
	if x.tx, err = x.db.BeginTx(ctx, nil); err != nil {
		return err
	}
	var app, user, objects int
	err = x.tx.QueryRowContext(ctx, `SELECT application_id, user_version, (SELECT count(*) FROM sqlite_master)
		FROM pragma_application_id, pragma_user_version`).Scan(&app, &user, &objects)
	switch {
	case err != nil:
		return err
	case app == 0 && user == 0 && objects == 0:
		return x.create()
	case app != applicationID:
		return ErrDamaged
	case user > version:
		return ErrNewer
	}
	var verdict string
	if err := x.tx.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return fmt.Errorf("%w (%s)", ErrDamaged, verdict)
	}
	return x.read(ctx)
}

func (x *Index) create() error {
	text, err := schema.ReadFile("schema.sql")
	if err != nil {
		return err
	}
	if _, err := x.tx.Exec(string(text) + fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", applicationID, version)); err != nil {
		return err
	}
	x.facts["fields"], x.facts["name"] = fieldsText(x.o.Fields), x.o.Name
	return nil
}

// fieldsText is how an index remembers its fields.
func fieldsText(fields []dedupe.Field) string {
	var lines []string
	for _, f := range fields {
		lines = append(lines, fmt.Sprintf("%q %s(%s)", f.Column, f.Kind, f.Arg))
	}
	return strings.Join(lines, "\n")
}

// read reads the facts of an index that is there.
func (x *Index) read(ctx context.Context) error {
	rows, err := x.tx.QueryContext(ctx, "SELECT name, value FROM fact")
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // it was only read
	for rows.Next() {
		var name, value string
		if err := rows.Scan(&name, &value); err != nil {
			return err
		}
		x.facts[name] = value
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if x.facts["fields"] != fieldsText(x.o.Fields) {
		return fmt.Errorf("%w: %s", ErrOtherFields, strings.ReplaceAll(x.facts["fields"], "\n", ", "))
	}
	if x.model, err = dedupe.ReadModel(strings.NewReader(x.facts["model"])); err != nil {
		return fmt.Errorf("%w (%w)", ErrDamaged, err)
	}
	return nil
}

// Name returns the name of the set, as of the first batch.
func (x *Index) Name() string { return x.facts["name"] }

// Records returns how many records the index has.
func (x *Index) Records(ctx context.Context) (n int, err error) {
	err = x.tx.QueryRowContext(ctx, "SELECT count(*) FROM record WHERE id IS NOT NULL").Scan(&n)
	return n, told(err)
}

// filled returns how many records have a value, by what is compared.
func (x *Index) filled() (map[string]int, error) {
	out := map[string]int{}
	if text := x.facts["filled"]; text != "" {
		if err := json.Unmarshal([]byte(text), &out); err != nil {
			return nil, fmt.Errorf("%w (%w)", ErrDamaged, err)
		}
	}
	return out, nil
}

// Close lets others use the index. What was not committed is gone.
func (x *Index) Close() error {
	var err error
	if x.tx != nil {
		if err = x.tx.Rollback(); errors.Is(err, sql.ErrTxDone) {
			err = nil
		}
	}
	return errors.Join(err, x.db.Close())
}
