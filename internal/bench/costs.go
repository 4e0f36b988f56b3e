package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// handCoded measures what the compiled mapping costs beside Go that does the
// same by hand. Both must write what chartlift run writes, to the byte; before
// they have, no figure counts.
func handCoded(ctx context.Context, a *arena, o options) (section, error) {
	one := "GOMAXPROCS=1"
	run := a.ours("chartlift", "`chartlift run` with everything on, GOMAXPROCS=1", []string{one})
	mapping := a.inside("compiled mapping", "mapping", "chartlift's reader and mapping in one goroutine; no validation, no lineage", one)
	written := a.inside("hand-coded Go", "handwritten", "the same reader and the mapping in Go (`internal/bench/handwritten.go`)", one)
	read := &contender{name: "reading", how: "the same reader alone", env: []string{one}, args: func(data, _ string) []string {
		return append([]string{a.self, readCommand, "ours"}, tableFiles(data)...)
	}}
	mapping.check, written.check = a.sameBytes, a.sameBytes
	table, err := a.table(ctx, o.runs, []*contender{run, mapping, written, read})
	if err != nil {
		return section{}, err
	}
	value := cpuOf(mapping) / cpuOf(written)
	var b strings.Builder
	fmt.Fprintf(&b, "What the mapping language costs, against the same mapping written in Go by hand. Both read with chartlift's reader and write NDJSON files in one goroutine, and what they wrote is equal to what "+
		"`chartlift run` writes, byte by byte.\n\n%s\nThe compiled mapping takes %.2f times the CPU time of the hand-coded one (goal: %s); without the reading that both do, %.2f times.\n",
		table, value, mustOf("10"), (cpuOf(mapping)-cpuOf(read))/(cpuOf(written)-cpuOf(read)))
	return section{b.String(), []figure{{goal: "10", value: value}}}, nil
}

// tableFiles are the files of the data.
func tableFiles(data string) (files []string) {
	for _, name := range tableNames {
		files = append(files, filepath.Join(data, name+".csv"))
	}
	return files
}

// sameBytes is an error where what a contender wrote is not what chartlift run
// wrote.
func (a *arena) sameBytes(out string) error {
	for _, name := range resourceNames {
		same, err := equalFiles(filepath.Join(a.kept(), name+".ndjson"), filepath.Join(out, name+".ndjson"))
		if err != nil {
			return err
		}
		if !same {
			return fmt.Errorf("%s.ndjson is not what chartlift run writes", name)
		}
	}
	return nil
}

// equalFiles compares two files in small pieces.
func equalFiles(one, other string) (bool, error) {
	f, err := os.Open(one)
	if err != nil {
		return false, err
	}
	defer f.Close()
	g, err := os.Open(other)
	if err != nil {
		return false, err
	}
	defer g.Close()
	left, right := make([]byte, chunkSize), make([]byte, chunkSize)
	for {
		n, err := io.ReadFull(f, left)
		m, errOther := io.ReadFull(g, right)
		ended := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		switch {
		case err != nil && !ended:
			return false, err
		case !bytes.Equal(left[:n], right[:m]):
			return false, nil
		case ended:
			return errOther != nil, nil
		}
	}
}

// lineageCost measures a run with and without the run database.
func lineageCost(ctx context.Context, a *arena, o options) (section, error) {
	with := a.inside("with lineage", "run", "the run in process, to files: every row's fate, every resource, every finding goes to SQLite")
	without := a.inside("without", "unrecorded", "the same, nothing of rows or resources is written down")
	alone := a.inside("lineage alone", "lineage", "nothing but the run database, for as many rows, one in a hundred of them with a finding")
	table, err := a.table(ctx, o.runs, []*contender{with, without, alone})
	if err != nil {
		return section{}, err
	}
	added := 100 * (cpuOf(with)/cpuOf(without) - 1)
	return section{
		fmt.Sprintf("%s\nThe run database adds %.1f %% to the CPU time of a run (goal: %s), and %.1f %% to its wall time.\n", table, added, mustOf("11"), 100*(wallOf(with)/wallOf(without)-1)),
		[]figure{{goal: "11", value: added}},
	}, nil
}

