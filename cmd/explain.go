package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"chartlift/extract"
	"chartlift/internal/issue"
	"chartlift/mappings"
	"chartlift/reports"
	"chartlift/transform"
)

func newExplain(s *settings) *cobra.Command {
	run := ""
	c := &cobra.Command{
		Use:   "explain TYPE/ID [ELEMENT]",
		Short: "Trace an element of a resource back to rule, cleaners, file, row and column",
		Long: `Finds the row that a resource of a run was made of, maps it again, and prints for each rule of the element (of all elements
where none is named): the rule with its file and line, the columns, and what each cleaner made of the value. The resource is found
by computing the ids of the rows again, so the sources must still be there. An element is named as in the mapping: name[0].family is the
family of the first name that the mapping writes, name.family that of any. The other way, from a row to what it became, is chartlift report row
FILE:N, or FILE/TABLE:N for a dump, workbook or database.`,
		Example: `  chartlift explain Patient/LC-0007 birthDate
  chartlift explain Patient/LC-0007 name.family --show-values`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(c *cobra.Command, args []string) error {
			return explain(c.Context(), s, run, append(args, "")[:2])
		},
	}
	c.Flags().StringVar(&run, "run", "", "the run to look in (default: the latest)")
	return c
}

// explanation is what explain prints.
type explanation struct {
	Resource string         `json:"resource"`
	Run      string         `json:"run"`
	Map      string         `json:"map"`
	Source   string         `json:"source"`
	Table    string         `json:"table"`
	Row      int64          `json:"row"`
	Line     int64          `json:"line"`
	Outcome  string         `json:"outcome"`
	Together int            `json:"together,omitempty"`
	MadeOf   []string       `json:"made_of,omitempty"`   // rows of a view: those of the tables that it reads
	MergedTo string         `json:"merged_to,omitempty"` // the Patient of the same person that stands for this one
	Rules    []explainedRow `json:"rules"`
	Note     string         `json:"note,omitempty"`
}

// explainedRow is one rule of the element.
type explainedRow struct {
	Rule    string   `json:"rule"`
	Value   string   `json:"value"`
	File    string   `json:"file"`
	Line    int      `json:"line"`
	Use     string   `json:"use,omitempty"` // of a rule in a fragment: where that is used
	Columns []string `json:"columns"`
	Steps   []string `json:"steps"`
}

func explain(ctx context.Context, s *settings, run string, args []string) (err error) {
	if _, _, err := splitRow(args[0]); err == nil {
		return usage("%s is a row: chartlift report row %s tells its story; explain begins at a resource, such as Patient/LC-0007", args[0], args[0])
	}
	typ, id, ok := strings.Cut(args[0], "/")
	if !ok || typ == "" || id == "" {
		return usage("name the resource by type and id: chartlift explain Patient/LC-0007 birthDate")
	}
	db, err := openRuns(s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	info, err := db.Run(ctx, run)
	if errors.Is(err, reports.ErrNoRun) {
		return &exitError{code: exitUsage, stable: "no-such-report", err: err}
	} else if err != nil {
		return err
	}
	f := &finder{s: s, db: db, info: info, run: run, ref: args[0]}
	if typ == "Patient" {
		if f.into, f.grade, err = db.Survivor(ctx, run, id); err != nil {
			return err
		}
	}
	if err := f.find(ctx, typ, id); err != nil {
		return err
	}
	if f.story == nil {
		return refuse("no-such-resource", "no row of the sources makes %s in this run; see chartlift report ledger", args[0])
	}
	out, err := f.explain(args[1])
	if err != nil {
		return err
	}
	if s.json {
		return json.NewEncoder(s.streams.Out).Encode(out)
	}
	_, err = s.streams.Out.Write([]byte(out.text(s.showValues)))
	return err
}

// finder looks for the row that a resource was made of.
type finder struct {
	s     *settings
	db    *reports.DB
	info  reports.RunInfo
	run   string
	ref   string
	file  mappingFile
	def   *mappings.Map
	story *rowStory // nil: not found

	madeOf []string
	into   string // id of the Patient as one person with which this one was merged, "" where it stands by itself
	grade  string
}

// errFound ends the reading of a table.
var errFound = errors.New("found")

// find computes the ids of all rows again, until one of them is that of the
// resource and the row was not merged into another one.
func (f *finder) find(ctx context.Context, typ, id string) (err error) {
	m, err := replan(ctx, f.s, f.info)
	defer func() { err = errors.Join(err, m.Close()) }()
	if err != nil {
		return err
	}
	f.file = m.file
	all, err := m.wholly(ctx)
	if err != nil {
		return err
	}
	for _, table := range slices.Concat(m.tables.Tables, m.tables.Views) {
		if !slices.ContainsFunc(m.prog.Maps, func(d *mappings.Map) bool { return d.From == table.Source && d.Resource == typ }) {
			continue
		}
		b, err := all.engine.Bind(table.Source, table.Inputs[0].Schema)
		if err != nil {
			return err
		}
		worker := b.Worker(transform.Hooks{Report: silent})
		err = eachRecord(ctx, table, func(rec *extract.Record) error {
			if def := worker.Maker(rec, typ, id); def != nil {
				return f.candidate(ctx, all, rec, def)
			}
			return nil
		})
		if errors.Is(err, errFound) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("look for %s: %w", f.ref, err)
		}
	}
	return nil
}

