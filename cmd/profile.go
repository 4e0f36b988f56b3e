package cmd

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"chartlift/extract"
	"chartlift/extract/formats"
	"chartlift/extract/profile"
	"chartlift/internal/console"
)

func newProfile(s *settings) *cobra.Command {
	out := ""
	c := &cobra.Command{
		Use:   "profile SOURCE…",
		Short: "Show what is in legacy files: tables, columns, types, codes, keys, joins",
		Long: `Reads every table of the files and folders once and shows, for each column, its type, missing and
different values, date formats with the proof of which part is the day, code systems, and personal data;
for each table its likely keys, joins and orphans, duplicate rows, encoding and dialect. What was
estimated is marked with a tilde. Values of columns with personal data are masked unless --show-values.

A file that cannot be read is listed at the end and does not stop the others; if no table could be read at all, the exit code is 2.`,
		Example: `  chartlift profile legacy/
  chartlift profile legacy/ --json > profile.json
  chartlift profile patients.csv dump.sql.gz --out profile.html`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return profileSources(c.Context(), s, out, args) },
	}
	c.Flags().StringVar(&out, "out", "", "write the report as an HTML page to this file")
	return c
}

func profileSources(ctx context.Context, s *settings, out string, args []string) (err error) {
	temp, err := os.MkdirTemp("", "chartlift-profile-*")
	if err != nil {
		return fmt.Errorf("make temporary folder: %w", err)
	}
	found := newFoundTables(temp)
	defer func() { err = errors.Join(err, found.Close(), removeFolder(temp)) }()
	if err := s.survey(ctx, found, args, profile.Options{ShowValues: s.showValues}); err != nil {
		return err
	}
	if err := s.writeProfile(found.report, out); err != nil {
		return err
	}
	if len(found.report.Tables) == 0 {
		return refuse("no-tables", "no table was found in the sources given")
	}
	return nil
}

// survey opens the sources and profiles their tables.
func (s *settings) survey(ctx context.Context, found *foundTables, args []string, o profile.Options) (err error) {
	for _, arg := range args {
		if err := found.add(ctx, arg); err != nil {
			return err
		}
	}
	defer paceGC(ctx, 0)()
	bar := console.NewProgress(s.streams.Err, s.quiet)
	bar.Start("profile")
	o.Progress = func(_ string, rows int64, _ float64) { bar.Add("profile", rows, 0) }
	found.report.Tables, err = profile.Tables(ctx, found.jobs, o)
	bar.End("profile")
	return err
}

// writeProfile prints the report, or writes the page and says where it is.
func (s *settings) writeProfile(r *profile.Report, out string) error {
	if out != "" {
		var page bytes.Buffer
		if err := r.Page(&page); err != nil {
			return err
		}
		if err := os.WriteFile(out, page.Bytes(), 0o600); err != nil {
			return fmt.Errorf("write profile: %w", err)
		}
		s.message("%s", out)
		if !s.json {
			return nil
		}
	}
	text := []byte(r.Text())
	if s.json {
		var err error
		if text, err = json.MarshalIndent(r, "", "  "); err != nil {
			return fmt.Errorf("write profile: %w", err)
		}
		text = append(text, '\n')
	}
	if _, err := s.streams.Out.Write(text); err != nil {
		return fmt.Errorf("write profile: %w", err)
	}
	return nil
}

// foundTables are the tables of the sources given, and what could not be
// opened.
type foundTables struct {
	report  *profile.Report
	jobs    []profile.Job
	sources []extract.Source
	temp    string

	archives *extract.Archives
	kept     *extract.Kept
}

// newFoundTables returns none, whose files are unpacked in temp where they must
// be. The caller closes it.
func newFoundTables(temp string) *foundTables {
	return &foundTables{report: &profile.Report{Tables: []*profile.Table{}}, temp: temp, archives: extract.NewArchives(temp), kept: extract.NewKept(temp)}
}

// add opens the files behind one argument. A file that cannot be read is a
// problem of its own.
func (f *foundTables) add(ctx context.Context, arg string) error {
	files, err := extract.Expand(ctx, arg, f.archives)
	if err != nil {
		return err
	}
	for _, path := range files {
		if err := f.open(ctx, arg, path); err != nil {
			if ctx.Err() != nil {
				return fmt.Errorf("profile: %w", ctx.Err())
			}
			f.report.Problems = append(f.report.Problems, profile.Problem{Source: cmp.Or(shown(arg, path), filepath.Base(path)), Code: stableCode(err), Message: err.Error()})
		}
	}
	return nil
}

func (f *foundTables) open(ctx context.Context, arg, path string) error {
	src, err := extract.Open(ctx, formats.All(), path, extract.Options{TempDir: f.temp, Archives: f.archives, Kept: f.kept, Name: shown(arg, path)})
	if err != nil {
		return err
	}
	f.sources = append(f.sources, src)
	schemas, err := src.Tables(ctx)
	if err != nil {
		return err
	}
	if len(schemas) == 0 {
		return &extract.OpenError{Code: "not-a-table", Path: path, Message: "there is no table in it"}
	}
	format, err := extract.Recognise(ctx, formats.All(), path, extract.Options{TempDir: f.temp, Archives: f.archives})
	if err != nil {
		return err
	}
	for _, schema := range schemas {
		f.jobs = append(f.jobs, profile.Job{Source: src, Schema: schema, Format: format})
	}
	return nil
}

// shown is a file's name relative to the folder that was given; "" leaves it to
// extract.
func shown(arg, path string) string {
	rel, err := filepath.Rel(arg, path)
	if path == "-" || err != nil || rel == "." || strings.HasPrefix(rel, "..") {
		return ""
	}
	return rel
}

// Close closes the sources.
func (f *foundTables) Close() error {
	var all error
	for _, src := range f.sources {
		all = errors.Join(all, src.Close())
	}
	return errors.Join(all, f.kept.Close(), f.archives.Close())
}
