package pipeline

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"chartlift/extract"
	"chartlift/internal/issue"
	"chartlift/internal/shards"
	"chartlift/mappings"
	"chartlift/transform"
	"chartlift/validate"
)

// Preparation is what is made before the shards are.
type Preparation struct {
	Places []Placement                            // as Spread returns them
	Made   func(t *Table, input int) *shards.Part // the part that a table's input is, where it is converted now
	To     *shards.Writer                         // takes the parts
}

// Prepare converts the tables to which others refer, and announces resources as
// a run does: the job's engine then has the keys of all to which shards may
// refer. The job needs neither a Sink nor a Recorder.
func Prepare(ctx context.Context, job Job, p Preparation) error {
	ways := map[string]shards.Way{}
	for _, at := range p.Places {
		ways[at.Table.Source.Name] = at.Way
	}
	job.Engine.Partial(unknown(job.Program, ways))
	r := newConversion(job)
	spread := func(s *mappings.Source) bool {
		return slices.ContainsFunc(p.Places, func(at Placement) bool {
			return at.Table.Source == s && (at.Way == shards.InPlan || at.Way == shards.InShards)
		})
	}
	if err := r.fillLookups(ctx, func(m *mappings.Map) bool { return spread(m.From) }); err != nil {
		return err
	}
	for _, at := range p.Places {
		if !spread(at.Table.Source) {
			continue
		}
		if err := r.prepare(ctx, at, p); err != nil {
			return fmt.Errorf("table %s: %w", at.Table.Source.Name, err)
		}
		r.done[at.Table.Source] = true
	}
	return r.doubt()
}

// prepare announces what a table refers to, and converts it where that is to be
// done now.
func (r *run) prepare(ctx context.Context, at Placement, p Preparation) (err error) {
	t := r.newTable(at.Table)
	if t.binding, err = r.Engine.Bind(t.def.Source, t.def.Inputs[0].Schema); err != nil {
		return err
	}
	if err := t.announce(ctx); err != nil || at.Way != shards.InPlan {
		return err
	}
	r.openGroups(t)
	defer func() { err = t.closeGroups(err) }()
	r.Progress.Start(t.stage)
	defer r.Progress.End(t.stage)
	t.shelf = &writing{to: p.To, maps: numbered(r.Program), accepts: true}
	if len(t.def.Inputs) == 1 { // rows that duplicate others are found as they are read
		if err := t.convertRows(ctx, *p.Made(t.def, 0), t.readRows); err != nil {
			return err
		}
		return t.groupKeys(ctx)
	}
	all, err := r.twins(ctx, t)
	if err != nil {
		return err
	}
	for n, in := range t.def.Inputs {
		part := p.Made(t.def, n)
		if part.Twins = shards.PackTwins(all[in]); len(part.Twins) == 0 {
			part.Twins = nil
		}
		if err := t.convert(ctx, *part); err != nil {
			return err
		}
	}
	return t.groupKeys(ctx)
}

// groupKeys makes the resources of grouped maps for their ids: they are made
// once more, and delivered, when all is put together.
func (t *table) groupKeys(ctx context.Context) error {
	t.shelf, t.rehearsal, t.silent = nil, accepting{t}, true
	for i := range t.groups {
		if err := t.pass(ctx, func(_ context.Context, put put) error { return t.readGroups(i, put) }); err != nil {
			return err
		}
	}
	return nil
}

// accepting is a rehearsal that keeps the ids.
type accepting struct{ t *table }

func (a accepting) add(b transform.Built, _ issue.Origin) error {
	a.t.Engine.Accept(b.Map, b.Resource.ID)
	return nil
}

// Convert converts the parts of a shard. It is a pure function of the sources
// and the plan: the same parts give the same bytes. The job needs neither a Sink
// nor a Recorder; its engine has learnt the keys of the plan.
func Convert(ctx context.Context, job Job, plan *shards.Plan, parts []shards.Part, to *shards.Writer) error {
	job.Engine.Partial(unknown(job.Program, plan.Ways()))
	r := newConversion(job)
	own := func(m *mappings.Map) bool {
		return slices.ContainsFunc(parts, func(p shards.Part) bool { return p.Table == m.From.Name })
	}
	if err := r.fillLookups(ctx, own); err != nil {
		return err
	}
	for _, p := range parts {
		if err := r.convertPart(ctx, p, to); err != nil {
			return fmt.Errorf("table %s: %w", p.Table, err)
		}
	}
	return r.doubt()
}

