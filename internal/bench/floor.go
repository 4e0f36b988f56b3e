package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

// floorCommand makes this program the floor instead of the bench.
const floorCommand = "floor"

// chunkSize is how much is read at a time.
const chunkSize = 256 << 10

// floorMain reads the tables in DATA and writes a constant line for each of
// their rows to OUT, as long as those in LIKE are on average: floor GOROUTINES
// DATA OUT LIKE.
func floorMain(args []string) error {
	if len(args) != 4 {
		return errors.New("floor takes GOROUTINES DATA OUT LIKE")
	}
	workers, err := strconv.Atoi(args[0])
	if err != nil {
		return fmt.Errorf("read number of goroutines: %w", err)
	}
	for i, table := range tableNames {
		name := resourceNames[i] + ".ndjson"
		line, err := constantLine(filepath.Join(args[3], name))
		if err != nil {
			return fmt.Errorf("measure %s: %w", name, err)
		}
		if err := floorFile(filepath.Join(args[1], table+".csv"), filepath.Join(args[2], name), line, workers); err != nil {
			return fmt.Errorf("copy %s: %w", table, err)
		}
	}
	return nil
}

// constantLine returns a line as long as those of the file's beginning.
func constantLine(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	head := make([]byte, 1<<20)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	lines := max(1, bytes.Count(head[:n], []byte{'\n'}))
	return append(bytes.Repeat([]byte{'x'}, n/lines-1), '\n'), nil
}

// floorFile copies one table: the goroutines take chunks that end with a record
// in turn.
func floorFile(from, to string, line []byte, workers int) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	c := copier{source: chunks{in: in}, out: out, line: line}
	var g errgroup.Group
	for range workers {
		g.Go(c.copy)
	}
	return g.Wait()
}

// copier is what the goroutines of one file share.
type copier struct {
	source chunks
	cells  atomic.Int64
	mu     sync.Mutex // guards out
	out    io.Writer
	line   []byte
}

// copy writes a line for each row of the chunks that it gets, until there are
// none.
func (c *copier) copy() error {
	var chunk, lines []byte
	for {
		var err error
		if chunk, err = c.source.next(chunk); err != nil || len(chunk) == 0 {
			return err
		}
		rows, cells := scan(chunk)
		c.cells.Add(int64(cells))
		lines = lines[:0]
		for range rows {
			lines = append(lines, c.line...)
		}
		if err := c.write(lines); err != nil {
			return err
		}
	}
}

func (c *copier) write(lines []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, err := c.out.Write(lines)
	return err
}

// chunks cuts a file behind line ends that are outside quotes. It is safe for
// concurrent use.
type chunks struct {
	mu   sync.Mutex
	in   io.Reader
	rest []byte
}

// next returns the next chunk in the memory of into; it is empty at the end.
func (c *chunks) next(into []byte) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	into = append(into[:0], c.rest...)
	for {
		old := len(into)
		into = append(into, make([]byte, chunkSize)...)
		n, err := io.ReadFull(c.in, into[old:])
		into = into[:old+n]
		if err != nil {
			c.rest = nil
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				err = nil
			}
			return into, err
		}
		if end := lastRecord(into); end > 0 {
			c.rest = append(c.rest[:0], into[end:]...)
			return into[:end], nil
		}
	}
}

// lastRecord returns where the last whole record ends. A quote inside quotes is
// doubled, so that counting quotes is enough.
func lastRecord(b []byte) int {
	quotes := bytes.Count(b, []byte{'"'})
	for end := len(b); end > 0; {
		at := bytes.LastIndexByte(b[:end], '\n')
		if at < 0 {
			return 0
		}
		quotes -= bytes.Count(b[at:end], []byte{'"'})
		if quotes%2 == 0 {
			return at + 1
		}
		end = at
	}
	return 0
}

// scan finds the ends of cells and records as a CSV reader must.
func scan(b []byte) (rows, cells int) {
	quoted := false
	for _, c := range b {
		switch {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == ',':
			cells++
		case c == '\n':
			cells++
			rows++
		}
	}
	return rows, cells
}

// floorName is what the report calls a floor.
func floorName(goroutines int) string {
	if goroutines == 1 {
		return "floor, one goroutine"
	}
	return fmt.Sprintf("floor, %d goroutines", goroutines)
}
