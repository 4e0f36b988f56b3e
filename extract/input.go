package extract

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
)

// headSize is how much of a file formats see before they decide.
const headSize = 64 << 10

// Input is one legacy file as formats see it: decompressed, and readable as
// often as they like. Its methods are safe for concurrent use. The Source that
// was opened on it closes it.
type Input struct {
	Name string // what Origin.Source says
	Path string // as the user gave it: patients.csv.gz, legacy.zip!patients.csv, -
	Base string // file name without folders and compression suffix: patients.csv
	Head []byte // the first 64 KiB, decompressed

	open    func() (io.ReadCloser, error)
	memory  *bytes.Reader // the bytes of FromBytes
	size    int64         // bytes on disk, compressed where the file is; 0 unknown
	read    atomic.Int64  // of them, by the latest reader
	plain   string        // a file on disk that holds just these bytes; "" where there is none
	local   string        // the file on disk, or the archive; "" where there is none
	tempDir string

	archives *Archives // its own; nil where it shares those of others

	mu    sync.Mutex
	temps []string
}

// FromBytes returns an Input held in memory, called name.
func FromBytes(name string, content []byte) *Input {
	return &Input{
		Name: name, Path: name, Base: baseName(name), Head: content[:min(len(content), headSize)],
		open:   func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil },
		memory: bytes.NewReader(content),
	}
}

// Open returns the decompressed bytes from the beginning. The caller closes the
// reader.
func (in *Input) Open() (io.ReadCloser, error) {
	r, err := in.open()
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", in.Path, err)
	}
	return r, nil
}

// OpenAt returns the decompressed bytes from offset on. Nothing before it is
// read where they lie in a file on disk, which they do after File. The caller
// closes the reader.
func (in *Input) OpenAt(offset int64) (io.ReadCloser, error) {
	in.mu.Lock()
	plain, own := in.plain, len(in.temps) == 0
	in.mu.Unlock()
	if in.memory != nil {
		return io.NopCloser(io.NewSectionReader(in.memory, offset, in.memory.Size())), nil
	}
	if plain == "" {
		r, err := in.Open()
		if err != nil {
			return nil, err
		}
		if _, err := io.CopyN(io.Discard, r, offset); err != nil {
			return nil, errors.Join(err, r.Close())
		}
		return r, nil
	}
	f, err := os.Open(plain)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", in.Path, err)
	}
	if _, err := f.Seek(offset, io.SeekStart); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", in.Path, err), f.Close())
	}
	if !own { // what is read of a copy says nothing of the compressed file
		return f, nil
	}
	in.read.Store(offset)
	return &counter{f, &in.read}, nil
}

// Direct reports whether OpenAt reads nothing before its offset.
func (in *Input) Direct() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.plain != "" || in.memory != nil
}

// File returns the path of a file that holds the decompressed bytes, for
// formats that have to seek. Unless the user's own file will do, it is a
// temporary one, which Close removes.
func (in *Input) File(ctx context.Context) (string, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.plain != "" {
		return in.plain, nil
	}
	r, err := in.Open()
	if err != nil {
		return "", err
	}
	defer func() { _ = r.Close() }()
	name, err := spool(ctx, in.tempDir, r)
	if name != "" {
		in.temps = append(in.temps, name)
	}
	if err != nil {
		return "", fmt.Errorf("spool %s: %w", in.Path, err)
	}
	in.plain = name
	return name, nil
}

// Table returns the table name of a file that holds one table: its name
// without compression suffix and extension.
func (in *Input) Table() string {
	return strings.TrimSuffix(in.Base, path.Ext(in.Base))
}

// Close frees the temporary files. It may be called again.
func (in *Input) Close() error {
	in.mu.Lock()
	defer in.mu.Unlock()
	var all error
	for _, name := range in.temps {
		if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
			all = errors.Join(all, fmt.Errorf("remove temporary file: %w", err))
		}
	}
	in.temps = nil
	return errors.Join(all, in.archives.Close())
}

// Share returns which part of the file the latest reader has read, from 0 to 1;
// 0 where that is not known.
func (in *Input) Share() float64 {
	if in.size == 0 {
		return 0
	}
	return min(1, float64(in.read.Load())/float64(in.size))
}

// counted makes what open returns count its bytes for Share.
func (in *Input) counted(open func() (io.ReadCloser, error)) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) {
		r, err := open()
		if err != nil {
			return nil, err
		}
		in.read.Store(0)
		return &counter{r, &in.read}, nil
	}
}

// counter counts the bytes that are read.
type counter struct {
	io.ReadCloser
	n *atomic.Int64
}

// Read implements io.Reader.
func (c *counter) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// readHead fills Head.
func (in *Input) readHead() error {
	r, err := in.open()
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	head := make([]byte, headSize)
	n, err := io.ReadFull(r, head)
	// Of a compressed file that is damaged, what is there is enough to
	// recognise the format, and reading it on reports the damage.
	damaged := errors.Is(err, ErrDamaged) && n > 0
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) && !damaged {
		return err
	}
	in.Head = head[:n:n]
	if n < headSize { // of thousands of small files no more is held than they have
		in.Head = bytes.Clone(in.Head)
	}
	return nil
}

// spool copies r into a new temporary file, which os.CreateTemp makes 0600, and
// returns its name even with an error.
func spool(ctx context.Context, dir string, r io.Reader) (string, error) {
	f, err := os.CreateTemp(dir, "chartlift-*")
	if err != nil {
		return "", err
	}
	for err == nil {
		if err = ctx.Err(); err == nil {
			_, err = io.CopyN(f, r, 1<<20)
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return f.Name(), errors.Join(err, f.Close())
}

// baseName strips folders, the archive and the compression suffix from name.
func baseName(name string) string {
	if _, member, ok := cutArchive(name); ok {
		name = member
	}
	name = path.Base(filepath.ToSlash(name))
	for _, suffix := range []string{".gz", ".gzip", ".zst", ".zstd"} {
		if cut := len(name) - len(suffix); cut > 0 && strings.EqualFold(name[cut:], suffix) {
			return name[:cut]
		}
	}
	return name
}
