//go:build linux && scripts

package cmd_test

import "syscall"

// mountSmall makes dir a disk of that size, such as 1m. Only root may.
func mountSmall(dir, size string) error { return syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size) }

func unmount(dir string) { _ = syscall.Unmount(dir, 0) }
