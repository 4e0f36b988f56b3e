package extract

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"chartlift/internal/disk"
)

// Archives are the zip and tar archives that files are read from. Each is
// looked through once, and a compressed tar archive decompressed once, however
// many of its members are opened and however often: what it holds goes to one
// temporary file, which nobody else can read and which is gone with the process
// at the latest. It is safe for concurrent use. Sources that were opened with
// it are closed before it.
type Archives struct {
	dir string

	mu    sync.Mutex
	known map[string]*archive // by path
	temp  *os.File            // of compressed tar archives, one member behind the other; nil until it is needed
	end   int64               // of temp
}

// NewArchives returns Archives whose temporary file is made in dir, "" being
// the system's folder for them. The caller closes it.
func NewArchives(dir string) *Archives {
	return &Archives{dir: dir, known: map[string]*archive{}}
}

// Close frees the temporary file.
func (a *Archives) Close() error {
	if a == nil {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.temp == nil {
		return nil
	}
	f := a.temp
	a.temp, a.end = nil, 0
	clear(a.known)
	return f.Close()
}

// archiveKind says what a file is.
type archiveKind uint8

const (
	notZip     archiveKind = iota
	plainZip               // an archive of files
	plainTar               // the same, without a directory
	officeZip              // an Office Open XML workbook: one file for our purpose
	openDocZip             // an OpenDocument file, which is not read
)

// archive is what is known of an archive.
type archive struct {
	kind    archiveKind
	names   []string          // members that are files, in its order; for a tar archive once it is listed
	members map[string]member // those that can be opened
	listed  bool              // a tar archive: names are all of it that can be told
	broken  error             // why names, or what members hold, are not all of it
}

// member is how to open a member of an archive, and its size in it: of a zip
// archive the compressed one.
type member struct {
	open func() (io.ReadCloser, error)
	size int64
}

// cutArchive splits "legacy.zip!patients.csv" and "legacy.tar.gz!patients.csv".
// A file may have a ! in its own name, so the archive has to be there.
func cutArchive(name string) (archive, member string, ok bool) {
	archive, member, ok = strings.Cut(name, "!")
	return archive, member, ok && IsArchiveName(archive)
}

// IsArchiveName reports whether a file is called as archives of files are:
// .zip, .tar, .tar.gz and the like.
func IsArchiveName(name string) bool {
	return strings.HasSuffix(strings.ToLower(name), ".zip") || isTarName(name)
}

// inspect tells what a file is, with its members where it is an archive: those
// that are wanted can be opened without looking through it again. Of a tar
// archive that is cut short it returns the members before the cut and an
// *OpenError.
func (a *Archives) inspect(ctx context.Context, path string, wanted func(name string) bool) (archiveKind, []string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if isTarName(path) {
		t, err := a.list(ctx, path, wanted)
		return plainTar, t.names, err
	}
	z, err := a.zip(path)
	if err != nil {
		return plainZip, nil, err
	}
	return z.kind, z.names, nil
}

// zip returns what is known of a file that is not called as tar archives are.
func (a *Archives) zip(path string) (*archive, error) {
	if z := a.known[path]; z != nil {
		return z, nil
	}
	z, err := lookThroughZip(path)
	if err == nil && z.members != nil {
		a.known[path] = z
	}
	return z, err
}

// member returns how to open a member.
func (a *Archives) member(ctx context.Context, path, name string) (member, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if isTarName(path) {
		if m, ok := a.tar(path).members[name]; ok {
			return m, nil
		}
		return a.find(ctx, path, name)
	}
	z, err := a.zip(path)
	if err == nil && z.members == nil { // it begins as none, or as a workbook
		z, err = readZip(path)
	}
	if err != nil {
		return member{}, err
	}
	m, ok := z.members[name]
	if !ok {
		return member{}, os.ErrNotExist
	}
	return m, nil
}

// keep copies a member of the archive at path to the temporary file. An error
// of reading comes with what was read before it.
func (a *Archives) keep(ctx context.Context, path string, r io.Reader) (at, size int64, err error) {
	if a.temp == nil {
		a.temp, err = disk.Temp(a.dir, "chartlift-*")
		if err != nil && !disk.Full(err) {
			err = &OpenError{Code: "unreadable", Path: path, Message: "no temporary file can be made for what is in it", Err: err}
		}
		if err != nil {
			return 0, 0, err
		}
	}
	at = a.end
	w := io.NewOffsetWriter(a.temp, at)
	for err == nil {
		if err = ctx.Err(); err == nil {
			var n int64
			n, err = io.CopyN(w, r, 1<<20)
			size += n
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	a.end += size
	return at, size, err
}

// kept opens what was kept.
func (a *Archives) kept(at, size int64) (io.Reader, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.temp == nil {
		return nil, os.ErrClosed
	}
	return io.NewSectionReader(a.temp, at, size), nil
}

// forget gives the room behind end back.
func (a *Archives) forget(end int64) error {
	if a.temp == nil || a.end == end {
		return nil
	}
	a.end = end
	return a.temp.Truncate(end)
}

// noRoom says what to do where the temporary file does not fit on its disk.
func noRoom(path string, err error) error {
	if !disk.Full(err) {
		return err
	}
	return fmt.Errorf("%s: there is no room for a temporary copy of what is in it; free some, or unpack it elsewhere and name the folder: %w", path, err)
}
