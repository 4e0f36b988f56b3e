//go:build !linux && scripts

package cmd_test

import "errors"

func mountSmall(string, string) error { return errors.New("there is no tmpfs") }

func unmount(string) {}