// allocations counts what a run allocates for each row more: the difference
// between two sizes, so that its start does not count.
func allocations(ctx context.Context, a *arena, _ options) (section, error) {
	small, err := a.at("small", max(1, a.rows/10))
	if err != nil {
		return section{}, err
	}
	var counts [2]insided
	for i, own := range []*arena{small, a} {
		if counts[i], err = own.counted(ctx, own.inside("", "run", "")); err != nil {
			return section{}, err
		}
	}
	each := float64(counts[1].Mallocs-counts[0].Mallocs) / float64(counts[1].Rows-counts[0].Rows)
	return section{
		fmt.Sprintf("A run in process to files, with lineage and validation, allocates %d times for %d rows and %d times for %d: %.4f times for each row more (goal: %s).\n",
			counts[0].Mallocs, counts[0].Rows, counts[1].Mallocs, counts[1].Rows, each, mustOf("12")),
		[]figure{{goal: "12", value: each}},
	}, nil
}

// counted runs a part of a run once and returns what it says of itself.
func (a *arena) counted(ctx context.Context, c *contender) (n insided, err error) {
	fmt.Fprintf(os.Stderr, "%d observations\n", a.rows)
	if err := a.clear(); err != nil {
		return n, err
	}
	_, text, err := measureText(ctx, c.args(a.data, a.output()), c.env)
	if err != nil {
		return n, err
	}
	return n, json.Unmarshal([]byte(text), &n)
}

// memoryGrowth measures the peak memory of runs over the rows and over ten
// million.
func memoryGrowth(ctx context.Context, a *arena, o options) (section, error) {
	ours := a.ours("chartlift", "", nil)
	if err := a.rounds(ctx, o.runs, []*contender{ours}); err != nil {
		return section{}, err
	}
	rss := rssOf(ours)
	s := section{figures: []figure{{goal: "13a", value: rss}, {goal: "13b", left: "needs `-rows10m`"}}}
	var b strings.Builder
	fmt.Fprintf(&b, "What grows with the rows is the keys: chartlift remembers those of patients and encounters, to find duplicates and to resolve references (22 for 100 observations here). Goals: %s, and %s for ten times the rows.\n\n"+
		"- %d observations: %.0f MB\n", mustOf("13a"), mustOf("13b"), a.rows, rss)
	if !o.rows10m {
		b.WriteString("- 10000000 observations: not measured this time (`-rows10m`)\n")
		s.body = b.String()
		return s, nil
	}
	many, err := a.memory(ctx, 10*1_000_000, a.ours("", "", nil))
	if err != nil {
		return s, err
	}
	big := float64(many.RSS) / 1e6
	fmt.Fprintf(&b, "- 10000000 observations: %.0f MB (%.2f times), %.1f s wall, %.1f s CPU\n", big, big/rss, many.Wall.Seconds(), many.CPU.Seconds())
	s.body, s.figures = b.String(), []figure{{goal: "13a", value: max(rss, big)}, {goal: "13b", value: big / rss}}
	return s, nil
}

// memory lets a contender run once over so many observations, and leaves nothing
// of them. It works in the temporary folder: the cache may be in memory, and too
// small for this.
func (a *arena) memory(ctx context.Context, rows int, c *contender) (*cost, error) {
	fmt.Fprintf(os.Stderr, "memory: %d observations\n", rows)
	work, err := os.MkdirTemp("", "chartlift-bench-*")
	if err != nil {
		return nil, fmt.Errorf("make work folder: %w", err)
	}
	defer os.RemoveAll(work)
	big := *a
	big.work = work
	if big.data, err = makeData(work, rows); err != nil {
		return nil, err
	}
	c.converts = false // there is nothing to compare it with
	got, err := big.turn(ctx, c)
	if err == nil && c.check != nil {
		err = c.check(big.output())
	}
	return &got, err
}

// workers measures what a second worker gives where no disk decides.
func workers(ctx context.Context, a *arena, o options) (section, error) {
	one := a.inside("one worker", "nowhere", "the run in process with lineage, resources thrown away, GOMAXPROCS=1", "GOMAXPROCS=1")
	two := a.inside("two workers", "nowhere", "the same with GOMAXPROCS=2", "GOMAXPROCS=2")
	table, err := a.table(ctx, o.runs, []*contender{one, two})
	if err != nil {
		return section{}, err
	}
	gain := wallOf(one) / wallOf(two)
	return section{
		fmt.Sprintf("%s\nTwo workers are %.2f times as fast as one (goal: %s). On a machine whose processors others use as well this says little.\n", table, gain, mustOf("14")),
		[]figure{{goal: "14", value: gain}},
	}, nil
}
