package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// profiled is a profile of so many observations with the tables beside them.
type profiled struct {
	observations int
	rows, bytes  int64
	profile      cost
	read         cost // of the same files by chartlift's reader
}

// profiling profiles a tenth of the observations and all of them, in the
// temporary folder: the cache may be in memory, and too small for this.
func profiling(ctx context.Context, a *arena, o options) (section, error) {
	var all []profiled
	for _, n := range []int{o.profile / 10, o.profile} {
		p, err := a.profileOnce(ctx, n)
		if err != nil {
			return section{}, fmt.Errorf("profile %d observations: %w", n, err)
		}
		all = append(all, p)
	}
	small, large := all[0], all[1]
	var b strings.Builder
	profileTable(&b, all)
	return section{b.String(), []figure{
		{goal: "profile", value: large.profile.Wall.Seconds() / large.read.Wall.Seconds(), cpu: large.profile.CPU.Seconds() / large.read.CPU.Seconds()},
		{goal: "profile memory", value: float64(large.profile.RSS) / float64(small.profile.RSS)},
	}}, nil
}

func (a *arena) profileOnce(ctx context.Context, n int) (p profiled, err error) {
	fmt.Fprintf(os.Stderr, "profile: %d observations\n", n)
	work, err := os.MkdirTemp("", "chartlift-bench-*")
	if err != nil {
		return p, fmt.Errorf("make work folder: %w", err)
	}
	defer os.RemoveAll(work)
	data, err := makeData(work, n)
	if err != nil {
		return p, err
	}
	p.observations = n
	files := []string{a.self, readCommand, "ours"}
	for _, name := range tableNames {
		path := filepath.Join(data, name+".csv")
		stat, err := os.Stat(path)
		if err != nil {
			return p, err
		}
		p.bytes += stat.Size()
		files = append(files, path)
	}
	if p.read, _, err = measureText(ctx, files, nil); err != nil {
		return p, err
	}
	var text string
	if p.profile, text, err = measureText(ctx, []string{a.tool, "profile", "--json", "-q", data}, nil); err != nil {
		return p, err
	}
	var report struct {
		Tables []struct {
			Rows int64 `json:"rows"`
		} `json:"tables"`
	}
	if err := json.Unmarshal([]byte(text), &report); err != nil {
		return p, fmt.Errorf("read profile: %w", err)
	}
	for _, t := range report.Tables {
		p.rows += t.Rows
	}
	return p, nil
}
