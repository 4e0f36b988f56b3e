package pipeline

import (
	"context"
	"fmt"
	"slices"

	"chartlift/mappings"
	"chartlift/reports"
	"chartlift/transform"
	"chartlift/transform/dedupe"
	"chartlift/transform/golden"
)

// plan compares all Patients and decides which of them are put together.
func (p *people) plan(ctx context.Context) error {
	all, err := newCandidates(p.Program, p.match.Rules, p.TempDir)
	if err != nil {
		return err
	}
	defer func() { _ = all.file.Close() }() // only a temporary file that is gone already
	engine := p.Engine.Rehearsal(func(m *mappings.Map) bool { return p.done[m.From] })
	for _, def := range p.tables {
		if err := p.rehearse(ctx, def, engine, all); err != nil {
			return fmt.Errorf("table %s: %w", def.Source.Name, err)
		}
	}
	p.Progress.Start("matching people")
	defer p.Progress.End("matching people")
	if err := p.link(ctx, all); err != nil {
		return err
	}
	if p.found == nil {
		return nil
	}
	p.gather()
	err = p.record()
	p.found = nil // a million records take as many hundreds of megabytes
	return err
}

// rehearse maps the Patients of a table.
func (p *people) rehearse(ctx context.Context, def *Table, engine *transform.Engine, all *candidates) error {
	return p.run.rehearse(ctx, def, engine, rehearsed{all, "reading people of " + def.Source.Name, isPatient})
}

// rehearsed says what a rehearsal is for.
type rehearsed struct {
	to    rehearsal
	stage string
	of    func(*mappings.Map) bool // the maps that are rehearsed
}

// rehearse maps a table, and says nothing of it: the run itself does.
func (r *run) rehearse(ctx context.Context, def *Table, engine *transform.Engine, what rehearsed) (err error) {
	t := r.newTable(def)
	t.silent, t.rehearsal, t.stage = true, what.to, what.stage
	t.check = r.Check.Rehearsal()
	t.tracker = newTracker(false, func(*Input, []reports.RowRange) {})
	var maps []*mappings.Map
	for _, m := range r.Program.Maps {
		if what.of(m) {
			maps = append(maps, m)
		}
	}
	if t.binding, err = engine.BindMaps(def.Source, def.Inputs[0].Schema, maps); err != nil {
		return err
	}
	r.openGroups(t)
	defer func() { err = t.closeGroups(err) }()
	r.Progress.Start(t.stage)
	defer r.Progress.End(t.stage)
	return t.passes(ctx)
}

// rehearse takes the resources of a product, and nothing else.
func (c *collector) rehearse(p product) error {
	for i := range p.rows {
		o := &p.rows[i]
		rec := p.record(i)
		for _, g := range o.Groups {
			if err := c.groups[g].Add(rec); err != nil {
				return err
			}
		}
		for _, b := range o.built {
			if err := c.rehearsal.add(b, rec.Origin); err != nil {
				return err
			}
		}
	}
	c.Progress.Add(c.stage, int64(len(p.rows)), p.share())
	return nil
}

// link compares the candidates.
func (p *people) link(ctx context.Context, all *candidates) error {
	fields := all.fields()
	if len(fields) == 0 || all.n < 2 {
		return nil
	}
	decisions, err := p.decisions(all)
	if err != nil {
		return err
	}
	l, err := dedupe.New(dedupe.Options{Fields: fields, Policy: dedupe.Policy(p.match.Rules.Policy), Workers: p.Workers, Decisions: decisions})
	if err != nil {
		return err
	}
	at, values := map[string]int{}, make([]string, len(fields))
	for i, f := range fields {
		at[f.Column] = i
	}
	for k, err := range all.all() {
		if err != nil {
			return err
		}
		all.row(k, at, values)
		if err := l.Add(k.id, values); err != nil {
			return err
		}
	}
	f := &finding{rows: all, details: map[string]*candidate{}}
	if f.result, err = l.Link(ctx); err != nil {
		return err
	}
	if p.modelSHA, err = f.result.Model.SHA256(); err != nil {
		return err
	}
	p.policy = policyURI(p.match.Rules.Policy, p.modelSHA)
	p.found = f
	f.names = p.carry()
	return f.gather()
}

// decisions names the records of people's decisions by the ids of their
// Patients.
func (p *people) decisions(all *candidates) ([]dedupe.Decision, error) {
	if len(p.match.Decisions) == 0 {
		return nil, nil
	}
	ids := map[reports.RecordRef]string{}
	for _, d := range p.match.Decisions {
		ids[d.Left], ids[d.Right] = "", ""
	}
	for k, err := range all.all() {
		if err != nil {
			return nil, err
		}
		if ref := all.ref(k); len(ids) > 0 {
			if _, asked := ids[ref]; asked {
				ids[ref] = k.id
			}
		}
	}
	var out []dedupe.Decision
	for _, d := range p.match.Decisions {
		l, r := ids[d.Left], ids[d.Right]
		if l != "" && r != "" && d.Verdict != reports.UnsurePerson {
			out = append(out, dedupe.Decision{L: l, R: r, Same: d.Verdict == reports.SamePerson})
		}
	}
	return out, nil
}

// gather keeps what is known of the Patients that are in clusters or in pairs
// worth telling of.
func (f *finding) gather() error {
	for pair := range f.result.Pairs() {
		if pair.Grade >= dedupe.Possible {
			f.details[pair.L], f.details[pair.R] = nil, nil
		}
	}
	for _, c := range f.result.Clusters {
		for _, m := range c.Members {
			f.details[m.ID] = nil
		}
	}
	for k, err := range f.rows.all() {
		if err != nil {
			return err
		}
		if _, asked := f.details[k.id]; asked {
			k.values = slices.DeleteFunc(k.values, func(v golden.Value) bool { return !f.rows.alone(v) })
			f.details[k.id] = k
		}
	}
	return nil
}
