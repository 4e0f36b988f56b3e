package extract

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"os"
	"path"
	"strings"
)

// maxMembers bounds the members of a tar archive, which has no directory:
// finding one means reading up to it.
const maxMembers = 100_000

// smallMember bounds what is kept of a member while its source is open.
const smallMember = 256 << 10

// IsArchiveName reports whether a file is called as archives of files are:
// .zip, .tar, .tar.gz and the like.
func IsArchiveName(name string) bool {
	return strings.HasSuffix(strings.ToLower(name), ".zip") || isTarName(name)
}

// isTarName reports whether a file is called as tar archives are, compressed or
// not.
func isTarName(name string) bool {
	name = strings.ToLower(name)
	for _, ending := range []string{".tar", ".tar.gz", ".tgz", ".tar.zst"} {
		if strings.HasSuffix(name, ending) {
			return true
		}
	}
	return false
}

// tarMembers lists the members of a tar archive that are files, in the order of
// the archive. The error is an *OpenError where there are too many; a damaged
// archive gives the members before the damage and ErrDamaged (wrapped).
func tarMembers(name string) ([]string, error) {
	t, err := openTar(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = t.close() }()
	var members []string
	for {
		h, err := t.next()
		if errors.Is(err, io.EOF) {
			return members, nil
		}
		if err != nil {
			return members, err
		}
		if len(members) == maxMembers {
			return nil, &OpenError{Code: "several-files", Path: name, Message: "the archive holds more than 100,000 files; unpack it: tar -xf " + name}
		}
		members = append(members, h.Name)
	}
}

// openTarFile is an open archive, decompressed where it is gzip or zstd.
type openTarFile struct {
	*tar.Reader
	file  *ending
	close func() error
}

// ending remembers that a file was read to its end. A tar archive ends with two
// empty blocks before that; one that is cut short between two members would
// otherwise look whole.
type ending struct {
	io.Reader
	reached bool
}

// Read implements io.Reader.
func (e *ending) Read(p []byte) (int, error) {
	n, err := e.Reader.Read(p)
	e.reached = e.reached || errors.Is(err, io.EOF) && n == 0
	return n, err
}

func openTar(name string) (*openTarFile, error) {
	stat, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	open, _, err := decompress(func() (io.ReadCloser, error) { return os.Open(name) }, stat.Size(), name)
	if err != nil {
		return nil, err
	}
	r, err := open()
	if err != nil {
		return nil, err
	}
	file := &ending{Reader: sound{r}}
	return &openTarFile{tar.NewReader(file), file, r.Close}, nil
}

// next returns the next member that is a user's file: no folder, no link,
// nothing hidden.
func (t *openTarFile) next() (*tar.Header, error) {
	for {
		h, err := t.Next()
		switch {
		case errors.Is(err, io.EOF) && t.file.reached:
			return nil, ErrDamaged
		case errors.Is(err, io.EOF), errors.Is(err, ErrDamaged):
			return nil, err
		case err != nil:
			return nil, errors.Join(ErrDamaged, err)
		}
		if h.Typeflag == tar.TypeReg && !strings.HasPrefix(path.Base(h.Name), ".") {
			return h, nil
		}
	}
}

// tarMember returns how to open one member, and its size in the archive.
func tarMember(archive, member string) (open func() (io.ReadCloser, error), size int64, err error) {
	find := func() (*openTarFile, int64, error) {
		t, err := openTar(archive)
		if err != nil {
			return nil, 0, err
		}
		for {
			h, err := t.next()
			switch {
			case errors.Is(err, io.EOF):
				err = os.ErrNotExist
			case err == nil && h.Name == member:
				return t, h.Size, nil
			}
			if err != nil {
				return nil, 0, errors.Join(err, t.close())
			}
		}
	}
	t, size, err := find()
	if err != nil {
		return nil, 0, err
	}
	if size <= smallMember { // kept, because files are opened several times, and archives of small ones hold many
		content, err := io.ReadAll(t)
		if err = errors.Join(err, t.close()); err != nil {
			return nil, 0, err
		}
		return func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil }, size, nil
	}
	return func() (io.ReadCloser, error) {
		t, _, err := find()
		if err != nil {
			return nil, err
		}
		return readCloser{sound{t}, t.close}, nil
	}, size, t.close()
}
