package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/sync/errgroup"

	"chartlift/internal/issue"
	"chartlift/internal/pipeline"
	"chartlift/internal/shards"
	"chartlift/internal/tables"
	"chartlift/transform"
)

// mostShards bounds a plan: each costs the opening of sources and keys.
const mostShards = 100_000

// planned is a plan in the making.
type planned struct {
	m     *migration
	dir   string
	paths []string // of the plan's sources, as this process opens them
	plan  *shards.Plan
	sized []sized
	sums  map[string]fileSum // of files that are in one piece, as shards.Sum makes them
}

// sized is an input that is converted in shards.
type sized struct {
	whole  shards.Part // all of it
	in     *pipeline.Input
	pieces []shards.Part
}

func newShardsPlan(s *settings) *cobra.Command {
	base, o := runCommand(s)
	n := 0
	var whole []string
	c := &cobra.Command{
		Use:   "plan FOLDER --shards N --mapping NAME|FILE --source FOLDER|FILE [--to FOLDER|URL]",
		Short: "Cut a run into shards",
		Long: `Takes the flags of run. Reads the sources once, converts the tables that others refer to, cuts the rest into shards of the same size,
and writes all that a process needs to convert one of them into the folder. Nothing is delivered; what is to be delivered where is
decided here, and done by shards merge.`,
		Example: `  chartlift shards plan parts --shards 16 --mapping synthea-csv --source legacy/ --to out/`,
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			s.kept = everyFlag(c)
			return planShards(c.Context(), s, *o, planShape{args[0], n, whole})
		},
	}
	c.Flags().AddFlagSet(base.Flags())
	_ = c.Flags().MarkHidden("plan")
	c.Flags().IntVar(&n, "shards", 0, "how many processes there will be; two or three times as many even out slow machines")
	c.Flags().StringSliceVar(&whole, "whole", nil, "sources of the mapping that are not to be cut, but converted by shards merge")
	return c
}

// planShape says what a plan is to be.
type planShape struct {
	dir   string
	n     int
	whole []string
}

// everyFlag is keptFlags with those flags, too, by which results could differ:
// a project's file may change until the shards are put together.
func everyFlag(c *cobra.Command) map[string][]string {
	kept := keptFlags(c)
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if slices.Contains([]string{"validate", "on-invalid", "on-profile", "match", "plausibility", "phi", "fail-on", "max-rejected", "to", "format"}, f.Name) && kept[f.Name] == nil {
			kept[f.Name] = []string{f.Value.String()}
		}
	})
	return kept
}

func planShards(ctx context.Context, s *settings, o runOptions, shape planShape) (err error) {
	if err := o.check(); err != nil {
		return err
	}
	switch {
	case shape.n < 1 || shape.n > mostShards:
		return usage("--shards %d: say how many there are to be, from 1 to %d", shape.n, mostShards)
	case slices.Contains(s.sources, "-"):
		return usage("standard input cannot be read by several processes: write it to a file")
	}
	if err := os.MkdirAll(shape.dir, 0o700); err != nil {
		return fmt.Errorf("make plan's folder: %w", err)
	}
	s.shards = shape.dir
	m, err := plan(ctx, s, parting)
	defer func() { err = errors.Join(err, m.Close()) }()
	if err != nil {
		return err
	}
	for _, name := range shape.whole {
		if !slices.ContainsFunc(m.tables.Tables, func(t *pipeline.Table) bool { return t.Source.Name == name }) {
			return usage("--whole %s: the mapping has no source of this name, or no file was found for it", name)
		}
	}
	if err := shards.Clear(shape.dir); err != nil {
		return err
	}
	p := &planned{m: m, dir: shape.dir, sums: map[string]fileSum{}, plan: &shards.Plan{
		Tool: version, Mapping: m.prog.ID, MappingSHA256: m.prog.SHA256, Project: tables.Absolute(s.project), Shards: make([]shards.Shard, shape.n),
	}}
	if err := p.make(ctx, o, shape); err != nil {
		return err
	}
	return p.tell()
}

func (p *planned) make(ctx context.Context, o runOptions, shape planShape) error {
	args, err := p.m.args()
	if err != nil {
		return err
	}
	p.plan.Args = json.RawMessage(args)
	job := p.m.conversion(o)
	if rules := o.rules(p.m.prog); rules != nil {
		job.Match = &pipeline.Match{Rules: rules}
	}
	places := pipeline.Spread(job, shape.whole)
	job.Match, job.Marks = nil, o.plausible
	if err := p.survey(places); err != nil {
		return err
	}
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return p.prepare(gctx, job, places) })
	g.Go(func() error { return p.cut(gctx) })
	g.Go(func() error { return p.hash(gctx) })
	if err := g.Wait(); err != nil {
		return err
	}
	if err := p.deal(ctx, job); err != nil {
		return err
	}
	if err := p.unchanged(); err != nil {
		return err
	}
	return p.plan.Write(p.dir)
}

// survey takes down the tables and the files behind them.
func (p *planned) survey(places []pipeline.Placement) error {
	for _, s := range p.m.tables.Absent {
		p.plan.Absent = append(p.plan.Absent, s.Name)
	}
	for _, at := range places {
		t := at.Table
		p.plan.Tables = append(p.plan.Tables, shards.Table{Name: t.Source.Name, Way: at.Way, Why: at.Why})
		if t.Source.View != nil {
			continue
		}
		for n, in := range t.Inputs {
			part, err := p.whole(t, n)
			if err != nil {
				return err
			}
			switch at.Way {
			case shards.InPlan:
				p.plan.Made = append(p.plan.Made, part)
			case shards.InShards:
				p.sized = append(p.sized, sized{whole: part, in: in})
			}
		}
	}
	return nil
}