func (r *run) convertPart(ctx context.Context, p shards.Part, to *shards.Writer) error {
	at := slices.IndexFunc(r.Tables, func(t *Table) bool { return t.Source.Name == p.Table })
	if at < 0 || p.Input < 0 || p.Input >= len(r.Tables[at].Inputs) || !slices.Equal(r.Tables[at].Inputs[p.Input].Schema.Columns, p.Columns) {
		return shards.ErrChanged
	}
	t := r.newTable(r.Tables[at])
	var err error
	if t.binding, err = r.Engine.Bind(t.def.Source, t.def.Inputs[0].Schema); err != nil {
		return err
	}
	t.shelf = &writing{to: to, maps: numbered(r.Program)}
	r.Progress.Start(t.stage)
	defer r.Progress.End(t.stage)
	return t.convert(ctx, p)
}

func newConversion(job Job) *run {
	r := &run{Job: job, tally: newTally(job.Policy), done: map[*mappings.Source]bool{}}
	for _, s := range r.Absent {
		r.done[s] = true
	}
	if job.Program.Output.Provenance != nil {
		r.loose = validate.New(validate.Options{Letter: true})
	}
	return r
}

// doubt is an error where a resource could not be validated without knowing
// what other processes make.
func (r *run) doubt() error {
	if typ := r.Engine.Doubt(); typ != "" {
		return fmt.Errorf("a resource refers to a %s by a reference that the mapping writes out (reference: \"%s/…\"), which cannot be looked for in other shards: "+
			"write it as ref MAP($KEY), or plan with --whole and the name of its table", typ, typ)
	}
	return nil
}

func numbered(prog *mappings.Program) map[*mappings.Map]uint64 {
	out := map[*mappings.Map]uint64{}
	for i, m := range prog.Maps {
		out[m] = uint64(i)
	}
	return out
}

// convert converts a part of the table.
func (t *table) convert(ctx context.Context, p shards.Part) error {
	in := t.def.Inputs[p.Input]
	twins, ok := shards.UnpackTwins(p.Twins)
	if !ok {
		return fmt.Errorf("%s: the plan is damaged: plan again", p.Path)
	}
	return t.convertRows(ctx, p, func(ctx context.Context, put put) error {
		for b, err := range recordsOf(ctx, in, p, func(i issue.Issue) { t.report(in, i) }) {
			if errors.Is(err, extract.ErrChanged) {
				return fmt.Errorf("%s: %w", p.Path, shards.ErrChanged)
			}
			if err != nil {
				return fmt.Errorf("read %s: %w", in.Schema.Source, err)
			}
			if err := put(work{in: in, batch: b, twins: twinsOf(b, twins)}); err != nil {
				return err
			}
		}
		return nil
	})
}

// convertRows converts what read puts, which is the part.
func (t *table) convertRows(ctx context.Context, p shards.Part, read func(context.Context, put) error) error {
	told := shards.NewTeller()
	t.run.told = told
	if err := t.shelf.to.Begin(p); err != nil {
		return err
	}
	if err := t.pass(ctx, read); err != nil {
		return err
	}
	return t.shelf.to.End(told.Told())
}

// recordsOf reads the records of a part.
func recordsOf(ctx context.Context, in *Input, p shards.Part, report issue.Reporter) iter.Seq2[*extract.Batch, error] {
	if p.Range == nil {
		return extract.BeforeCut(ctx, in.Source, in.Schema.Table, report)
	}
	if c, ok := in.Source.(extract.Cutter); ok {
		return c.ReadPart(ctx, in.Schema.Table, *p.Range, report)
	}
	return func(yield func(*extract.Batch, error) bool) { yield(nil, shards.ErrChanged) }
}

// twinsOf returns the twins of a batch, nil where it has none.
func twinsOf(b *extract.Batch, all map[int64]shards.Twin) []twin {
	if len(all) == 0 {
		return nil
	}
	out := make([]twin, len(b.Records))
	for i := range b.Records {
		if t, ok := all[b.Records[i].Origin.Row]; ok {
			out[i] = twin{transform.Verdict(t.Verdict), t.Other}
		}
	}
	return out
}

// Twins returns the rows of a table that duplicate others, by its inputs: who
// converts a part of it cannot know them.
func Twins(ctx context.Context, job Job, def *Table) (map[*Input][]shards.Twin, error) {
	r := newConversion(job)
	t := r.newTable(def)
	var err error
	if t.binding, err = r.Engine.Bind(def.Source, def.Inputs[0].Schema); err != nil {
		return nil, err
	}
	return r.twins(ctx, t)
}

func (r *run) twins(ctx context.Context, t *table) (map[*Input][]shards.Twin, error) {
	if t.binding.NewDuplicates() == nil {
		return nil, nil
	}
	out := map[*Input][]shards.Twin{}
	t.silent = true
	defer func() { t.silent = false }()
	err := t.readRows(ctx, func(w work) error {
		for i, of := range w.twins {
			if of.verdict != transform.Unique {
				out[w.in] = append(out[w.in], shards.Twin{Row: w.batch.Records[i].Origin.Row, Verdict: uint8(of.verdict), Other: of.other})
			}
		}
		return nil
	})
	return out, err
}
