// Command bench measures chartlift against the floor (reading the input and
// writing as many bytes) and against peers that do the same conversion, all in
// one run on one machine, and writes docs/benchmarks.md.
//
// Read [part], [contender] and [measure] first. Only ratios of one run mean
// anything: the contenders take turns, and the median of the turns counts.
//
//	go run ./internal/bench -parts convert,engines -rows 1000000 -runs 3
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
)

// options are the flags.
type options struct {
	rows, runs  int
	peers       string
	out         string
	cache       string
	rows10m     bool
	profile     int
	growth      int
	large       int
	sets        string
	parts       string
	people      int
	peopleOut   string
	validate    string
	validateOut string
	load        string
	loadOut     string
	loadPIDs    processes
	loadServer  string
	loadH2      string // a server whose database is in memory
	batchesOut  string
	loadN       int
	loadMemory  int
	medplum     string
}

func main() {
	if len(os.Args) > 1 {
		if other, ok := otherPrograms()[os.Args[1]]; ok {
			exitOn(other(os.Args[2:]))
			return
		}
	}
	var o options
	flag.IntVar(&o.rows, "rows", 1_000_000, "observations in the data")
	flag.IntVar(&o.runs, "runs", 3, "turns of each contender; the median counts")
	flag.StringVar(&o.parts, "parts", "all", "which parts of the page are measured, the others stay as they are: "+partNames())
	flag.StringVar(&o.peers, "peers", strings.Join(everybody(), ","), "who runs beside chartlift")
	flag.StringVar(&o.out, "out", filepath.Join("docs", "benchmarks.md"), "where the results are written")
	flag.StringVar(&o.cache, "cache", defaultCache(), "folder for data, Python packages and output")
	flag.BoolVar(&o.rows10m, "rows10m", false, "memory and growth with 10 million observations as well (they need 9 GB in the temporary folder)")
	flag.IntVar(&o.profile, "profile", 17_000_000, "observations that are profiled, beside a tenth of them (17000000 need 4 GB in the temporary folder)")
	flag.IntVar(&o.growth, "growth", 1_000_000, "how each stage's cost grows is measured from 10000 rows up to so many; with -rows10m to 10000000")
	flag.IntVar(&o.large, "large", 0, "part large: a run over so many observations (100000000 need 26 GB in the temporary folder, and a quarter of an hour)")
	flag.StringVar(&o.sets, "sets", filepath.Join("..", "shared", "data"), "folder of the sets of real data that are profiled")
	flag.IntVar(&o.people, "people", 0, "measure matching instead, up to so many people")
	flag.StringVar(&o.peopleOut, "people-out", filepath.Join("docs", "matching-measured.md"), "where the results of matching are written")
	flag.StringVar(&o.validate, "validate", "", "measure validators instead, over the resources below this folder's data/ (../shared)")
	flag.StringVar(&o.validateOut, "validate-out", filepath.Join("docs", "validation-measured.md"), "where the results of validators are written")
	o.loadFlags()
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	exitOn(o.job()(ctx, o))
}

// otherPrograms are what this program is by its first argument: what is
// measured takes a process of its own.
func otherPrograms() map[string]func(args []string) error {
	return map[string]func([]string) error{
		floorCommand: floorMain, judgeCommand: judgeMain, readCommand: readMain, peopleCommand: peopleMain, insideCommand: insideMain,
		setCommand:   func(args []string) error { return setMain(context.Background(), args) },
		guideCommand: func(args []string) error { return guideMain(context.Background(), args) },
	}
}

// wanted are the peers that are asked for.
func (o options) wanted() []string { return strings.Split(o.peers, ",") }

// job is what the flags ask for.
func (o options) job() func(context.Context, options) error {
	switch {
	case o.people > 0:
		return benchPeople
	case o.load != "":
		return benchLoad
	case o.loadH2 != "":
		return benchBatches
	case o.validate != "":
		return benchValidators
	}
	return bench
}

// loadFlags declares the flags of delivery.
func (o *options) loadFlags() {
	flag.StringVar(&o.load, "load", "", "measure delivery instead, into the FHIR server at this address without /fhir, such as http://127.0.0.1:8080; it is written to")
	flag.StringVar(&o.loadOut, "load-out", filepath.Join("docs", "load-measured.md"), "where the results of delivery are written")
	flag.Var(&o.loadPIDs, "load-pid", "process of that server, and with a comma of its database, for their processor time")
	flag.StringVar(&o.loadH2, "load-h2", "", "compare loads with batches instead, at this server, which has its database in memory")
	flag.StringVar(&o.batchesOut, "batches-out", filepath.Join("docs", "load-batches-measured.md"), "where the results of that are written")
	flag.StringVar(&o.loadServer, "load-server", "HAPI FHIR JPA", "what that server is, for the page")
	flag.IntVar(&o.loadN, "load-resources", 25_600, "resources of one load, a multiple of 64")
	flag.IntVar(&o.loadMemory, "load-memory", 1_000_000, "resources of the load whose memory is measured; 0: none")
	flag.StringVar(&o.medplum, "medplum", "", "index.cjs of npm's @medplum/cli, to be measured beside")
}

// defaultCache is in memory where there is such a folder, so that no disk
// decides.
func defaultCache() string {
	if dir := "/dev/shm"; usable(dir) {
		return filepath.Join(dir, "chartlift-bench")
	}
	return filepath.Join(os.TempDir(), "chartlift-bench")
}

func usable(dir string) bool {
	stat, err := os.Stat(dir)
	return err == nil && stat.IsDir()
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// rounds lets the contenders take turns, so that a busy moment of the machine
// hits all of them.
func (a *arena) rounds(ctx context.Context, n int, all []*contender) error {
	for round := range n {
		for _, c := range all {
			fmt.Fprintf(os.Stderr, "round %d of %d: %s\n", round+1, n, c.name)
			cost, err := a.turn(ctx, c)
			if err != nil {
				return fmt.Errorf("run %s: %w", c.name, err)
			}
			c.turns = append(c.turns, cost)
			if round > 0 {
				continue
			}
			if c.check != nil {
				err = c.check(a.output())
			} else if c.converts {
				c.verdict, err = a.compare(c)
			}
			if err != nil {
				return fmt.Errorf("compare %s: %w", c.name, err)
			}
		}
	}
	return nil
}

// median returns the turn in the middle by key.
func median(turns []cost, key func(cost) float64) float64 {
	all := make([]float64, 0, len(turns))
	for _, t := range turns {
		all = append(all, key(t))
	}
	slices.Sort(all)
	if n := len(all); n%2 == 0 && n > 0 {
		return (all[n/2-1] + all[n/2]) / 2
	}
	return all[len(all)/2]
}
