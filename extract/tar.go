package extract

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// maxMembers bounds the members of a tar archive that are listed: each is
// remembered, and may be as small as 512 bytes before it was compressed.
const maxMembers = 100_000

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

// list returns a tar archive with the names of its members that are files, in
// its order, and what it takes to open those that are wanted. The error says
// why these are not all: an *OpenError where the archive is too large, cut
// short or damaged.
func (a *Archives) list(ctx context.Context, path string, wanted func(name string) bool) (*archive, error) {
	t := a.tar(path)
	missing := func(name string) bool {
		_, ok := t.members[name]
		return !ok && wanted(name)
	}
	if t.listed && (t.broken != nil || !contains(t.names, missing)) {
		return t, t.broken
	}
	w := &tarWalk{archives: a, path: path, wanted: missing, listing: !t.listed}
	err := w.walk(ctx, t)
	if ctx.Err() == nil {
		t.listed, t.broken = true, w.verdict(err)
		err = t.broken
	}
	return t, err
}

func contains(names []string, like func(string) bool) bool {
	for _, n := range names {
		if like(n) {
			return true
		}
	}
	return false
}

// find returns a member of a tar archive that was not kept, which takes a walk
// through it. It may stand before a cut.
func (a *Archives) find(ctx context.Context, path, name string) (member, error) {
	t := a.tar(path)
	w := &tarWalk{archives: a, path: path, wanted: func(n string) bool { return n == name }}
	err := w.walk(ctx, t)
	m, ok := t.members[name]
	switch {
	case ok:
		return m, nil
	case err != nil:
		return member{}, err
	}
	return member{}, os.ErrNotExist
}

// tar returns what is known of a tar archive.
func (a *Archives) tar(path string) *archive {
	if a.known[path] == nil {
		a.known[path] = &archive{kind: plainTar, members: map[string]member{}}
	}
	return a.known[path]
}

// tarWalk is a walk through a tar archive from its beginning to its end.
type tarWalk struct {
	archives *Archives
	path     string
	wanted   func(name string) bool // members that are kept
	listing  bool                   // all names are taken down

	file    *lent
	plain   *os.File // the archive, where it is not compressed
	stream  *ending  // its bytes, decompressed
	tar     *tar.Reader
	content io.Reader // of the member that the walk is at
	last    string    // its name
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

// passing is an ending that need not read what is passed over.
type passing struct {
	*ending
	io.Seeker
}

// walk adds to t what is wanted. Of an archive that is cut short the members
// before the cut are kept; where it ends in any other error, none.
func (w *tarWalk) walk(ctx context.Context, t *archive) (err error) {
	closer, err := w.open()
	if err != nil {
		return err
	}
	before := w.archives.end
	found := map[string]member{}
	var names []string
	for err == nil {
		var h *tar.Header
		if h, err = w.next(ctx); err != nil {
			break
		}
		if w.listing && len(names) == maxMembers {
			err = &OpenError{Code: "several-files", Path: w.path, Message: "the archive holds more than 100,000 files; unpack it: tar -xf " + w.path}
			break
		}
		w.last = h.Name
		if w.listing {
			names = append(names, h.Name)
		}
		if w.wanted(h.Name) { // of members of one name the last counts, as for tar
			found[h.Name], err = w.keep(ctx, h)
		}
	}
	if errors.Is(err, io.EOF) {
		err = w.rest()
	}
	err = errors.Join(err, closer())
	if err != nil && !wasCut(err) {
		return errors.Join(noRoom(w.path, err), w.archives.forget(before))
	}
	if w.listing {
		t.names = names
	}
	for name, m := range found {
		t.members[name] = m
	}
	return err
}

// open opens the archive, decompressed where it is gzip or zstd.
func (w *tarWalk) open() (closer func() error, err error) {
	stat, err := os.Stat(w.path)
	if err != nil {
		return nil, err
	}
	open, packed, err := decompress(func() (io.ReadCloser, error) { return os.Open(w.path) }, stat.Size(), w.path)
	if err != nil {
		return nil, err
	}
	r, err := open()
	if err != nil {
		return nil, err
	}
	w.file, w.stream = &lent{path: w.path, was: stat}, &ending{Reader: sound{r}}
	if f, ok := r.(*os.File); ok && !packed {
		w.plain = f
		w.tar = tar.NewReader(passing{w.stream, f})
	} else {
		w.tar = tar.NewReader(w.stream)
	}
	w.content = LimitGrowth(sound{w.tar}, stat.Size(), w.path)
	return r.Close, nil
}

// next returns the next member that is a user's file: no folder, no link,
// nothing hidden.
func (w *tarWalk) next(ctx context.Context) (*tar.Header, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		h, err := w.tar.Next()
		var known *OpenError
		switch {
		case err == nil:
			if (h.Typeflag == tar.TypeReg || h.Typeflag == tar.TypeGNUSparse) && !strings.HasPrefix(path.Base(h.Name), ".") {
				return h, nil
			}
		case errors.Is(err, io.EOF), errors.Is(err, ErrDamaged), errors.As(err, &known), errors.As(err, new(*os.PathError)):
			return nil, err
		default:
			return nil, errors.Join(ErrDamaged, err)
		}
	}
}

