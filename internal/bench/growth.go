package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// growthStart is the smallest number of rows of the table of growth; each row
// of it has ten times as many.
const growthStart = 10_000

// steadyFrom is the number of rows from which on exponents count: with fewer a
// stage's start is a part of its time.
const steadyFrom = 100_000

// mostMatched bounds the people of the table of growth: they are made in
// memory, by a program that must stay small. mostDelivered bounds the
// observations that are delivered: the embedded server needs a minute for a
// million.
const (
	mostMatched   = 1_000_000
	mostDelivered = 1_000_000
)

// stage is a step whose growth is measured.
type stage struct {
	name, about string
	most        int // rows that it gets at most; 0: all
	command     func(g *growing) []string
	writes      []string // in the folder of its rows, for stages after it: taken away before its next turn
	judges      bool     // its exit code says that some of the data break a rule
}

// growing is where the stages of one number of rows meet.
type growing struct {
	a          *arena
	rows       int
	data, work string
}

func (g *growing) at(name string) string { return filepath.Join(g.work, name) }

// scratch is a folder for what one stage alone writes.
func (g *growing) scratch() string { return g.at("scratch") }

// stages are measured in this order: some read what those before them wrote.
func stages() []stage {
	return []stage{
		{name: "profile", about: "`chartlift profile` of the three tables", command: func(g *growing) []string {
			return []string{g.a.tool, "profile", "--json", "-q", g.data}
		}},
		{name: "extract", about: "chartlift's reader alone, every value looked at", command: func(g *growing) []string {
			return append([]string{g.a.self, readCommand, "ours"}, tableFiles(g.data)...)
		}},
		{name: "convert", about: "reading, cleaning and mapping in one goroutine, lines written", command: func(g *growing) []string {
			return []string{g.a.self, insideCommand, "mapping", g.data, g.scratch()}
		}},
		{name: "match", about: "`chartlift dedupe` of people, in records of about as many", most: mostMatched, writes: []string{"matched.csv"}, command: func(g *growing) []string {
			return []string{g.a.tool, "dedupe", g.at("people.csv"), "--fields", g.at("fields.yaml"), "--out", g.at("matched.csv"), "-q"}
		}},
		{name: "lineage", about: "the run database alone, one row in a hundred rejected with a finding", writes: []string{"told"}, command: func(g *growing) []string {
			return []string{g.a.self, insideCommand, "lineage", g.data, g.at("told/.chartlift")}
		}},
		{name: "reports", about: "`chartlift report page` and `report rejected` of that run database", writes: []string{"page.html", "rejected.csv"}, command: func(g *growing) []string {
			report := quote(g.a.tool) + " report --project " + quote(g.at("told")) + " -q "
			return []string{"sh", "-c", report + "page --out " + quote(g.at("page.html")) + " >/dev/null && " + report + "rejected --format csv >" + quote(g.at("rejected.csv"))}
		}},
		{name: "run", about: "`chartlift run` to files: everything but matching", writes: []string{"out", ".chartlift"}, command: func(g *growing) []string {
			return []string{g.a.tool, "run", "-m", g.at("bench.yaml"), "-s", g.data, "--to", g.at("out"), "--project", g.work, "-q"}
		}},
		{name: "validate", about: "`chartlift validate` of what the run wrote, one processor", judges: true, command: func(g *growing) []string {
			return []string{g.a.tool, "validate", "-q", g.at("out")}
		}},
		{name: "deliver", about: "`chartlift load` of it into the embedded server, whose work is counted as well", most: mostDelivered, command: func(g *growing) []string {
			return []string{g.a.tool, "load", g.at("out"), "--to", "sandbox:", "--project", g.scratch(), "-q"}
		}},
	}
}

// grown is what one stage costs with so many rows: observations, for match
// people.
type grown struct {
	stage string
	rows  int
	cost
	power powers // 0 for the fewest rows
}

