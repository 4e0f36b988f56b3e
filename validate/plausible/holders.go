package plausible

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"sync"

	"chartlift/internal/disk"
	"chartlift/internal/issue"
)

// holder is a patient that has an identifier, both by their hashes, and where
// that is said.
type holder struct {
	identifier, patient uint64
	place
}

// place is an origin in few bytes: files have many rows.
type place struct {
	row, line int64
	file      uint32 // in holders.files
}

// file is what origins of one table share.
type file struct{ source, table string }

// holderSize is how many bytes a holder takes on disk.
const holderSize = 8 + 8 + 8 + 8 + 4

// holdersAtOnce is how many holders wait in memory, 2.6 MB of them, before they
// are sorted and go to a file: nobody asks for them before the end.
const holdersAtOnce = 1 << 16

// holders are the patients by the hash of their identifiers. It is safe for
// concurrent use.
type holders struct {
	dir    string // of the temporary file
	room   int    // how many stay in memory
	mu     sync.Mutex
	list   []holder
	aside  *os.File // sorted runs, one behind the other
	runs   []int    // how many holders each has
	full   bool     // nothing can be put aside any more
	files  []file
	index  map[file]uint32
	person map[uint64]uint64 // which patient stands for another record of the same person
}

// same notes that patients are one person.
func (h *holders) same(ids []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.person == nil {
		h.person = map[uint64]uint64{}
	}
	first := hash("Patient/" + ids[0])
	for _, id := range ids[1:] {
		h.person[hash("Patient/"+id)] = first
	}
}

// who returns the person whose record a patient is.
func (h *holders) who(patient uint64) uint64 {
	if p, ok := h.person[patient]; ok {
		return p
	}
	return patient
}

// note remembers that the patient has the identifier.
func (h *holders) note(identifier, patient uint64, at issue.Origin) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.list = append(h.list, holder{identifier, patient, place{at.Row, at.Line, h.fileOf(at)}})
	if len(h.list) >= h.room && !h.full {
		h.full = h.spill() != nil // a disk that is full ends no run: they stay in memory
	}
}

// fileOf returns the number of the table that an origin is in.
func (h *holders) fileOf(at issue.Origin) uint32 {
	f := file{at.Source, at.Table}
	if n := len(h.files); n > 0 && h.files[n-1] == f {
		return uint32(n - 1)
	}
	n, ok := h.index[f]
	if !ok {
		if h.index == nil {
			h.index = map[file]uint32{}
		}
		n = uint32(len(h.files))
		h.files, h.index[f] = append(h.files, f), n
	}
	return n
}

// origin returns the origin that a place stands for.
func (h *holders) origin(at place) issue.Origin {
	f := h.files[at.file]
	return issue.Origin{Source: f.source, Table: f.table, Row: at.row, Line: at.line}
}

// compareHolders puts the patients of an identifier beside each other, and of a
// patient what was said of it.
func compareHolders(a, b holder) int {
	return cmp.Or(cmp.Compare(a.identifier, b.identifier), cmp.Compare(a.patient, b.patient))
}

// spill writes what is in memory to the file as one sorted run. What was not
// written whole stays in memory.
func (h *holders) spill() error {
	if h.aside == nil {
		f, err := disk.Temp(h.dir, "identifiers-*")
		if err != nil {
			return fmt.Errorf("put identifiers aside: %w", err)
		}
		h.aside = f
	}
	slices.SortFunc(h.list, compareHolders)
	before := int64(0)
	for _, n := range h.runs {
		before += int64(n) * holderSize
	}
	out := bufio.NewWriterSize(io.NewOffsetWriter(h.aside, before), 1<<16)
	var record [holderSize]byte
	for _, p := range h.list {
		p.encode(record[:])
		out.Write(record[:]) // an error stays with the writer until Flush
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("put identifiers aside: %w", err)
	}
	h.runs = append(h.runs, len(h.list))
	h.list = h.list[:0]
	return nil
}

// encode writes a holder in holderSize bytes, low ones first.
func (p *holder) encode(to []byte) {
	for i, n := range [...]uint64{p.identifier, p.patient, uint64(p.row), uint64(p.line)} {
		binary.LittleEndian.PutUint64(to[8*i:], n)
	}
	binary.LittleEndian.PutUint32(to[32:], p.file)
}

// decodeHolder reads what encode wrote.
func decodeHolder(from []byte) holder {
	at := func(i int) uint64 { return binary.LittleEndian.Uint64(from[8*i:]) }
	return holder{at(0), at(1), place{int64(at(2)), int64(at(3)), binary.LittleEndian.Uint32(from[32:])}}
}

