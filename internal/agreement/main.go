// Command agreement compares the verdicts of our validator with those of the
// reference validator: on resources that shipped mappings produce, on the
// examples at hand, on resources made from the definitions of R4, and on
// resources broken by a generator in all the ways that [kinds] lists.
//
// Read [trial] and [kinds] first. The reference validator answers 50 resources
// a second; its answers are kept in a cache, so that another run asks about new
// resources only.
//
//	go run ./internal/agreement -oracle ../shared/oracle/validate -shared ../shared -doc docs/agreement.md
//	go run ./internal/agreement -suites -doc docs/agreement.md
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"

	"chartlift/validate"
)

// options are the flags.
type options struct {
	oracle, shared, cases, runs string
	guide                       string
	cache, doc, out             string
	perKind, perType            int
	seed                        uint64
	show                        int
	suites                      bool
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "agreement:", err)
		os.Exit(1)
	}
}

func parseOptions(args []string) (o options, err error) {
	flags := flag.NewFlagSet("agreement", flag.ContinueOnError)
	flags.StringVar(&o.oracle, "oracle", "../shared/oracle/validate", "the reference validator's `command`")
	flags.StringVar(&o.shared, "shared", "../shared", "`folder` with data/")
	flags.StringVar(&o.cases, "cases", "testdata/validate", "`folder` with our tests' cases")
	flags.StringVar(&o.guide, "ig", "", "a guide's package (`.tgz`): its examples are judged by its profiles, and broken against them; nothing else is")
	flags.BoolVar(&o.suites, "suites", false, "run the suites that HL7 publishes, and nothing else; -doc is the report whose last part they are")
	flags.StringVar(&o.runs, "runs", "", "`folder` with the output of runs, one folder each")
	flags.StringVar(&o.cache, "cache", defaultCache(), "`file` that keeps the reference validator's answers")
	flags.StringVar(&o.doc, "doc", "", "`file` to write the report to")
	flags.StringVar(&o.out, "out", "", "`file` to write the resources to on which the verdicts differ")
	flags.IntVar(&o.perKind, "per-kind", 100, "mutants of each kind")
	flags.IntVar(&o.perType, "per-type", 4, "resources of each type that are made or sampled")
	flags.Uint64Var(&o.seed, "seed", 1, "another one gives other mutants")
	flags.IntVar(&o.show, "show", 3, "differing verdicts of each kind that are printed")
	return o, flags.Parse(args)
}

func defaultCache() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = os.TempDir()
	}
	return filepath.Join(dir, "chartlift-agreement", "answers.ndjson")
}

var errDisagree = errors.New("the verdicts do not agree as they should")

// run judges everything twice and prints the report.
func run(ctx context.Context, args []string, stdout io.Writer) error {
	o, err := parseOptions(args)
	if err != nil {
		return err
	}
	if o.suites {
		return runSuites(ctx, o, stdout)
	}
	judge, err := openOracle(o.oracle, o.cache)
	if err != nil {
		return err
	}
	judge.guide = o.guide
	if o.guide != "" {
		return runGuided(ctx, o, judge, stdout)
	}
	samples, err := gather(o)
	if err != nil {
		return err
	}
	trials, err := answered(ctx, judge, sampleTrials(samples))
	if err != nil {
		return err
	}
	broken, err := answered(ctx, judge, mutants(sound(trials), o.perKind, o.seed))
	if err != nil {
		return err
	}
	trials = append(trials, broken...)
	v := validate.New(validate.Options{})
	for i := range trials {
		if err := trials[i].judge(v); err != nil {
			return fmt.Errorf("judge a trial: %w", err)
		}
	}
	r := newReport(o, trials)
	r.print(stdout)
	if err := r.write(); err != nil {
		return err
	}
	if !r.passed() {
		return errDisagree
	}
	return nil
}

// gather collects all samples.
func gather(o options) ([]sample, error) {
	var all []sample
	for _, from := range []func() ([]sample, error){
		func() ([]sample, error) { return examples(o.shared) },
		func() ([]sample, error) { return definitions(o.shared, 20) },
		func() ([]sample, error) { return cases(o.cases) },
		func() ([]sample, error) { return synthea(o.shared, 2*o.perType) },
		func() ([]sample, error) { return produced(o.runs, 3*o.perType) },
		func() ([]sample, error) { return made(o.perType, o.seed), nil },
	} {
		some, err := from()
		if err != nil {
			return nil, fmt.Errorf("gather resources: %w", err)
		}
		all = append(all, some...)
	}
	return all, nil
}

func sampleTrials(samples []sample) []trial {
	all := make([]trial, len(samples))
	for i, s := range samples {
		all[i] = trial{row: s.set, text: s.text}
	}
	return all
}

// answered asks the reference validator about all trials.
func answered(ctx context.Context, judge *oracle, trials []trial) ([]trial, error) {
	texts := make([]string, len(trials))
	for i := range trials {
		texts[i] = trials[i].text
	}
	answers, err := judge.ask(ctx, texts)
	if err != nil {
		return nil, err
	}
	for i := range trials {
		trials[i].theirs = answers[i]
	}
	return trials, nil
}

// maxPool bounds a resource that is broken: large ones take seconds in the
// reference validator.
const maxPool = 6 << 10

// sound returns the resources that the reference validator finds valid, to be
// broken.
func sound(trials []trial) []sample {
	var all []sample
	for _, t := range trials {
		if t.theirs.Valid && len(t.text) < maxPool {
			all = append(all, sample{t.row, t.text})
		}
	}
	return all
}
