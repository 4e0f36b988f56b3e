package extract

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"

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
	if err != nil && !errors.Is(err, io.EOF) && !errors.As(err, &known) && !errors.As(err, new(*os.PathError)) {
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

// cutArchive splits "legacy.zip!patients.csv" and "legacy.tar.gz!patients.csv".
// A file may have a ! in its own name, so the archive has to be there.
func cutArchive(name string) (archive, member string, ok bool) {
	archive, member, ok = strings.Cut(name, "!")
	return archive, member, ok && IsArchiveName(archive)
}

// archiveKind says what a zip file is.
type archiveKind uint8

const (
	notZip     archiveKind = iota
	plainZip               // an archive of files
	plainTar               // the same, without a directory
	officeZip              // an Office Open XML workbook: one file for our purpose
	openDocZip             // an OpenDocument file, which is not read
)

// inspectArchive tells what the file is and lists the members that are files.
func inspectArchive(name string) (archiveKind, []string, error) {
	if isTarName(name) {
		members, err := tarMembers(name)
		return plainTar, members, err
	}
	return inspectZip(name)
}

// inspectZip is inspectArchive for what is no tar archive.
func inspectZip(name string) (archiveKind, []string, error) {
	magic, err := peek(func() (io.ReadCloser, error) { return os.Open(name) }, 4)
	if err != nil || string(magic) != "PK\x03\x04" {
		return notZip, nil, err
	}
	z, err := zip.OpenReader(name)
	if err != nil {
		return plainZip, nil, fmt.Errorf("read zip directory (the file is damaged or was cut short): %w", err)
	}
	defer func() { _ = z.Close() }()
	var members []string
	for _, f := range z.File {
		switch {
		case f.Name == "xl/workbook.xml" || f.Name == "[Content_Types].xml":
			return officeZip, nil, nil
		case f.Name == "mimetype":
			return openDocZip, nil, nil
		case realMember(f):
			members = append(members, f.Name)
		}
	}
	return plainZip, members, nil
}

// realMember tells the user's files from folders, hidden files and the forks
// that macOS adds.
func realMember(f *zip.File) bool {
	return f.Mode().IsRegular() && !strings.HasPrefix(f.Name, "__MACOSX/") &&
		!strings.HasPrefix(path.Base(f.Name), ".") && !strings.HasSuffix(f.Name, "/")
}

// archiveMember returns how to open one member, and its size in the archive.
func archiveMember(archive, member string) (func() (io.ReadCloser, error), int64, error) {
	if isTarName(archive) {
		return tarMember(archive, member)
	}
	return zipMember(archive, member)
}

// zipMember returns how to open one member, and its compressed size.
func zipMember(archive, member string) (func() (io.ReadCloser, error), int64, error) {
	z, err := zip.OpenReader(archive)
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = z.Close() }()
	index := -1
	for i, f := range z.File {
		if f.Name == member {
			index = i
		}
	}
	if index < 0 {
		return nil, 0, os.ErrNotExist
	}
	if z.File[index].Flags&1 != 0 {
		return nil, 0, &OpenError{Code: "password", Path: archive + "!" + member, Message: "protected by a password; unpack it: unzip -P PASSWORD " + archive}
	}
	size := int64(z.File[index].CompressedSize64)
	return func() (io.ReadCloser, error) { return openMember(archive, index) }, size, nil
}

func openMember(archive string, index int) (io.ReadCloser, error) {
	z, err := zip.OpenReader(archive)
	if err != nil {
		return nil, err
	}
	if index >= len(z.File) {
		return nil, errors.Join(errors.New("the archive changed while it was read"), z.Close())
	}
	f := z.File[index]
	r, err := f.Open()
	if err != nil {
		return nil, errors.Join(err, z.Close())
	}
	body := LimitGrowth(sound{r}, int64(f.CompressedSize64), archive+"!"+f.Name)
	return readCloser{body, func() error { return errors.Join(r.Close(), z.Close()) }}, nil
}
