package shards

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
)

// magic begins a result.
const magic = "chartlift shard\n"

// The frames of a result: one byte for the kind, the length of the content and its checksum, four bytes each, the content.
// A part is a begin frame, rows, issues by their kinds, and an end frame; the last frame is the index.
const (
	frameHead   = 'h'
	frameBegin  = 'b'
	frameRows   = 'r'
	frameIssues = 'i'
	frameEnd    = 'e'
	frameIndex  = 'x'
)

// frameHeadSize is what stands before a frame's content.
const frameHeadSize = 9

// maxFrame bounds a frame: a batch of rows is some megabytes, its longest record 16.
const maxFrame = 1 << 30

// ErrForeign means that a result belongs to another plan, or was made by another version of the program.
var ErrForeign = errors.New("it belongs to another plan: run the shard again")

// ErrBroken means that a result is not as it was written.
var ErrBroken = errors.New("the file is damaged: run the shard again")

// castagnoli is computed by the processor itself.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// writeBuffer gathers what is small. Stretches of resources, which are longer, are written from where they stand.
const writeBuffer = 8 << 10

// head begins a result.
type head struct {
	Plan  string `json:"plan"`
	Shard int    `json:"shard"`
}

// place is where the rows of a part are in a result.
type place struct {
	Part  Part  `json:"part"`
	At    int64 `json:"at"`
	Rows  int64 `json:"rows"`
	Bytes int64 `json:"bytes"` // of frames of rows
}

// Writer writes the result of a shard. It is for one goroutine.
type Writer struct {
	final string
	file  *os.File
	buf   *bufio.Writer
	size  int64
	index []place

	pieces [][]byte // of the frame at hand
}

// Create begins the result of a shard in the folder, under a name that no other process has. The caller calls Commit or Abort.
func (p *Plan) Create(dir string, shard int) (*Writer, error) { return create(dir, head{p.id, shard}) }

// CreateMade begins the result of what is converted while planning, when the plan has no identity yet. Its parts are checked
// against the plan instead.
func CreateMade(dir string) (*Writer, error) { return create(dir, head{}) }

func create(dir string, h head) (*Writer, error) {
	f, err := os.CreateTemp(dir, "."+name(h.Shard)+".*.tmp") // makes it 0600
	if err != nil {
		return nil, fmt.Errorf("write shard: %w", err)
	}
	w := &Writer{final: filepath.Join(dir, name(h.Shard)), file: f, buf: bufio.NewWriterSize(f, writeBuffer)}
	n, err := w.buf.WriteString(magic)
	w.size = int64(n)
	if err == nil {
		err = w.json(frameHead, h)
	}
	if err != nil {
		return nil, errors.Join(err, w.Abort())
	}
	return w, nil
}

// Begin begins a part.
func (w *Writer) Begin(p Part) error {
	w.index = append(w.index, place{Part: p, At: w.size})
	return w.json(frameBegin, p)
}

// Rows writes a batch of n rows: what became of them, and their resources, one stretch behind the other.
func (w *Writer) Rows(n int, rows []byte, resources [][]byte) error {
	at := &w.index[len(w.index)-1]
	before := w.size
	w.pieces = append(w.pieces[:0], binary.AppendUvarint(nil, uint64(len(rows))), rows)
	w.pieces = append(w.pieces, resources...)
	err := w.frame(frameRows, w.pieces...)
	clear(w.pieces)
	if err != nil {
		return err
	}
	at.Rows += int64(n)
	at.Bytes += w.size - before
	return nil
}

// End ends a part with what is to be told of it beside its rows.
func (w *Writer) End(t Told) error {
	for _, g := range t.Issues {
		text, err := g.encode()
		if err != nil {
			return err
		}
		if err := w.frame(frameIssues, text); err != nil {
			return err
		}
	}
	return w.json(frameEnd, t)
}

