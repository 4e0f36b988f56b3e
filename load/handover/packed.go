package handover

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// maxWindow is how far back a zstd file may refer, which is memory that reading
// it takes: what the zstd command itself grants (--long=27, RFC 8878 section
// 3.1.1.1.2).
const maxWindow = 128 << 20

// Unpack undoes gzip (RFC 1952) or zstd (RFC 8878) where the first bytes say
// so, and reports whether they do. Other bytes come as they are. Closing frees
// what unpacking took; it does not close in.
func Unpack(in io.Reader) (out io.ReadCloser, packed bool, err error) {
	b := bufio.NewReaderSize(in, 64<<10)
	head, _ := b.Peek(4) // an error comes once more when it is read
	switch {             // what is too short to be packed is not
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(b)
		if err != nil {
			return nil, true, fmt.Errorf("undo gzip: %w", err)
		}
		return z, true, nil
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		z, err := zstd.NewReader(b, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, true, fmt.Errorf("undo zstd: %w", err)
		}
		return z.IOReadCloser(), true, nil
	}
	return io.NopCloser(b), false, nil
}

// PlainName returns the name of a file in small letters, without the ending
// that says how it is packed.
func PlainName(name string) string {
	name = strings.ToLower(name)
	if ext := filepath.Ext(name); slices.Contains([]string{".gz", ".zst"}, ext) {
		return strings.TrimSuffix(name, ext)
	}
	return name
}
