package archive

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"chartlift/reports"
)

// ErrForeign means that a file is not an archive as this program wrote it. The
// text around it says what is wrong.
var ErrForeign = errors.New("not an archive")

const (
	maxManifest = 16 << 20 // of the manifest: a line for each part
	maxRuns     = 1 << 37  // of the run database
)

// foreignError is an error for people, whose words do not repeat [ErrForeign].
type foreignError struct{ error }

func (e foreignError) Unwrap() []error { return []error{ErrForeign, e.error} }

func foreign(format string, args ...any) error { return foreignError{fmt.Errorf(format, args...)} }

// Open opens the run database of an archive, if it is the one that was packed:
// a copy in a temporary folder, which close takes away again. The error is an
// [ErrForeign] where the file is no archive, is damaged, or was changed after
// it was made.
func Open(file string) (db *reports.DB, close func() error, err error) {
	z, err := zip.OpenReader(file)
	if err != nil {
		return nil, nil, foreign("%s is no archive of chartlift: %w", file, err)
	}
	defer z.Close()
	manifest, err := readManifest(&z.Reader, file)
	if err != nil {
		return nil, nil, err
	}
	dir, err := os.MkdirTemp("", "chartlift-archive-*")
	if err != nil {
		return nil, nil, fmt.Errorf("open archive: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	path := filepath.Join(dir, Runs)
	sum, err := unpack(&z.Reader, Runs, path)
	if err != nil {
		return nil, nil, foreign("%s is damaged: %w", file, err)
	}
	if sum != manifest.sumOf(Runs) {
		return nil, nil, foreign("%s was changed after it was made: its %s is not the one of its %s", file, Runs, manifestName)
	}
	if db, err = reports.Open(path); err != nil {
		return nil, nil, foreign("%s: %w", file, err)
	}
	return db, func() error { return errors.Join(db.Close(), os.RemoveAll(dir)) }, nil
}

// readManifest reads what an archive says it holds. One of a later form may
// hold it otherwise, and is refused.
func readManifest(z *zip.Reader, file string) (m Manifest, err error) {
	in, err := z.Open(manifestName)
	if err != nil {
		return m, foreign("%s is no archive of chartlift: it has no %s", file, manifestName)
	}
	defer in.Close()
	if err := json.NewDecoder(io.LimitReader(in, maxManifest)).Decode(&m); err != nil {
		return m, foreign("%s is damaged: its %s cannot be read: %w", file, manifestName, err)
	}
	if m.Form > form {
		return m, foreign("%s was written by a newer chartlift (%s): use that version", file, m.ToolVersion)
	}
	return m, nil
}

// sumOf returns the hash of a part, "" where the archive has none of that name.
func (m Manifest) sumOf(name string) string {
	for _, p := range m.Parts {
		if p.Name == name {
			return p.SHA256
		}
	}
	return ""
}

// unpack writes a part of an archive to a new file and returns its SHA-256.
func unpack(z *zip.Reader, name, path string) (sum string, err error) {
	in, err := z.Open(name)
	if err != nil {
		return "", err
	}
	defer in.Close()
	out, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	_, err = io.Copy(io.MultiWriter(out, h), io.LimitReader(in, maxRuns))
	return hex.EncodeToString(h.Sum(nil)), errors.Join(err, out.Close())
}