// Commit ends the result and gives it its name, in the place of one that was there.
func (w *Writer) Commit() error {
	at := w.size
	err := w.json(frameIndex, w.index)
	if err == nil {
		err = w.write(binary.LittleEndian.AppendUint64(nil, uint64(at)))
	}
	if err == nil {
		err = w.buf.Flush()
	}
	if err == nil {
		err = w.file.Sync()
	}
	if err = errors.Join(err, w.file.Close()); err == nil {
		err = os.Rename(w.file.Name(), w.final)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write shard: %w", err), w.remove())
	}
	return nil
}

// Abort removes what was written.
func (w *Writer) Abort() error { return errors.Join(w.file.Close(), w.remove()) }

func (w *Writer) remove() error {
	if err := os.Remove(w.file.Name()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove half a shard: %w", err)
	}
	return nil
}

func (w *Writer) json(kind byte, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write shard: %w", err)
	}
	return w.frame(kind, text)
}

func (w *Writer) frame(kind byte, pieces ...[]byte) error {
	n, sum := 0, uint32(0)
	for _, p := range pieces {
		n += len(p)
		sum = crc32.Update(sum, castagnoli, p)
	}
	if n > maxFrame {
		return fmt.Errorf("write shard: %d bytes are too much for one batch", n)
	}
	h := append(make([]byte, 0, frameHeadSize), kind)
	h = binary.LittleEndian.AppendUint32(h, uint32(n))
	if err := w.write(binary.LittleEndian.AppendUint32(h, sum)); err != nil {
		return err
	}
	for _, p := range pieces {
		if err := w.write(p); err != nil {
			return err
		}
	}
	return nil
}

func (w *Writer) write(p []byte) error {
	n, err := w.buf.Write(p)
	w.size += int64(n)
	if err != nil {
		return fmt.Errorf("write shard: %w", err)
	}
	return nil
}

// Result is what a shard made.
type Result struct {
	file  *os.File
	path  string
	index []place
}

// Open opens the result of a shard, or with shard 0 what was made while planning. ErrForeign and ErrBroken say what is wrong with one.
func (p *Plan) Open(dir string, shard int) (*Result, error) {
	path := filepath.Join(dir, name(shard))
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open shard: %w", err)
	}
	r := &Result{file: f, path: path}
	h, err := r.head()
	if err == nil && shard > 0 && h != (head{p.id, shard}) || shard == 0 && h != (head{}) {
		err = ErrForeign
	}
	if err == nil {
		err = r.readIndex()
	}
	if err == nil {
		err = r.matches(p.partsOf(shard))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
	}
	return r, nil
}

func (p *Plan) partsOf(shard int) []Part {
	if shard == 0 {
		return p.Made
	}
	return p.Shards[shard-1].Parts
}

// matches compares what is in the result with what the plan says.
func (r *Result) matches(parts []Part) error {
	if len(r.index) != len(parts) {
		return ErrForeign
	}
	for i, p := range parts {
		want, err := json.Marshal(p)
		if err != nil {
			return err
		}
		got, err := json.Marshal(r.index[i].Part)
		if err != nil {
			return err
		}
		if !bytes.Equal(want, got) {
			return ErrForeign
		}
	}
	return nil
}

func (r *Result) head() (head, error) {
	var h head
	at, text := int64(len(magic)), make([]byte, len(magic))
	if _, err := r.file.ReadAt(text, 0); err != nil || string(text) != magic {
		return h, ErrBroken
	}
	kind, text, err := readFrame(io.NewSectionReader(r.file, at, maxFrame), nil)
	if err != nil || kind != frameHead || json.Unmarshal(text, &h) != nil {
		return h, ErrBroken
	}
	return h, nil
}

