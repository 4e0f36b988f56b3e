package tables

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"chartlift/extract"
	"chartlift/internal/issue"
)

// Left is a table that no mapping names.
type Left struct {
	Path   string
	Schema *extract.Schema
	Rows   int64 // once [Set.CountLeft] has counted them

	source extract.Source
}

// Damaged tells whether a document that was to be read is not read, or not to
// its end.
func (t *Set) Damaged() bool {
	return len(t.Cut) > 0 || slices.ContainsFunc(t.Unread, func(i issue.Issue) bool { return i.Severity == issue.Error })
}

// leave notes a file that is not read, once.
func (t *Set) leave(path string, err error) {
	if !t.empty[path] {
		t.empty[path] = true
		t.Unread = append(t.Unread, unreadable(path, err))
	}
}

// leftBehind opens what no mapping names, to say how much of it there is.
func (t *Set) leftBehind(ctx context.Context, files []string) error {
	for _, f := range files {
		if t.empty[f] {
			continue // find has said so
		}
		src, err := t.openAny(ctx, f)
		if err != nil {
			var open *extract.OpenError
			if !errors.As(err, &open) || len(t.Absent) > 0 && isArchive(f) {
				return err // the tables that are missing may be in it
			}
			t.Unread = append(t.Unread, unreadable(f, err))
			continue
		}
		schemas, err := src.Tables(ctx)
		if err != nil {
			t.Unread = append(t.Unread, unreadable(f, err))
			continue
		}
		for _, schema := range schemas {
			if t.used[[2]string{f, schema.Table}] == nil {
				t.Left = append(t.Left, Left{Path: f, Schema: schema, source: src})
			}
		}
	}
	return nil
}

// openAny returns the file as it was opened for a source, or opens it without
// any hint.
func (t *Set) openAny(ctx context.Context, path string) (extract.Source, error) {
	if src := t.whole[path]; src != nil {
		return src, nil
	}
	return t.open(ctx, path, newWay(extract.Options{TempDir: t.options.TempDir}))
}

// isArchive tells a whole archive, which stands for its members unless it
// cannot be read.
func isArchive(path string) bool {
	return extract.IsArchiveName(path) && !strings.Contains(path, "!")
}

// tornAmong tells whether one of the archives was cut short or is damaged.
func (t *Set) tornAmong(ctx context.Context, files []string) (bool, error) {
	for _, f := range files {
		if !isArchive(f) {
			continue
		}
		_, err := t.open(ctx, f, newWay(extract.Options{TempDir: t.options.TempDir}))
		var open *extract.OpenError
		switch {
		case errors.As(err, &open) && open.Code == extract.FileDamaged:
			return true, nil
		case err != nil && !errors.As(err, &open):
			return false, err
		}
	}
	return false, nil
}

func unreadable(path string, err error) issue.Issue {
	code := "unreadable"
	var open *extract.OpenError
	if errors.As(err, &open) {
		code = open.Code
	}
	severity, kind := issue.Warning, "not-supported"
	switch code {
	case "not-a-table":
		severity = issue.Information // a README beside the tables is no loss
	case "bad-xml":
		severity = issue.Error // a document that was to be read
	case extract.FileDamaged:
		severity, kind = issue.Error, "incomplete" // nobody knows what was in the rest of the archive
	}
	return issue.Issue{
		Severity: severity, Code: code, Type: kind, Origin: issue.Origin{Source: filepath.Base(path)}, Message: err.Error(),
	}
}

// CountLeft counts the rows of the tables that no mapping names, those of a
// file in one pass where its format allows. Nobody asked for these tables: that
// one cannot be read to its end is said, and the run goes on.
func (t *Set) CountLeft(ctx context.Context) error {
	bySource := map[extract.Source][]*Left{}
	var order []extract.Source
	for i := range t.Left {
		l := &t.Left[i]
		if bySource[l.source] == nil {
			order = append(order, l.source)
		}
		bySource[l.source] = append(bySource[l.source], l)
	}
	for _, src := range order {
		group := bySource[src]
		names := make([]string, 0, len(group))
		for _, l := range group {
			names = append(names, l.Schema.Table)
		}
		counts, err := extract.Count(ctx, src, names)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil && t.short[group[0].Path] == nil { // a cut has been said already
			t.Unread = append(t.Unread, unreadable(group[0].Path, err))
		}
		for _, l := range group {
			l.Rows = counts[l.Schema.Table]
		}
	}
	return nil
}
