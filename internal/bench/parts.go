package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// part is one section of the page that can be measured by itself.
type part struct {
	name, title string
	measure     func(ctx context.Context, a *arena, o options) (section, error)
}

// parts lists them in the order of the page; the first need no more than a few
// minutes each, the last ones the most.
func parts() []part {
	return []part{
		{"convert", "Conversion", converting},
		{"engines", "Mapping engines and scripts", engines},
		{"whole", "The whole job, matching and validation included", wholeRun},
		{"coded", "Hand-coded Go", handCoded},
		{"lineage", "Lineage", lineageCost},
		{"allocations", "Allocations", allocations},
		{"memory", "Memory", memoryGrowth},
		{"large", "A hundred million", largest},
		{"workers", "Workers", workers},
		{"reading", "Reading", reading},
		{"compress", "Compressed output", compressing},
		{"shards", "Shards", sharding},
		{"cluster", "Cluster", clustering},
		{"profile", "Profile", profiling},
		{"growth", "Growth", growth},
		{"sets", "Real data", realSets},
	}
}

func partNames() string {
	names := make([]string, 0, len(parts()))
	for _, p := range parts() {
		names = append(names, p.name)
	}
	return strings.Join(names, ",")
}

// chosen returns the parts that are to be measured.
func chosen(names string) ([]part, error) {
	if names == "" || names == "all" {
		return parts(), nil
	}
	var some []part
	for name := range strings.SplitSeq(names, ",") {
		at := slices.IndexFunc(parts(), func(p part) bool { return p.name == name })
		if at < 0 {
			return nil, fmt.Errorf("-parts %s: there is no such part", name)
		}
		some = append(some, parts()[at])
	}
	return some, nil
}

// bench measures the parts that are asked for. The page is written after each,
// so that what was measured stays where a later one fails.
func bench(ctx context.Context, o options) error {
	// A new process counts the memory of the one that started it as its own
	// peak (getrusage(2), vfork(2)): stay small.
	debug.SetGCPercent(20)
	some, err := chosen(o.parts)
	if err != nil {
		return err
	}
	a, err := newArena(ctx, o)
	if err != nil {
		return err
	}
	defer os.RemoveAll(a.work)
	old, err := os.ReadFile(o.out)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read page: %w", err)
	}
	p := readPage(string(old))
	var failed error
	for _, part := range some {
		started := time.Now()
		err := a.section(ctx, part, o, p)
		if errors.Is(err, errNotAsked) {
			fmt.Fprintf(os.Stderr, "part %s: %v, and left as it is\n", part.name, err)
			continue
		}
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("part %s: %w", part.name, err))
			fmt.Fprintf(os.Stderr, "bench: part %s: %v\n", part.name, err)
			if ctx.Err() != nil {
				break
			}
			continue
		}
		if err := os.WriteFile(o.out, []byte(p.markdown()), 0o644); err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "part %s: %.0f s\n", part.name, time.Since(started).Seconds())
	}
	return failed
}

// section measures one part, in a folder of its own, and puts it on the page
// under a line that says where and how it was measured.
func (a *arena) section(ctx context.Context, part part, o options, p *page) error {
	r := newReport(ctx, o)
	own, err := a.at(part.name, o.rows)
	if err != nil {
		return err
	}
	defer os.RemoveAll(own.work)
	s, err := part.measure(ctx, own, o)
	if err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n\n%s, %d processors (%s), %s%s. Load average: %s at the start, %s at the end. `go run ./internal/bench -parts %s -rows %d -runs %d%s`.\n\n%s",
		part.title, r.date, runtime.NumCPU(), r.cpu, runtime.Version(), r.python, r.load, loadAverage(), part.name, o.rows, o.runs, o.more(part.name), s.body)
	for _, line := range own.missing {
		fmt.Fprintf(&b, "\n- %s\n", line)
	}
	s.body = b.String()
	p.put(part.name, r.date, s)
	return nil
}

// more returns the flags beside rows and runs that a part was measured with.
func (o options) more(part string) string {
	switch {
	case part == "memory" || part == "growth":
		return fmt.Sprintf(" -rows10m=%t", o.rows10m)
	case part == "large":
		return fmt.Sprintf(" -large %d", o.large)
	case part == "profile":
		return fmt.Sprintf(" -profile %d", o.profile)
	}
	return ""
}

// at returns an arena with so many rows and a folder of its own for what is
// written.
func (a *arena) at(name string, rows int) (*arena, error) {
	own := *a
	own.rows, own.missing, own.work = rows, nil, filepath.Join(a.work, name)
	if err := os.MkdirAll(own.work, 0o700); err != nil {
		return nil, fmt.Errorf("make work folder: %w", err)
	}
	var err error
	own.data, err = makeData(a.cache, rows)
	return &own, err
}

// table measures each contender so often and returns a table of what they took.
func (a *arena) table(ctx context.Context, runs int, all []*contender) (string, error) {
	if err := a.rounds(ctx, runs, all); err != nil {
		return "", err
	}
	var b strings.Builder
	costTable(&b, float64(a.rows), all)
	return b.String(), nil
}