func (r *Result) readIndex() error {
	stat, err := r.file.Stat()
	if err != nil {
		return err
	}
	var tail [8]byte
	if _, err := r.file.ReadAt(tail[:], max(0, stat.Size()-int64(len(tail)))); err != nil {
		return ErrBroken
	}
	at := binary.LittleEndian.Uint64(tail[:])
	if at > uint64(stat.Size()) {
		return ErrBroken
	}
	kind, text, err := readFrame(io.NewSectionReader(r.file, int64(at), maxFrame), nil)
	if err != nil || kind != frameIndex || json.Unmarshal(text, &r.index) != nil {
		return ErrBroken
	}
	return nil
}

// Batch is what stands in a result of some rows.
type Batch struct {
	Rows, Resources []byte
	Mem             []byte // in which both stand
}

// Rows hands out the batches of a part in their order, and returns what is told of it beside them. They are written into what spare
// returns where that is large enough, and are the receiver's then.
func (r *Result) Rows(part int, spare func() []byte, each func(Batch) error) (Told, error) {
	var t Told
	in := bufio.NewReaderSize(io.NewSectionReader(r.file, r.index[part].At, 1<<62), 1<<18)
	kind, _, err := readFrame(in, nil)
	if err != nil || kind != frameBegin {
		return t, r.broken(err)
	}
	for {
		kind, text, err := readFrame(in, spare)
		switch {
		case err != nil:
			return t, r.broken(err)
		case kind == frameEnd:
			if err := json.Unmarshal(text, &t); err != nil {
				return t, r.broken(err)
			}
			return t, nil
		case kind == frameIssues:
			g, err := decodeIssues(bytes.Clone(text))
			if err != nil {
				return t, r.broken(err)
			}
			t.Issues = append(t.Issues, g)
			continue
		case kind != frameRows:
			return t, r.broken(nil)
		}
		n, used := binary.Uvarint(text)
		if used <= 0 || n > uint64(len(text)-used) {
			return t, r.broken(nil)
		}
		if err := each(Batch{text[used : used+int(n)], text[used+int(n):], text}); err != nil {
			return t, err
		}
	}
}

func (r *Result) broken(err error) error {
	if err == nil {
		err = ErrBroken
	}
	return fmt.Errorf("%s: %w", r.path, err)
}

// Close closes the file.
func (r *Result) Close() error { return r.file.Close() }

// readFrame reads a frame, one of rows into what spare returns where that is long enough.
func readFrame(in io.Reader, spare func() []byte) (kind byte, content []byte, err error) {
	var h [frameHeadSize]byte
	if _, err := io.ReadFull(in, h[:]); err != nil {
		return 0, nil, ErrBroken
	}
	size := binary.LittleEndian.Uint32(h[1:])
	if size > maxFrame {
		return 0, nil, ErrBroken
	}
	var buf []byte
	if h[0] == frameRows && spare != nil {
		buf = spare()
	}
	if content, err = readExactly(in, buf, int(size)); err != nil {
		return 0, nil, err
	}
	if crc32.Checksum(content, castagnoli) != binary.LittleEndian.Uint32(h[5:]) {
		return 0, nil, ErrBroken
	}
	return h[0], content, nil
}

// readExactly reads n bytes. A length that is a lie costs no memory: it grows with what is there.
func readExactly(in io.Reader, buf []byte, n int) ([]byte, error) {
	const step = 16 << 20
	if n <= step {
		if cap(buf) < n {
			buf = make([]byte, n, n+n/8) // the next batch is a little longer
		}
		if _, err := io.ReadFull(in, buf[:n]); err != nil {
			return nil, ErrBroken
		}
		return buf[:n], nil
	}
	text, err := io.ReadAll(io.LimitReader(in, int64(n)))
	if err != nil || len(text) != n {
		return nil, ErrBroken
	}
	return text, nil
}

// Count returns how many rows a part has.
func (r *Result) Count(part int) int64 { return r.index[part].Rows }

// Count returns how many rows were written.
func (w *Writer) Count() int64 {
	n := int64(0)
	for _, p := range w.index {
		n += p.Rows
	}
	return n
}
