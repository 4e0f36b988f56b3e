package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"chartlift/internal/issue"
	"chartlift/internal/pipeline"
	"chartlift/internal/shards"
	"chartlift/internal/tables"
	"chartlift/mappings"
	"chartlift/reports"
)

func newShards(s *settings) *cobra.Command {
	c := &cobra.Command{
		Use: "shards", Short: "Convert one run in pieces, on several machines", RunE: group, Args: cobra.ArbitraryArgs,
		Long: `Cuts a run into shards that processes convert on their own, wherever they are: started by xargs, a Slurm array, a Kubernetes Job or
Apache Beam. What comes out is what one run writes, to the byte, with the same ledger. All processes see the same files under the same
names: sources, mapping and the plan's folder. See docs/scale-out.md.`,
		Example: `  chartlift shards plan parts --shards 16 --mapping synthea-csv --source legacy/ --to out/
  seq 16 | xargs -P 8 -I{} chartlift shards run parts --shard {}
  chartlift shards merge parts`,
	}
	c.AddCommand(newShardsPlan(s), newShardsRun(s), newShardsLeft(s), newShardsMerge(s))
	for _, sub := range c.Commands() {
		sub.Args = usageArgs(sub.Args)
	}
	return c
}

func newShardsRun(s *settings) *cobra.Command {
	var shard string
	workers := 1
	c := &cobra.Command{
		Use:   "run FOLDER --shard I/N",
		Short: "Convert one shard of a plan",
		Long: `Converts the rows of one shard. The result appears in the plan's folder, whole or not at all; it may be made again at any time,
and comes out the same. --source and --mapping say where these are, where this machine has them elsewhere.`,
		Example: `  chartlift shards run parts --shard 3/16
  chartlift shards run parts --shard $SLURM_ARRAY_TASK_ID`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return runShard(c.Context(), s, args[0], shard, workers) },
	}
	f := c.Flags()
	f.StringVar(&shard, "shard", "", "number of the shard, from 1, or with how many there are: 3/16")
	f.IntVar(&workers, "workers", workers, "goroutines that map and validate; one process a processor does better with 1")
	f.StringVarP(&s.mapping, "mapping", "m", "", "the mapping, where it lies elsewhere on this machine")
	f.StringArrayVarP(&s.sources, "source", "s", nil, "the sources, where they lie elsewhere on this machine; may be given several times")
	return c
}

// runShard converts a shard and puts its result into the plan's folder.
func runShard(ctx context.Context, s *settings, dir, which string, workers int) (err error) {
	workers = max(1, workers)
	runtime.GOMAXPROCS(workers) // a scheduler that gives a shard one processor gets a process that takes one
	defer paceGC(ctx, 0)()
	plan, err := readPlan(dir)
	if err != nil {
		return err
	}
	n, err := shardNumber(which, len(plan.Shards))
	if err != nil {
		return err
	}
	m, o, err := openPlanned(ctx, s, dir, share{plan, plan.Shards[n-1].Parts})
	defer func() { err = errors.Join(err, m.Close()) }()
	if err != nil {
		return err
	}
	job := m.conversion(*o)
	job.Workers, job.Marks = workers, o.plausible
	if err := m.learn(dir, plan, job); err != nil {
		return err
	}
	parts := plan.Shards[n-1].Parts
	if err := m.verify(parts, func(p shards.Part) bool { return p.Range == nil }); err != nil { // stretches are compared as they are read
		return err
	}
	w, err := plan.Create(dir, n)
	if err != nil {
		return err
	}
	if err := pipeline.Convert(ctx, job, plan, parts, w); err != nil {
		if changed := m.verify(parts, func(shards.Part) bool { return ctx.Err() == nil }); changed != nil {
			err = changed // what else is wrong may come from that
		}
		return errors.Join(shardError(err), w.Abort())
	}
	if err := w.Commit(); err != nil {
		return err
	}
	return s.tellShard(n, len(plan.Shards), w.Count())
}

func (s *settings) tellShard(n, of int, rows int64) error {
	if s.json {
		return json.NewEncoder(s.streams.Out).Encode(struct {
			Shard int   `json:"shard"`
			Of    int   `json:"of"`
			Rows  int64 `json:"rows"`
		}{n, of, rows})
	}
	s.message("shard %d of %d: %s", n, of, issue.Count(rows, "row"))
	return nil
}

// shardError gives an error of the contract its stable code.
func shardError(err error) error {
	if errors.Is(err, shards.ErrChanged) {
		return refuse("plan-changed", "%w", err)
	}
	return err
}