// sorted is the next holder of a sorted run.
type sorted struct {
	next holder
	from *bufio.Reader // nil: of those in memory
	rest []holder
	left int
}

// advance reads the next holder; ok is false at the end.
func (s *sorted) advance() (ok bool, err error) {
	if s.from == nil {
		if len(s.rest) == 0 {
			return false, nil
		}
		s.next, s.rest = s.rest[0], s.rest[1:]
		return true, nil
	}
	if s.left == 0 {
		return false, nil
	}
	s.left--
	var record [holderSize]byte
	if _, err := io.ReadFull(s.from, record[:]); err != nil {
		return false, fmt.Errorf("read identifiers put aside: %w", err)
	}
	s.next = decodeHolder(record[:])
	return true, nil
}

// all yields the holders sorted, those put aside and those in memory.
func (h *holders) all() iter.Seq2[holder, error] {
	return func(yield func(holder, error) bool) {
		heads, err := h.heads()
		for err == nil && len(heads) > 0 {
			if !yield(heads[0].next, nil) {
				return
			}
			var more bool
			if more, err = heads[0].advance(); !more {
				heads[0] = heads[len(heads)-1]
				heads = heads[:len(heads)-1]
			}
			sink(heads, 0)
		}
		if err != nil {
			yield(holder{}, err)
		}
	}
}

// heads returns the runs with their first holders, as a heap.
func (h *holders) heads() ([]*sorted, error) {
	slices.SortFunc(h.list, compareHolders)
	heads := []*sorted{{rest: h.list}}
	at := int64(0)
	for _, n := range h.runs {
		size := int64(n) * holderSize
		heads = append(heads, &sorted{from: bufio.NewReaderSize(io.NewSectionReader(h.aside, at, size), 1<<14), left: n})
		at += size
	}
	var failed error
	heads = slices.DeleteFunc(heads, func(s *sorted) bool {
		more, err := s.advance()
		failed = errors.Join(failed, err)
		return !more
	})
	for i := len(heads)/2 - 1; i >= 0; i-- {
		sink(heads, i)
	}
	return heads, failed
}

// sink moves the run at a place of the heap down to where it belongs.
func sink(heads []*sorted, at int) {
	for {
		least := at
		for child := 2*at + 1; child <= 2*at+2 && child < len(heads); child++ {
			if compareHolders(heads[child].next, heads[least].next) < 0 {
				least = child
			}
		}
		if least == at {
			return
		}
		heads[at], heads[least] = heads[least], heads[at]
		at = least
	}
}

// sharing is two patients with one identifier, by what is said of them: the
// later one and the first of all that have it.
type sharing struct{ later, first place }

// shared returns all that share an identifier with an earlier patient who is
// somebody else, in the order of the later ones. Which one is the earlier does
// not depend on the order in which workers saw them.
func (h *holders) shared() ([]sharing, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var all []sharing
	var of []holder // one identifier, each patient once
	for next, err := range h.all() {
		if err != nil {
			return nil, err
		}
		switch last := len(of) - 1; {
		case last < 0 || of[last].identifier != next.identifier:
			all = h.sharings(all, of)
			of = append(of[:0], next)
		case of[last].patient != next.patient:
			of = append(of, next)
		case h.compare(next.place, of[last].place) < 0:
			of[last] = next
		}
	}
	all = h.sharings(all, of)
	slices.SortFunc(all, func(a, b sharing) int {
		return cmp.Or(h.compare(a.later, b.later), h.compare(a.first, b.first))
	})
	return all, nil
}

// sharings appends what the patients of one identifier come to.
func (h *holders) sharings(all []sharing, of []holder) []sharing {
	if len(of) < 2 {
		return all
	}
	slices.SortFunc(of, func(a, b holder) int { return cmp.Or(h.compare(a.place, b.place), cmp.Compare(a.patient, b.patient)) })
	for _, later := range of[1:] {
		if h.who(later.patient) != h.who(of[0].patient) {
			all = append(all, sharing{later.place, of[0].place})
		}
	}
	return all
}

// compare puts places in the order of files' names, and of rows.
func (h *holders) compare(a, b place) int {
	if a.file == b.file {
		return cmp.Compare(a.row, b.row)
	}
	f, g := h.files[a.file], h.files[b.file]
	return cmp.Or(cmp.Compare(f.source, g.source), cmp.Compare(f.table, g.table), cmp.Compare(a.row, b.row))
}

// Close removes what was put aside.
func (h *holders) Close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.list, h.runs = nil, nil
	if h.aside == nil {
		return nil
	}
	err := h.aside.Close()
	h.aside = nil
	return err
}