// powers are those of the rows with which a stage's processor time grew from a
// tenth of them: 1 is in step with them, n log n is 1.06 to 1.09 at these
// sizes. A stage is judged by its own: what the system takes to find room for
// files of gigabytes depends on the machine, and on how much of its memory is
// free, and not on what the stage does.
type powers struct {
	own float64 // of what the stage's programs took themselves
	cpu float64 // of that and what the system took for them
}

// Stages are measured so often beside the same with a tenth of the rows, unless
// one takes longer than this: a machine whose speed drifts makes what comes
// later look as if it grew faster.
const (
	growthTurns   = 3
	longestTurned = time.Minute
)

// growth measures each stage with ten times as many rows again and again.
func growth(ctx context.Context, a *arena, o options) (s section, err error) {
	most := o.growth
	if o.rows10m {
		most = 10 * 1_000_000
	}
	var all []grown
	var last *growing
	defer func() { err = errors.Join(err, last.remove()) }()
	for n := growthStart; n <= most; n *= 10 {
		g, err := a.growing(ctx, n)
		if err != nil {
			return s, errors.Join(fmt.Errorf("growth to %d rows: %w", n, err), g.remove())
		}
		some, err := g.all(ctx, last)
		err = errors.Join(err, last.remove())
		last = g
		if err != nil {
			return s, fmt.Errorf("growth to %d rows: %w", n, err)
		}
		all = append(all, some...)
	}
	var b strings.Builder
	growthTable(&b, all)
	s.body = b.String()
	if most, ok := steepest(all); ok {
		s.figures = []figure{{goal: "growth", value: most.own, cpu: most.cpu}}
	}
	return s, nil
}

// growing makes the data of n rows, in the temporary folder: the cache may be
// in memory, and too small for this.
func (a *arena) growing(ctx context.Context, n int) (g *growing, err error) {
	g = &growing{a: a, rows: n}
	if g.work, err = os.MkdirTemp("", "chartlift-bench-*"); err != nil {
		return g, fmt.Errorf("make work folder: %w", err)
	}
	if g.data, err = makeData(g.work, n); err != nil {
		return g, err
	}
	// A process of its own makes the people, so that its memory is not taken
	// for that of those that are measured.
	if _, err := measure(ctx, []string{a.self, peopleCommand, "large", strconv.Itoa(min(n, mostMatched)), g.work, ""}, nil); err != nil {
		return g, err
	}
	return g, os.WriteFile(g.at("bench.yaml"), []byte(benchMapping), 0o600)
}

// remove takes away what there is; of nil it is nothing.
func (g *growing) remove() error {
	if g == nil {
		return nil
	}
	return os.RemoveAll(g.work)
}

// all measures the stages, each by turns with the same of a tenth of the rows,
// where there is one.
func (g *growing) all(ctx context.Context, tenth *growing) (all []grown, err error) {
	for _, stage := range stages() {
		if stage.most > 0 && g.rows > stage.most {
			continue
		}
		fmt.Fprintf(os.Stderr, "growth: %d rows: %s\n", g.rows, stage.name)
		got, err := g.beside(ctx, tenth, stage)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", stage.name, err)
		}
		all = append(all, got)
	}
	return all, nil
}

// beside measures one stage. What it costs is that of the turn in the middle,
// and how it grew the middle of what each turn says.
func (g *growing) beside(ctx context.Context, tenth *growing, s stage) (grown, error) {
	var turns []cost
	var own, cpu []float64
	for len(turns) < growthTurns {
		var small cost
		var err error
		if tenth != nil {
			if small, err = tenth.measure(ctx, s); err != nil {
				return grown{}, err
			}
		}
		got, err := g.measure(ctx, s)
		if err != nil {
			return grown{}, err
		}
		turns = append(turns, got)
		if tenth != nil {
			rows := float64(g.rows) / float64(tenth.rows)
			own = append(own, exponent(rows, small.CPU-small.System, got.CPU-got.System))
			cpu = append(cpu, exponent(rows, small.CPU, got.CPU))
		}
		if got.Wall > longestTurned {
			break
		}
	}
	slices.SortFunc(turns, func(x, y cost) int { return cmp.Compare(x.CPU, y.CPU) })
	return grown{s.name, g.rows, turns[len(turns)/2], powers{middle(own), middle(cpu)}}, nil
}

