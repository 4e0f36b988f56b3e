package courier

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"chartlift/fhir"
)

// DeadLetters is the file of a run's refused resources: NDJSON, for its owner
// only. It is made with the first of them. Add is safe for concurrent use.
type DeadLetters struct {
	Path string

	mu   sync.Mutex
	file *os.File
}

// Add appends a resource. What is in the file when the process dies are whole
// lines but perhaps the last.
func (l *DeadLetters) Add(r fhir.Resource) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		if err := os.MkdirAll(filepath.Dir(l.Path), 0o700); err != nil {
			return fmt.Errorf("make folder for dead letters: %w", err)
		}
		f, err := os.OpenFile(l.Path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return fmt.Errorf("open dead letters: %w", err)
		}
		l.file = f
	}
	line := append(append(make([]byte, 0, len(r.JSON)+1), r.JSON...), '\n')
	if _, err := l.file.Write(line); err != nil {
		return fmt.Errorf("write dead letter: %w", err)
	}
	return nil
}

// Close closes the file, if there is one.
func (l *DeadLetters) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return nil
	}
	f := l.file
	l.file = nil
	if err := f.Close(); err != nil {
		return fmt.Errorf("close dead letters: %w", err)
	}
	return nil
}

// ReadLetters hands out the resources of such a file, edited by people or not,
// in its order. Of a resource that stands there more than once the last one
// counts, in the place of the first. A line that is no resource is an error
// that names it: somebody was mending it. The last line may be cut off by the
// death of the run.
func ReadLetters(path string) ([]fhir.Resource, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open dead letters: %w", err)
	}
	defer f.Close()
	var all []fhir.Resource
	at := map[string]int{}
	in := bufio.NewReaderSize(f, 64<<10)
	for n := 1; ; n++ {
		line, err := readLine(in)
		last := errors.Is(err, io.EOF)
		if err != nil && !last {
			return nil, fmt.Errorf("read dead letters, line %d: %w", n, err)
		}
		if r, ok, blank := letter(line); ok {
			if i, twice := at[r.Ref()]; twice {
				all[i] = r
			} else {
				at[r.Ref()] = len(all)
				all = append(all, r)
			}
		} else if !blank && !last {
			return nil, fmt.Errorf("read dead letters: line %d of %s is no resource in JSON with type and id", n, path)
		}
		if last {
			return all, nil
		}
	}
}

// readLine reads a line of bounded length.
func readLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		if line = append(line, part...); len(line) > fhir.MaxSize {
			return nil, errors.New("the line is too long")
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

// letter reads one line, in whatever form a person left it.
func letter(line []byte) (r fhir.Resource, ok, blank bool) {
	var t fhir.Tree
	if err := t.Parse(line); err != nil {
		return r, false, isBlank(line)
	}
	canonical, err := fhir.Canonical(line)
	if err != nil {
		return r, false, false
	}
	r = fhir.Resource{Type: strings.Clone(t.FindText(0, "resourceType")), ID: strings.Clone(t.FindText(0, "id")), JSON: canonical}
	return r, r.ID != "", false
}

func isBlank(line []byte) bool { return len(bytes.TrimSpace(line)) == 0 }
