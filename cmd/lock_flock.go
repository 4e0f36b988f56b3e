//go:build linux || darwin || freebsd

package cmd

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// canLock says that a lock which is free tells that nobody is at work.
const canLock = true

// lockFile takes the lock on f, which ends with the process, or returns errLocked.
func lockFile(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return errLocked
	}
	if err != nil {
		return fmt.Errorf("lock %s: %w", f.Name(), err)
	}
	return nil
}
