package reports

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"

	"chartlift/internal/disk"
)

// OpenReadOnly opens the run database at path for reports: it takes no lock
// that a run under way would wait for, or that it would wait for itself, and
// reads also where nothing may be written, such as an archive's medium. One of
// an older schema is brought up to date first, as by Open. The caller closes
// it.
func OpenReadOnly(path string) (*DB, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("open run database: %w", err)
	}
	files, err := schemaFiles(schemas)
	if err != nil {
		return nil, fmt.Errorf("open run database %s: %w", path, err)
	}
	// A database in WAL mode is read without its -shm file only if nothing can
	// change it: https://www.sqlite.org/wal.html#readonly
	for _, mode := range []string{"mode=ro", "immutable=1"} {
		db, version, err := readOnly(path, mode)
		switch {
		case err != nil && mode == "mode=ro" && !exists(path+"-wal"):
			continue
		case err != nil:
			return nil, notOpened(path, err)
		case version == len(files):
			return db, nil
		}
		if err := db.Close(); err != nil {
			return nil, fmt.Errorf("open run database %s: %w", path, err)
		}
		break
	}
	return Open(path)
}

// readOnly opens the file in a mode of SQLite's and returns the number of its
// schema, by which it is known to be readable.
func readOnly(path, mode string) (*DB, int, error) {
	conns, err := sql.Open("sqlite3", disk.URI(path, mode+"&_query_only=true&_busy_timeout=10000"))
	if err != nil {
		return nil, 0, err
	}
	var version, tables int
	err = conns.QueryRowContext(context.Background(), "SELECT user_version, (SELECT count(*) FROM sqlite_master) FROM pragma_user_version").Scan(&version, &tables)
	if err != nil {
		return nil, 0, errors.Join(err, conns.Close())
	}
	return &DB{sql: conns}, version, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
