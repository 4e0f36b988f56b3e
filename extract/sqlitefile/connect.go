package sqlitefile

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/mattn/go-sqlite3"

	"chartlift/internal/disk"
)

// maxValue bounds one text or blob; SQLite itself would allow a GB.
const maxValue = 64 << 20

// connector opens one database, without a driver registered by name.
type connector struct {
	dsn    string
	driver *sqlite3.SQLiteDriver
}

// Connect implements driver.Connector.
func (c connector) Connect(context.Context) (driver.Conn, error) { return c.driver.Open(c.dsn) }

// Driver implements driver.Connector.
func (c connector) Driver() driver.Driver { return c.driver }

// connect opens the database file for reading. A file with changes that its
// program has not yet taken over, in a -wal or -journal file beside it, is
// copied first: only SQLite can apply them, and it would write to the user's
// file. temp is the folder of the copy.
func connect(ctx context.Context, file, tempDir string) (db *sql.DB, temp string, err error) {
	mode := "mode=ro&immutable=1"
	if pending(file) {
		if temp, err = copyAll(ctx, file, tempDir); err != nil {
			return nil, temp, fmt.Errorf("copy the database and its journal: %w", err)
		}
		file, mode = filepath.Join(temp, filepath.Base(file)), "mode=rw"
	}
	db = sql.OpenDB(connector{disk.URI(file, mode), &sqlite3.SQLiteDriver{ConnectHook: harden}})
	return db, temp, nil
}

// harden makes a connection safe for a database from elsewhere
// (sqlite.org/security.html). Extensions cannot be loaded: the driver allows
// them only by name.
func harden(c *sqlite3.SQLiteConn) error {
	for _, pragma := range []string{"trusted_schema = OFF", "cell_size_check = ON", "mmap_size = 0", "query_only = ON"} {
		if _, err := c.Exec("PRAGMA "+pragma, nil); err != nil {
			return err
		}
	}
	c.SetLimit(sqlite3.SQLITE_LIMIT_LENGTH, maxValue)
	c.SetLimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
	return nil
}

// journals are the endings of the files beside a database
// (sqlite.org/tempfiles.html).
func journals() []string { return []string{"-wal", "-journal"} }

func pending(file string) bool {
	for _, ending := range journals() {
		if stat, err := os.Stat(file + ending); err == nil && stat.Mode().IsRegular() && stat.Size() > 0 {
			return true
		}
	}
	return false
}

// copyAll copies a database and its journals into a new folder, which it
// returns even with an error.
func copyAll(ctx context.Context, file, tempDir string) (string, error) {
	temp, err := os.MkdirTemp(tempDir, "chartlift-*")
	if err != nil {
		return "", err
	}
	for _, ending := range append(journals(), "") {
		if err := ctx.Err(); err != nil {
			return temp, err
		}
		err := copyFile(file+ending, filepath.Join(temp, filepath.Base(file)+ending))
		if err != nil && (ending == "" || !errors.Is(err, os.ErrNotExist)) {
			return temp, err
		}
	}
	return temp, nil
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

func removeCopy(temp string) error {
	if temp == "" {
		return nil
	}
	return os.RemoveAll(temp)
}

// advice says what to do about an error of SQLite, in brackets.
func advice(err error, path string) string {
	var e sqlite3.Error
	if !errors.As(err, &e) {
		return ""
	}
	switch e.Code {
	case sqlite3.ErrCorrupt:
		return " (the file is damaged or was cut short; copy it again, or save what can be saved: sqlite3 " + path + " .recover > dump.sql)"
	case sqlite3.ErrNotADB:
		return " (the file is damaged, or encrypted beyond its first page)"
	case sqlite3.ErrTooBig:
		return fmt.Sprintf(" (the next row has a value of more than %d MiB; leave the column out in a copy)", maxValue>>20)
	}
	return ""
}

// isForeign reports whether a table needs a module that is not at hand, as some
// virtual tables do.
func isForeign(err error) bool {
	return strings.Contains(err.Error(), "no such module") || strings.Contains(err.Error(), "unsafe use of")
}
