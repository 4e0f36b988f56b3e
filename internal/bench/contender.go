package main

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"time"
)

//go:embed bench.yaml
var benchMapping string

// contender is one way of doing the job.
type contender struct {
	name     string
	how      string // for the report
	args     func(data, out string) []string
	env      []string
	converts bool // its output is compared with ours
	turns    []cost
	verdict  verdict
}

// cost is what one whole process took.
type cost struct {
	Wall, CPU time.Duration
	RSS       int64 // peak, in bytes
}

// arena is where the contenders meet: the data, and a folder for what they write.
type arena struct {
	rows    int
	cache   string
	data    string
	work    string
	self    string // this program
	tool    string // chartlift
	mapping string
	mysql   string   // the folder of the database server that was started
	febrl   string   // folder of the Febrl files that a package brought
	missing []string // peers that could not be had, and why
}

func newArena(ctx context.Context, o options) (*arena, error) {
	a := &arena{rows: o.rows, cache: o.cache}
	var err error
	if a.self, err = os.Executable(); err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	if err = os.MkdirAll(o.cache, 0o700); err != nil {
		return nil, fmt.Errorf("make cache folder: %w", err)
	}
	if a.work, err = os.MkdirTemp(o.cache, "work-*"); err != nil {
		return nil, fmt.Errorf("make work folder: %w", err)
	}
	a.mapping = filepath.Join(a.work, "bench.yaml")
	if err = os.WriteFile(a.mapping, []byte(benchMapping), 0o600); err != nil {
		return nil, fmt.Errorf("write mapping: %w", err)
	}
	if a.tool, err = buildTool(ctx, a.work); err != nil {
		return nil, err
	}
	a.data, err = makeData(o.cache, o.rows)
	return a, err
}

// buildTool builds chartlift into a folder and returns its path.
func buildTool(ctx context.Context, work string) (string, error) {
	tool := filepath.Join(work, "chartlift")
	if text, err := exec.CommandContext(ctx, "go", "build", "-o", tool, "chartlift/cmd/chartlift").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build chartlift: %w\n%s", err, text)
	}
	return tool, nil
}

// contenders returns chartlift and the peers that are wanted and can be had. Chartlift is first: the others are compared with it.
func (a *arena) contenders(ctx context.Context, want []string) []*contender {
	all := []*contender{
		a.ours("chartlift", "`chartlift run`: lineage, validation, references resolved; all processors", nil),
		a.ours("chartlift, 1 processor", "the same with GOMAXPROCS=1", []string{"GOMAXPROCS=1"}),
	}
	if slices.Contains(want, "floor") {
		for _, n := range []int{1, 2} {
			all = append(all, &contender{
				name: floorName(n),
				how:  "finds the cells of the CSV and writes as many bytes a row; converts nothing",
				args: func(data, out string) []string {
					return []string{a.self, floorCommand, strconv.Itoa(n), data, out, a.kept()}
				},
			})
		}
	}
	return append(all, a.peers(ctx, want)...)
}

func (a *arena) ours(name, how string, env []string) *contender {
	return &contender{name: name, how: how, env: env, converts: true, args: func(data, out string) []string {
		return []string{a.tool, "run", "-m", a.mapping, "-s", data, "--to", out, "--project", out + ".project", "-q"}
	}}
}

// kept is the folder with chartlift's output of the first turn, with which the others' is compared.
func (a *arena) kept() string { return filepath.Join(a.work, "kept") }

// output is the folder that every contender writes to.
func (a *arena) output() string { return filepath.Join(a.work, "out") }

// turn runs a contender once in a new folder.
func (a *arena) turn(ctx context.Context, c *contender) (cost, error) {
	out := a.output()
	for _, dir := range []string{out, out + ".project"} {
		if err := os.RemoveAll(dir); err != nil {
			return cost{}, err
		}
	}
	if err := os.MkdirAll(out, 0o700); err != nil {
		return cost{}, err
	}
	got, err := measure(ctx, c.args(a.data, out), c.env)
	if err != nil {
		return got, err
	}
	if _, err := os.Stat(a.kept()); err != nil {
		return got, os.Rename(out, a.kept())
	}
	return got, nil
}

// measure runs a process to its end and asks the kernel what it took.
func measure(ctx context.Context, args, env []string) (cost, error) {
	got, _, err := measureText(ctx, args, env)
	return got, err
}

// measureText returns what the process printed as well.
func measureText(ctx context.Context, args, env []string) (cost, string, error) {
	var out, said bytes.Buffer
	c := exec.CommandContext(ctx, args[0], args[1:]...)
	c.Env, c.Stdout, c.Stderr = append(os.Environ(), env...), &out, &said
	started := time.Now()
	err := c.Run()
	wall := time.Since(started)
	if err != nil {
		return cost{}, "", fmt.Errorf("%s: %w\n%s%s", filepath.Base(args[0]), err, said.Bytes(), out.Bytes())
	}
	got := cost{Wall: wall, CPU: c.ProcessState.UserTime() + c.ProcessState.SystemTime()}
	if usage, ok := c.ProcessState.SysUsage().(*syscall.Rusage); ok {
		got.RSS = int64(usage.Maxrss)
		if runtime.GOOS == "linux" {
			got.RSS <<= 10 // getrusage(2): kilobytes, on macOS bytes
		}
	}
	return got, out.String(), nil
}

// memory runs chartlift once over so many observations, and leaves nothing of them. It works in
// the temporary folder: the cache may be in memory, and too small for this.
func (a *arena) memory(ctx context.Context, rows int) (*cost, error) {
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
	got, err := big.turn(ctx, a.ours("", "", nil))
	return &got, err
}
