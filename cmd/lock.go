package cmd

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"chartlift/internal/disk"
)

// lockProject keeps every other run out of the project folder until the file is
// closed: two runs at once would write into one ledger, and into the same
// files. The lock is the system's, so that a killed run leaves none.
func lockProject(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock project folder: %w", err)
	}
	err = disk.Lock(f)
	if errors.Is(err, disk.ErrLocked) {
		err = refuse("project-busy", "another run is under way in %s; wait until it has ended, or give this one a folder of its own by --project", dir)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// lockTarget makes the target folder and keeps every other run out of it until
// the file is closed: each sweeps away what it takes for the remains of a
// killed one.
func lockTarget(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make target folder: %w", err)
	}
	f, err := os.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("open target folder: %w", err)
	}
	if errors.Is(disk.Lock(f), disk.ErrLocked) { // other errors: a file system that cannot lock folders
		return nil, errors.Join(refuse("target-busy", "another run is writing to %s; wait until it has ended, or choose another folder", dir), f.Close())
	}
	return f, nil
}

// sweepTemp removes what killed runs left behind: copies of sources, with
// patients in them.
func sweepTemp(dir string) error {
	left, err := filepath.Glob(filepath.Join(dir, "tmp-run-*"))
	if err != nil {
		return fmt.Errorf("sweep project folder: %w", err)
	}
	for _, old := range left {
		if err := removeFolder(old); err != nil {
			return err
		}
	}
	return nil
}
