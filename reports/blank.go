package reports

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/mattn/go-sqlite3"

	"chartlift/internal/disk"
)

// blank is a run database in which nothing is written down, as it lies on a
// disk. SQLite makes it in memory: on a disk it would wait for that six times
// before the first row, and write each page twice.
var blank = sync.OnceValues(func() ([]byte, error) {
	conns, err := sql.Open("sqlite3", ":memory:")
	if err != nil {
		return nil, err
	}
	defer conns.Close()
	conns.SetMaxOpenConns(1) // each connection would have a memory of its own
	if err := migrate(conns); err != nil {
		return nil, err
	}
	conn, err := conns.Conn(context.Background())
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	var image []byte
	err = conn.Raw(func(driver any) error {
		c, ok := driver.(*sqlite3.SQLiteConn)
		if !ok {
			return errors.ErrUnsupported
		}
		image, err = c.Serialize("")
		return err
	})
	if err != nil || len(image) < 100 {
		return nil, errors.Join(errors.ErrUnsupported, err)
	}
	// The versions for writing and for reading: 2 is WAL
	// (https://www.sqlite.org/fileformat.html, section 1.3.3), which a memory
	// cannot have.
	image[18], image[19] = 2, 2
	return image, nil
})

// Prepare makes ready what a new run database begins as, so that Open needs
// less time: it is for those who have something else to do meanwhile.
func Prepare() error {
	if _, err := blank(); err != nil {
		return fmt.Errorf("prepare run database: %w", err)
	}
	return nil
}

// placeBlank puts a blank database at path where nothing is. Whoever looks
// there finds it whole or not at all, also after the power went. It returns
// fs.ErrExist where another process was quicker, and errors.ErrUnsupported
// where it has to be made in its place.
func placeBlank(path string) error {
	image, err := blank()
	if err != nil {
		return errors.ErrUnsupported
	}
	// A name that the next run sweeps away.
	f, err := os.CreateTemp(filepath.Dir(path), "tmp-run-*.db")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(image)
	// It is closed before it has its name: closing a file drops all locks that
	// this process has on it.
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	// A link never takes the place of a file, as renaming does. Some file
	// systems have none.
	if err := os.Link(f.Name(), path); errors.Is(err, fs.ErrExist) {
		return fs.ErrExist
	} else if err != nil {
		return errors.ErrUnsupported
	}
	return disk.SyncFolder(filepath.Dir(path))
}
