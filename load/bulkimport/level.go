package bulkimport

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"chartlift/fhir"
)

// Level is the resources of one job: one file a type. All that they refer to
// must be on the server before, as a server works on the files in any order.
type Level struct {
	importer *Importer
	files    map[string]*file // by type
	key      hash.Hash
}

// file is the NDJSON of one type under way.
type file struct {
	disk *os.File
	out  *bufio.Writer
	sum  hash.Hash
	n    int64
}

// Level begins a level.
func (i *Importer) Level() *Level {
	return &Level{importer: i, files: map[string]*file{}, key: sha256.New()}
}

// Known counts a resource that belongs to the level and needs no delivery. A
// level is the same level, whose job is gone on with, as long as all its
// resources are the same, delivered or not.
func (l *Level) Known(r fhir.Resource) {
	_, _ = io.WriteString(l.key, r.Ref()+"\n") // hashes never fail
	_, _ = l.key.Write(r.JSON)
}

// Add puts a resource into the file of its type.
func (l *Level) Add(r fhir.Resource) error {
	l.Known(r)
	f, err := l.file(r.Type)
	if err != nil {
		return err
	}
	for _, part := range [][]byte{r.JSON, {'\n'}} {
		if _, err := f.out.Write(part); err != nil {
			return fmt.Errorf("write file for import: %w", err)
		}
	}
	f.n++
	return nil
}

// Len returns how many resources are to go by the job.
func (l *Level) Len() int64 {
	var n int64
	for _, f := range l.files {
		n += f.n
	}
	return n
}

func (l *Level) file(typ string) (*file, error) {
	if f := l.files[typ]; f != nil {
		return f, nil
	}
	folder := l.importer.options.Folder
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("make folder for import: %w", err)
	}
	disk, err := os.OpenFile(filepath.Join(folder, "."+typ+".tmp"), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("make file for import: %w", err)
	}
	f := &file{disk: disk, sum: sha256.New()}
	f.out = bufio.NewWriterSize(io.MultiWriter(disk, f.sum), 64<<10)
	l.files[typ] = f
	return f, nil
}

// input is a finished file.
type input struct {
	typ, name, path string
	n               int64
}

// finish gives the files their names. A name holds a hash of the content: in a
// storage nothing is written over, which Azure asks for, and a run that is
// started again offers the same. mark comes behind it.
func (l *Level) finish(mark string) (all []input, err error) {
	folder := l.importer.options.Folder
	for _, typ := range slices.Sorted(maps.Keys(l.files)) {
		f := l.files[typ]
		failed := f.out.Flush()
		if failed == nil {
			failed = f.disk.Sync()
		}
		in := input{typ: typ, name: typ + "-" + hex.EncodeToString(f.sum.Sum(nil)[:8]) + mark + ".ndjson", n: f.n}
		in.path = filepath.Join(folder, in.name)
		if failed = errors.Join(failed, f.disk.Close()); failed == nil {
			failed = os.Rename(f.disk.Name(), in.path)
		}
		if err = errors.Join(err, failed); err == nil {
			all = append(all, in)
		}
	}
	clear(l.files)
	if err != nil {
		return nil, fmt.Errorf("write files for import: %w", err)
	}
	return all, nil
}

// discard closes and removes files that were not finished.
func (l *Level) discard() error {
	var err error
	for _, f := range l.files {
		if gone := os.Remove(f.disk.Name()); gone != nil && !errors.Is(gone, fs.ErrNotExist) {
			err = cmp.Or(err, gone)
		}
		_ = f.disk.Close()
	}
	clear(l.files)
	return err
}
