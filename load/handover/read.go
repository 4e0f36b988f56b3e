package handover

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"strings"

	"chartlift/fhir"
	"chartlift/internal/issue"
)

// reading is one file under way.
type reading struct {
	*Set
	file   int32
	temp   string
	in     *bufio.Reader
	packed bool
	row    int64
	line   int64
	pos    int64 // bytes read of what is in the file, or was packed in it

	names map[string]string // Type/id by fullUrl, of the bundle under way
}

// read indexes one file. A damaged end of a compressed file is an error: half
// of a hand-over is none.
func (s *Set) read(ctx context.Context, file int32, temp string) error {
	f, err := os.Open(s.Files[file].Path)
	if err != nil {
		return err
	}
	defer f.Close()
	unpacked, packed, err := Unpack(f)
	if err != nil {
		return err
	}
	defer unpacked.Close()
	r := &reading{Set: s, file: file, temp: temp, in: bufio.NewReaderSize(unpacked, 64<<10), packed: packed}
	if bom, err := r.in.Peek(3); err == nil && string(bom) == "\ufeff" {
		if _, err := r.in.Discard(3); err != nil {
			return err
		}
		r.pos = 3
	}
	err = r.all(ctx)
	s.Files[file].Rows = r.row
	return err
}

// all reads lines, or the whole as one document where the first line is none by
// itself.
func (r *reading) all(ctx context.Context) error {
	r.Files[r.file].Kind = "ndjson"
	for {
		line, start, err := r.next()
		last := errors.Is(err, io.EOF)
		if err != nil && !last {
			return err
		}
		text := bytes.TrimSpace(line)
		if len(text) > 0 && r.row == 0 && r.tree.Parse(text) != nil && !last {
			return r.document(line)
		}
		if len(text) > 0 {
			at := start + int64(bytes.Index(line, text[:1]))
			if err := r.text(text, at); err != nil {
				return err
			}
		}
		if last {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// next returns the next line as a slice of its own, and where it starts.
func (r *reading) next() (line []byte, start int64, err error) {
	start = r.pos
	for {
		part, err := r.in.ReadSlice('\n')
		line = append(line, part...)
		r.pos += int64(len(part))
		if len(line) > fhir.MaxSize {
			return nil, start, fmt.Errorf("line %d is larger than 64 MiB; write one resource a line", r.line+1)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			if r.line++; r.line > math.MaxUint32 {
				return nil, start, errTooMany
			}
			return line, start, err
		}
	}
}

// document reads the rest of a file that is one JSON text over many lines, or
// NDJSON whose first line is broken.
func (r *reading) document(first []byte) error {
	rest, err := io.ReadAll(io.LimitReader(r.in, int64(fhir.MaxSize-len(first)+1)))
	if err != nil {
		return err
	}
	text := append(first, rest...)
	if len(text) > fhir.MaxSize {
		return errors.New("the file is no NDJSON, and larger than 64 MiB; write one resource a line")
	}
	if r.tree.Parse(text) == nil {
		r.Files[r.file].Kind = "resource"
		return r.text(bytes.TrimSpace(text), -1)
	}
	r.line = 0
	for line := range bytes.Lines(text) {
		r.line++
		if line = bytes.TrimSpace(line); len(line) > 0 {
			if err := r.text(line, -1); err != nil {
				return err
			}
		}
	}
	return nil
}

// text takes one JSON text: a resource, or a bundle of them. at is where it
// stands in the file, -1 where it is not to be read there.
func (r *reading) text(text []byte, at int64) error {
	if err := r.tree.Parse(text); err != nil {
		r.row++
		r.refuse("bad-json", "the row is not JSON; write it again, or have it written again")
		return nil
	}
	typ := strings.Clone(r.tree.FindText(0, "resourceType"))
	if typ == "Bundle" {
		r.Files[r.file].Kind = "bundle"
		return r.bundle(text)
	}
	r.row++
	if at < 0 || r.packed {
		return r.add(typ, text, spooled)
	}
	return r.add(typ, text, at)
}

// spooled is the place of a text that is copied.
const spooled = -1

// bundle takes the entries of a bundle. References to a fullUrl become
// references to the resource.
func (r *reading) bundle(text []byte) error {
	names := map[string]string{}
	var all []found
	entries := r.tree.Find(0, "entry")
	if entries == 0 {
		return nil
	}
	for n := r.tree.First(entries); n != 0; n = r.tree.Next(n) {
		f := r.found(n, text, names)
		all = append(all, f)
	}
	r.names = names
	defer func() { r.names = nil }()
	for _, f := range all {
		r.row++
		if f.fault != "" {
			r.refuse("unsupported-request", f.fault)
			continue
		}
		if r.tree.Parse(f.text) != nil { // nothing but an id, which was put before nothing
			r.refuseUnknown()
			continue
		}
		if err := r.add(f.typ, f.text, spooled); err != nil {
			return err
		}
	}
	return nil
}

// found is an entry of a bundle.
type found struct {
	typ   string
	text  []byte
	fault string // why it cannot be delivered
}

// found reads an entry, and notes under which name others refer to it. One
// without an id gets that of its fullUrl.
func (r *reading) found(n int, text []byte, names map[string]string) found {
	f := found{fault: r.unfit(n)}
	if f.fault != "" {
		return f
	}
	at := r.tree.Find(n, "resource")
	f.typ = strings.Clone(r.tree.FindText(at, "resourceType"))
	node := r.tree.Node(at)
	f.text = text[node.Start:node.End]
	url := strings.Clone(r.tree.FindText(n, "fullUrl"))
	id := strings.Clone(r.tree.FindText(at, "id"))
	if uuid, ok := strings.CutPrefix(url, "urn:uuid:"); ok && id == "" && fhir.CheckPrimitive("id", uuid) == nil {
		id = uuid
		f.text = append([]byte(`{"id":"`+uuid+`",`), f.text[1:]...)
	}
	if url != "" && id != "" {
		names[url] = f.typ + "/" + id
	}
	return f
}

// unfit says why an entry cannot be delivered, "" where it can. What is asked
// for by other verbs is no resource to load.
func (r *reading) unfit(n int) string {
	if at := r.tree.Find(n, "resource"); at == 0 || r.tree.Kind(at) != fhir.Object {
		return "the entry has no resource; load what it asks for by hand"
	}
	if request := r.tree.Find(n, "request"); request != 0 {
		if m := r.tree.FindText(request, "method"); m != http.MethodPut && m != http.MethodPost {
			return "the entry asks for something else than PUT or POST; do that by hand"
		}
	}
	return ""
}

// add takes a resource into the index. The tree holds its text.
func (r *reading) add(typ string, text []byte, at int64) error {
	canonical, err := r.tree.Canonical()
	if err != nil {
		r.refuseUnknown()
		return nil
	}
	exact := bytes.Equal(canonical, text)
	canonical = renamed(canonical, r.names)
	id := r.tree.FindText(0, "id")
	if fhir.CheckPrimitive("id", id) != nil {
		r.refuse("bad-resource", "the resource has no id of 1 to 64 letters, digits, dots and hyphens: loaded twice it would be there twice; give it one")
		return nil
	}
	e := entry{key: keyOf(typ, id), sum: sumOf(canonical), offset: at, length: int32(len(text)), row: uint32(r.row), line: uint32(r.line), file: r.file, typ: r.typeIndex(typ), exact: exact}
	if first, twice := r.rows.find(e.key); twice {
		r.duplicate(r.rows.at(first), e)
		return nil
	}
	if at == spooled {
		if e.offset, err = r.keep(canonical); err != nil {
			return err
		}
		e.spooled, e.exact, e.length = true, true, int32(len(canonical))
	}
	for ref := range references(canonical) {
		if to, _, ok := strings.Cut(ref, "/"); ok {
			r.edges[[2]int16{e.typ, r.typeIndex(to)}] = true
		}
	}
	r.seek(r.rows.n, canonical)
	return r.rows.add(e)
}

// duplicate leaves out a resource that was there before: the same content is
// merged, other content refused.
func (r *reading) duplicate(first *entry, e entry) {
	left := Left{File: int64(e.file), Row: int64(e.row)}
	if first.sum != e.sum {
		r.refuse("duplicate-resource", "another row has a resource of this type and id with other content: one would overwrite the other; keep one of them")
		return
	}
	left.Merged = true
	if first.file == e.file {
		left.Into = int64(first.row)
	}
	r.Left = append(r.Left, left)
}

func (r *reading) refuseUnknown() {
	r.refuse("bad-resource", "the row is no resource that R4 knows; correct its resourceType")
}

func (r *reading) refuse(code, message string) {
	r.Left = append(r.Left, Left{File: int64(r.file), Row: r.row, Issue: issue.Issue{
		Severity: issue.Error, Code: code, Type: "structure", Origin: r.origin(r.file, r.row, r.line), Message: message,
	}})
}

// keep copies a text into the spool, which CreateTemp makes for its owner only.
func (r *reading) keep(text []byte) (offset int64, err error) {
	if r.spool == nil {
		if r.spool, err = os.CreateTemp(r.temp, "load-*.ndjson"); err != nil {
			return 0, err
		}
	}
	offset = r.size
	n, err := r.spool.Write(text)
	r.size += int64(n)
	return offset, err
}

func (s *Set) typeIndex(typ string) int16 {
	at, ok := s.index[typ]
	if !ok {
		at = int16(len(s.types))
		typ = strings.Clone(typ)
		s.index[typ], s.types = at, append(s.types, typ)
	}
	return at
}

// sumOf tells contents apart.
func sumOf(text []byte) [8]byte {
	full := sha256.Sum256(text)
	return [8]byte(full[:8])
}

// keyOf names a resource. Of ten million, two have one key by chance once in
// 10^15 times.
func keyOf(typ, id string) [12]byte {
	full := sha256.Sum256([]byte(typ + "/" + id))
	return [12]byte(full[:12])
}