// rest reads what stands behind the last member, where the checksum of all that
// was decompressed is. What follows that in turn is nobody's.
func (w *tarWalk) rest() error {
	if w.stream.reached {
		return errCut
	}
	if w.plain != nil {
		return nil
	}
	_, err := io.Copy(io.Discard, w.stream)
	if errors.Is(err, gzip.ErrHeader) || errors.Is(err, zstd.ErrMagicMismatch) {
		return nil
	}
	return err
}

// errCut says that an archive ends too early.
var errCut = fmt.Errorf("%w: %w", ErrDamaged, io.ErrUnexpectedEOF)

// wasCut reports whether an archive is merely too short: what stands before the
// cut is as it was written. Where bytes were changed nothing is certain.
func wasCut(err error) bool {
	return errors.Is(err, ErrDamaged) && errors.Is(err, io.ErrUnexpectedEOF)
}

// verdict puts the damage of an archive that has members in words.
func (w *tarWalk) verdict(err error) error {
	if w.last == "" || !errors.Is(err, ErrDamaged) || errors.As(err, new(*OpenError)) {
		return err
	}
	message := "the archive is damaged at or behind " + w.last + ", and what stands before may be changed, too"
	if wasCut(err) {
		message = "the archive was cut short in or behind " + w.last + "; files behind are missing"
	}
	return &OpenError{Code: FileDamaged, Path: w.path, Message: message + ": copy it again and run again with all of it"}
}

// keep returns how to open the member that the walk is at. Of an archive that
// is not compressed it is read where it stands, unless it is sparse.
func (w *tarWalk) keep(ctx context.Context, h *tar.Header) (member, error) {
	if w.plain != nil && !isSparse(h) {
		at, err := w.plain.Seek(0, io.SeekCurrent)
		there := max(0, min(h.Size, w.file.was.Size()-at))
		return member{size: h.Size, open: func() (io.ReadCloser, error) {
			return w.file.lend(func() (io.ReadCloser, error) {
				return io.NopCloser(upTo(io.NewSectionReader(w.file, at, there), there, h.Size)), nil
			})
		}}, err
	}
	at, there, err := w.archives.keep(ctx, w.path, w.content)
	return member{size: h.Size, open: func() (io.ReadCloser, error) {
		r, err := w.archives.kept(at, there)
		if err != nil {
			return nil, err
		}
		return io.NopCloser(upTo(r, there, h.Size)), nil
	}}, err
}

// isSparse reports whether a member has holes, which are not in the archive.
func isSparse(h *tar.Header) bool {
	for key := range h.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse.") {
			return true
		}
	}
	return h.Typeflag == tar.TypeGNUSparse
}

// upTo reads of a member what is there, and then the end of the archive where
// that came before its own.
func upTo(r io.Reader, there, size int64) io.Reader {
	if there == size {
		return r
	}
	return io.MultiReader(r, cutOff{})
}

// cutOff is the end of an archive that was cut short.
type cutOff struct{}

// Read implements io.Reader.
func (cutOff) Read([]byte) (int, error) { return 0, errCut }
