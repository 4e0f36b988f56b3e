package shards

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"

	"github.com/klauspost/compress/s2"
)

// writeBuffer gathers what is small. Batches, which are longer, are written
// from where they were packed.
const writeBuffer = 8 << 10

// Writer writes the result of a shard. It is for one goroutine.
type Writer struct {
	final string
	file  *os.File
	buf   *bufio.Writer
	size  int64
	index []place

	batch, packed []byte // memory of the batch before
}

// Create begins the result of a shard in the folder, under a name that no other
// process has. The caller calls Commit or Abort.
func (p *Plan) Create(dir string, shard int) (*Writer, error) { return create(dir, head{p.id, shard}) }

// CreateMade begins the result of what is converted while planning, when the
// plan has no identity yet. Its parts are checked against the plan instead.
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

// Room returns memory to append the resources of the next batch to.
func (w *Writer) Room() []byte { return w.batch[:0] }

// Rows writes a batch of n rows: what became of them, and their resources,
// whose memory is the Writer's from now on, with what follows in it. It is
// packed, as resources of a table are much alike: to pack them by S2 takes
// less time than to write all their bytes, and to read them again.
func (w *Writer) Rows(n int, rows, resources []byte) error {
	size := len(resources) + len(rows) + rowsSize
	if size > maxFrame {
		return fmt.Errorf("write shard: %d bytes are too much for one batch", size)
	}
	w.batch = binary.LittleEndian.AppendUint32(append(resources, rows...), uint32(len(rows)))
	w.packed = s2.Encode(slices.Grow(w.packed[:0], s2.MaxEncodedLen(size))[:s2.MaxEncodedLen(size)], w.batch)
	at, before := &w.index[len(w.index)-1], w.size
	if err := w.frame(frameRows, w.packed); err != nil {
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

// Commit ends the result and gives it its name, in the place of one that was
// there.
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

func (w *Writer) frame(kind byte, content []byte) error {
	if len(content) > maxFrame {
		return fmt.Errorf("write shard: %d bytes are too much for one batch", len(content))
	}
	h := append(make([]byte, 0, frameHeadSize), kind)
	h = binary.LittleEndian.AppendUint32(h, uint32(len(content)))
	if err := w.write(binary.LittleEndian.AppendUint32(h, crc32.Checksum(content, castagnoli))); err != nil {
		return err
	}
	return w.write(content)
}

func (w *Writer) write(p []byte) error {
	n, err := w.buf.Write(p)
	w.size += int64(n)
	if err != nil {
		return fmt.Errorf("write shard: %w", err)
	}
	return nil
}

// Count returns how many rows were written.
func (w *Writer) Count() int64 {
	n := int64(0)
	for _, p := range w.index {
		n += p.Rows
	}
	return n
}