// measure runs one stage once and removes what nobody else reads.
func (g *growing) measure(ctx context.Context, s stage) (got cost, err error) {
	for _, name := range s.writes {
		if err := os.RemoveAll(g.at(name)); err != nil {
			return got, err
		}
	}
	if err := os.MkdirAll(g.scratch(), 0o700); err != nil {
		return got, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(g.scratch())) }()
	if s.judges {
		return measureVerdict(ctx, s.command(g))
	}
	return measure(ctx, s.command(g), nil)
}

// middle returns the number in the middle of some, 0 of none.
func middle(some []float64) float64 {
	if len(some) == 0 {
		return 0
	}
	slices.Sort(some)
	return some[len(some)/2]
}

// exponent returns the power of the rows with which a time grew that was
// measured with so many times as many.
func exponent(rows float64, before, after time.Duration) float64 {
	return math.Log(after.Seconds()/before.Seconds()) / math.Log(rows)
}

// steepest returns the largest powers of all stages between numbers of rows
// that are large enough to tell. They may be of two stages.
func steepest(all []grown) (most powers, ok bool) {
	for _, g := range all {
		if g.rows > steadyFrom {
			most.own, most.cpu, ok = max(most.own, g.power.own), max(most.cpu, g.power.cpu), true
		}
	}
	return most, ok
}

// growthTable writes what each stage costs by the number of rows.
func growthTable(b *strings.Builder, all []grown) {
	fmt.Fprintf(b, "What each stage costs with ten times as many rows: observations with the tables beside them, for match people in records of about as many. "+
		"The exponent is the power of the rows with which the time grew that a stage took itself, measured by turns with a tenth of them, %d times but where one takes more than %.0f s; the middle counts. 1 is in step with the rows, n log n is about 1.07. "+
		"Beside it stands the exponent of all processor time. The difference is the system's: what it takes to write gigabytes to files depends on how much of the machine's memory is free. "+
		"Starting takes a part of the smallest times, so that exponents begin below 1; those from %d rows on count. Goal: nothing grows faster than n log n.\n\n"+
		"| stage | rows | wall s | CPU s | of it the system's | rows per CPU s | peak memory MB | exponent | of all CPU time |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|\n", growthTurns, longestTurned.Seconds(), steadyFrom)
	for _, stage := range stages() {
		for _, g := range all {
			if g.stage != stage.name {
				continue
			}
			own, cpu := "", ""
			if g.power != (powers{}) {
				own, cpu = fmt.Sprintf("%.2f", g.power.own), fmt.Sprintf("%.2f", g.power.cpu)
			}
			fmt.Fprintf(b, "| %s | %d | %.2f | %.2f | %.2f | %.0f | %.0f | %s | %s |\n",
				stage.name, g.rows, g.Wall.Seconds(), g.CPU.Seconds(), g.System.Seconds(), float64(g.rows)/g.CPU.Seconds(), float64(g.RSS)/1e6, own, cpu)
		}
	}
	b.WriteString("\n")
	for _, s := range stages() {
		fmt.Fprintf(b, "- %s: %s", s.name, s.about)
		if s.most > 0 {
			fmt.Fprintf(b, "; at most %d", s.most)
		}
		b.WriteString("\n")
	}
	if missing := slices.IndexFunc(all, func(g grown) bool { return g.rows >= 10*1_000_000 }) < 0; missing {
		b.WriteString("\n10000000 rows: not measured this time (`-rows10m`).\n")
	}
}
