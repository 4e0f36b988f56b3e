package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// compressing measures output that is packed against plain output.
func compressing(ctx context.Context, a *arena, o options) (section, error) {
	all := []*contender{a.ours("plain", "`chartlift run`", nil)}
	sizes := map[string]int64{}
	for _, kind := range []string{"gzip", "zstd"} {
		c := a.ours(kind, "`chartlift run --compress "+kind+"`", nil)
		args := c.args
		c.args = func(data, out string) []string { return append(args(data, out), "--compress", kind) }
		c.converts = false // its files have other names
		c.check = func(out string) (err error) {
			sizes[kind], err = sizeOf(out)
			return err
		}
		all = append(all, c)
	}
	table, err := a.table(ctx, o.runs, all)
	if err != nil {
		return section{}, err
	}
	plain, err := sizeOf(a.kept())
	if err != nil {
		return section{}, err
	}
	s := section{}
	var b strings.Builder
	b.WriteString(table + "\n")
	for i, c := range all[1:] {
		ratio := cpuOf(c) / cpuOf(all[0])
		id := []string{"18a", "18b"}[i]
		s.figures = append(s.figures, figure{goal: id, value: ratio})
		fmt.Fprintf(&b, "- %s: %.2f times the CPU time of plain output (goal: %s), %.2f times its wall time; %.0f MB instead of %.0f\n",
			c.name, ratio, mustOf(id), wallOf(c)/wallOf(all[0]), float64(sizes[c.name])/1e6, float64(plain)/1e6)
	}
	s.body = b.String()
	return s, nil
}

// sizeOf adds up the files of a folder.
func sizeOf(dir string) (n int64, err error) {
	files, err := os.ReadDir(dir)
	if err != nil {
		return 0, err
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			return 0, err
		}
		n += info.Size()
	}
	return n, nil
}

// shardCount is how many pieces a run is cut into.
const shardCount = 16

// sharding measures a run that is cut into shards, each a process of its own,
// against one process on the same processors.
func sharding(ctx context.Context, a *arena, o options) (section, error) {
	whole := a.ours("one process", "`chartlift run`", nil)
	cut := &contender{name: "16 shards", how: "`chartlift shards plan`, 16 × `run`, two at a time, `merge`", check: a.sameBytes}
	cut.args = func(data, out string) []string {
		return []string{"sh", "-c", strings.Join(shardSteps(a, data, out), " && ")}
	}
	table, err := a.table(ctx, o.runs, []*contender{whole, cut})
	if err != nil {
		return section{}, err
	}
	if err := a.clear(); err != nil {
		return section{}, err
	}
	var b strings.Builder
	b.WriteString("What both write is equal, byte by byte.\n\n" + table + "\nThe steps by themselves, once: ")
	for i, step := range shardSteps(a, a.data, a.output()) {
		got, err := measure(ctx, []string{"sh", "-c", step}, nil)
		if err != nil {
			return section{}, err
		}
		fmt.Fprintf(&b, "%s%s %.2f s wall, %.2f s CPU", []string{"", "; ", "; "}[i], []string{"plan", "16 runs", "merge"}[i], got.Wall.Seconds(), got.CPU.Seconds())
	}
	wall, cpu := wallOf(cut)/wallOf(whole), cpuOf(cut)/cpuOf(whole)
	fmt.Fprintf(&b, ".\n\n16 shards take %.2f times the wall time of one process and %.2f times its CPU time (goal: %s).\n",
		wall, cpu, mustOf("19"))
	return section{b.String(), []figure{{goal: "19", value: wall, cpu: cpu}}}, nil
}

// shardSteps are the three commands of a run in shards; two processes run at a
// time.
func shardSteps(a *arena, data, out string) []string {
	parts, project := quote(filepath.Join(out+".project", "parts")), []string{"--project", quote(out + ".project"), "-q"}
	tool := quote(a.tool)
	plan := slices.Concat([]string{tool, "shards", "plan", parts, "--shards", strconv.Itoa(shardCount), "-m", quote(a.mapping), "-s", quote(data), "--to", quote(out)}, project, []string{">/dev/null"})
	run := slices.Concat([]string{"seq", strconv.Itoa(shardCount), "|", "xargs", "-P", "2", "-I{}", tool, "shards", "run", parts, "--shard", "{}"}, project, []string{">/dev/null"})
	merge := slices.Concat([]string{tool, "shards", "merge", parts}, project, []string{">/dev/null"})
	return []string{strings.Join(plan, " "), strings.Join(run, " "), strings.Join(merge, " ")}
}

// quote writes a path as a word of the shell's.
func quote(path string) string { return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'" }
