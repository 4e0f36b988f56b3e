package mllp

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"chartlift/internal/disk"
)

// people are the patients that the receiver has acknowledged: whoever is among
// them is changed, not added, and only of them results are told. They are in a
// file, because a later run sends results of patients that it does not send
// again. A line of the file is a reference, a tab and the PID segment; of a
// patient the last line counts.
type people struct {
	file *os.File
	end  int64
	at   map[[16]byte]span // memory does not grow with what is in the lines
}

// span is where a PID stands in the file.
type span struct {
	offset int64
	length int32
}

// openPeople reads the file at path, which need not be there; where path is
// empty it is a temporary one.
func openPeople(path string) (p *people, err error) {
	p = &people{at: map[[16]byte]span{}}
	if path == "" {
		if p.file, err = disk.Temp("", "chartlift-people-"); err != nil {
			return nil, fmt.Errorf("make list of patients: %w", err)
		}
		return p, nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make folder for list of patients: %w", err)
	}
	if p.file, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return nil, fmt.Errorf("open list of patients: %w", err)
	}
	if err := p.load(); err != nil {
		return nil, errors.Join(fmt.Errorf("read list of patients: %w", err), p.file.Close())
	}
	return p, nil
}

// load reads the lines. What a killed run left of its last one is cut off.
func (p *people) load() error {
	in := bufio.NewReader(p.file)
	for {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return p.file.Truncate(p.end)
		}
		if err != nil {
			return err
		}
		if ref, pid, ok := bytes.Cut(bytes.TrimSuffix(line, []byte("\n")), []byte("\t")); ok {
			p.at[refKey(string(ref))] = span{p.end + int64(len(ref)) + 1, int32(len(pid))}
		}
		p.end += int64(len(line))
	}
}

// refKey is short whatever the reference is; 128 bits of SHA-256 are not the
// same by chance.
func refKey(ref string) [16]byte {
	sum := sha256.Sum256([]byte(ref))
	return [16]byte(sum[:16])
}

func (p *people) has(ref string) bool {
	_, ok := p.at[refKey(ref)]
	return ok
}

// pid returns the PID segment of a patient who was acknowledged.
func (p *people) pid(ref string) (string, bool, error) {
	s, ok := p.at[refKey(ref)]
	if !ok {
		return "", false, nil
	}
	text := make([]byte, s.length)
	if _, err := p.file.ReadAt(text, s.offset); err != nil {
		return "", false, fmt.Errorf("read list of patients: %w", err)
	}
	return string(text), true, nil
}

// add notes that the patient was acknowledged. PID holds no line ends: they are
// escaped.
func (p *people) add(ref, pid string) error {
	line := ref + "\t" + pid + "\n"
	if _, err := p.file.WriteAt([]byte(line), p.end); err != nil {
		return fmt.Errorf("write list of patients: %w", err)
	}
	p.at[refKey(ref)] = span{p.end + int64(len(ref)) + 1, int32(len(pid))}
	p.end += int64(len(line))
	return nil
}

func (p *people) close() error {
	if p.file == nil {
		return nil
	}
	f := p.file
	p.file = nil
	if err := f.Close(); err != nil {
		return fmt.Errorf("close list of patients: %w", err)
	}
	return nil
}
