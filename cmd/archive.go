package cmd

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
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
	"time"

	"github.com/spf13/cobra"

	"chartlift/load/handover"
	"chartlift/mappings"
	"chartlift/reports"
	"chartlift/transform"
)

// The parts of an archive. Its form is 1; a later one is a later number in the manifest.
const (
	archiveForm     = 1
	archiveManifest = "archive.json"
	archiveRuns     = "runs.db"
	archivePage     = "report.html"
	archiveSources  = "sources.sha256"
)

// maxArchived bounds the run database that an archive may hold.
const maxArchived = 1 << 37

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

// archiver packs one run.
type archiver struct {
	s     *settings
	db    *reports.DB
	sum   reports.Summary
	zip   *zip.Writer
	parts []archivePart

	started time.Time // of the run
}

// archivePart is a file of an archive with its hash.
type archivePart struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"`
}

// archiveJSON is the manifest.
type archiveJSON struct {
	Form          int           `json:"form"`
	Run           string        `json:"run"`
	Started       string        `json:"started"`
	Mapping       string        `json:"mapping"`
	MappingSHA256 string        `json:"mapping_sha256"`
	MappingIsThat bool          `json:"mapping_is_that"` // the mapping packed is the one that the run used
	ToolVersion   string        `json:"tool_version"`
	Parts         []archivePart `json:"parts"`
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
	a.started = info.Started
	f, err := os.OpenFile(o.out+".tmp", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("write archive: %w", err)
	}
	a.zip = zip.NewWriter(f)
	err = errors.Join(a.pack(ctx), a.zip.Close(), f.Close())
	if err == nil {
		err = os.Rename(o.out+".tmp", o.out)
	}
	if err != nil {
		return fmt.Errorf("write archive: %w", errors.Join(err, os.Remove(o.out+".tmp")))
	}
	s.message("%s: run %s in %d parts; chartlift report --from %s reads it", o.out, a.sum.Run.ID, len(a.parts), o.out)
	return nil
}

// pack writes the parts, the manifest last because it has the hashes of all others.
func (a *archiver) pack(ctx context.Context) error {
	if err := a.runs(ctx); err != nil {
		return err
	}
	err := a.part(archivePage, func(w io.Writer) error {
		return a.db.Page(ctx, a.sum.Run.ID, w, reports.PageOptions{Codes: allCodes(), CommandLine: typed, ShowValues: a.s.showValues})
	})
	if err != nil {
		return err
	}
	if err := a.part(archiveSources, a.sources); err != nil {
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
	manifest := archiveJSON{archiveForm, r.ID, r.Started, r.Mapping, r.MappingSHA256, same, r.ToolVersion, slices.Clone(a.parts)}
	return a.part(archiveManifest, func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(manifest)
	})
}

// part writes one file of the archive. Its time is that of the run and not of now, so that the same run makes the same bytes.
func (a *archiver) part(name string, write func(io.Writer) error) error {
	w, err := a.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: a.started.UTC()})
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	h := &counted{sum: sha256.New()}
	if err := write(io.MultiWriter(w, h)); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	a.parts = append(a.parts, archivePart{name, hex.EncodeToString(h.sum.Sum(nil)), h.n})
	return nil
}

// counted hashes and counts what is written.
type counted struct {
	sum interface {
		io.Writer
		Sum([]byte) []byte
	}
	n int64
}

// Write never fails.
func (c *counted) Write(p []byte) (int, error) {
	c.n += int64(len(p))
	return c.sum.Write(p)
}

// file packs a file of this machine.
func (a *archiver) file(name, path string) error {
	return a.part(name, func(w io.Writer) error {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		_, err = io.Copy(w, f)
		return errors.Join(err, f.Close())
	})
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
	snapshot := filepath.Join(dir, archiveRuns)
	if err := a.db.Snapshot(ctx, snapshot); err != nil {
		return err
	}
	return a.file(archiveRuns, snapshot)
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

// mapping packs the mapping and the files that it reads, and reports whether it is still what the run used.
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
		err := a.part(path.Join("mapping", name), func(w io.Writer) error {
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

// resources packs the files of a target that is a folder, unless a later run has written to it.
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
		return a.file(path.Join("resources", filepath.ToSlash(name)), file)
	})
}
