package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"chartlift/load/handover"
	"chartlift/mappings"
	"chartlift/reports"
	"chartlift/reports/archive"
	"chartlift/transform"
)

// The parts of an archive beside the run database.
const (
	archivePage    = "report.html"
	archiveSources = "sources.sha256"
)

type archiveOptions struct{ out, run string }

func newArchive(s *settings) *cobra.Command {
	o := archiveOptions{}
	c := &cobra.Command{
		Use:   "archive --out FILE.zip",
		Short: "Pack a run into one file that can be opened years later",
		Long: `Writes one zip file with everything that a run came to: the run database, the page, the mapping with the files that it reads, the
resources where the target was a folder, and the hashes of the sources (not the sources). Every part has its SHA-256 in archive.json; the same run
makes the same file. chartlift report --from FILE reads it. It may hold values of patients: keep it as you keep charts.`,
		Example: `  chartlift archive --out lakeside-2026-11.zip
  chartlift report ledger --from lakeside-2026-11.zip`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return archiveRun(c.Context(), s, o) },
	}
	c.Flags().StringVar(&o.out, "out", "", "file to write to")
	c.Flags().StringVar(&o.run, "run", "", "the run to pack (default: the latest)")
	return c
}

// archived is what --json tells of a run that was packed.
type archived struct {
	File  string `json:"file"`
	Run   string `json:"run"`
	Parts int    `json:"parts"`
}

// archiver packs one run.
type archiver struct {
	*archive.Writer
	s   *settings
	db  *reports.DB
	sum reports.Summary
}

func archiveRun(ctx context.Context, s *settings, o archiveOptions) (err error) {
	if o.out == "" {
		return usage("say where to: --out FILE.zip")
	}
	db, err := openRuns(s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	a := &archiver{s: s, db: db}
	if a.sum, err = db.Summary(ctx, o.run); err != nil {
		if errors.Is(err, reports.ErrNoRun) {
			return &exitError{code: exitUsage, stable: "no-such-report", err: err}
		}
		return err
	}
	info, err := db.Run(ctx, a.sum.Run.ID)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(o.out+".tmp", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("write archive: %w", err)
	}
	a.Writer = archive.New(f, info.Started)
	err = errors.Join(a.pack(ctx), f.Close())
	if err == nil {
		err = os.Rename(o.out+".tmp", o.out)
	}
	if err != nil {
		return fmt.Errorf("write archive: %w", errors.Join(err, os.Remove(o.out+".tmp")))
	}
	s.message("%s: run %s in %d parts; chartlift report --from %s reads it", o.out, a.sum.Run.ID, a.Count(), o.out)
	if s.json {
		return json.NewEncoder(s.streams.Out).Encode(archived{o.out, a.sum.Run.ID, a.Count()})
	}
	return nil
}

// pack writes the parts, the manifest last because it has the hashes of all
// others.
func (a *archiver) pack(ctx context.Context) error {
	if err := a.runs(ctx); err != nil {
		return err
	}
	err := a.Part(archivePage, func(w io.Writer) error {
		return a.db.Page(ctx, a.sum.Run.ID, w, reports.PageOptions{Codes: allCodes(), CommandLine: typed, ShowValues: a.s.showValues})
	})
	if err != nil {
		return err
	}
	if err := a.Part(archiveSources, a.sources); err != nil {
		return err
	}
	same, err := a.mapping(ctx)
	if err != nil {
		return err
	}
	if err := a.resources(ctx); err != nil {
		return err
	}
	r := a.sum.Run
	return a.Close(archive.Manifest{Run: r.ID, Started: r.Started, Mapping: r.Mapping, MappingSHA256: r.MappingSHA256, MappingIsThat: same, ToolVersion: r.ToolVersion})
}

// runs packs a copy of the run database as it is now, also while a run writes.
func (a *archiver) runs(ctx context.Context) error {
	dir, err := a.s.folder()
	if err != nil {
		return err
	}
	if dir, err = os.MkdirTemp(dir, "tmp-archive-*"); err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	snapshot := filepath.Join(dir, archive.Runs)
	if err := a.db.Snapshot(ctx, snapshot); err != nil {
		return err
	}
	return a.File(archive.Runs, snapshot)
}

// sources lists the hashes of the sources as sha256sum -c reads them.
func (a *archiver) sources(w io.Writer) error {
	var lines []string
	for _, f := range a.sum.Sources {
		if line := f.SHA256 + "  " + strings.Join(strings.Fields(f.Source), " "); f.SHA256 != "" && !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	_, err := io.WriteString(w, strings.Join(append(lines, ""), "\n"))
	return err
}

// noted is a file system that notes which files were read.
type noted struct {
	fs.FS
	names *[]string
}

// Open opens a file and notes its name.
func (n noted) Open(name string) (fs.File, error) {
	f, err := n.FS.Open(name)
	if err == nil && !slices.Contains(*n.names, name) {
		*n.names = append(*n.names, name)
	}
	return f, err
}

// mapping packs the mapping and the files that it reads, and reports whether it
// is still what the run used.
func (a *archiver) mapping(ctx context.Context) (same bool, err error) {
	info, err := a.db.Run(ctx, a.sum.Run.ID)
	if err != nil {
		return false, err
	}
	if info.Command == "load" {
		a.s.message("the run is a load: there is no mapping to pack")
		return false, nil
	}
	var args runArgs
	if json.Unmarshal([]byte(info.Args), &args) != nil {
		args.Mapping = info.Mapping
	}
	file, err := findMapping(args.Mapping)
	if err != nil {
		a.s.message("warning the mapping is not packed: %v", err)
		return false, nil
	}
	var names []string
	prog, _ := mappings.Compile(noted{file.fs, &names}, file.name, mappings.Options{Cleaners: transform.Signatures(), Set: args.Set})
	if same = prog != nil && prog.SHA256 == info.MappingSHA256; !same {
		a.s.message("warning the mapping has changed since the run; it is packed as it is now")
	}
	slices.Sort(names)
	for _, name := range names {
		err := a.Part(path.Join("mapping", name), func(w io.Writer) error {
			text, err := fs.ReadFile(file.fs, name)
			if err == nil {
				_, err = w.Write(text)
			}
			return err
		})
		if err != nil {
			return false, err
		}
	}
	return same, nil
}

// resources packs the files of a target that is a folder, unless a later run
// has written to it.
func (a *archiver) resources(ctx context.Context) error {
	target := a.sum.Run.Target
	stat, err := os.Stat(target)
	if err != nil || !stat.IsDir() {
		return nil // a server has them
	}
	later, err := a.db.LaterInto(ctx, a.sum.Run.ID)
	if err != nil {
		return err
	}
	if later {
		a.s.message("warning a later run has written to %s, so the resources are not packed", target)
		return nil
	}
	return filepath.WalkDir(target, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !slices.Contains([]string{".ndjson", ".json"}, filepath.Ext(handover.PlainName(file))) {
			return err
		}
		name, err := filepath.Rel(target, file)
		if err != nil {
			return err
		}
		return a.File(path.Join("resources", filepath.ToSlash(name)), file)
	})
}
