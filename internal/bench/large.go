package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// errNotAsked means that a part is measured only where a flag asks for it. What
// the page says of it stays.
var errNotAsked = errors.New("not asked for")

// largest runs chartlift once over more rows than other parts do, with a limit
// of memory, into packed files.
func largest(ctx context.Context, a *arena, o options) (section, error) {
	if o.large == 0 {
		return section{}, errNotAsked
	}
	var read, written int64
	ours := a.ours("", "", nil)
	args := ours.args
	ours.args = func(data, out string) []string {
		read, _ = sizeOf(data) // who reads it says what is wrong with it
		return slices.Concat(args(data, out), []string{"--memory", "1GB", "--compress", "zstd"})
	}
	ours.check = func(out string) (err error) {
		written, err = sizeOf(out)
		return err
	}
	got, err := a.memory(ctx, o.large, ours)
	if err != nil {
		return section{}, err
	}
	rows := o.large + o.large/perEncounter + o.large/perPatient
	mb, wall := float64(got.RSS)/1e6, got.Wall.Seconds()
	return section{
		fmt.Sprintf("`chartlift run --memory 1GB --compress zstd` over %d observations, %d encounters and %d patients, once, on a disk: %d rows. Its memory is what it takes at most, while the encounters are read: "+
			"their keys tell duplicates, others refer to them, and their days are compared with those of observations. Goal: 1 GB, which is 1074 MB.\n\n"+
			"- %.0f MB of memory, %.0f s wall (%.0f rows/s), %.0f s CPU; %.1f GB read, %.1f GB written\n",
			o.large, o.large/perEncounter, o.large/perPatient, rows, mb, wall, float64(rows)/wall, got.CPU.Seconds(), float64(read)/1e9, float64(written)/1e9),
		[]figure{{goal: "large", value: mb}},
	}, nil
}
