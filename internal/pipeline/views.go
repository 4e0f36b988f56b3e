package pipeline

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"chartlift/extract"
	"chartlift/internal/issue"
	"chartlift/mappings"
	"chartlift/reports"
)

// ReadForView begins the reason for which rows are filtered that were read for
// views, and made no resource; the views' names follow.
const ReadForView = "view:"

// views is what the tables that views read have in common: what becomes of
// their rows is known when the last view is done.
type views struct {
	tracker *tracker
	owners  map[*Input]*table // the table that counts the input's rows
	held    []*Table
}

// newViews prepares the following of rows into views; its tracker is nil where
// there are none.
func newViews(r *run) views {
	v := views{owners: map[*Input]*table{}}
	if r.Stage == nil {
		return v
	}
	v.tracker = newTracker(true, func(in *Input, ranges []reports.RowRange) { v.owners[in].settle(in, ranges) })
	v.tracker.hold = true
	for _, t := range r.Tables {
		if len(t.Source.ReadBy) > 0 && t.Source.View == nil {
			v.held = append(v.held, t)
		}
	}
	return v
}

// trackerOf returns the tracker of a table whose rows go on into views, or of a
// view; nil for others.
func (v *views) trackerOf(t *table) *tracker {
	switch {
	case t.def.Source.View != nil:
		for _, in := range v.inputs(t.def.Source) {
			t.byOrigin[[2]string{in.Schema.Source, in.Schema.Table}] = in
			t.byOrigin[[2]string{in.Schema.Source, t.def.Source.Name}] = in // rows that no row of a file stands for
		}
		return v.tracker
	case len(t.def.Source.ReadBy) > 0:
		for _, in := range t.def.Inputs {
			v.owners[in] = t
		}
		return v.tracker
	}
	return nil
}

// inputs returns the inputs of the tables that the view reads, by itself or
// through others.
func (v *views) inputs(view *mappings.Source) []*Input {
	var out []*Input
	for _, s := range view.View.Tables {
		if s.View != nil {
			out = append(out, v.inputs(s)...)
			continue
		}
		if at := slices.IndexFunc(v.held, func(t *Table) bool { return t.Source == s }); at >= 0 {
			out = append(out, v.held[at].Inputs...)
		}
	}
	return out
}

// stageTables fills the stage with the rows that views read: those that maps
// would take. Where no map takes rows of the table, this pass is the only one
// over it, and its rows are filtered unless a view makes something of them.
func (r *run) stageTables(ctx context.Context) error {
	for _, def := range r.views.held {
		if err := r.stageTable(ctx, def); err != nil {
			return fmt.Errorf("table %s: %w", def.Source.Name, err)
		}
	}
	for _, def := range r.Tables { // what has no row of its own is written down under the first table that the view reads
		if def.Source.View == nil {
			continue
		}
		if in := r.views.inputs(def.Source); len(in) > 0 {
			def.Inputs[0].ID = in[0].ID
		}
	}
	return nil
}

func (r *run) stageTable(ctx context.Context, def *Table) (err error) {
	t := r.newTable(def)
	if t.binding, err = r.Engine.BindRows(def.Source, def.Inputs[0].Schema); err != nil {
		return err
	}
	if t.silent = def.Source.Mapped; t.silent {
		t.stage = "staging " + def.Source.Name
		t.tracker = newTracker(false, func(*Input, []reports.RowRange) {})
	} else {
		t.tracker = r.views.trackerOf(t)
	}
	if t.filler, err = r.Stage.Filler(def.Source, t.binding.Cells); err != nil {
		return err
	}
	r.Progress.Start(t.stage)
	defer r.Progress.End(t.stage)
	if err := t.pass(ctx, t.readRows); err != nil {
		return err
	}
	return t.filler.Close()
}

// release writes down what became of the rows of tables whose views are all
// done.
func (r *run) release() error {
	for i := 0; i < len(r.views.held); {
		def := r.views.held[i]
		if def.Source.Mapped && !r.done[def.Source] || r.waiting(def.Source) {
			i++
			continue
		}
		r.views.held = slices.Delete(r.views.held, i, i+1)
		var read, rejected int64
		for _, in := range def.Inputs {
			r.views.tracker.release(in)
			t := r.views.owners[in]
			read, rejected = t.read.Load(), t.rejected.Load()
		}
		if err := r.tally.check(r.Program.LimitOf(def.Source), def.Source.Name, read, rejected); err != nil {
			return err
		}
	}
	return r.Recorder.Err()
}

