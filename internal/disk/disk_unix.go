//go:build unix

package disk

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// SyncFolder waits until the disk has the names of the files in dir: those that
// were made, renamed or removed before.
func SyncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync folder: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("sync folder %s: %w", dir, err)
	}
	return nil
}

// Temp makes a file in dir, or in the system's folder where dir is empty, that
// is gone when it is closed or the process ends, also by a kill: no patient's
// name stays behind.
func Temp(dir, pattern string) (*os.File, error) {
	f, err := os.CreateTemp(dir, pattern) // makes it 0600
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil { // the open file lives on
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func full() []syscall.Errno { return []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG} }
