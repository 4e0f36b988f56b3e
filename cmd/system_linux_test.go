//go:build linux

package cmd_test

import (
	"os"
	"syscall"
)

// mountSmall makes dir a disk of that size, such as 1m. Only root may.
func mountSmall(dir, size string) error { return syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size) }

func unmount(dir string) { _ = syscall.Unmount(dir, 0) }

// holdFolder takes the lock of a folder that is being written to.
func holdFolder(dir string) (*os.File, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	return f, syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
}
