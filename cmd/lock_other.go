//go:build !linux && !darwin && !freebsd

package cmd

import "os"

// lockFile does nothing where the system has no flock.
func lockFile(*os.File) error { return nil }
