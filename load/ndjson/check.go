package ndjson

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"chartlift/load/handover"
)

// Change is a file of a folder that is not what was written.
type Change struct {
	Name string // with slashes, relative to the folder
	Gone bool   // it is not there; else it has other content
}

// Changes compares the files of a folder with the manifest that was written
// with them, in its order: whoever receives a hand-over wants to know that
// nothing was lost or touched on the way. A folder without manifest is of
// another program, and has none.
func Changes(ctx context.Context, dir string) ([]Change, error) {
	if _, err := os.Lstat(filepath.Join(dir, manifestName)); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	m, err := readManifest(dir)
	if err != nil {
		return nil, err
	}
	var out []Change
	for _, w := range m.Files {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		path := filepath.Join(dir, filepath.FromSlash(w.Name))
		sum, err := sumFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			sum, err = sumPacked(path) // somebody made it smaller for the way
		}
		gone := errors.Is(err, fs.ErrNotExist)
		if err != nil && !gone {
			return nil, fmt.Errorf("compare with manifest: %w", err)
		}
		if gone || sum != w.SHA256 {
			out = append(out, Change{w.Name, gone})
		}
	}
	return out, nil
}

// sumPacked is the sum of what is in the file's compressed form, "" where it
// cannot be unpacked.
func sumPacked(path string) (string, error) {
	f, err := os.Open(path + ".gz")
	if errors.Is(err, fs.ErrNotExist) {
		f, err = os.Open(path + ".zst")
	}
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	unpacked, _, err := handover.Unpack(f)
	if err != nil {
		return "", nil
	}
	defer func() { _ = unpacked.Close() }()
	sum, _ := sumOf(unpacked) // what cannot be unpacked has none
	return sum, nil
}
