package cmd

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"chartlift/extract"
	"chartlift/extract/formats"
	"chartlift/extract/hl7v2"
	"chartlift/internal/issue"
	"chartlift/internal/pipeline"
	"chartlift/mappings"
	"chartlift/transform/stage"
)

// tableSet is what was found in the sources for a mapping.
type tableSet struct {
	tables   []*pipeline.Table
	views    []*pipeline.Table
	plan     *stage.Plan // of the views; nil where the program uses none
	absent   []*mappings.Source
	left     []leftTable // tables that no mapping names
	unread   []issue.Issue
	cut      map[string]error // files of which only the beginning can be read; each of their tables reports it
	findings []issue.Issue
	paths    map[*pipeline.Input]string
	names    map[string]string // of files that share their name with another

	prog    *mappings.Program
	tempDir string
	opened  map[string]extract.Source
	whole   map[string]extract.Source      // of them, the first of each file that lists all its tables
	used    map[[2]string]*mappings.Source // path and table → the source that took it
	empty   map[string]bool                // files without bytes, reported already
}

// leftTable is a table that no mapping names.
type leftTable struct {
	path   string
	schema *extract.Schema
	source extract.Source
	rows   int64 // once countLeft has counted them
}

// openTables finds, among the files of the sources, the tables that the
// program names, and compares their columns with those it needs. The caller closes the set.
func openTables(ctx context.Context, prog *mappings.Program, sources []string, tempDir string) (*tableSet, error) {
	t := &tableSet{
		prog: prog, tempDir: tempDir, opened: map[string]extract.Source{}, whole: map[string]extract.Source{}, used: map[[2]string]*mappings.Source{}, empty: map[string]bool{}, cut: map[string]error{},
		paths: map[*pipeline.Input]string{},
	}
	if len(sources) == 0 {
		return t, usage("name what to read: --source FOLDER or --source FILE")
	}
	files, err := expand(ctx, sources)
	if err != nil {
		return t, err
	}
	t.names = shortNames(files)
	for _, s := range prog.Needed() {
		if err := t.find(ctx, s, files); err != nil {
			return t, err
		}
	}
	err = t.leftBehind(ctx, files)
	if err := t.define(ctx); err != nil {
		return t, err
	}
	t.check()
	if err == nil {
		err = t.checkViews()
	}
	return t, err
}

// expand returns the files behind all sources, each once.
func expand(ctx context.Context, sources []string) ([]string, error) {
	var files []string
	seen := map[string]bool{}
	for _, s := range sources {
		found, err := extract.Expand(ctx, s)
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			if !seen[absolute(f)] {
				seen[absolute(f)] = true
				files = append(files, f)
			}
		}
	}
	return files, nil
}

// Close closes the files.
func (t *tableSet) Close() error {
	var all error
	for _, s := range t.opened {
		all = errors.Join(all, s.Close())
	}
	return all
}

// find opens the files that the source names.
func (t *tableSet) find(ctx context.Context, s *mappings.Source, files []string) error {
	table := &pipeline.Table{Source: s}
	for _, f := range files {
		if !s.MatchesFile(f) && (f != "-" || s.Format != "csv" || len(t.prog.Needed()) > 1) {
			continue
		}
		src, err := t.open(ctx, f, readOptions(s, t.tempDir))
		var open *extract.OpenError
		if errors.As(err, &open) && open.Code == "empty-file" && len(files) > 1 {
			t.leave(f, err) // an empty file among others is an empty export
			continue
		}
		if err != nil {
			return err
		}
		schemas, err := src.Tables(ctx)
		if errors.As(err, &open) && open.Code == "bad-xml" && len(files) > 1 {
			t.leave(f, err) // one document of many is not all of them
			continue
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", f, err)
		}
		if part, ok := src.(interface{ Unread() error }); ok && part.Unread() != nil {
			t.cut[f] = part.Unread()
		}
		for _, schema := range schemas {
			if !s.MatchesTable(schema.Table) {
				continue
			}
			in := &pipeline.Input{Source: src, Schema: schema}
			table.Inputs = append(table.Inputs, in)
			t.paths[in] = f
			t.take(s, f, schema)
		}
	}
	if len(table.Inputs) == 0 {
		if !t.knows(ctx, s, files) {
			t.absent = append(t.absent, s)
		}
		return nil
	}
	t.tables = append(t.tables, table)
	return nil
}

// damaged tells whether a document that was to be read is not read, or not to its end.
func (t *tableSet) damaged() bool {
	return len(t.cut) > 0 || slices.ContainsFunc(t.unread, func(i issue.Issue) bool { return i.Severity == issue.Error })
}

