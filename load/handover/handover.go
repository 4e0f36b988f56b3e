// Package handover reads files of resources that are to be delivered: NDJSON,
// bundles and single resources, plain or gzip or zstd, written by an earlier
// run or by another program.
//
// Read [Open] and [Set] first. A resource is named once, in the order in which
// it can be delivered: what others refer to comes before them. Memory holds
// some hundred bytes a resource; what cannot be read again at its place waits
// in a temporary file.
//
//	set, err := handover.Open(ctx, []string{"out/"}, tempDir)
//	defer set.Close()
//	for _, level := range set.Levels() {
//		for i := range level.Len() { item, err := level.Item(i) … }
//	}
package handover

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"chartlift/fhir"
	"chartlift/internal/issue"
)

// File is one file of the set. Rows are its resources: of NDJSON the lines that
// are not blank, of a bundle its entries.
type File struct {
	Path string
	Name string // as it is shown: below the folder that was named
	Kind string // ndjson, bundle or resource
	Rows int64
}

// Left is a row that is not to be delivered: a duplicate of another row, or one
// that is refused for an issue.
type Left struct {
	File, Row int64 // Row counts from 1
	Issue     issue.Issue
	Merged    bool
	Into      int64 // the row that it duplicates, 0 where that stands in another file
}

// Item is one resource to deliver.
type Item struct {
	File     int64
	Row      int64
	Resource fhir.Resource // canonical
	Origin   issue.Origin
}

// Set is the files with an index of their resources. It is for one goroutine.
type Set struct {
	Files  []File
	Left   []Left
	Unread []Unread

	spool *os.File
	size  int64
	open  map[int32]*os.File
	rows  index
	types []string
	index map[string]int16
	edges map[[2]int16]bool // of types: the first refers to the second
	tree  fhir.Tree

	sought map[string]*sought // conditional references
	names  map[string]string  // Type/id of those that mean one resource of the set
}

// entry is one resource of the index. It has no pointers and is small: there
// may be millions.
type entry struct {
	key     [12]byte
	sum     [8]byte // tells contents of one resource apart
	offset  int64
	row     uint32
	line    uint32
	length  int32
	file    int32
	typ     int16
	spooled bool // it stands in the spool, else in its file
	exact   bool // it stands there in canonical form
	left    bool // it was read, and is among Left all the same
}

// Open reads the files once: which resources they have, and what these refer
// to. A folder stands for all files in it and below. Temporary files are made
// in temp. The caller closes the set.
func Open(ctx context.Context, paths []string, temp string) (*Set, error) {
	s := &Set{open: map[int32]*os.File{}, index: map[string]int16{}, edges: map[[2]int16]bool{}, sought: map[string]*sought{}}
	for _, path := range paths {
		if err := s.find(path); err != nil {
			return nil, err
		}
	}
	for i := range s.Files {
		if err := s.read(ctx, int32(i), temp); err != nil {
			return nil, errors.Join(fmt.Errorf("read %s: %w", s.Files[i].Path, err), s.Close())
		}
		s.tellEmpty(s.Files[i])
	}
	if err := s.settle(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Counts returns how many resources of each type are to be delivered.
func (s *Set) Counts() map[string]int64 {
	counts := map[string]int64{}
	for _, e := range s.rows.all() {
		if !e.left {
			counts[s.types[e.typ]]++
		}
	}
	return counts
}

// Close removes the temporary files.
func (s *Set) Close() error {
	err := s.closeFiles()
	if s.spool != nil {
		err = errors.Join(err, s.spool.Close(), os.Remove(s.spool.Name()))
	}
	return err
}

// item reads the resource of an entry.
func (s *Set) item(e *entry) (Item, error) {
	text, err := s.text(e)
	if err != nil {
		return Item{}, fmt.Errorf("read %s again: %w", s.Files[e.file].Path, err)
	}
	canonical := text
	if !e.exact {
		canonical, err = fhir.Canonical(text)
	}
	id, ok := idOf(canonical, s.types[e.typ])
	if err != nil || !ok || sumOf(canonical) != e.sum {
		return Item{}, fmt.Errorf("read %s again: row %d has changed meanwhile", s.Files[e.file].Path, e.row)
	}
	return Item{
		File: int64(e.file), Row: int64(e.row), Origin: s.origin(e.file, int64(e.row), int64(e.line)),
		Resource: fhir.Resource{Type: s.types[e.typ], ID: id, JSON: renamed(canonical, s.names)},
	}, nil
}

// idOf returns the id of a resource of a type in canonical JSON, where it stands
// behind the type and has no escapes. ok is false for anything else.
func idOf(canonical []byte, typ string) (id string, ok bool) {
	rest, ok := bytes.CutPrefix(canonical, []byte(`{"resourceType":"`+typ+`","id":"`))
	if !ok {
		return "", false
	}
	text, _, ok := bytes.Cut(rest, []byte(`"`))
	return string(text), ok
}

func (s *Set) text(e *entry) ([]byte, error) {
	from := s.spool
	if !e.spooled {
		var err error
		if from, err = s.opened(e.file); err != nil {
			return nil, err
		}
	}
	text := make([]byte, e.length)
	_, err := from.ReadAt(text, e.offset)
	return text, err
}

// mostOpen bounds the files that are kept open: a folder may have one for each
// resource, and a process few hundreds.
const mostOpen = 100

func (s *Set) opened(file int32) (*os.File, error) {
	if f := s.open[file]; f != nil {
		return f, nil
	}
	if len(s.open) >= mostOpen {
		if err := s.closeFiles(); err != nil {
			return nil, err
		}
	}
	f, err := os.Open(s.Files[file].Path)
	if err == nil {
		s.open[file] = f
	}
	return f, err
}

func (s *Set) closeFiles() (err error) {
	for _, f := range s.open {
		err = errors.Join(err, f.Close())
	}
	clear(s.open)
	return err
}

func (s *Set) origin(file int32, row, line int64) issue.Origin {
	f := s.Files[file]
	return issue.Origin{Source: f.Name, Table: TableOf(f.Name), Row: row, Line: line}
}

// TableOf is the name of a file's only table: its name without folders and
// endings.
func TableOf(name string) string {
	name = filepath.Base(name)
	name = name[:len(PlainName(name))]
	return strings.TrimSuffix(name, filepath.Ext(name))
}
