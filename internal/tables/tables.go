// Package tables finds, among the files of a source folder, the tables that a
// mapping names, says what does not fit, and what is left behind.
//
// Read [Open] and [Set] first. Nothing here reads more of a file than it takes
// to list its tables and columns, but for [Set.CountLeft] and [Set.Survey].
//
//	set, err := tables.Open(ctx, prog, []string{"export/"}, tables.Options{TempDir: temp})
//	defer set.Close()
//	for _, f := range set.Findings { … }
package tables

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"chartlift/extract"
	"chartlift/extract/formats"
	"chartlift/internal/issue"
	"chartlift/internal/pipeline"
	"chartlift/mappings"
	"chartlift/transform/stage"
)

// Set is the tables of a program that were found among files, and what was
// found besides. Its fields are for reading.
type Set struct {
	Tables   []*pipeline.Table
	Views    []*pipeline.Table // of use whose rows can be made; their Inputs are made by the run's stage
	Plan     *stage.Plan       // of the views; nil where the program uses none
	Absent   []*mappings.Source
	Left     []Left           // tables that no mapping names
	Unread   []issue.Issue    // files that are not read, or not to their end
	Cut      map[string]error // files of which only the beginning can be read, by path; each of their tables reports it
	Findings []issue.Issue    // of the mapping beside these tables
	Alone    string           // what is said of records whose patients are missing, "" where none are

	prog     *mappings.Program
	options  Options
	formats  []extract.Format
	archives *extract.Archives            // that the files are in
	kept     *extract.Kept                // what was made of them
	schemas  map[string][]*extract.Schema // of the files that sources name
	short    map[string]*issue.Issue      // files that end too early
	paths    map[*pipeline.Input]string
	names    map[string]string // of files that share their name with another
	ways     map[*mappings.Source]way
	opened   map[[2]string]extract.Source   // by path and name of the way
	reread   map[string]extract.Rereader    // of them, the latest of each file that can be read in other ways
	whole    map[string]extract.Source      // of them, the first of each file that lists all its tables
	used     map[[2]string]*mappings.Source // path and table → the source that took it
	empty    map[string]bool                // files without bytes, reported already
	torn     bool                           // an archive was cut short or is damaged: any table may have further rows in it
}

// Options say how files are opened. The zero Options are good.
type Options struct {
	TempDir string          // where sources that must be unpacked are; "": the system's folder
	UTF8    map[string]bool // files, by absolute path, that another process found to be UTF-8: they are not looked through again
	Known   *Known          // what another process found among these files; nil: nothing
}

// Known is what another process found among the files, for one that reads some
// of the tables: files of the others are not opened, and nothing is said again
// of the whole, as of what is left behind. It is for programs that use no view.
type Known struct {
	Absent []string // sources without a file
	Read   []string // sources that are to be read
}

// elsewhere reports whether the source is none of those that are to be read,
// and takes it down where it is absent.
func (t *Set) elsewhere(s *mappings.Source) bool {
	if t.options.Known == nil || slices.Contains(t.options.Known.Read, s.Name) {
		return false
	}
	if slices.Contains(t.options.Known.Absent, s.Name) {
		t.Absent = append(t.Absent, s)
	}
	return true
}

// Open finds the tables of a program among files, those of folders and the
// members of archives included, and compares their columns with those that the
// program needs: what does not fit is a finding. An error means that a file
// could not be opened or listed, or a source is not there. The caller closes
// the set, also where there is an error.
func Open(ctx context.Context, prog *mappings.Program, sources []string, o Options) (*Set, error) {
	t := newSet(prog, o)
	files, err := t.expand(ctx, sources)
	if err != nil {
		return t, err
	}
	t.names = shortNames(files)
	if t.misnamed(files) {
		return t, nil
	}
	if t.torn, err = t.tornAmong(ctx, files); err != nil {
		return t, err
	}
	for _, s := range prog.Needed() {
		if t.elsewhere(s) {
			continue
		}
		if err := t.find(ctx, s, files); err != nil {
			return t, err
		}
	}
	if o.Known != nil {
		err := t.define(ctx)
		t.columns()
		return t, err
	}
	if t.exchanged() {
		return t, nil
	}
	t.endings()
	err = t.leftBehind(ctx, files)
	if err := t.define(ctx); err != nil {
		return t, err
	}
	t.check()
	if err == nil {
		err = t.checkViews()
	}
	t.bereft()
	return t, err
}

// newSet returns one that knows no file yet.
func newSet(prog *mappings.Program, o Options) *Set {
	return &Set{
		prog: prog, options: o, formats: formats.All(), archives: extract.NewArchives(o.TempDir), kept: extract.NewKept(o.TempDir), Cut: map[string]error{}, schemas: map[string][]*extract.Schema{}, short: map[string]*issue.Issue{},
		paths: map[*pipeline.Input]string{}, ways: map[*mappings.Source]way{}, opened: map[[2]string]extract.Source{}, reread: map[string]extract.Rereader{}, whole: map[string]extract.Source{}, used: map[[2]string]*mappings.Source{}, empty: map[string]bool{},
	}
}

// Path returns the path of the file of an input.
func (t *Set) Path(in *pipeline.Input) string { return t.paths[in] }

