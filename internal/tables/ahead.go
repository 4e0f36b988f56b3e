package tables

import (
	"context"

	"chartlift/extract"
	"chartlift/mappings"
)

// matching returns the files that a source names.
func (t *Set) matching(s *mappings.Source, files []string) (found []string) {
	for _, f := range files {
		if s.MatchesFile(f) || f == "-" && s.Format == "csv" && len(t.prog.Needed()) == 1 {
			found = append(found, f)
		}
	}
	return found
}

// lookAhead opens the files of a source and has those that were not listed yet
// list their tables, which is to read the whole of documents and messages.
// What is wrong is found again, and said, by who takes them one by one: so
// standard input, which can be read once, is left to him.
func (t *Set) lookAhead(ctx context.Context, s *mappings.Source, files []string) {
	if len(files) < 2 {
		return
	}
	var fresh []extract.Source
	for _, f := range files {
		if _, known := t.schemas[f]; known || t.empty[f] || f == "-" {
			continue
		}
		if src, err := t.open(ctx, f, t.wayOf(s)); err == nil {
			fresh = append(fresh, src)
		}
	}
	extract.ListAhead(ctx, fresh)
}