// whole returns the part that is all of an input, and takes its file down where
// no other input is of it.
func (p *planned) whole(t *pipeline.Table, n int) (shards.Part, error) {
	in := t.Inputs[n]
	path := onDisk(p.m.tables.Path(in))
	at := slices.Index(p.paths, path)
	if at < 0 {
		stat, err := os.Stat(path) // before it is read: what changes meanwhile is newer than the plan says
		if err != nil {
			return shards.Part{}, fmt.Errorf("look at source: %w", err)
		}
		at = len(p.paths)
		p.paths = append(p.paths, path)
		p.plan.Sources = append(p.plan.Sources, shards.File{
			Path: tables.Absolute(path), Bytes: stat.Size(), Modified: stat.ModTime().UnixNano(), UTF8: foundUTF8(t, in),
		})
	}
	return shards.Part{Table: t.Source.Name, Input: n, Path: tables.Absolute(p.m.tables.Path(in)), Columns: in.Schema.Columns, Bytes: p.plan.Sources[at].Bytes}, nil
}

// hash hashes the sources.
func (p *planned) hash(ctx context.Context) error {
	sums := map[string]fileSum{}
	hashAll(ctx, sums, p.paths)
	for i, path := range p.paths {
		sum, ok := sums[path]
		if !ok { // say what is wrong with it
			var err error
			if sum, err = hashFile(ctx, path); err != nil {
				return err
			}
		}
		if p.plan.Sources[i].SHA256 = sum.hash; sum.size != p.plan.Sources[i].Bytes {
			return meanwhile(path)
		}
	}
	return nil
}

// unchanged refuses sources that changed while they were read: their hash need
// not be that of what was converted.
func (p *planned) unchanged() error {
	for _, f := range p.plan.Sources {
		if !f.Untouched() {
			return meanwhile(f.Path)
		}
	}
	return nil
}

func meanwhile(path string) error {
	return refuse("plan-changed", "%s was written to while the plan was made: plan again when it is whole", path)
}

// foundUTF8 reports whether the input was found to be UTF-8 where the mapping
// does not say what it is.
func foundUTF8(t *pipeline.Table, in *pipeline.Input) bool {
	text, ok := in.Source.(interface{ UTF8() bool })
	return ok && text.UTF8() && (t.Source.Read.Encoding == "" || t.Source.Read.Encoding == "auto")
}

// prepare converts what others refer to.
func (p *planned) prepare(ctx context.Context, job pipeline.Job, places []pipeline.Placement) error {
	made, err := shards.CreateMade(p.dir)
	if err != nil {
		return err
	}
	if err := pipeline.Prepare(ctx, job, pipeline.Preparation{Places: places, To: made, Made: p.part}); err != nil {
		return errors.Join(err, made.Abort())
	}
	if err := p.keys(job.Engine); err != nil {
		return errors.Join(err, made.Abort())
	}
	return made.Commit()
}

// keys writes down what shards may refer to.
func (p *planned) keys(engine *transform.Engine) (err error) {
	for _, m := range p.m.prog.Maps {
		for _, expected := range []bool{false, true} {
			if set := engine.Keys(m, expected); set.Len() > 0 {
				p.plan.Keys = append(p.plan.Keys, shards.Keys{Map: m.Name, Expected: expected, N: set.Len(), Bytes: set.Size()})
			}
		}
	}
	p.plan.KeysSum, err = shards.WriteKeys(p.dir, p.plan.Keys, func(of shards.Keys, to io.Writer) error {
		return engine.Keys(p.m.mapOf(of), of.Expected).Save(to)
	})
	return err
}

// part returns the plan's own part of an input that is converted now.
func (p *planned) part(t *pipeline.Table, input int) *shards.Part {
	at := slices.IndexFunc(p.plan.Made, func(part shards.Part) bool { return part.Table == t.Source.Name && part.Input == input })
	return &p.plan.Made[at]
}

// tell prints where each table is converted.
func (p *planned) tell() error {
	out := p.m.s.streams.Out
	if p.m.s.json {
		return json.NewEncoder(out).Encode(struct {
			Folder string         `json:"folder"`
			Shards int            `json:"shards"`
			Tables []shards.Table `json:"tables"`
		}{p.dir, len(p.plan.Shards), p.plan.Tables})
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, t := range p.plan.Tables {
		fmt.Fprintf(w, "%s\t%s\t%s\n", t.Name, p.where(t), t.Why)
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("print plan: %w", err)
	}
	if len(p.sized) == 0 {
		p.m.s.message("no table can be converted in shards: shards merge does it all, and a run would be simpler")
	}
	p.m.s.message("%s planned; convert them by  chartlift shards run %s --shard 1  and so on, then  chartlift shards merge %s", issue.Count(len(p.plan.Shards), "shard"), p.dir, p.dir)
	return nil
}

// where says in a few words where a table is converted.
func (p *planned) where(t shards.Table) string {
	switch t.Way {
	case shards.InPlan:
		return "converted now"
	case shards.InMerge:
		return "at the merge"
	case shards.LookupsOnly:
		return "looked up"
	}
	in := 0
	for _, s := range p.plan.Shards {
		n := 0
		for _, part := range s.Parts {
			if part.Table == t.Name {
				n++
			}
		}
		in += min(1, n)
	}
	if in == 1 {
		return "whole, in one shard"
	}
	return fmt.Sprintf("in %d shards", in)
}
