package pipeline

import (
	"fmt"
	"os"

	"chartlift/internal/disk"
)

// spill is a temporary file to which pieces are appended, and from which each
// is read again. It is gone when it is closed or the process dies.
type spill struct {
	file *os.File
	size int64
	buf  []byte
}

// piece is a stretch of a spill.
type piece struct {
	at int64
	n  int
}

// spillBuffer is what is collected before it is written.
const spillBuffer = 1 << 18

func newSpill(dir string) (*spill, error) {
	f, err := disk.Temp(dir, "people-*")
	if err != nil {
		return nil, fmt.Errorf("put records aside: %w", err)
	}
	return &spill{file: f}, nil
}

// add appends a piece.
func (s *spill) add(text []byte) (piece, error) {
	p := piece{s.size, len(text)}
	s.size += int64(len(text))
	s.buf = append(s.buf, text...)
	if len(s.buf) < spillBuffer {
		return p, nil
	}
	return p, s.flush()
}

func (s *spill) flush() error {
	if _, err := s.file.Write(s.buf); err != nil {
		return fmt.Errorf("put records aside: %w", err)
	}
	s.buf = s.buf[:0]
	return nil
}

// read returns a piece.
func (s *spill) read(p piece) ([]byte, error) {
	if err := s.flush(); err != nil {
		return nil, err
	}
	out := make([]byte, p.n)
	if _, err := s.file.ReadAt(out, p.at); err != nil {
		return nil, fmt.Errorf("read records put aside: %w", err)
	}
	return out, nil
}

func (s *spill) Close() error {
	if s == nil {
		return nil
	}
	return s.file.Close()
}
