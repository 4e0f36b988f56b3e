package cmd

import (
	"context"
	"errors"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"chartlift/internal/issue"
	"chartlift/reports"
	"chartlift/transform/dedupe"
)

// set is the name under which decisions about the records of the file are kept:
// its path seen from the project, so that two files of one name in two folders
// are two sets, and the same file is one wherever the command is called.
// Packing it changes nothing.
func (f *dedupeFlags) set() string {
	if f.name != "" {
		return f.name
	}
	name := f.file
	home, bad := filepath.Abs(f.home)
	file, worse := filepath.Abs(f.file)
	if rel, err := filepath.Rel(home, file); bad == nil && worse == nil && err == nil {
		name = filepath.ToSlash(rel)
	}
	for _, packed := range []string{".gz", ".zst", ".zip"} {
		name = strings.TrimSuffix(name, packed)
	}
	return name
}

// ref names a record of the file in the project.
func (f *dedupeFlags) ref(id string) reports.RecordRef {
	return reports.RecordRef{Source: f.set(), Table: f.table, Key: id}
}

// owns reports whether both records of a decision are of this set.
func (f *dedupeFlags) owns(d reports.Decision) bool {
	return d.Left.Source == f.set() && d.Right.Source == f.set() && d.Left.Table == f.table && d.Right.Table == f.table
}

// projectDecisions returns what people decided about these records in the
// project, if it has a run database.
func (s *settings) projectDecisions(ctx context.Context, f *dedupeFlags) (out []dedupe.Decision, err error) {
	if _, err := os.Stat(s.database()); err != nil {
		return nil, nil // nobody has decided anything yet
	}
	db, err := reports.Open(s.database())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	decisions, err := db.Decisions(ctx)
	if err != nil {
		return nil, err
	}
	others := namesakes(decisions, f)
	decisions = slices.DeleteFunc(decisions, func(d reports.Decision) bool { return !f.owns(d) })
	out = matchingDecisions(decisions)
	switch {
	case len(out) > 0:
		s.message("%s of people about %s in force", issue.Count(len(out), "decision"), f.set())
	case len(others) > 0:
		s.message("nobody has decided about records of %s; decisions about %s are kept: give --name if the records are the same", f.set(), strings.Join(others, ", "))
	}
	return out, nil
}

// namesakes returns the other sets of that file name about whose records people
// have decided: the file may have been moved.
func namesakes(decisions []reports.Decision, f *dedupeFlags) (names []string) {
	for _, d := range decisions {
		if name := d.Left.Source; d.Left.Table == f.table && name != f.set() && path.Base(name) == path.Base(f.set()) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// matchingDecisions are the decisions that say something, by key.
func matchingDecisions(decisions []reports.Decision) []dedupe.Decision {
	var out []dedupe.Decision
	for _, d := range decisions {
		if d.Verdict != reports.UnsurePerson {
			out = append(out, dedupe.Decision{L: d.Left.Key, R: d.Right.Key, Same: d.Verdict == reports.SamePerson})
		}
	}
	return out
}
