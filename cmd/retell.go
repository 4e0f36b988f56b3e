package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"chartlift/extract"
	"chartlift/internal/issue"
	"chartlift/internal/pipeline"
	"chartlift/mappings"
	"chartlift/reports"
	"chartlift/transform"
)

// retelling maps one row of a finished run again, with every step noted.
type retelling struct {
	m      *migration
	story  *rowStory
	show   bool // values as they are, not their shape
	engine *transform.Engine
	table  *pipeline.Table
	in     *pipeline.Input
	views  []*pipeline.Table // that the row may go through, or that its maps look in
	row    int64             // number of the row over all inputs, as views know it; 0: it is in none
	files  map[*mappings.Source][]stagedFile
}

// errNoRow says that the table is shorter.
var errNoRow = errors.New("the table has no row")

// silent is the reporter of what the run has reported already.
func silent(issue.Issue) {}

// reread reads the row from its source and maps it with every step of every
// cleaner noted.
func reread(ctx context.Context, s *settings, info reports.RunInfo, story *rowStory) (err error) {
	m, err := replan(ctx, s, info)
	defer func() { err = errors.Join(err, m.Close()) }()
	if err != nil {
		return err
	}
	if m.prog.SHA256 != info.MappingSHA256 {
		story.Note = "the mapping has changed since the run: the steps below are of the mapping as it is now"
	}
	r := &retelling{m: m, story: story, show: s.showValues, engine: m.engine(0)}
	if r.table, r.in = m.tables.Input(story.Source, story.Table); r.in == nil {
		return fmt.Errorf("the table is not in the sources any more")
	}
	rec, err := r.record(ctx)
	if err != nil {
		return err
	}
	story.Line = rec.Origin.Line
	return r.tell(ctx, rec)
}

// replan opens mapping and sources of a run once more.
func replan(ctx context.Context, s *settings, info reports.RunInfo) (*migration, error) {
	var args runArgs
	if err := json.Unmarshal([]byte(info.Args), &args); err != nil {
		return &migration{}, fmt.Errorf("the run does not say what it read: %w", err)
	}
	quiet := *s
	quiet.mapping, quiet.sources, quiet.set, quiet.guides, quiet.quiet = args.Mapping, args.Sources, args.Set, args.Guides, true
	return plan(ctx, &quiet, telling)
}

// record reads the table up to the row.
func (r *retelling) record(ctx context.Context) (*extract.Record, error) {
	last := int64(0)
	for b, err := range extract.BeforeCut(ctx, r.in.Source, r.in.Schema.Table, nil) {
		if err != nil {
			return nil, err
		}
		for i := range b.Records {
			last = b.Records[i].Origin.Row
			if b.Records[i].Origin.Row == r.story.Row {
				return &b.Records[i], nil
			}
		}
	}
	return nil, fmt.Errorf("%s, table %s: %w %d; its last row is %d", r.story.Source, r.story.Table, errNoRow, r.story.Row, last)
}

// tell maps the record: its references are taken for granted, its lookups and
// its group are read.
func (r *retelling) tell(ctx context.Context, rec *extract.Record) error {
	for i, v := range rec.Values {
		if i < len(r.in.Schema.Columns) {
			r.story.Values = append(r.story.Values, storyValue{r.in.Schema.Columns[i], kindName(v.Kind), r.mask(v.Text)})
		}
	}
	r.engine.Trust()
	if err := r.fillViews(ctx); err != nil {
		return err
	}
	if err := r.fillLookups(ctx); err != nil {
		return err
	}
	b, err := r.engine.Bind(r.table.Source, r.in.Schema)
	if err != nil {
		return err
	}
	worker := b.Worker(transform.Hooks{Report: silent, Trace: r.step})
	row := worker.Row(rec)
	r.resources(row.Built)
	for _, index := range slices.Clone(row.Groups) {
		rows, err := r.group(ctx, r.table, b, index)
		if err != nil {
			return err
		}
		r.resources(worker.Group(index, rows).Built)
	}
	if err := worker.Err(); err != nil {
		return err
	}
	return r.throughViews(ctx)
}

func (r *retelling) resources(built []transform.Built) {
	for _, b := range built {
		out := storyResult{Reference: b.Resource.Ref()}
		if r.show {
			out.Resource = b.Resource.JSON
		}
		r.story.Resources = append(r.story.Resources, out)
	}
}

// fillLookups reads the tables that the maps of the row's table look in.
func (r *retelling) fillLookups(ctx context.Context) error {
	for _, def := range slices.Concat(r.m.tables.Tables, r.views) {
		b, err := r.engine.Bind(def.Source, def.Inputs[0].Schema)
		if err != nil {
			return err
		}
		filler := b.Filler(r.concerns, silent)
		if filler == nil {
			continue
		}
		err = eachRecord(ctx, def, func(rec *extract.Record) error {
			return filler.Add(rec)
		})
		if err == nil {
			err = filler.Close()
		}
		if err != nil {
			return fmt.Errorf("look up in %s: %w", def.Source.Name, err)
		}
	}
	return nil
}

// group returns the rows that make one resource together with the row of the
// story.
func (r *retelling) group(ctx context.Context, table *pipeline.Table, b *transform.Binding, index int) (rows []extract.Record, err error) {
	is := r.isRow
	if table.Source.View != nil {
		is = r.wentInto
	}
	all := b.NewGroups(index, transform.SpillOptions{Dir: r.m.temp})
	defer func() { err = errors.Join(err, all.Close()) }()
	worker := b.Worker(transform.Hooks{Report: silent})
	err = eachRecord(ctx, table, func(rec *extract.Record) error {
		if !slices.Contains(worker.Row(rec).Groups, index) {
			return nil
		}
		if table.Source.View != nil {
			rec.Origin = r.origin(rec)
		}
		return all.Add(rec)
	})
	if err == nil {
		err = worker.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("read the row's group: %w", err)
	}
	for g, err := range all.All() {
		if err != nil {
			return nil, fmt.Errorf("read the row's group: %w", err)
		}
		if slices.ContainsFunc(g, func(rec extract.Record) bool { return is(&rec) }) {
			r.story.Together = len(g)
			return g, nil
		}
	}
	return nil, fmt.Errorf("the row's group is not in the sources any more")
}

// isRow reports whether the record is the row of the story.
func (r *retelling) isRow(rec *extract.Record) bool {
	return rec.Origin.Row == r.story.Row && rec.Origin.Source == r.story.Source && rec.Origin.Table == r.story.Table
}

// eachRecord reads all rows of a table.
func eachRecord(ctx context.Context, def *pipeline.Table, do func(*extract.Record) error) error {
	for _, in := range def.Inputs {
		for b, err := range extract.BeforeCut(ctx, in.Source, in.Schema.Table, nil) {
			if err != nil {
				return err
			}
			for i := range b.Records {
				if err := do(&b.Records[i]); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (r *retelling) mask(text string) string {
	if r.show {
		return text
	}
	return reports.Shape(text)
}

// step adds a step to the line of its rule.
func (r *retelling) step(st transform.Step) {
	out := r.mask(st.Out)
	if st.Null {
		out = "null"
	}
	steps := r.story.Steps
	if st.Stage == "" || len(steps) == 0 {
		r.story.Steps = append(steps, storyStep{Rule: st.Rule, Steps: out})
		return
	}
	steps[len(steps)-1].Steps += " | " + st.Stage + " → " + out
}
