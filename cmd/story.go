package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"chartlift/extract"
	"chartlift/internal/issue"
	"chartlift/internal/pipeline"
	"chartlift/mappings"
	"chartlift/reports"
	"chartlift/transform"
)

// runArgs are what it takes to read the sources of a run again.
type runArgs struct {
	Mapping string            `json:"mapping"`
	Sources []string          `json:"sources"`
	Set     map[string]string `json:"set,omitempty"`
}

// rowStory is one row's story: what the run database knows, and what reading the row again shows.
type rowStory struct {
	reports.Story
	Values    []storyValue  `json:"values,omitempty"`
	Steps     []storyStep   `json:"steps,omitempty"`
	Resources []storyResult `json:"resources,omitempty"`
	Note      string        `json:"note,omitempty"`
}

type storyValue struct {
	Column string `json:"column"`
	Kind   string `json:"kind"`
	Value  string `json:"value"`
}

type storyStep struct {
	Rule  string `json:"rule"`
	Steps string `json:"steps"`
}

type storyResult struct {
	Reference string          `json:"reference"`
	Resource  json.RawMessage `json:"resource,omitempty"`
}

// writeRow tells the story of one row. Values are shown as their shape unless the user asked for them.
func writeRow(ctx context.Context, s *settings, o reportOptions, db *reports.DB, arg string, w io.Writer) error {
	file, row, err := splitRow(arg)
	if err != nil {
		return err
	}
	known, err := db.RowStory(ctx, o.run, file, row)
	if err != nil {
		return err
	}
	story := rowStory{Story: known}
	info, err := db.Run(ctx, known.Run)
	if err != nil {
		return err
	}
	if err := reread(ctx, s, info, &story); err != nil {
		story.Note = "the row could not be read again: " + err.Error()
	} else if len(story.Resources) == 0 {
		story.Bundles = nil // a bundle of its neighbours, not of this row
	}
	if !s.showValues {
		story.mask()
	}
	if s.json {
		return json.NewEncoder(w).Encode(story)
	}
	_, err = io.WriteString(w, story.text(s.showValues))
	return err
}

// mask replaces the values that the run database keeps by their shape.
func (story *rowStory) mask() {
	for i := range story.Findings {
		story.Findings[i].Value = reports.Shape(story.Findings[i].Value)
	}
	for i := range story.Refused {
		story.Refused[i].ServerText = "" // what a server writes may quote the resource
	}
}

// reread reads the row from its source and maps it with every step of every cleaner noted.
func reread(ctx context.Context, s *settings, info reports.RunInfo, story *rowStory) (err error) {
	var args runArgs
	if err := json.Unmarshal([]byte(info.Args), &args); err != nil {
		return fmt.Errorf("the run does not say what it read: %w", err)
	}
	quiet := *s
	quiet.mapping, quiet.sources, quiet.set, quiet.quiet = args.Mapping, args.Sources, args.Set, true
	m, err := plan(ctx, &quiet)
	defer func() { err = errors.Join(err, m.Close()) }()
	if err != nil {
		return err
	}
	if m.prog.SHA256 != info.MappingSHA256 {
		story.Note = "the mapping has changed since the run: the steps below are of the mapping as it is now"
	}
	table, in := m.tables.input(story.Source, story.Table)
	if in == nil {
		return fmt.Errorf("the table is not in the sources any more")
	}
	rec, err := record(ctx, in, story.Row)
	if err != nil {
		return err
	}
	story.Line = rec.Origin.Line
	story.tell(m.prog, m.tables.absent, table, in, rec, s.showValues)
	return nil
}

// input returns the table with this source file and name.
func (t *tableSet) input(source, table string) (*pipeline.Table, *pipeline.Input) {
	for _, def := range t.tables {
		for _, in := range def.Inputs {
			if in.Schema.Source == source && in.Schema.Table == table {
				return def, in
			}
		}
	}
	return nil, nil
}

// record reads the table up to the row.
func record(ctx context.Context, in *pipeline.Input, row int64) (*extract.Record, error) {
	for b, err := range in.Source.Read(ctx, in.Schema.Table, func(issue.Issue) {}) {
		if err != nil {
			return nil, err
		}
		for i := range b.Records {
			if b.Records[i].Origin.Row == row {
				return &b.Records[i], nil
			}
		}
	}
	return nil, fmt.Errorf("the table has no row %d any more", row)
}

// tell maps the record alone: its references are taken for granted, its lookups are empty.
func (story *rowStory) tell(prog *mappings.Program, absent []*mappings.Source, def *pipeline.Table, in *pipeline.Input, rec *extract.Record, show bool) {
	mask := func(text string) string {
		if show {
			return text
		}
		return reports.Shape(text)
	}
	for i, v := range rec.Values {
		story.Values = append(story.Values, storyValue{in.Schema.Columns[i], kindName(v.Kind), mask(v.Text)})
	}
	engine := transform.New(prog, absent)
	engine.Trust()
	b, err := engine.Bind(def.Source, in.Schema)
	if err != nil {
		story.Note = err.Error()
		return
	}
	worker := b.Worker(transform.Hooks{Report: func(issue.Issue) {}, Trace: func(st transform.Step) { story.step(st, mask) }})
	for _, built := range worker.Row(rec).Built {
		r := storyResult{Reference: built.Resource.Ref()}
		if show {
			r.Resource = built.Resource.JSON
		}
		story.Resources = append(story.Resources, r)
	}
}

// step adds a step to the line of its rule.
func (story *rowStory) step(st transform.Step, mask func(string) string) {
	out := mask(st.Out)
	if st.Null {
		out = "null"
	}
	if st.Stage == "" || len(story.Steps) == 0 {
		story.Steps = append(story.Steps, storyStep{Rule: st.Rule, Steps: out})
		return
	}
	last := &story.Steps[len(story.Steps)-1]
	last.Steps += " | " + st.Stage + " → " + out
}

func kindName(k extract.Kind) string {
	return [...]string{"absent", "null", "text", "number", "date", "bool"}[k]
}

// text returns the story for a terminal.
func (story *rowStory) text(show bool) string {
	var b strings.Builder
	b.WriteString(story.Story.Text())
	if story.Note != "" {
		fmt.Fprintf(&b, "note: %s\n", story.Note)
	}
	if len(story.Values) > 0 {
		b.WriteString("\nvalues as they stand in the source\n")
	}
	for _, v := range story.Values {
		if v.Kind == "null" || v.Kind == "absent" {
			fmt.Fprintf(&b, "  %-24s %s\n", v.Column, v.Kind)
			continue
		}
		fmt.Fprintf(&b, "  %-24s %s\n", v.Column, v.Value)
	}
	if len(story.Steps) > 0 {
		b.WriteString("\nwhat each rule made of them\n")
	}
	for _, st := range story.Steps {
		fmt.Fprintf(&b, "  %-36s %s\n", st.Rule, st.Steps)
	}
	if len(story.Resources) > 0 {
		b.WriteString("\nresources\n")
	}
	for _, r := range story.Resources {
		fmt.Fprintf(&b, "  %s\n", r.Reference)
		if r.Resource != nil {
			fmt.Fprintf(&b, "    %s\n", r.Resource)
		}
	}
	if !show && len(story.Values) > 0 {
		b.WriteString("\nvalues are shown as their shape; --show-values shows them\n")
	}
	return b.String()
}