// shardNumber reads 3 or 3/16.
func shardNumber(text string, of int) (int, error) {
	number, all, whole := strings.Cut(text, "/")
	n, err := strconv.Atoi(number)
	if err != nil || whole && all != strconv.Itoa(of) || n < 1 || n > of {
		return 0, usage("--shard %s: the plan has the shards 1/%d to %d/%d", text, of, of, of)
	}
	return n, nil
}

func readPlan(dir string) (*shards.Plan, error) {
	plan, err := shards.Read(dir)
	if errors.Is(err, shards.ErrNoPlan) {
		return nil, refuse("no-plan", "%w", err)
	}
	if err == nil && plan.Tool != version {
		return nil, refuse("plan-changed", "%s was planned by chartlift %s, and this is %s: use one version on all machines, or plan again", dir, plan.Tool, version)
	}
	return plan, err
}

// share is what one process converts of a plan.
type share struct {
	plan  *shards.Plan
	parts []shards.Part
}

// known returns which tables the process reads: those of its parts, and those
// that their maps look in. A plan's process looked at all of them. Views say of
// a table's columns what they are read for, so that all tables are opened where
// there are some.
func (s *share) known(prog *mappings.Program) *tables.Known {
	if s == nil || len(prog.UsedViews()) > 0 {
		return nil
	}
	known := &tables.Known{Absent: s.plan.Absent}
	for _, p := range s.parts {
		known.Read = append(known.Read, p.Table)
	}
	for _, m := range prog.Maps {
		if m.From != nil && slices.ContainsFunc(s.parts, func(p shards.Part) bool { return p.Table == m.From.Name }) {
			for _, l := range m.Lookups {
				known.Read = append(known.Read, l.In.Name)
			}
		}
	}
	return known
}

// openPlanned opens mapping and sources of a plan, which were compiled and
// compared when it was made.
func openPlanned(ctx context.Context, s *settings, dir string, of share) (*migration, *runOptions, error) {
	args, err := argsOf(reports.RunInfo{Args: string(of.plan.Args)})
	if err != nil {
		return &migration{}, nil, err
	}
	quiet := *s
	quiet.quiet, quiet.shards, quiet.planned, quiet.utf8 = true, dir, &of, of.plan.UTF8()
	c, o := runCommand(&quiet)
	if err := c.ParseFlags(args.arguments("run")[1:]); err != nil {
		return &migration{}, nil, fmt.Errorf("read plan %s: %w", dir, err)
	}
	if s.mapping != "" {
		quiet.mapping = s.mapping
	}
	if len(s.sources) > 0 {
		quiet.sources = s.sources
	}
	m, err := plan(ctx, &quiet, parting)
	if err == nil && m.prog.SHA256 != of.plan.MappingSHA256 {
		err = refuse("plan-changed", "the mapping has changed since the plan was made: plan again")
	}
	return m, o, err
}

// learn reads the keys that rows of the parts may refer to.
func (m *migration) learn(dir string, plan *shards.Plan, job pipeline.Job) error {
	return plan.ReadKeys(dir, func(of shards.Keys, text []byte) error {
		return job.Engine.Keys(m.mapOf(of), of.Expected).Load(text)
	})
}

// mapOf returns the map that made the keys: plan and program were compared.
func (m *migration) mapOf(k shards.Keys) *mappings.Map {
	return m.prog.Maps[slices.IndexFunc(m.prog.Maps, func(def *mappings.Map) bool { return def.Name == k.Map })]
}

// verify compares the bytes of those parts that are asked for with those that
// were planned. An archive that many parts are in is read once.
func (m *migration) verify(parts []shards.Part, asked func(shards.Part) bool) error {
	verified := map[[2]string]bool{} // file and sum of what is all of it
	for _, p := range parts {
		if !asked(p) {
			continue
		}
		path := p.Path
		for _, t := range m.tables.Tables {
			if t.Source.Name == p.Table && p.Input < len(t.Inputs) {
				path = m.tables.Path(t.Inputs[p.Input])
			}
		}
		path = onDisk(path)
		whole := [2]string{path, p.Sum}
		if p.Range == nil && verified[whole] {
			continue
		}
		if err := p.Verify(path); err != nil {
			return shardError(err)
		}
		verified[whole] = true
	}
	return nil
}

// onDisk returns the file that holds what a path names: legacy.zip for
// legacy.zip!patients.csv.
func onDisk(path string) string {
	if _, err := os.Stat(path); err == nil {
		return path
	}
	archive, _, _ := strings.Cut(path, "!")
	return archive
}

