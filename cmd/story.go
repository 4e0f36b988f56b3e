package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"strings"

	"chartlift/extract"
	"chartlift/internal/issue"
	"chartlift/internal/tables"
	"chartlift/mappings"
	"chartlift/reports"
)

// runArgs are what it takes to read the sources of a run again.
type runArgs struct {
	Mapping string            `json:"mapping"`
	Sources []string          `json:"sources"`
	Set     map[string]string `json:"set,omitempty"`
	Guides  []string          `json:"guides,omitempty"`
	// Flags are the others that were given, so that a run can be resumed and
	// its target found again. None holds a secret: those come from files and
	// the environment.
	Flags map[string][]string `json:"flags,omitempty"`
}

// rowStory is one row's story: what the run database knows, and what reading
// the row again shows.
type rowStory struct {
	reports.Story
	Values    []storyValue  `json:"values,omitempty"`
	Steps     []storyStep   `json:"steps,omitempty"`
	Resources []storyResult `json:"resources,omitempty"`
	Together  int           `json:"together,omitempty"` // rows that make its resource with it, itself counted
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

// row tells the story of one row. Values are shown as their shape unless the
// user asked for them.
func (r reporter) row(ctx context.Context, arg string) error {
	s, db, w := r.s, r.db, r.w
	file, row, err := splitRow(arg)
	if err != nil {
		return err
	}
	known, err := r.rowStory(ctx, file, row)
	if err != nil {
		return err
	}
	story := rowStory{Story: known}
	info, err := db.Run(ctx, known.Run)
	if err != nil {
		return err
	}
	if info.Command == "load" { // its row is the resource itself
		story.Note = "a load has no mapping: the row is a resource as it stands in the file, and no rule made anything of it"
	} else {
		err = reread(ctx, s, info, &story)
	}
	if errors.Is(err, errNoRow) && known.Outcome == "" {
		return &exitError{code: exitUsage, stable: "no-such-report", err: err}
	}
	if err != nil {
		story.Note = "the row could not be read again: " + err.Error()
	} else if len(story.Resources) == 0 && info.Command != "load" {
		story.Bundles = nil // a bundle of its neighbours, not of this row
	}
	if !s.showValues {
		story.mask()
	}
	if r.as == formJSON {
		return json.NewEncoder(w).Encode(story)
	}
	_, err = io.WriteString(w, story.text(s.showValues))
	return err
}

// rowStory finds the row by the name that the run has for its file, and else by
// the path that --source was given.
func (r reporter) rowStory(ctx context.Context, file string, row int64) (reports.Story, error) {
	known, err := r.db.RowStory(ctx, r.o.run, file, row)
	if !errors.Is(err, reports.ErrNoSource) {
		return known, err
	}
	ledger, problem := r.db.Ledger(ctx, r.o.run)
	if problem != nil {
		return known, err
	}
	info, problem := r.db.Run(ctx, ledger.Run)
	if problem != nil {
		return known, err
	}
	for _, name := range sourceNames(info, file) {
		if found, problem := r.db.RowStory(ctx, r.o.run, name, row); problem == nil {
			return found, nil
		}
	}
	var names []string
	for _, t := range ledger.Tables {
		names = append(names, t.Table, t.Source)
	}
	if near := mappings.Nearest(file, names); near != "" && near != file {
		return known, fmt.Errorf("did you mean %s? %w", near, err)
	}
	return known, err
}

// sourceNames returns what a run may call a file whose path lies in, or is, one
// of the sources that it was given.
func sourceNames(info reports.RunInfo, file string) (names []string) {
	var args runArgs
	if json.Unmarshal([]byte(info.Args), &args) != nil {
		return nil
	}
	for _, source := range args.Sources {
		name, err := filepath.Rel(tables.Absolute(source), tables.Absolute(file))
		switch {
		case err != nil || name == ".." || strings.HasPrefix(name, ".."+string(filepath.Separator)):
		case name == ".":
			names = append(names, filepath.Base(file))
		default: // in a folder; of one file it is a table: dump.sql/person
			names = append(names, filepath.ToSlash(name), path.Join(filepath.Base(source), filepath.ToSlash(name)))
		}
	}
	return names
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
	if story.Together > 1 {
		fmt.Fprintf(&b, "  made of %s together\n", issue.Count(story.Together, "row"))
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
