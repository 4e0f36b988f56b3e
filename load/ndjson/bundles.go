package ndjson

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"chartlift/fhir"
	"chartlift/internal/disk"
	"chartlift/load"
)

const (
	bundlesDir = "bundles"
	bundlesTmp = ".bundles.tmp"
	bundlesOld = ".bundles.old"
)

// bundles writes numbered transaction bundles into a folder that replaces the
// one of an earlier run as a whole: half of two runs would load as a wrong
// third one.
type bundles struct {
	dir     string
	earlier manifest
	options Options
	files   []written
}

// openBundles looks for foreign files first: the folder is replaced as a whole
// at Commit.
func openBundles(dir string, o Options, earlier manifest) (*bundles, error) {
	b := &bundles{dir: dir, options: o, earlier: earlier}
	if err := b.foreign(); err != nil {
		return nil, err
	}
	if err := os.Mkdir(filepath.Join(dir, bundlesTmp), 0o700); err != nil {
		return nil, fmt.Errorf("open output folder: %w", err)
	}
	return b, nil
}

// foreign returns ErrForeign where the folder to be replaced holds a file that
// is not ours.
func (b *bundles) foreign() error {
	entries, err := os.ReadDir(filepath.Join(b.dir, bundlesDir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", bundlesDir, err)
	}
	for _, e := range entries {
		if err := b.earlier.mayReplace(b.dir, bundlesDir+"/"+e.Name()); err != nil {
			return err
		}
	}
	return nil
}

// write cuts a bundle into files: at the limit, and where an id comes a second
// time, because a transaction may hold a resource only once (FHIR R4 section
// 3.1.0.11.2).
func (b *bundles) write(all *load.Bundle) error {
	start, seen := 0, map[string]bool{}
	for i, e := range all.Entries {
		full := b.options.MaxEntries > 0 && i-start == b.options.MaxEntries
		if full || seen[e.Resource.Ref()] {
			if err := b.writeFile(typeOf(all), all.Entries[start:i]); err != nil {
				return err
			}
			start = i
			clear(seen)
		}
		seen[e.Resource.Ref()] = true
	}
	if start == len(all.Entries) {
		return nil
	}
	return b.writeFile(typeOf(all), all.Entries[start:])
}

// typeOf returns FHIR's code for what a server does with the bundle: all or
// nothing, or each entry by itself.
func typeOf(b *load.Bundle) string {
	if b.Atomic {
		return "transaction"
	}
	return "batch"
}

func (b *bundles) writeFile(typ string, entries []load.Entry) error {
	base := fmt.Sprintf("%08d.json", len(b.files)+1)
	f, err := newFile(bundlesDir+"/"+base, filepath.Join(b.dir, bundlesTmp, base), Plain, b.options.create)
	if err != nil {
		return err
	}
	requests := make([]fhir.BundleEntry, len(entries))
	for i, e := range entries {
		requests[i] = fhir.BundleEntry{Method: "PUT", URL: e.Resource.Ref(), Resource: e.Resource.JSON}
	}
	// The writer keeps its first error, and close returns it.
	_, _ = f.buf.Write(append(fhir.AppendTransaction(nil, typ, requests), '\n'))
	f.n = int64(len(entries))
	w, err := f.close()
	if err != nil {
		return err
	}
	b.files = append(b.files, w)
	return nil
}

func (b *bundles) finish() ([]written, error) {
	if err := b.foreign(); err != nil {
		return nil, err
	}
	return b.files, disk.SyncFolder(filepath.Join(b.dir, bundlesTmp))
}

func (b *bundles) place() error {
	final, old := filepath.Join(b.dir, bundlesDir), filepath.Join(b.dir, bundlesOld)
	if err := os.Rename(final, old); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("set aside %s: %w", bundlesDir, err)
	}
	if err := os.Rename(filepath.Join(b.dir, bundlesTmp), final); err != nil {
		return fmt.Errorf("rename %s into place: %w", bundlesDir, err)
	}
	if err := os.RemoveAll(old); err != nil {
		return fmt.Errorf("remove the earlier %s: %w", bundlesDir, err)
	}
	return disk.SyncFolder(b.dir)
}
