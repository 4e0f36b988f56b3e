// Command chartlift-beam converts the shards of a plan on Apache Beam: on its
// own workers (Prism, the default), or on a Flink or Spark cluster, and puts
// them together when all are there.
//
//	chartlift shards plan parts --shards 64 --mapping acme.yaml --source legacy/ --to out/
//	chartlift-beam --plan parts
//	chartlift-beam --plan parts --runner flink --endpoint jobserver:8099 --parallelism 8
//
// On a cluster both programs, the sources and the plan lie under the same names
// on all machines, and each task manager starts this program as its worker.
//
// Each worker starts chartlift for its shard, so that the pipeline moves
// numbers of shards and nothing of a patient, and the program that runs on one
// machine has nothing of Beam in it. It is a module of its own for the same
// reason.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/log"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/flink"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/spark"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/universal"
)

func main() {
	var o options
	runner := flag.String("runner", "prism", "prism (embedded), flink, spark, or universal with --endpoint")
	flag.StringVar(&o.plan, "plan", "", "folder of the plan, under the same name on all machines")
	flag.StringVar(&o.tool, "chartlift", "chartlift", "the chartlift program on the workers")
	flag.IntVar(&o.attempts, "attempts", 3, "how often a shard is tried on its worker before the engine is told that it failed")
	flag.StringVar(&o.project, "project", "", "project folder of the merge; that of the plan where none is named")
	flag.BoolVar(&o.noMerge, "no-merge", false, "leave the merge to chartlift shards merge")
	provision := flag.String("provision_endpoint", "", "of a worker, which an engine starts")
	flag.String("artifact_endpoint", "", "of a worker; not used")
	flag.Parse()
	if err := boot(context.Background(), flag.Lookup("id").Value.String(), *provision); err != nil {
		fmt.Fprintln(os.Stderr, "error", err)
		os.Exit(1)
	}
	beam.Init() // a process that is a worker ends here
	if err := convert(context.Background(), *runner, o); err != nil {
		fmt.Fprintln(os.Stderr, "error", err)
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			os.Exit(exit.ExitCode())
		}
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	plan, tool, project string
	attempts            int
	noMerge             bool
}

// convert runs the pipeline, and then the merge: chartlift refuses it where a
// shard is missing.
func convert(ctx context.Context, runner string, o options) error {
	if o.plan == "" {
		return errors.New("name the folder of the plan: --plan FOLDER")
	}
	plan, err := filepath.Abs(o.plan)
	if err != nil {
		return fmt.Errorf("find plan: %w", err)
	}
	left, err := shardsLeft(ctx, o.tool, plan)
	if err != nil {
		return err
	}
	if len(left) > 0 {
		p, s := beam.NewPipelineWithRoot()
		numbers := beam.Reshuffle(s, beam.CreateList(s, left)) // so that the engine deals them out to its workers
		beam.ParDo0(s, &shardFn{Plan: plan, Tool: o.tool, Attempts: o.attempts}, numbers)
		done, err := workers(runner)
		if err != nil {
			return err
		}
		defer done()
		if _, err := beam.Run(ctx, runner, p); err != nil {
			return fmt.Errorf("run pipeline on %s: %w", runner, err)
		}
	}
	if o.noMerge {
		return nil
	}
	args := []string{"shards", "merge", plan}
	if o.project != "" {
		args = append(args, "--project", o.project)
	}
	merge := exec.CommandContext(ctx, o.tool, args...)
	merge.Stdout, merge.Stderr = os.Stdout, os.Stderr
	if err := merge.Run(); err != nil {
		return fmt.Errorf("merge: %w", err)
	}
	return nil
}

// shardsLeft returns the shards without a result.
func shardsLeft(ctx context.Context, tool, plan string) ([]int, error) {
	list := exec.CommandContext(ctx, tool, "shards", "left", plan)
	list.Stderr = os.Stderr
	text, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("list the shards of %s: %w", plan, err)
	}
	var out []int
	for _, line := range strings.Fields(string(text)) {
		n, err := strconv.Atoi(line)
		if err != nil {
			return nil, fmt.Errorf("list the shards of %s: %w", plan, err)
		}
		out = append(out, n)
	}
	return out, nil
}

// shardFn converts a shard where an engine puts it. An element may come again,
// on another machine, or on two at once: a shard is a pure function with an
// atomic result, so that nothing comes of it.
type shardFn struct {
	Plan     string
	Tool     string
	Attempts int
}

// The engine makes the function anew on every worker, by its name.
func init() {
	register.DoFn2x1[context.Context, int, error](&shardFn{})
	beam.RegisterType(reflect.TypeFor[shardFn]())
}

// ProcessElement converts one shard, unless that was done: an engine that lost
// a machine begins the pipeline again.
func (f *shardFn) ProcessElement(ctx context.Context, shard int) error {
	left, err := shardsLeft(ctx, f.Tool, f.Plan)
	if err == nil && !slices.Contains(left, shard) {
		log.Infof(ctx, "shard %d was done before", shard)
		return nil
	}
	for attempt := range max(1, f.Attempts) {
		var said []byte
		said, err = exec.CommandContext(ctx, f.Tool, "shards", "run", "-q", f.Plan, "--shard", strconv.Itoa(shard)).CombinedOutput()
		if err == nil {
			log.Infof(ctx, "shard %d is done", shard)
			return nil
		}
		err = fmt.Errorf("shard %d, attempt %d: %w: %s", shard, attempt+1, err, said)
		log.Warn(ctx, err.Error())
		if ctx.Err() != nil {
			break
		}
	}
	return err
}
