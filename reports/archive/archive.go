// Package archive packs what a run came to into one file that can be opened
// years later, and opens it.
//
// Read [Writer], [Manifest] and [Open] first. An archive is a zip file;
// archive.json, its last part, has the SHA-256 of all others. The times in it
// are the run's, so that the same run makes the same bytes.
//
//	w := archive.New(file, started)
//	err := w.File(archive.Runs, snapshot)
//	err = w.Close(archive.Manifest{Run: id})
package archive

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"slices"
	"time"
)

// Runs is the part that is the run database; every archive has it.
const Runs = "runs.db"

const (
	form         = 1 // of an archive; a later one has a later number
	manifestName = "archive.json"
)

// Part is a file of an archive with its hash.
type Part struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"`
}

// Manifest says what an archive holds, and of which run. [Writer.Close] fills
// Form and Parts.
type Manifest struct {
	Form          int    `json:"form"`
	Run           string `json:"run"`
	Started       string `json:"started"`
	Mapping       string `json:"mapping"`
	MappingSHA256 string `json:"mapping_sha256"`
	MappingIsThat bool   `json:"mapping_is_that"` // the mapping packed is the one that the run used
	ToolVersion   string `json:"tool_version"`
	Parts         []Part `json:"parts"`
}

// Writer writes an archive. It is for one goroutine.
type Writer struct {
	zip   *zip.Writer
	at    time.Time
	parts []Part
}

// New begins an archive of a run that started at this time.
func New(out io.Writer, at time.Time) *Writer { return &Writer{zip: zip.NewWriter(out), at: at.UTC()} }

// Part adds a part whose bytes write writes.
func (w *Writer) Part(name string, write func(io.Writer) error) error {
	out, err := w.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: w.at})
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	h := &counted{sum: sha256.New()}
	if err := write(io.MultiWriter(out, h)); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	w.parts = append(w.parts, Part{name, hex.EncodeToString(h.sum.Sum(nil)), h.n})
	return nil
}

// counted hashes and counts what is written.
type counted struct {
	sum hash.Hash
	n   int64
}

// Write never fails.
func (c *counted) Write(p []byte) (int, error) {
	c.n += int64(len(p))
	return c.sum.Write(p)
}

// File adds a part with the bytes of a file of this machine.
func (w *Writer) File(name, path string) error {
	return w.Part(name, func(out io.Writer) error {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		_, err = io.Copy(out, f)
		return errors.Join(err, f.Close())
	})
}

// Count returns how many parts there are so far.
func (w *Writer) Count() int { return len(w.parts) }

// Close writes the manifest, last because it has the hashes of all others, and
// ends the archive. What it was written to stays open.
func (w *Writer) Close(m Manifest) error {
	m.Form, m.Parts = form, slices.Clone(w.parts)
	err := w.Part(manifestName, func(out io.Writer) error {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		return e.Encode(m)
	})
	return errors.Join(err, w.zip.Close())
}
