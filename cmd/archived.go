package cmd

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

// maxManifest bounds the manifest of an archive: a line for each of its parts.
const maxManifest = 16 << 20

// openArchived opens the run database of an archive, if it is the one that was packed. close takes the copy away again.
func openArchived(file string) (db *reports.DB, close func() error, err error) {
	z, err := zip.OpenReader(file)
	if err != nil {
		return nil, nil, refuse("not-an-archive", "%s is no archive of chartlift: %w", file, err)
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
	path := filepath.Join(dir, archiveRuns)
	sum, err := unpack(&z.Reader, archiveRuns, path)
	if err != nil {
		return nil, nil, refuse("not-an-archive", "%s is damaged: %w", file, err)
	}
	if sum != manifest.sumOf(archiveRuns) {
		return nil, nil, refuse("not-an-archive", "%s was changed after it was made: its %s is not the one of its %s", file, archiveRuns, archiveManifest)
	}
	if db, err = reports.Open(path); err != nil {
		return nil, nil, refuse("not-an-archive", "%s: %w", file, err)
	}
	return db, func() error { return errors.Join(db.Close(), os.RemoveAll(dir)) }, nil
}

// readManifest reads what an archive says it holds. One of a later form may hold it otherwise, and is refused.
func readManifest(z *zip.Reader, file string) (m archiveJSON, err error) {
	in, err := z.Open(archiveManifest)
	if err != nil {
		return m, refuse("not-an-archive", "%s is no archive of chartlift: it has no %s", file, archiveManifest)
	}
	defer in.Close()
	if err := json.NewDecoder(io.LimitReader(in, maxManifest)).Decode(&m); err != nil {
		return m, refuse("not-an-archive", "%s is damaged: its %s cannot be read: %w", file, archiveManifest, err)
	}
	if m.Form > archiveForm {
		return m, refuse("not-an-archive", "%s was written by a newer chartlift (%s): use that version", file, m.ToolVersion)
	}
	return m, nil
}

// sumOf returns the hash of a part, "" where the archive has none of that name.
func (m archiveJSON) sumOf(name string) string {
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
	_, err = io.Copy(io.MultiWriter(out, h), io.LimitReader(in, maxArchived))
	return hex.EncodeToString(h.Sum(nil)), errors.Join(err, out.Close())
}