// leave notes a file that is not read, once.
func (t *tableSet) leave(path string, err error) {
	if !t.empty[path] {
		t.empty[path] = true
		t.unread = append(t.unread, unreadable(path, err))
	}
}

// knows reports whether a table without rows is one that a file could have had: a clinical document has no rows for most
// kinds of sections, which is nothing to warn of, while a name that no document has is.
func (t *tableSet) knows(ctx context.Context, s *mappings.Source, files []string) bool {
	if s.Format != "ccda" {
		return false
	}
	for _, f := range files {
		if !s.MatchesFile(f) {
			continue
		}
		o := readOptions(s, t.tempDir)
		o.Table = s.Read.Table
		_, err := t.open(ctx, f, o)
		return err == nil
	}
	return false
}

// take notes that the source reads the table. Two sources of one table would give its rows two outcomes.
func (t *tableSet) take(s *mappings.Source, path string, schema *extract.Schema) {
	key := [2]string{path, schema.Table}
	if other := t.used[key]; other != nil {
		t.findings = append(t.findings, issue.Issue{
			Severity: issue.Error, Code: "E0209", Type: "duplicate", At: s.Pos,
			Message: "the sources " + other.Name + " and " + s.Name + " both read the table " + schema.Table + " of " + schema.Source +
				"; name it once: several maps may take rows from it, and lookups may look in it",
		})
	}
	t.used[key] = s
}

// open opens a file once for each way of reading it.
func (t *tableSet) open(ctx context.Context, path string, o extract.Options) (extract.Source, error) {
	o.Name = t.names[path]
	key := fmt.Sprintf("%s %+v", path, o)
	if src, ok := t.opened[key]; ok {
		return src, nil
	}
	src, err := extract.Open(ctx, formats.All(), path, o)
	if err == nil {
		t.opened[key] = src
		if t.whole[path] == nil && o.Table == "" {
			t.whole[path] = src
		}
	}
	return src, err
}

func readOptions(s *mappings.Source, tempDir string) extract.Options {
	o := extract.Options{
		Encoding: s.Read.Encoding, Delimiter: s.Read.Delimiter, Quote: s.Read.Quote, Escape: s.Read.Escape,
		Header: s.Read.Header, SkipAfter: s.Read.SkipAfter, Sheet: s.Read.Sheet, Range: s.Read.Range,
		Dialect: s.Read.Dialect, Hidden: s.Read.Hidden, Merged: s.Read.Merged, TempDir: tempDir,
	}
	if s.Read.Ragged == "pad" {
		o.Ragged = extract.RaggedPad
	}
	if s.Format == "hl7v2" {
		// Positions in a segment have names whether or not a message fills them, and only the mapping knows which ones it wants.
		o.Columns = s.FileColumns()
		if hl7v2.OnRequest(s.Read.Table) {
			o.Table = s.Read.Table
		}
	}
	return o
}

// reads reports whether s is a segment of messages of which other segments are read. That a
// feed has no message of some kind is no mistake in the path.
func (t *tableSet) reads(s *mappings.Source) bool {
	return s.Format == "hl7v2" && slices.ContainsFunc(t.tables, func(other *pipeline.Table) bool {
		return other.Source.Format == s.Format && other.Source.Path == s.Path
	})
}

// unsent says in one finding which segments no message has.
func (t *tableSet) unsent() {
	var names []string
	var first *mappings.Source
	for _, s := range t.absent {
		if !t.reads(s) {
			continue
		}
		if first == nil {
			first = s
		}
		names = append(names, s.Read.Table)
	}
	if first == nil {
		return
	}
	slices.Sort(names)
	t.findings = append(t.findings, issue.Issue{
		Severity: issue.Warning, Code: "W0207", Type: "not-found", At: first.Pos,
		Message: "no message has " + strings.Join(names, ", ") + ": nothing is made of them, and references to what would be made are left out",
	})
}

