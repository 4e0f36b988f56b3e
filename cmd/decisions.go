package cmd

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"chartlift/internal/issue"
	"chartlift/reports"
	"chartlift/transform/dedupe"
)

// set is the name under which decisions about the records of the file are kept.
func (f *dedupeFlags) set() string {
	if f.name != "" {
		return f.name
	}
	name := filepath.Base(f.file)
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

// projectDecisions returns what people decided about these records in the project, if it has a run database.
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
	decisions = slices.DeleteFunc(decisions, func(d reports.Decision) bool { return !f.owns(d) })
	out = matchingDecisions(decisions)
	if len(out) > 0 {
		s.message("%s of people about %s in force", issue.Count(len(out), "decision"), f.set())
	}
	return out, nil
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
