package extract

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// A compressed file may grow to bombFree bytes, and beyond that to bombRatio
// times its size. Deflate cannot do better than 1032:1; legacy exports stay
// below 50:1.
const (
	bombFree  = 1 << 30
	bombRatio = 1000
)

// ErrDamaged says that a compressed file ends too early or holds what its
// method does not allow. What was decompressed before the damage is given out
// first.
var ErrDamaged = errors.New("the compressed file is damaged or was cut short; copy it again")

// sound turns the errors of decompression, which name no file and no remedy,
// into ErrDamaged.
type sound struct{ io.Reader }

// Read implements io.Reader.
func (s sound) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	var known *OpenError
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, ErrDamaged) && !errors.As(err, &known) && !errors.As(err, new(*os.PathError)) {
		err = fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return n, err
}

// readCloser joins a reader with what has to be closed after it.
type readCloser struct {
	io.Reader
	close func() error
}

func (r readCloser) Close() error { return r.close() }

// bounded refuses to read more than left bytes.
type bounded struct {
	r    io.Reader
	left int64
	path string
}

// maxWindow is how far back a zstd file may refer, which is memory that reading
// it takes. It is what the zstd command itself grants (--long=27, RFC 8878
// 3.1.1.1.2).
const maxWindow = 128 << 20

// LimitGrowth bounds what r may yield, given the size of its compressed form: a
// GiB, and beyond that a thousand times the size. What goes beyond is an
// *OpenError about path.
func LimitGrowth(r io.Reader, compressed int64, path string) io.Reader {
	return &bounded{r: r, left: max(bombFree, bombRatio*compressed), path: path}
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, &OpenError{Code: "bomb", Path: b.path, Message: "grows to more than 1000 times its size; decompress it by hand if you trust it"}
	}
	return n, err
}

// decompress wraps open where its bytes are gzip or zstd, and tells whether
// they are; size is the compressed size.
func decompress(open func() (io.ReadCloser, error), size int64, path string) (func() (io.ReadCloser, error), bool, error) {
	magic, err := peek(open, 4)
	if err != nil {
		return open, false, err
	}
	unpack := gunzip
	switch {
	case bytes.HasPrefix(magic, []byte{0x1f, 0x8b}):
	case bytes.HasPrefix(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		unpack = unzstd
	default:
		return open, false, nil
	}
	return func() (io.ReadCloser, error) {
		f, err := open()
		if err != nil {
			return nil, err
		}
		z, err := unpack(f, path)
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		return readCloser{LimitGrowth(sound{z}, size, path), func() error { return errors.Join(z.Close(), f.Close()) }}, nil
	}, true, nil
}

// gunzip reads the header, which may be cut short as all else may.
func gunzip(r io.Reader, _ string) (io.ReadCloser, error) {
	z, err := gzip.NewReader(r)
	if errors.Is(err, gzip.ErrHeader) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return z, err
}

// unzstd decodes in the reader's own goroutine, in bounded memory.
func unzstd(r io.Reader, path string) (io.ReadCloser, error) {
	d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		return nil, err
	}
	return windowed{d.IOReadCloser(), path}, nil
}

// windowed says what to do about a file that was compressed with a window too
// large.
type windowed struct {
	io.ReadCloser
	path string
}

// Read implements io.Reader.
func (w windowed) Read(p []byte) (int, error) {
	n, err := w.ReadCloser.Read(p)
	if errors.Is(err, zstd.ErrWindowSizeExceeded) {
		err = &OpenError{Code: "unreadable", Path: w.path, Message: "compressed with a window of more than 128 MiB; decompress it: zstd -d --long=31 " + w.path}
	}
	return n, err
}

// peek returns the first n bytes, fewer where there are not so many.
func peek(open func() (io.ReadCloser, error), n int) ([]byte, error) {
	r, err := open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	b := make([]byte, n)
	n, err = io.ReadFull(r, b)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return b[:n], err
}
