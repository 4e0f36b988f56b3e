package main

import (
	"context"
	"embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
)

//go:embed bench.yaml
var benchMapping string

// wholeMapping extends it by what puts people together.
//
//go:embed whole.yaml
var wholeMapping string

// benchFolder is the folder of the mapping, for the compiler.
//
//go:embed bench.yaml
var benchFolder embed.FS

// contender is one way of doing the job.
type contender struct {
	name     string
	how      string // for the report
	args     func(data, out string) []string
	env      []string
	converts bool                   // its output is compared with ours
	goal     string                 // that is about it; "" for none
	check    func(out string) error // of what it wrote in its first turn; nil: it is not looked at
	turns    []cost
	verdict  verdict
}

// arena is where the contenders meet: the data, and a folder for what they
// write.
type arena struct {
	rows    int
	cache   string
	data    string
	work    string
	self    string // this program
	tool    string // chartlift
	mapping string
	scripts string   // folder of the peers' programs
	mysql   string   // the folder of the database server that was started
	febrl   string   // folder of the Febrl files that a package brought
	missing []string // peers that could not be had, and why

	clusterTest string // the script of that name
}

func newArena(ctx context.Context, o options) (*arena, error) {
	a := &arena{rows: o.rows, cache: o.cache, clusterTest: clusterTest}
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
	return a, a.layOut()
}

// layOut writes the peers' programs where they can be run from.
func (a *arena) layOut() error {
	a.scripts = filepath.Join(a.work, "peers")
	if err := os.CopyFS(a.work, peerFiles); err != nil {
		return fmt.Errorf("lay out peers: %w", err)
	}
	return nil
}

// buildTool builds chartlift into a folder and returns its path.
func buildTool(ctx context.Context, work string) (string, error) {
	tool := filepath.Join(work, "chartlift")
	if text, err := exec.CommandContext(ctx, "go", "build", "-o", tool, "chartlift/cmd/chartlift").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build chartlift: %w\n%s", err, text)
	}
	return tool, nil
}

// ourselves are the first contenders of a job: the others are compared with
// them.
func (a *arena) ourselves(how string) []*contender {
	return []*contender{
		a.ours("chartlift", how+"; all processors", nil),
		a.ours("chartlift, 1 processor", "the same with GOMAXPROCS=1", []string{"GOMAXPROCS=1"}),
	}
}

// everything is what a run does beside converting.
const everything = "`chartlift run`: lineage, validation, references resolved"

// floors returns the floors, where they are wanted.
func (a *arena) floors(want []string) (all []*contender) {
	if !slices.Contains(want, "floor") {
		return nil
	}
	for _, n := range []int{1, 2} {
		c := &contender{
			name: floorName(n),
			how:  "finds the cells of the CSV and writes as many bytes a row; converts nothing",
			args: func(data, out string) []string {
				return []string{a.self, floorCommand, strconv.Itoa(n), data, out, a.kept()}
			},
		}
		if n == 1 {
			c.goal = "9"
		}
		all = append(all, c)
	}
	return all
}

func (a *arena) ours(name, how string, env []string) *contender {
	return &contender{name: name, how: how, env: env, converts: true, args: func(data, out string) []string {
		return []string{a.tool, "run", "-m", a.mapping, "-s", data, "--to", out, "--project", out + ".project", "-q"}
	}}
}

// kept is the folder with chartlift's output of the first turn, with which the
// others' is compared.
func (a *arena) kept() string { return filepath.Join(a.work, "kept") }

// output is the folder that every contender writes to.
func (a *arena) output() string { return filepath.Join(a.work, "out") }

// clear makes the folders that a contender writes to anew.
func (a *arena) clear() error {
	out := a.output()
	for _, dir := range []string{out, out + ".project"} {
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	return os.MkdirAll(out, 0o700)
}

// turn runs a contender once in a new folder.
func (a *arena) turn(ctx context.Context, c *contender) (cost, error) {
	if err := a.clear(); err != nil {
		return cost{}, err
	}
	out := a.output()
	got, err := measure(ctx, c.args(a.data, out), c.env)
	if err != nil {
		return got, err
	}
	if _, err := os.Stat(a.kept()); err != nil && c.converts {
		return got, os.Rename(out, a.kept())
	}
	return got, nil
}
