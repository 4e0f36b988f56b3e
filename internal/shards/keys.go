package shards

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"strings"
)

// Key is a resource that rows of shards may refer to. Expected means that its row announced it, as happens where tables
// refer to each other or to themselves; whether it was made is known when the shards are put together.
type Key struct {
	Map      string // of the mapping that made it
	ID       string
	Expected bool
}

// section begins the ids of a map in the file of keys. No id begins with either sign (FHIR R4 section 2.24.0.1, id).
func (k Key) section() string {
	if k.Expected {
		return "~" + k.Map
	}
	return "=" + k.Map
}

// sectionSize is how much is gathered of one section before it is written: ids of several maps come one after the other.
const sectionSize = 64 << 10

// KeyWriter writes the keys of a plan. It is for one goroutine.
type KeyWriter struct {
	file *os.File
	out  io.Writer
	sum  hash.Hash
	open map[Key]*section // keys without ids
	all  []*section       // in the order in which they were met
}

// section gathers the ids of one map.
type section struct {
	of Key
	n  int
	bytes.Buffer
}

// Kept is how many keys of a map there are.
type Kept struct {
	Map      string `json:"map"`
	Expected bool   `json:"expected,omitempty"`
	N        int    `json:"n"`
}

// CreateKeys begins the file of keys in a plan's folder. The caller calls Close.
func CreateKeys(dir string) (*KeyWriter, error) {
	f, err := os.OpenFile(KeysPath(dir), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("write keys: %w", err)
	}
	w := &KeyWriter{file: f, sum: sha256.New(), open: map[Key]*section{}}
	w.out = io.MultiWriter(f, w.sum)
	return w, nil
}

// Add writes a key.
func (w *KeyWriter) Add(k Key) error {
	of := Key{Map: k.Map, Expected: k.Expected}
	s := w.open[of]
	if s == nil {
		s = &section{of: of}
		w.open[of], w.all = s, append(w.all, s)
	}
	s.n++
	s.WriteString(k.ID)
	s.WriteByte('\n')
	if s.Len() < sectionSize {
		return nil
	}
	return w.flush(s)
}

func (w *KeyWriter) flush(s *section) error {
	if s.Len() == 0 {
		return nil
	}
	_, err := fmt.Fprintf(w.out, "%s\n%s", s.of.section(), s.Bytes())
	if s.Reset(); err != nil {
		return fmt.Errorf("write keys: %w", err)
	}
	return nil
}

// Close ends the file and returns its hash and what is in it, for the plan.
func (w *KeyWriter) Close() (sum string, kept []Kept, err error) {
	for _, s := range w.all {
		kept = append(kept, Kept{s.of.Map, s.of.Expected, s.n})
		err = errors.Join(err, w.flush(s))
	}
	if err = errors.Join(err, w.file.Sync(), w.file.Close()); err != nil {
		return "", nil, fmt.Errorf("write keys: %w", err)
	}
	return hex.EncodeToString(w.sum.Sum(nil)), kept, nil
}

// Keys hands out all keys of the plan, stretches of one map each: what sectionOf returns takes the ids that follow; nil leaves them out.
func (p *Plan) Keys(dir string, sectionOf func(name string, expected bool) func(id string)) error {
	f, err := os.Open(KeysPath(dir))
	if err != nil {
		return fmt.Errorf("read keys: %w", err)
	}
	defer f.Close()
	sum := sha256.New()
	lines := bufio.NewScanner(io.TeeReader(f, sum))
	lines.Buffer(make([]byte, 1<<16), 1<<20)
	var take func(string)
	for lines.Scan() {
		line := lines.Text()
		switch {
		case strings.HasPrefix(line, "="), strings.HasPrefix(line, "~"):
			take = sectionOf(line[1:], line[0] == '~')
		case take != nil:
			take(line)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read keys: %w", err)
	}
	if hex.EncodeToString(sum.Sum(nil)) != p.KeysSHA256 {
		return fmt.Errorf("read keys %s: they are not those of the plan: plan again", KeysPath(dir))
	}
	return nil
}
