// Package ndjson is the sink that writes files: one NDJSON file for each
// resource type, or transaction bundles for a loader to post later.
//
// Read [Open] and [Sink] first. Nothing has its final name before Commit, so
// a reader never meets half a file; a manifest in the folder remembers which
// files are ours, and no other file is ever written over or removed.
//
//	sink, err := ndjson.Open("out", ndjson.Options{})
//	…
//	outcomes, err := sink.Send(ctx, bundle)
//	…
//	err = sink.Commit()
package ndjson

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"chartlift/internal/disk"
	"chartlift/internal/issue"
	"chartlift/load"
)

// Format is what the files hold.
type Format string

// The formats.
const (
	Lines   Format = "ndjson" // DIR/Patient.ndjson, one resource a line
	Bundles Format = "bundle" // DIR/bundles/00000001.json, transaction bundles of PUT entries
)

// Options say how to write. The zero value writes Lines.
type Options struct {
	Format     Format
	MaxEntries int // entries in one bundle file, 0 for as many as the bundle has
	Compress   Compression

	create func(path string) (*os.File, error) // tests put a full disk here
}

// ErrForeign means that a file in the way was not written by an earlier run.
var ErrForeign = errors.New("a file in the way was not written by chartlift; move it or choose another folder")

// errFull is put before ENOSPC so that the reader knows what to do.
var errFull = errors.New("the disk is full; free space or choose another folder")

// Sink writes bundles to files. It is for one sender, which sends in the order
// of Seq.
type Sink struct {
	dir     string
	out     output
	earlier manifest
	last    int64    // Seq of the last bundle written
	done    bool     // committed or closed
	left    manifest // after Commit
}

// output is one of the two formats: lines or bundles.
type output interface {
	write(b *load.Bundle) error
	finish() ([]written, error) // all bytes are on the disk, under temporary names
	place() error               // temporary names become final ones
}

// Open makes dir where needed and sweeps what a killed run left in it. It
// returns ErrForeign (wrapped) where somebody else's files stand in the way of
// ours.
func Open(dir string, o Options) (*Sink, error) {
	if o.create == nil {
		o.create = createNew
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open output folder: %w", err)
	}
	if err := sweep(dir); err != nil {
		return nil, fmt.Errorf("sweep output folder %s: %w", dir, err)
	}
	earlier, err := readManifest(dir)
	if err != nil {
		return nil, err
	}
	if err := o.Compress.check(o.Format); err != nil {
		return nil, err
	}
	s := &Sink{dir: dir, earlier: earlier}
	switch o.Format {
	case "", Lines:
		s.out = &lines{dir: dir, earlier: earlier, create: o.create, compress: o.Compress, files: map[string]*file{}}
	case Bundles:
		s.out, err = openBundles(dir, o, earlier)
	default:
		return nil, fmt.Errorf("open output folder %s: unknown format %q, want %s or %s", dir, o.Format, Lines, Bundles)
	}
	return s, err
}

// Send writes the entries of b. A bundle that was written already (its Seq is
// not above the last one) is not written again, and its outcomes have status 200.
func (s *Sink) Send(ctx context.Context, b *load.Bundle) ([]load.Outcome, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("write bundle %d: %w", b.Seq, err)
	}
	if s.done {
		return nil, fmt.Errorf("write bundle %d: %w", b.Seq, fs.ErrClosed)
	}
	status := 201
	if b.Seq > 0 && b.Seq <= s.last {
		status = 200
	}
	outcomes := make([]load.Outcome, len(b.Entries))
	good, whole := b.Entries, true // copied only where one is left out
	for i := range b.Entries {
		if why, bad := load.Unsendable(b.Entries[i]); bad {
			outcomes[i] = load.Outcome{Status: 400, Issues: []issue.Issue{why}}
			if whole {
				good, whole = slices.Clone(b.Entries[:i]), false
			}
			continue
		}
		outcomes[i].Status, outcomes[i].Created = status, status == 201
		if !whole {
			good = append(good, b.Entries[i])
		}
	}
	if status == 201 {
		if err := s.out.write(&load.Bundle{Atomic: b.Atomic, Entries: good}); err != nil {
			return nil, fmt.Errorf("write bundle %d: %w", b.Seq, diskError(err))
		}
		s.last = max(s.last, b.Seq)
	}
	return outcomes, nil
}

// Copies reports true: what Send was given is in a file, or in a buffer before
// it.
func (s *Sink) Copies() bool { return true }

// Commit gives the files their names, after their bytes are safe on the disk,
// and removes those of an earlier run that this run did not write.
func (s *Sink) Commit() error {
	if s.done {
		return fmt.Errorf("commit files: %w", fs.ErrClosed)
	}
	files, err := s.out.finish()
	if err != nil {
		return fmt.Errorf("commit files: %w", diskError(err))
	}
	// Until the last rename either run's file may be there: both are ours.
	now := manifest{Files: files}
	if err := writeManifest(s.dir, s.earlier.with(now)); err != nil {
		return fmt.Errorf("commit files: %w", diskError(err))
	}
	if err := s.out.place(); err != nil {
		return fmt.Errorf("commit files: %w", err)
	}
	if err := s.earlier.removeStale(s.dir, now); err != nil {
		return fmt.Errorf("commit files: remove files of an earlier run: %w", err)
	}
	if len(s.earlier.Files) > 0 { // otherwise it says so already
		if err := writeManifest(s.dir, now); err != nil {
			return fmt.Errorf("commit files: %w", diskError(err))
		}
	}
	s.done, s.left = true, now
	return nil
}

// Output returns the hash of the files that Commit left.
func (s *Sink) Output() load.Output {
	h, out := sha256.New(), load.Output{}
	for _, f := range s.left.Files {
		fmt.Fprintf(h, "%s  %s\n", f.SHA256, f.Name)
		out.Resources += f.Resources
	}
	out.SHA256 = hex.EncodeToString(h.Sum(nil))
	return out
}

// Close removes everything that was not committed. It may be called after
// Commit, and more than once.
func (s *Sink) Close() error {
	if s.done {
		return nil
	}
	s.done = true
	_, _ = s.out.finish() // closes the files; whether their bytes arrived no longer matters
	if err := sweep(s.dir); err != nil {
		return fmt.Errorf("close output folder %s: %w", s.dir, err)
	}
	return nil
}

// createNew refuses a path that exists: after the sweep there should be none,
// and a link must not be followed.
func createNew(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
}

// diskError says what to do where the disk or the quota is full.
func diskError(err error) error {
	if disk.Full(err) {
		return fmt.Errorf("%w: %w", errFull, err)
	}
	return err
}

// sweep removes the temporaries of a killed run, and puts the old bundles back
// where it was killed between the two renames that replace them.
func sweep(dir string) error {
	old, final := filepath.Join(dir, bundlesOld), filepath.Join(dir, bundlesDir)
	if _, err := os.Lstat(final); errors.Is(err, fs.ErrNotExist) {
		if err := os.Rename(old, final); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !temporary().MatchString(e.Name()) {
			continue
		}
		if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return nil
}
