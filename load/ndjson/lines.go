package ndjson

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"chartlift/internal/disk"
	"chartlift/load"
)

// lines writes one file for each resource type.
type lines struct {
	dir     string
	earlier manifest
	create  func(path string) (*os.File, error)
	files   map[string]*file // by resource type
	order   []written        // after finish: sorted by name

	compress Compression
}

// file is one file under its temporary name.
type file struct {
	name string // final name inside the folder
	disk *os.File
	buf  *bufio.Writer
	pack io.Closer // between buf and the others
	sum  hash.Hash
	n    int64 // resources in it
}

// temporaryName is hidden, so that whoever reads *.ndjson does not meet it.
func temporaryName(name string) string { return "." + name + ".tmp" }

func (l *lines) write(b *load.Bundle) error {
	var f *file
	typ := ""
	for i := range b.Entries {
		r := &b.Entries[i].Resource
		if f == nil || r.Type != typ { // neighbours are mostly of one type
			var err error
			if f, err = l.file(r.Type); err != nil {
				return err
			}
			typ = r.Type
		}
		if _, err := f.buf.Write(r.JSON); err != nil {
			return fmt.Errorf("write %s: %w", f.name, err)
		}
		if err := f.buf.WriteByte('\n'); err != nil {
			return fmt.Errorf("write %s: %w", f.name, err)
		}
		f.n++
	}
	return nil
}

// file returns the open file of a type, making it at the first resource of that
// type.
func (l *lines) file(resourceType string) (*file, error) {
	if f := l.files[resourceType]; f != nil {
		return f, nil
	}
	name := resourceType + ".ndjson" + l.compress.suffix()
	if err := l.earlier.mayReplace(l.dir, name); err != nil {
		return nil, err
	}
	f, err := newFile(name, filepath.Join(l.dir, temporaryName(name)), l.compress, l.create)
	if err != nil {
		return nil, err
	}
	l.files[resourceType] = f
	return f, nil
}

// newFile creates the file at path, which becomes name at Commit. Its sum is
// that of the bytes on the disk.
func newFile(name, path string, compress Compression, create func(string) (*os.File, error)) (*file, error) {
	disk, err := create(path)
	if err != nil {
		return nil, fmt.Errorf("create %s: %w", name, err)
	}
	f := &file{name: name, disk: disk, sum: sha256.New()}
	pack, err := compress.packer(summed{disk, f.sum})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("create %s: %w", name, err), disk.Close())
	}
	f.pack, f.buf = pack, bufio.NewWriterSize(pack, bufferSize)
	return f, nil
}

// bufferSize is how much of a file is written at once.
const bufferSize = 128 << 10

// summed writes to the disk what it sums up. Both take about as long, and both
// together longer than to make the resources of some mappings: they run beside
// each other where a processor is free.
type summed struct {
	disk io.Writer
	sum  hash.Hash
}

// Write implements io.Writer.
func (s summed) Write(p []byte) (int, error) {
	if len(p) < bufferSize/2 { // a packer's small pieces, the end of a file: to wait for another processor would cost more
		_, _ = s.sum.Write(p) // never fails
		return s.disk.Write(p)
	}
	var summing sync.WaitGroup
	summing.Go(func() { _, _ = s.sum.Write(p) })
	n, err := s.disk.Write(p)
	summing.Wait()
	return n, err
}

// close writes what is buffered and waits until the disk has it.
func (f *file) close() (written, error) {
	err := f.buf.Flush()
	if closing := f.pack.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = f.disk.Sync()
	}
	if err = errors.Join(err, f.disk.Close()); err != nil {
		return written{}, fmt.Errorf("write %s: %w", f.name, err)
	}
	return written{Name: f.name, SHA256: hex.EncodeToString(f.sum.Sum(nil)), Resources: f.n}, nil
}

// atOnce is how many files wait for the disk at the same time. A disk that is
// asked for one after the other takes as long for each as for all.
const atOnce = 8

func (l *lines) finish() ([]written, error) {
	names := slices.Sorted(maps.Keys(l.files))
	if len(names) == 0 {
		return nil, nil
	}
	all, errs := make([]written, len(names)), make([]error, len(names))
	var closing sync.WaitGroup
	turns := make(chan struct{}, atOnce)
	for i, name := range names {
		turns <- struct{}{}
		closing.Go(func() {
			defer func() { <-turns }()
			all[i], errs[i] = l.files[name].close()
		})
	}
	closing.Wait()
	slices.SortFunc(all, byName)
	l.order = all
	return all, errors.Join(errs...)
}

func (l *lines) place() error {
	for _, w := range l.order {
		final := filepath.Join(l.dir, w.Name)
		if err := os.Rename(filepath.Join(l.dir, temporaryName(w.Name)), final); err != nil {
			return fmt.Errorf("rename %s into place: %w", w.Name, err)
		}
	}
	return disk.SyncFolder(l.dir)
}