// Input returns the table with this source file and name, and the input that
// has it; nil where there is none.
func (t *Set) Input(source, table string) (*pipeline.Table, *pipeline.Input) {
	for _, def := range t.Tables {
		for _, in := range def.Inputs {
			if in.Schema.Source == source && in.Schema.Table == table {
				return def, in
			}
		}
	}
	return nil, nil
}

// Absolute returns the path from the root, as files are told apart by; standard
// input (-), and what has none, stays what it is.
func Absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil && path != "-" {
		return abs
	}
	return path
}

// expand returns the files behind all sources, each once.
func (t *Set) expand(ctx context.Context, sources []string) ([]string, error) {
	var files []string
	seen := map[string]bool{}
	for _, s := range sources {
		found, err := extract.Expand(ctx, s, t.archives)
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			if !seen[Absolute(f)] {
				seen[Absolute(f)] = true
				files = append(files, f)
			}
		}
	}
	return files, nil
}

// Close closes the files.
func (t *Set) Close() error {
	var all error
	for _, s := range t.opened {
		all = errors.Join(all, s.Close())
	}
	return errors.Join(all, t.kept.Close(), t.archives.Close())
}

// find opens the files that the source names.
func (t *Set) find(ctx context.Context, s *mappings.Source, files []string) error {
	table := &pipeline.Table{Source: s}
	matching := t.matching(s, files)
	t.lookAhead(ctx, s, matching)
	for _, f := range matching {
		src, schemas, err := t.tablesIn(ctx, s, f, len(files) > 1)
		if err != nil {
			return err
		}
		for _, schema := range schemas {
			if !s.MatchesTable(schema.Table) {
				continue
			}
			in := &pipeline.Input{Source: src, Schema: schema, Short: t.short[f] != nil || t.torn}
			table.Inputs = append(table.Inputs, in)
			t.paths[in] = f
			t.take(s, f, schema)
		}
	}
	if len(table.Inputs) == 0 {
		if !t.knows(ctx, s, files) {
			t.Absent = append(t.Absent, s)
		}
		return nil
	}
	t.Tables = append(t.Tables, table)
	return nil
}

// tablesIn opens a file and lists its tables. Among several, one that is empty
// or no document is left behind, and has none.
func (t *Set) tablesIn(ctx context.Context, s *mappings.Source, f string, several bool) (extract.Source, []*extract.Schema, error) {
	src, err := t.open(ctx, f, t.wayOf(s))
	var open *extract.OpenError
	if errors.As(err, &open) && open.Code == "empty-file" && several {
		t.leaveEmpty(s, f, err)
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	schemas, err := src.Tables(ctx)
	if errors.As(err, &open) && open.Code == "bad-xml" && several {
		t.leave(f, err) // one document of many is not all of them
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read %s: %w", f, err)
	}
	t.schemas[f] = schemas
	t.ended(f, src)
	if part, ok := src.(interface{ Unread() error }); ok && part.Unread() != nil {
		t.Cut[f] = part.Unread()
	}
	return src, schemas, nil
}

// knows reports whether a table without rows is one that a file could have had:
// a clinical document has no rows for most kinds of sections, which is nothing
// to warn of, while a name that no document has is.
func (t *Set) knows(ctx context.Context, s *mappings.Source, files []string) bool {
	if s.Format != "ccda" {
		return false
	}
	for _, f := range files {
		if !s.MatchesFile(f) {
			continue
		}
		o := t.wayOf(s).options
		o.Table = s.Read.Table
		_, err := t.open(ctx, f, newWay(o))
		return err == nil
	}
	return false
}

// take notes that the source reads the table. Two sources of one table would
// give its rows two outcomes.
func (t *Set) take(s *mappings.Source, path string, schema *extract.Schema) {
	key := [2]string{path, schema.Table}
	if other := t.used[key]; other != nil {
		t.Findings = append(t.Findings, issue.Issue{
			Severity: issue.Error, Code: "E0209", Type: "duplicate", At: s.Pos,
			Message: "the sources " + other.Name + " and " + s.Name + " both read the table " + schema.Table + " of " + schema.Source +
				"; name it once: several maps may take rows from it, and lookups may look in it",
		})
	}
	t.used[key] = s
}

// open opens a file once for each way of reading it.
func (t *Set) open(ctx context.Context, path string, w way) (extract.Source, error) {
	key := [2]string{path, w.name}
	if src, ok := t.opened[key]; ok {
		return src, nil
	}
	o := w.options
	o.Name = t.names[path]
	if (o.Encoding == "" || o.Encoding == "auto") && t.options.UTF8[Absolute(path)] {
		o.Encoding = "utf-8"
	}
	o.Archives, o.Kept = t.archives, t.kept
	src, err := t.again(ctx, path, o)
	if err == nil {
		t.opened[key] = src
		if t.whole[path] == nil && o.Table == "" {
			t.whole[path] = src
		}
	}
	return src, err
}

// again reads a file that is open in another way, or opens it.
func (t *Set) again(ctx context.Context, path string, o extract.Options) (extract.Source, error) {
	if first := t.reread[path]; first != nil {
		if src, ok := first.Again(o); ok {
			return src, nil
		}
	}
	src, err := extract.Open(ctx, t.formats, path, o)
	if first, ok := src.(extract.Rereader); ok {
		t.reread[path] = first
	}
	return src, err
}