// check compares columns, and refuses a mapping of whose tables none is there.
func (t *tableSet) check() {
	t.unsent()
	for _, s := range t.absent {
		if t.reads(s) {
			continue
		}
		t.findings = append(t.findings, issue.Issue{
			Severity: issue.Warning, Code: "W0207", Type: "not-found", At: s.Pos,
			Message: "no table was found for the source " + s.Name + " (" + wanted(s) + "); references to it are left out, and resources that cannot be without them are not made" + t.others(),
		})
	}
	if len(t.prog.Maps) == 0 {
		t.findings = append(t.findings, issue.Issue{
			Severity: issue.Warning, Code: "W0208", Type: "incomplete", At: issue.Position{File: t.prog.File},
			Message: "the mapping has no map yet: every table is left behind, and nothing is written",
		})
	}
	if len(t.tables) == 0 && len(t.prog.Maps) > 0 {
		t.findings = append(t.findings, issue.Issue{
			Severity: issue.Error, Code: "E0207", Type: "not-found", At: issue.Position{File: t.prog.File},
			Message: "none of the mapping's tables is in the sources given; compare the names above with the files in --source",
		})
	}
	for _, table := range t.tables {
		first := table.Inputs[0].Schema
		for _, in := range table.Inputs {
			t.findings = append(t.findings, t.prog.CheckColumns(table.Source, mappings.Table{
				Source: in.Schema.Source, Table: in.Schema.Table, Columns: in.Schema.Columns, Line: in.Schema.Line,
			})...)
			if !slices.Equal(in.Schema.Columns, first.Columns) {
				t.findings = append(t.findings, issue.Issue{
					Severity: issue.Error, Code: "E0208", Type: "structure", At: table.Source.Pos,
					Message: in.Schema.Source + " and " + first.Source + " are both " + table.Source.Name + ", but their columns differ; give each a source of its own",
				})
			}
		}
	}
}

// others names files that no source took: one of them may be what a misspelt path meant.
func (t *tableSet) others() string {
	var names []string
	for _, l := range t.left {
		if name := l.schema.Source; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "; no source names " + strings.Join(names[:min(3, len(names))], ", ")
}

func wanted(s *mappings.Source) string {
	switch {
	case s.Read.Table != "":
		return "table " + s.Read.Table + " in " + s.Path
	case s.Read.Sheet != "":
		return "sheet " + s.Read.Sheet + " in " + s.Path
	}
	return s.Path
}

// leftBehind opens what no mapping names, to say how much of it there is.
func (t *tableSet) leftBehind(ctx context.Context, files []string) error {
	for _, f := range files {
		if t.empty[f] {
			continue // find has said so
		}
		src, err := t.openAny(ctx, f)
		if err != nil {
			var open *extract.OpenError
			if !errors.As(err, &open) || len(t.absent) > 0 && isArchive(f) {
				return err // the tables that are missing may be in it
			}
			t.unread = append(t.unread, unreadable(f, err))
			continue
		}
		schemas, err := src.Tables(ctx)
		if err != nil {
			t.unread = append(t.unread, unreadable(f, err))
			continue
		}
		for _, schema := range schemas {
			if t.used[[2]string{f, schema.Table}] == nil {
				t.left = append(t.left, leftTable{path: f, schema: schema, source: src})
			}
		}
	}
	return nil
}

// openAny returns the file as it was opened for a source, or opens it without any hint.
func (t *tableSet) openAny(ctx context.Context, path string) (extract.Source, error) {
	if src := t.whole[path]; src != nil {
		return src, nil
	}
	return t.open(ctx, path, extract.Options{TempDir: t.tempDir})
}

// isArchive tells a whole archive, which stands for its members unless it cannot be read.
func isArchive(path string) bool {
	return extract.IsArchiveName(path) && !strings.Contains(path, "!")
}

func unreadable(path string, err error) issue.Issue {
	code := stableCode(err)
	if code == "" {
		code = "unreadable"
	}
	severity := issue.Warning
	switch code {
	case "not-a-table":
		severity = issue.Information // a README beside the tables is no loss
	case "bad-xml":
		severity = issue.Error // a document that was to be read
	}
	return issue.Issue{
		Severity: severity, Code: code, Type: "not-supported", Origin: issue.Origin{Source: filepath.Base(path)}, Message: err.Error(),
	}
}

// countLeft counts the rows of the tables that no mapping names, those of a file in one pass where its format
// allows. Nobody asked for these tables: that one cannot be read to its end is said, and the run goes on.
func (t *tableSet) countLeft(ctx context.Context) error {
	bySource := map[extract.Source][]*leftTable{}
	var order []extract.Source
	for i := range t.left {
		l := &t.left[i]
		if bySource[l.source] == nil {
			order = append(order, l.source)
		}
		bySource[l.source] = append(bySource[l.source], l)
	}
	for _, src := range order {
		group := bySource[src]
		names := make([]string, 0, len(group))
		for _, l := range group {
			names = append(names, l.schema.Table)
		}
		counts, err := extract.Count(ctx, src, names)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			t.unread = append(t.unread, unreadable(group[0].path, err))
		}
		for _, l := range group {
			l.rows = counts[l.schema.Table]
		}
	}
	return nil
}
