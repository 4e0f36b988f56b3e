package cmd

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"chartlift/extract"
	"chartlift/internal/issue"
	"chartlift/internal/pipeline"
	"chartlift/mappings"
	"chartlift/transform"
)

// stagedFile is where the rows of a file begin among those of its table.
type stagedFile struct {
	first  int64
	origin issue.Origin // of its first row
}

// wholly returns a retelling of no row in particular: all tables are staged for
// the views, and lookups of all maps may be filled.
func (m *migration) wholly(ctx context.Context) (*retelling, error) {
	r := &retelling{m: m, story: &rowStory{}, engine: m.engine(0)}
	r.engine.Trust()
	return r, r.fillViews(ctx)
}

// concerns reports whether the map takes the row of the story, by itself or
// through a view.
func (r *retelling) concerns(m *mappings.Map) bool {
	return r.table == nil || m.From == r.table.Source || m.From.View != nil && m.From.MadeOf(r.table.Source)
}

// fillViews stages the tables of the views that the row may go through, and of
// those that its maps look in.
func (r *retelling) fillViews(ctx context.Context) error {
	for _, v := range r.m.tables.Views {
		if slices.ContainsFunc(r.m.prog.Maps, func(m *mappings.Map) bool {
			return r.concerns(m) && (m.From == v.Source || slices.ContainsFunc(m.Lookups, func(l *mappings.Lookup) bool { return l.In == v.Source }))
		}) {
			r.views = append(r.views, v)
		}
	}
	r.files = map[*mappings.Source][]stagedFile{}
	for _, def := range r.m.tables.Tables {
		if !slices.ContainsFunc(r.views, func(v *pipeline.Table) bool { return v.Source.MadeOf(def.Source) }) {
			continue
		}
		if err := r.stageTable(ctx, def); err != nil {
			return fmt.Errorf("read %s for views: %w", def.Source.Name, err)
		}
	}
	return nil
}

func (r *retelling) stageTable(ctx context.Context, def *pipeline.Table) (err error) {
	b, err := r.engine.BindRows(def.Source, def.Inputs[0].Schema)
	if err != nil {
		return err
	}
	filler, err := r.m.stage.Filler(def.Source, b.Cells)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, filler.Close()) }()
	s := b.NewSieve()
	n := int64(0)
	if s.Twice() {
		err := eachRecord(ctx, def, func(rec *extract.Record) error {
			n++
			s.See(rec, n)
			return nil
		})
		if err != nil {
			return err
		}
		n = 0
	}
	return eachRecord(ctx, def, func(rec *extract.Record) error {
		if n++; rec.Origin.Row == 1 {
			r.files[def.Source] = append(r.files[def.Source], stagedFile{n, rec.Origin})
		}
		if !s.Passes(rec, n) {
			return nil
		}
		if def == r.table && r.isRow(rec) {
			r.row = n
		}
		return filler.Add(n, rec)
	})
}

// throughViews maps the rows of views that the row went into.
func (r *retelling) throughViews(ctx context.Context) error {
	if r.row == 0 {
		return nil
	}
	for _, v := range r.views {
		if !v.Source.MadeOf(r.table.Source) || !v.Source.Mapped {
			continue
		}
		b, err := r.engine.Bind(v.Source, v.Inputs[0].Schema)
		if err != nil {
			return err
		}
		err = eachRecord(ctx, v, func(rec *extract.Record) error {
			if !r.wentInto(rec) {
				return nil
			}
			return r.viewRow(ctx, v, b, rec)
		})
		if err != nil {
			return fmt.Errorf("follow the row into the view %s: %w", v.Source.Name, err)
		}
	}
	return nil
}

// wentInto reports whether the row of the story is one of those that the view's
// row was made of.
func (r *retelling) wentInto(rec *extract.Record) bool {
	for _, p := range r.m.stage.Places(rec) {
		if p.Source == r.table.Source && p.Row == r.row {
			return true
		}
	}
	return false
}

// origin returns where the first row stands that the view's row was made of:
// that is its place in the run.
func (r *retelling) origin(rec *extract.Record) issue.Origin {
	out := rec.Origin
	places := r.m.stage.Places(rec)
	for _, p := range places[:min(1, len(places))] {
		for _, f := range r.files[p.Source] {
			if f.first <= p.Row {
				out = f.origin
				out.Row, out.Line = p.Row-f.first+1, p.Line
			}
		}
	}
	return out
}

// viewRow maps a row of a view.
func (r *retelling) viewRow(ctx context.Context, v *pipeline.Table, b *transform.Binding, rec *extract.Record) error {
	r.story.Together = max(r.story.Together, len(r.m.stage.Places(rec)))
	rec.Origin = r.origin(rec)
	worker := b.Worker(transform.Hooks{Report: silent, Trace: r.step})
	row := worker.Row(rec)
	r.resources(row.Built)
	for _, index := range slices.Clone(row.Groups) {
		rows, err := r.group(ctx, v, b, index)
		if err != nil {
			return err
		}
		r.resources(worker.Group(index, rows).Built)
	}
	return worker.Err()
}
