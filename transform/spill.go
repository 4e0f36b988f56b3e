package transform

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/zeebo/xxh3"

	"chartlift/internal/disk"
)

// SpillOptions say how much of what waits stays in memory, and where the rest
// goes.
type SpillOptions struct {
	Dir    string // of temporary files
	Memory int    // bytes of rows in memory; 0: as many as usual
}

// ErrSpoilt means that a temporary file does not hold any more what was written
// to it: the disk is not sound, or somebody wrote there.
var ErrSpoilt = errors.New("the temporary file is not as it was written; see whether its disk is sound, and run again")

// spill is a temporary file of blocks of any length. Its zero value but for dir
// and name is empty, and makes the file with the first block. Any number of
// goroutines may get blocks at the same time, when none puts any.
type spill struct {
	dir, name string // name says what is put aside: the file's name begins with it, and errors tell it
	file      *os.File
	blocks    []block
}

// block is where a block ends, and what it hashes to: rows of patients that
// come back changed would be another's.
type block struct {
	end int64
	sum uint64
}

// put appends a block.
func (s *spill) put(text []byte) error {
	if s.file == nil {
		f, err := disk.Temp(s.dir, s.name+"-*")
		if err != nil {
			return fmt.Errorf("spill %s: %w", s.name, err)
		}
		s.file = f
	}
	if _, err := s.file.Write(text); err != nil {
		return fmt.Errorf("spill %s: %w", s.name, err)
	}
	s.blocks = append(s.blocks, block{s.begin(len(s.blocks)) + int64(len(text)), xxh3.Hash(text)})
	return nil
}

// begin returns where a block begins in the file.
func (s *spill) begin(n int) int64 {
	if n == 0 {
		return 0
	}
	return s.blocks[n-1].end
}

// get returns a block, in the memory of into where that suffices.
func (s *spill) get(n int, into []byte) ([]byte, error) {
	size := int(s.blocks[n].end - s.begin(n))
	into = slices.Grow(into[:0], size)[:size]
	switch _, err := s.file.ReadAt(into, s.begin(n)); {
	case errors.Is(err, io.EOF), err == nil && xxh3.Hash(into) != s.blocks[n].sum:
		return nil, fmt.Errorf("read %s: %w", s.name, ErrSpoilt)
	case err != nil:
		return nil, fmt.Errorf("read %s: %w", s.name, err)
	}
	return into, nil
}

// Close removes the file.
func (s *spill) Close() error {
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	s.file, s.blocks = nil, nil
	return err
}
