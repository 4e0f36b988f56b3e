package xlsx

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"chartlift/extract"
)

// maxPart bounds the small parts: workbook, relations and styles.
const maxPart = 16 << 20

// archive is the zip file that a workbook is. It is safe for concurrent use.
type archive struct {
	zip   *zip.ReadCloser
	path  string               // as the user gave it
	parts map[string]*zip.File // by name in lower case: some programs write xl/SharedStrings.xml, or \ for /
}

func openArchive(file, path string) (*archive, error) {
	z, err := zip.OpenReader(file)
	if err != nil {
		return nil, err
	}
	a := &archive{zip: z, path: path, parts: map[string]*zip.File{}}
	for _, f := range z.File {
		if name := partName(f.Name); a.parts[name] == nil {
			a.parts[name] = f
		}
	}
	return a, nil
}

func partName(name string) string {
	return strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(name, `\`, "/"), "/"))
}

func (a *archive) has(name string) bool { return a.parts[partName(name)] != nil }

// open opens a part as UTF-8, bounded.
func (a *archive) open(name string) (io.Reader, io.Closer, error) {
	f := a.parts[partName(name)]
	if f == nil {
		return nil, nil, fmt.Errorf("open part %s: %w", name, fs.ErrNotExist)
	}
	r, err := f.Open()
	if err != nil {
		return nil, nil, fmt.Errorf("open part %s: %w", name, err)
	}
	body, err := asUTF8(extract.LimitGrowth(r, int64(f.CompressedSize64), a.path))
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("open part %s: %w", name, err), r.Close())
	}
	return body, r, nil
}

// asUTF8 decodes the one other encoding that XML allows without a word about
// it.
func asUTF8(r io.Reader) (io.Reader, error) {
	b := bufio.NewReaderSize(r, scanBuffer)
	bom, err := b.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if !bytes.Equal(bom, []byte{0xff, 0xfe}) && !bytes.Equal(bom, []byte{0xfe, 0xff}) {
		return b, nil
	}
	c, err := extract.LookupCharset("utf-16")
	if err != nil {
		return nil, err
	}
	return c.Reader(b)
}

// size returns how many bytes a part has when it is unpacked, as the zip
// directory says.
func (a *archive) size(name string) int64 {
	if f := a.parts[partName(name)]; f != nil {
		return int64(f.UncompressedSize64)
	}
	return 0
}

// content returns a small part.
func (a *archive) content(name string) ([]byte, error) {
	r, closer, err := a.open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = closer.Close() }()
	b, err := io.ReadAll(io.LimitReader(r, maxPart+1))
	if err != nil {
		return nil, fmt.Errorf("read part %s: %w", name, err)
	}
	if len(b) > maxPart {
		return nil, fmt.Errorf("read part %s: larger than %d bytes", name, maxPart)
	}
	return b, nil
}

// decode reads a small part into v.
func (a *archive) decode(name string, v any) error {
	b, err := a.content(name)
	if err != nil {
		return err
	}
	if err := xml.Unmarshal(b, v); err != nil {
		return fmt.Errorf("read part %s: %w", name, err)
	}
	return nil
}

// close closes the file. It may be called again.
func (a *archive) close() error {
	if err := a.zip.Close(); !errors.Is(err, fs.ErrClosed) {
		return err
	}
	return nil
}
