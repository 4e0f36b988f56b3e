//go:build !linux

package cmd_test

import (
	"errors"
	"os"
)

func mountSmall(string, string) error { return errors.New("there is no tmpfs") }

func unmount(string) {}

func holdFolder(string) (*os.File, error) { return nil, errors.New("folders are not locked here") }
