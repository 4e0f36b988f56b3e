package pipeline

import (
	"context"
	"fmt"
	"slices"

	"chartlift/extract"
	"chartlift/internal/issue"
	"chartlift/mappings"
	"chartlift/reports"
	"chartlift/transform"
)

// How many groups go to a worker together: of large ones fewer, for memory.
const (
	groupsAtOnce    = 128
	groupRowsAtOnce = 2048
)

// each calls do for every batch of the table's inputs. row is the number of
// the batch's first record, counted over all inputs.
func (r *run) each(ctx context.Context, def *Table, report func(*Input, issue.Issue), do func(in *Input, b *extract.Batch, row int64) error) error {
	row := int64(1)
	var at *Input
	for in, c := range inOrder(ctx, def.Inputs) {
		if at != in {
			at = in
			in.start.Store(row)
		}
		switch {
		case c.err != nil:
			return fmt.Errorf("read %s: %w", in.Schema.Source, c.err)
		case c.said != nil:
			report(in, *c.said)
		default:
			if err := do(in, c.batch, row); err != nil {
				return err
			}
			row += int64(len(c.batch.Records))
		}
	}
	if r.Recorder != nil {
		r.counted(def, row-1)
	}
	return nil
}

// counted compares the rows of a table with its control total, once: some
// tables are read several times.
func (r *run) counted(def *Table, read int64) {
	found, wrong := def.Source.Counted(read)
	if wrong && !slices.Contains(r.miscounted, def.Source) {
		r.miscounted = append(r.miscounted, def.Source)
		r.report(def.Inputs[0], found)
		r.tally.miscounted()
	}
}

// silent is the reporter of a pass over rows that another pass reports.
func silent(*Input, issue.Issue) {}

// readRows is the first pass: it reads the rows and marks those that duplicate
// another.
func (t *table) readRows(ctx context.Context, put put) error {
	twins := t.binding.NewDuplicates()
	if twins != nil && twins.KeepLast() {
		err := t.each(ctx, t.def, silent, func(_ *Input, b *extract.Batch, row int64) error {
			for i := range b.Records {
				if b.Records[i].Fault == nil {
					twins.See(t.binding, &b.Records[i], row+int64(i))
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return t.each(ctx, t.def, t.report, func(in *Input, b *extract.Batch, row int64) error {
		w := work{in: in, batch: b}
		if twins != nil {
			twins.CheckAll(t.binding, b.Records, row, func(i int, other int64, v transform.Verdict) {
				if w.twins == nil {
					w.twins = make([]twin, len(b.Records))
				}
				w.twins[i] = twin{v, other}
			})
		}
		return put(w)
	})
}

// readGroups is a later pass: the groups of one grouped map.
func (t *table) readGroups(index int, put put) error {
	var groups [][]extract.Record
	rows := 0
	for g, err := range t.groups[index].All() {
		if err != nil {
			return err
		}
		rows += len(g)
		if groups = append(groups, g); len(groups) == groupsAtOnce || rows >= groupRowsAtOnce {
			if err := put(work{groups: groups, index: index}); err != nil {
				return err
			}
			groups, rows = nil, 0
		}
	}
	if len(groups) == 0 {
		return nil
	}
	return put(work{groups: groups, index: index})
}

// announce reads the tables of maps that this table's maps refer to and that
// are not done yet, itself included: their references must resolve before all
// rows are read.
func (t *table) announce(ctx context.Context) error {
	targets := map[*mappings.Source][]*mappings.Map{}
	for _, m := range t.Program.Maps {
		if m.From != t.def.Source {
			continue
		}
		for _, ref := range m.Refs {
			if !t.done[ref.From] && !slices.Contains(targets[ref.From], ref) {
				targets[ref.From] = append(targets[ref.From], ref)
			}
		}
	}
	for _, def := range t.Tables {
		if len(targets[def.Source]) == 0 {
			continue
		}
		b, err := t.Engine.Bind(def.Source, def.Inputs[0].Schema)
		if err != nil {
			return err
		}
		w := b.Worker(transform.Hooks{Report: func(issue.Issue) {}})
		err = t.each(ctx, def, silent, func(_ *Input, batch *extract.Batch, _ int64) error {
			for i := range batch.Records {
				w.Expect(&batch.Records[i], targets[def.Source])
			}
			return w.Err()
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// fillLookups reads the tables that lookups of these maps look in. Rows of a
// table that serves lookups only are filtered: they were read, and none makes a
// resource. That is written down where there is a run database.
func (r *run) fillLookups(ctx context.Context, of func(*mappings.Map) bool) error {
	for _, def := range r.Tables {
		b, err := r.Engine.Bind(def.Source, def.Inputs[0].Schema)
		if err != nil {
			return err
		}
		report := silent
		alone := r.Recorder != nil && !def.Source.Mapped && len(def.Source.ReadBy) == 0 && def.Source.View == nil
		if alone {
			report = r.report
		}
		filler := b.Filler(of, func(issue.Issue) {})
		if filler == nil {
			continue
		}
		var at *Input
		looker := b.Worker(transform.Hooks{Report: func(i issue.Issue) { r.report(at, i) }})
		err = r.each(ctx, def, report, func(in *Input, batch *extract.Batch, _ int64) error {
			for i := range batch.Records {
				if err := filler.Add(&batch.Records[i]); err != nil {
					return err
				}
			}
			if alone {
				at = in
				r.lookupOnly(in, batch, looker)
				return r.Recorder.Err()
			}
			return nil
		})
		if err == nil {
			err = filler.Close()
		}
		if err != nil {
			return fmt.Errorf("lookup table %s: %w", def.Source.Name, err)
		}
	}
	return nil
}

// lookupOnly writes the outcomes of rows that only serve lookups, and has their
// cells looked at.
func (r *run) lookupOnly(in *Input, b *extract.Batch, looker *transform.Worker) {
	var ranges []reports.RowRange
	for i := range b.Records {
		rec := &b.Records[i]
		g := reports.RowRange{First: rec.Origin.Row, Last: rec.Origin.Row, Outcome: reports.Filtered, Reason: "lookup-only"}
		if rec.Fault != nil {
			g.Outcome, g.Reason = reports.Rejected, rec.Fault.Code
			fault := *rec.Fault
			fault.Origin = rec.Origin
			r.report(in, fault)
		} else {
			looker.Look(rec)
		}
		if last := len(ranges) - 1; last >= 0 && follows(ranges[last], g) {
			ranges[last].Last = g.Last
			continue
		}
		ranges = append(ranges, g)
	}
	r.tally.rows(ranges)
	r.record(func() { r.Recorder.Rows(in.ID, ranges) })
}

// follows reports whether two ranges can be said as one.
func follows(before, g reports.RowRange) bool {
	return before.Last+1 == g.First && before.Outcome == g.Outcome && before.Reason == g.Reason
}

// place returns the input and the row in it of a row that is counted over all
// inputs.
func (t *table) place(row int64) (*Input, int64) { return placeIn(t.def, row) }

func placeIn(def *Table, row int64) (*Input, int64) {
	at := def.Inputs[0]
	for _, in := range def.Inputs {
		if in.start.Load() > 0 && in.start.Load() <= row {
			at = in
		}
	}
	return at, row - at.start.Load() + 1
}