func newShardsLeft(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:     "left FOLDER",
		Short:   "List the shards that have no result yet",
		Example: `  chartlift shards left parts | xargs -P 8 -I{} chartlift shards run parts --shard {}`,
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			plan, err := readPlan(args[0])
			if err != nil {
				return err
			}
			missing, _, err := plan.Missing(args[0])
			if err != nil {
				return err
			}
			if s.json {
				return json.NewEncoder(s.streams.Out).Encode(missing)
			}
			for _, n := range missing {
				fmt.Fprintln(s.streams.Out, n)
			}
			return nil
		},
	}
}

func newShardsMerge(s *settings) *cobra.Command {
	yes := false
	c := &cobra.Command{
		Use:   "merge FOLDER",
		Short: "Put the shards of a plan together, and deliver",
		Long: `Is the run that was planned, with the flags that it was planned with, but for the rows that shards converted already: they are put in
their order, compared with each other, counted and delivered. Results that are missing, damaged or of another plan are refused before
anything is delivered. The project is that of the plan, unless --project names another.`,
		Example: `  chartlift shards merge parts`,
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return mergeShards(c.Context(), s, args[0], merging{yes, c.Flags().Changed("project")})
		},
	}
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask before sending to another machine")
	return c
}

// merging says how shards are put together.
type merging struct {
	yes     bool // nobody is asked
	project bool // the command names a project
}

func mergeShards(ctx context.Context, s *settings, dir string, o merging) error {
	plan, err := readPlan(dir)
	if err != nil {
		return err
	}
	args, err := argsOf(reports.RunInfo{Args: string(plan.Args)})
	if err != nil {
		return err
	}
	run := *s
	if !o.project {
		run.project = plan.Project
	}
	return run.again(ctx, append(args.arguments("run"), "--merge-shards="+dir), o.yes)
}

// planToMerge reads the plan whose shards are put together, if any are. What it
// says of the sources need not be looked for again.
func (s *settings) planToMerge(dir string) (*shards.Plan, error) {
	if dir == "" {
		return nil, nil
	}
	plan, err := readPlan(dir)
	if err == nil {
		s.utf8 = plan.UTF8()
	}
	return plan, err
}

// openShards opens what other processes converted of this run by the plan, if
// there is one.
func (m *migration) openShards(dir string, plan *shards.Plan) error {
	if plan == nil {
		return nil
	}
	if plan.MappingSHA256 != m.prog.SHA256 {
		return refuse("plan-changed", "the mapping has changed since the plan was made: plan again")
	}
	missing, foreign, err := plan.Missing(dir)
	switch {
	case err != nil:
		return err
	case len(missing) > 0:
		return refuse("shards-missing", "%s without a result: %s; run what chartlift shards left %s lists", issue.Count(len(missing), "shard"), firstNumbers(missing), dir)
	case len(foreign) > 0:
		return refuse("shards-foreign", "%s is not of this plan: remove it", foreign[0])
	}
	if n, err := shards.Sweep(dir); err != nil {
		return err
	} else if n > 0 {
		m.s.message("removed what %s left behind", issue.Count(n, "killed process"))
	}
	m.parts = plan
	if m.shelf, err = pipeline.OpenShelf(dir, plan, m.prog, m.tables.Tables); errors.Is(err, shards.ErrForeign) || errors.Is(err, shards.ErrBroken) {
		return refuse("shards-foreign", "%w", err)
	}
	return shardError(err)
}

func firstNumbers(list []int) string {
	var words []string
	for _, n := range list[:min(len(list), 10)] {
		words = append(words, strconv.Itoa(n))
	}
	if len(list) > 10 {
		words = append(words, "…")
	}
	return strings.Join(words, ", ")
}

// asPlanned refuses a source that shards saw otherwise.
func (m *migration) asPlanned(info reports.SourceInfo) error {
	if m.parts == nil {
		return nil
	}
	for _, f := range m.parts.Sources {
		if f.Path == info.Path && f.SHA256 != info.SHA256 {
			return refuse("plan-changed", "%s: %w", info.Path, shards.ErrChanged)
		}
	}
	return nil
}

// plannedSums returns the hashes of files that need not be read for them again:
// all their rows were converted already, by processes that compared what they
// read with the plan.
func (m *migration) plannedSums() map[string]fileSum {
	sums := map[string]fileSum{}
	if m.parts == nil {
		return sums
	}
	read := map[string]bool{} // by this run
	ways := m.parts.Ways()
	for _, t := range m.tables.Tables {
		if way := ways[t.Source.Name]; way != shards.InShards && way != shards.InPlan {
			for _, in := range t.Inputs {
				read[tables.Absolute(onDisk(m.tables.Path(in)))] = true
			}
		}
	}
	for _, f := range m.parts.Sources {
		if !read[f.Path] && f.Untouched() {
			sums[f.Path] = fileSum{f.SHA256, f.Bytes}
		}
	}
	return sums
}
