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
	"slices"

	"github.com/klauspost/compress/s2"
)

// magic begins a result.
const magic = "chartlift shard\n"

// The frames of a result: one byte for the kind, the length of the content and
// its checksum, four bytes each, the content. A part is a begin frame, rows,
// issues by their kinds, and an end frame; the last frame is the index.
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

// rowsSize is what stands behind a batch before it is packed, resources first,
// then rows: how many bytes the rows take.
const rowsSize = 4

// maxFrame bounds a frame: a batch of rows is some megabytes, its longest
// record 16.
const maxFrame = 1 << 30

// ErrForeign means that a result belongs to another plan, or was made by
// another version of the program.
var ErrForeign = errors.New("it belongs to another plan: run the shard again")

// ErrBroken means that a result is not as it was written.
var ErrBroken = errors.New("the file is damaged: run the shard again")

// readBuffer is how much of a result is asked for at a time: a packed batch is
// some 50 KB.
const readBuffer = 64 << 10

// castagnoli is computed by the processor itself.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

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

// Result is what a shard made.
type Result struct {
	file  *os.File
	path  string
	index []place
}

// Open opens the result of a shard, or with shard 0 what was made while
// planning. ErrForeign and ErrBroken say what is wrong with one.
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

// Rows hands out the batches of a part in their order, and returns what is told
// of it beside them. They are written into what spare returns where that is
// large enough, and are the receiver's then.
func (r *Result) Rows(part int, spare func() []byte, each func(Batch) error) (Told, error) {
	var t Told
	in := bufio.NewReaderSize(io.NewSectionReader(r.file, r.index[part].At, 1<<62), readBuffer)
	kind, text, err := readFrame(in, nil)
	if err != nil || kind != frameBegin {
		return t, r.broken(err)
	}
	for {
		switch kind, text, err = readFrame(in, text); {
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
		case kind == frameRows:
			var memory []byte
			if spare != nil {
				memory = spare()
			}
			b, ok := unpack(text, memory)
			if !ok {
				return t, r.broken(nil)
			}
			if err := each(b); err != nil {
				return t, err
			}
		default:
			return t, r.broken(nil)
		}
	}
}

// unpack undoes what Writer.Rows packed, into memory that is used where it is
// long enough; ok is false where something else was packed.
func unpack(packed, memory []byte) (b Batch, ok bool) {
	n, err := s2.DecodedLen(packed)
	if err != nil || n > maxFrame {
		return b, false
	}
	if cap(memory) < n {
		memory = make([]byte, n, n+n/8) // the next batch is a little longer
	}
	if b.Mem, err = s2.Decode(memory[:n], packed); err != nil {
		return b, false
	}
	end := n - rowsSize
	if end < 0 || int64(binary.LittleEndian.Uint32(b.Mem[end:])) > int64(end) {
		return b, false
	}
	at := end - int(binary.LittleEndian.Uint32(b.Mem[end:]))
	b.Resources, b.Rows = b.Mem[:at:at], b.Mem[at:end:end]
	return b, true
}

func (r *Result) broken(err error) error {
	if err == nil {
		err = ErrBroken
	}
	return fmt.Errorf("%s: %w", r.path, err)
}

// Close closes the file.
func (r *Result) Close() error { return r.file.Close() }

// readFrame reads a frame into memory that is used where it is long enough.
func readFrame(in io.Reader, memory []byte) (kind byte, content []byte, err error) {
	var h [frameHeadSize]byte
	if _, err := io.ReadFull(in, h[:]); err != nil {
		return 0, nil, ErrBroken
	}
	size := binary.LittleEndian.Uint32(h[1:])
	if size > maxFrame {
		return 0, nil, ErrBroken
	}
	if content, err = readExactly(in, memory, int(size)); err != nil {
		return 0, nil, err
	}
	if crc32.Checksum(content, castagnoli) != binary.LittleEndian.Uint32(h[5:]) {
		return 0, nil, ErrBroken
	}
	return h[0], content, nil
}

// readExactly reads n bytes. A length that is a lie costs no memory: it grows
// with what is there.
func readExactly(in io.Reader, memory []byte, n int) ([]byte, error) {
	const step = 16 << 20
	if n <= step {
		memory = slices.Grow(memory[:0], n)[:n]
		if _, err := io.ReadFull(in, memory); err != nil {
			return nil, ErrBroken
		}
		return memory, nil
	}
	text, err := io.ReadAll(io.LimitReader(in, int64(n)))
	if err != nil || len(text) != n {
		return nil, ErrBroken
	}
	return text, nil
}

// Count returns how many rows a part has.
func (r *Result) Count(part int) int64 { return r.index[part].Rows }
