package cmd

import (
	"context"

	"chartlift/extract/profile"
)

// Typed is what tests look at directly: how a report writes the command of a
// run.
var Typed = typed

// Mistyped is what tests look at directly: which paths look like addresses.
var Mistyped = mistyped

// Profiled is what tests look at directly: the tables that profile and init find
// in a file. Temporary files are made in temp; the caller calls closing.
func Profiled(ctx context.Context, temp, path string) (jobs []profile.Job, closing func() error, err error) {
	found := newFoundTables(temp)
	err = found.add(ctx, path)
	return found.jobs, found.Close, err
}
