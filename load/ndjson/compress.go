package ndjson

import (
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Compression is how files of lines are packed. Packed bytes depend on the
// resources and on nothing else.
type Compression string

// The compressions. The quickest level of each: for some per cent of size
// better ones take several times as long.
const (
	Plain Compression = ""
	Gzip  Compression = "gzip" // DIR/Patient.ndjson.gz (RFC 1952), which most servers read
	Zstd  Compression = "zstd" // DIR/Patient.ndjson.zst (RFC 8878), smaller and quicker
)

// ErrCompression says that a compression is not known, or cannot go with the
// format.
var ErrCompression = errors.New("the compression must be gzip or zstd, and files of bundles are not compressed")

// suffix is what a packed file's name ends with.
func (c Compression) suffix() string {
	switch c {
	case Gzip:
		return ".gz"
	case Zstd:
		return ".zst"
	}
	return ""
}

// packer packs what is written to it; closing it writes the end of the packed
// file, and closes nothing else.
func (c Compression) packer(to io.Writer) (io.WriteCloser, error) {
	switch c {
	case Gzip:
		return gzip.NewWriterLevel(to, gzip.BestSpeed)
	case Zstd: // one goroutine: the same bytes on every machine, and the processors are for the rows
		return zstd.NewWriter(to, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	}
	return unpacked{to}, nil
}

func (c Compression) check(f Format) error {
	if c != Plain && (c.suffix() == "" || f == Bundles) {
		return fmt.Errorf("compress with %q: %w", string(c), ErrCompression)
	}
	return nil
}

// unpacked packs nothing.
type unpacked struct{ io.Writer }

// Close implements io.Closer.
func (unpacked) Close() error { return nil }
