package extract

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"chartlift/internal/disk"
)

// ErrNoTable says that a source has no table of that name.
var ErrNoTable = errors.New("no such table")

// OpenError says why a file cannot be read, in words for the user. Code is one
// of Codes.
type OpenError struct {
	Code    string
	Path    string // as the user gave it
	Message string
	Err     error // the cause, nil where the message says it all
}

// Error returns "path: message", followed by the cause.
func (e *OpenError) Error() string {
	s := e.Path + ": " + e.Message
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *OpenError) Unwrap() error { return e.Err }

// Open opens the file at path with the first format of list that recognises it.
// The path - is standard input, archive.zip!file a member of a zip or tar file;
// gzip and zstd are undone whatever the name. The error is an *OpenError where
// the user can do something about it. The caller closes the Source.
func Open(ctx context.Context, list []Format, path string, o Options) (Source, error) {
	in, err := openInput(ctx, path, o)
	if err != nil {
		return nil, err
	}
	src, err := openFormat(ctx, list, in, o)
	if err != nil {
		return nil, errors.Join(err, in.Close())
	}
	return src, nil
}

func openFormat(ctx context.Context, list []Format, in *Input, o Options) (Source, error) {
	if len(in.Head) == 0 {
		return nil, &OpenError{Code: "empty-file", Path: in.Path, Message: "the file is empty"}
	}
	if looksLikeText(in.Head) {
		return nil, &OpenError{Code: "convert-first", Path: in.Path, Message: refusal(in.Head, in.Path)}
	}
	names := make([]string, 0, len(list))
	for _, f := range list {
		if f.Sniff(in.Base, in.Head) {
			src, err := f.Open(ctx, in, o)
			var known *OpenError
			switch {
			case errors.As(err, &known) && known.Path == in.Path:
				return nil, err // it names the file itself
			case err != nil:
				return nil, fmt.Errorf("open %s as %s: %w", in.Path, f.Name, err)
			}
			return src, nil
		}
		names = append(names, f.Name)
	}
	if message := refusal(in.Head, in.Path); message != "" {
		return nil, &OpenError{Code: "convert-first", Path: in.Path, Message: message}
	}
	if in.isWriting() {
		return nil, &OpenError{Code: "not-a-table", Path: in.Path, Message: "text, but no table; call it .csv if it is a list of one column"}
	}
	return nil, &OpenError{Code: "unknown-format", Path: in.Path, Message: "not recognised as " + strings.Join(names, ", ")}
}

// openInput finds the bytes behind path.
func openInput(ctx context.Context, path string, o Options) (*Input, error) {
	in := &Input{Path: path, Base: baseName(path), Name: o.Name, tempDir: o.TempDir}
	archives := o.Archives
	if archives == nil {
		in.archives = NewArchives(o.TempDir)
		archives = in.archives
	}
	local := path
	if path == "-" {
		in.Base = "stdin"
		if o.Name != "" {
			in.Base = baseName(o.Name)
		}
		name, err := spool(ctx, o.TempDir, os.Stdin)
		if name != "" {
			in.temps = append(in.temps, name)
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("read standard input: %w", err), in.Close())
		}
		local = name
	}
	if in.Name == "" {
		in.Name = shownName(path)
	}
	err := in.locate(ctx, archives, local)
	if err == nil {
		err = in.readHead()
	}
	if err != nil {
		return nil, errors.Join(openError(path, err), in.Close())
	}
	return in, nil
}

// shownName is what Origin.Source says of a path without Options.Name.
func shownName(path string) string {
	if path == "-" {
		return "stdin"
	}
	if archive, member, ok := cutArchive(path); ok && !exists(path) {
		return filepath.Base(archive) + "!" + member
	}
	return filepath.Base(path)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// locate sets how to open the local file, an archive's member or its only one.
func (in *Input) locate(ctx context.Context, archives *Archives, local string) error {
	archive, member, ok := cutArchive(local)
	in.local = archive
	if !ok || exists(local) { // exists: a file whose own name has a !
		in.local = local
		kind, members, err := inspectFile(ctx, archives, local)
		switch {
		case err != nil:
			return err
		case kind == openDocZip:
			return &OpenError{Code: "convert-first", Path: in.Path, Message: "an OpenDocument file; convert it: soffice --headless --convert-to xlsx " + in.Path}
		case kind != plainZip && kind != plainTar:
			return in.setOpen(func() (io.ReadCloser, error) { return os.Open(local) }, local)
		case len(members) != 1:
			return &OpenError{Code: "several-files", Path: in.Path, Message: fmt.Sprintf("the archive holds %d files; name one of them as %s!FILE", len(members), in.Path)}
		}
		archive, member = local, members[0]
		in.Base = baseName(member)
	}
	m, err := archives.member(ctx, archive, member)
	if err != nil {
		return err
	}
	in.size = m.size
	in.open, _, err = decompress(in.counted(m.open), m.size, in.Path)
	return err
}

// setOpen makes in read a file on disk, decompressed where it is gzip or zstd.
func (in *Input) setOpen(open func() (io.ReadCloser, error), local string) error {
	stat, err := os.Stat(local)
	if err != nil {
		return err
	}
	packed := false
	in.size = stat.Size()
	in.open, packed, err = decompress(in.counted(open), stat.Size(), in.Path)
	if !packed {
		in.plain = local
	}
	return err
}

// inspectFile is Archives.inspect with a clear word about folders. Whether a
// member will be read is known when there is one only.
func inspectFile(ctx context.Context, archives *Archives, name string) (archiveKind, []string, error) {
	stat, err := os.Stat(name)
	if err != nil {
		return notZip, nil, err
	}
	if stat.IsDir() {
		return notZip, nil, &OpenError{Code: "is-a-directory", Path: name, Message: "this is a folder; name a file in it"}
	}
	return archives.inspect(ctx, name, func(string) bool { return false })
}

// openError turns what the system says into words for the user.
func openError(path string, err error) error {
	var known *OpenError
	switch {
	case errors.As(err, &known), errors.Is(err, context.Canceled), disk.Full(err):
		return err
	case errors.Is(err, fs.ErrNotExist):
		return &OpenError{Code: "no-such-file", Path: path, Message: "there is no such file"}
	case errors.Is(err, fs.ErrPermission):
		return &OpenError{Code: "unreadable", Path: path, Message: "no permission to read the file"}
	}
	return &OpenError{Code: "unreadable", Path: path, Message: "cannot be read", Err: err}
}