// candidate tells the story of a row that has the resource's id, and returns
// errFound where it made it. For a row of a view it is that of the first row of
// a file that went into it.
func (f *finder) candidate(ctx context.Context, all *retelling, rec *extract.Record, def *mappings.Map) error {
	o := rec.Origin
	var madeOf []string
	if def.From.View != nil {
		o = all.origin(rec)
		for _, p := range all.m.stage.Places(rec) {
			madeOf = append(madeOf, fmt.Sprintf("%s row %d (line %d)", p.Source.Name, p.Row, p.Line))
		}
		if len(madeOf) == 0 {
			return fmt.Errorf("the rows of the view %s cannot be followed to those of files: %w", def.From.Name, errNoRow)
		}
	}
	known, err := f.db.RowStory(ctx, f.run, o.Source+"/"+o.Table, o.Row)
	if err != nil || known.Outcome == reports.Merged.String() && f.into == "" {
		return err
	}
	story := &rowStory{Story: known}
	if err := reread(ctx, f.s, f.info, story); err != nil {
		return err
	}
	if !slices.ContainsFunc(story.Resources, func(r storyResult) bool { return r.Reference == f.ref }) {
		return nil // a condition of the map leaves the row out
	}
	f.story, f.def, f.madeOf = story, def, madeOf
	return errFound
}

// explain returns what the rules of the element made of the row.
func (f *finder) explain(element string) (explanation, error) {
	out := explanation{
		Resource: f.ref, Run: f.story.Run, Map: f.def.Name, Source: f.story.Source, Table: f.story.Table, Row: f.story.Row, Line: f.story.Line,
		Outcome: f.story.Outcome, Note: f.story.Note, Together: f.story.Together, MadeOf: f.madeOf, Rules: []explainedRow{},
	}
	if f.into != "" {
		out.MergedTo = "Patient/" + f.into
		out.Note = strings.TrimSpace(out.Note + " " + f.ref + " and " + out.MergedTo + " are one person (" + f.grade + "), and " + out.MergedTo + " stands for both: chartlift explain " + out.MergedTo)
	}
	f.def.Root.Walk(func(r *mappings.Rule) {
		path := strings.TrimPrefix(r.Address, f.def.Name+".")
		if r.String() == "" || r.Kind == mappings.Const && r.Name == "url" || !within(path, element) {
			return
		}
		row := explainedRow{Rule: r.Address, Value: r.String(), File: f.file.shown(r.Pos.File), Line: r.Pos.Line, Use: f.file.shown(r.Pos.Use), Columns: r.Columns(), Steps: []string{}}
		for _, st := range f.story.Steps {
			if st.Rule == r.Address {
				row.Steps = append(row.Steps, st.Steps)
			}
		}
		out.Rules = append(out.Rules, row)
	})
	if element == "id" || element == "" {
		out.Rules = append([]explainedRow{f.id()}, out.Rules...)
	}
	if len(out.Rules) == 0 {
		return out, refuse("no-such-element", "no rule of the map %s makes the element %q; chartlift mappings show --effective lists its rules", f.def.Name, element)
	}
	return out, nil
}

// id explains how the resource came to its id.
func (f *finder) id() explainedRow {
	row := explainedRow{
		Rule: f.def.Name + ".id", Value: "a UUID of site, type, map and key", File: f.file.shown(f.def.Pos.File), Line: f.def.Pos.Line,
		Columns: slices.Clone(f.def.Key), Steps: []string{},
	}
	if f.def.ID != nil {
		row.Value, row.Line, row.File = f.def.ID.Text, f.def.ID.Pos.Line, f.file.shown(f.def.ID.Pos.File)
	}
	return row
}

// index is the place in a list.
var index = regexp.MustCompile(`\[\d*\]`)

// within reports whether the rule's path is the element or below it. Without
// indexes, an element is meant in every entry of its list.
func within(path, element string) bool {
	if !strings.Contains(element, "[") {
		path = index.ReplaceAllString(path, "")
	}
	rest, ok := strings.CutPrefix(path, element)
	return element == "" || ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// text is the explanation for a terminal.
func (e explanation) text(show bool) string {
	var b strings.Builder
	if len(e.MadeOf) > 0 {
		fmt.Fprintf(&b, "%s  made by the map %s of a row of a view, made of %s\n", e.Resource, e.Map, strings.Join(e.MadeOf, ", "))
	} else {
		fmt.Fprintf(&b, "%s  made by the map %s of %s row %d (line %d), %s\n", e.Resource, e.Map, e.Source, e.Row, e.Line, e.Outcome)
	}
	if e.Together > 1 {
		fmt.Fprintf(&b, "together with %s of its group\n", issue.Count(e.Together-1, "other row"))
	}
	if e.Note != "" {
		fmt.Fprintf(&b, "note: %s\n", e.Note)
	}
	for _, r := range e.Rules {
		fmt.Fprintf(&b, "\n%s = %s  (%s:%d%s)\n", r.Rule, r.Value, r.File, r.Line, usedIn(r.Use))
		if len(r.Columns) > 0 {
			fmt.Fprintf(&b, "  column %s\n", strings.Join(r.Columns, ", "))
		}
		for _, st := range r.Steps {
			fmt.Fprintf(&b, "  %s\n", st)
		}
	}
	if !show {
		b.WriteString("\nvalues are shown as their shape; --show-values shows them\n")
	}
	return b.String()
}