// waiting reports whether maps over views that read the table are still to run.
func (r *run) waiting(s *mappings.Source) bool {
	return slices.ContainsFunc(r.Tables, func(t *Table) bool {
		return t.Source.View != nil && t.Source.Mapped && !r.done[t.Source] && reads(t.Source, map[*mappings.Source]bool{s: true})
	})
}

// readView is the first pass over a view. A row stands where the first row of a
// file stands that it was made of.
func (t *table) readView(ctx context.Context, put put) error {
	bases := t.views.inputs(t.def.Source)
	if len(bases) == 0 {
		return nil
	}
	in := t.def.Inputs[0]
	return t.each(ctx, t.def, t.report, func(_ *Input, b *extract.Batch, _ int64) error {
		for i := range b.Records {
			rec := &b.Records[i]
			rec.Origin = issue.Origin{Source: bases[0].Schema.Source, Table: t.def.Source.Name}
			for _, p := range t.Stage.Places(rec) {
				base, row := t.views.place(p.Source, p.Row)
				if base == nil {
					continue
				}
				rec.Origin = issue.Origin{Source: base.Schema.Source, Table: base.Schema.Table, Row: row, Line: p.Line}
				break
			}
		}
		return put(work{in: in, batch: b})
	})
}

// place returns the input and the row in it of a row that is counted over all
// inputs of its table.
func (v *views) place(s *mappings.Source, row int64) (*Input, int64) {
	at := slices.IndexFunc(v.held, func(t *Table) bool { return t.Source == s })
	if at < 0 {
		return nil, 0
	}
	return placeIn(v.held[at], row)
}

// viewRows takes the rows of a view. What becomes of them becomes of the rows
// that they were made of.
func (c *collector) viewRows(ctx context.Context, p product) error {
	for i := range p.rows {
		o, rec := &p.rows[i], &p.batch.Records[i]
		rows := c.slots(rec)
		for _, s := range rows {
			c.tracker.expect(s, 1+len(o.Groups))
		}
		for _, g := range o.Groups {
			if err := c.groups[g].Add(rec); err != nil {
				return err
			}
		}
		c.withoutRepeats(c.input(rec.Origin), o, rec)
		c.became(rows, o)
		if err := c.resources(ctx, c.input(rec.Origin), o, rec, rows); err != nil {
			return err
		}
		c.untraced(rows, o, rec)
		c.tracker.answer(rows, o.Rejected, false)
		if o.Stop {
			return c.tally.stop("the mapping's policy is stop-run, and the view row of " + rec.Origin.String() + " has " + o.Rejected)
		}
	}
	if err := c.Recorder.Err(); err != nil {
		return err
	}
	c.Progress.Add(c.stage, int64(len(p.rows)), 0)
	return nil
}

// slots returns the rows that share the fate of the record: itself, or those
// that a row of a view was made of.
func (c *collector) slots(rec *extract.Record) []slot {
	if c.def.Source.View == nil {
		return []slot{c.tracker.find(c.input(rec.Origin), rec.Origin.Row)}
	}
	var out []slot
	for _, p := range c.Stage.Places(rec) {
		if in, row := c.views.place(p.Source, p.Row); in != nil {
			out = append(out, c.tracker.find(in, row))
		}
	}
	return out
}

// untraced says that a row of a view was refused that stands for no row of a
// file: the ledger does not show it.
func (c *collector) untraced(rows []slot, o *outcome, rec *extract.Record) {
	if len(rows) > 0 || o.Rejected == "" && !o.refused {
		return
	}
	c.tally.untraced()
	var key []string
	for i, name := range c.def.Source.Key {
		if at := rec.Schema.Column(name); at >= 0 {
			key = append(key, c.def.Source.Key[i]+"="+rec.Values[at].Text)
		}
	}
	c.report(c.input(rec.Origin), issue.Issue{
		Severity: issue.Error, Code: "view-row-rejected", Type: "processing", Rule: c.def.Source.Name, Origin: rec.Origin,
		Column: strings.Join(c.def.Source.Key, ", "), Value: strings.Join(key, ", "),
		Message: "a row of the view " + c.def.Source.Name + " was refused, and which rows of its tables went into it is not known: the ledger counts them as filtered; give the view the column _line, or write it without DISTINCT and UNION",
	})
}

// spare returns why a row is filtered.
func (c *collector) spare(o *outcome) string {
	if o.Spare && len(c.def.Source.ReadBy) > 0 {
		return ReadForView + strings.Join(c.def.Source.ReadBy, ",")
	}
	return o.Filtered
}
