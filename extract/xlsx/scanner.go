package xlsx

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	scanBuffer = 64 << 10
	// maxTag bounds one tag; those of a workbook have a few hundred bytes.
	maxTag = 1 << 20
	// longestEntity is how much text is kept back so that an entity is not cut
	// in two: &#1114111;
	longestEntity = 16
)

var errDoctype = errors.New("a document type declaration, which workbooks do not have")

// token says what scanner.next found.
type token uint8

const (
	startTag token = iota
	endTag
	charData
)

// scanner splits the XML of one part into tags and text. encoding/xml makes
// several objects for each tag, and a sheet has three tags for each cell. What
// it does not know, it passes over: namespaces (local names are enough),
// comments, processing instructions.
type scanner struct {
	r        io.Reader
	buf      []byte
	pos      int // of the next byte in buf
	eof      bool
	consumed int64 // bytes taken from r

	name  []byte // local name of the tag
	attrs []byte // its attributes, as they stand
	text  []byte // of charData, valid until the next call
	raw   bool   // text is CDATA: & is a character like others
	empty bool   // the tag ended in />: its end comes next
	cdata bool   // inside of a CDATA section
}

func newScanner(r io.Reader) *scanner {
	return &scanner{r: r, buf: make([]byte, 0, scanBuffer)}
}

// next finds the next tag or stretch of text. A text may come in several.
func (s *scanner) next() (token, error) {
	if s.empty {
		s.empty = false
		return endTag, nil
	}
	for {
		if s.cdata {
			return charData, s.cdataText()
		}
		if err := s.need(1); err != nil {
			return 0, err
		}
		if s.buf[s.pos] != '<' {
			return charData, s.plainText()
		}
		_ = s.need(len("<![CDATA[")) // fewer are there at the end of a part
		rest := s.buf[s.pos:]
		var err error
		switch {
		case bytes.HasPrefix(rest, []byte("<!--")):
			err = s.skipPast("-->", 0)
		case bytes.HasPrefix(rest, []byte("<?")):
			err = s.skipPast("?>", 0)
		case bytes.HasPrefix(rest, []byte("<![CDATA[")):
			s.pos += len("<![CDATA[")
			s.cdata = true
		case bytes.HasPrefix(rest, []byte("<!")):
			err = errDoctype // it could define entities
		default:
			return s.tag()
		}
		if err != nil {
			return 0, err
		}
	}
}

// need sees to it that n bytes are in the buffer behind pos.
func (s *scanner) need(n int) error {
	for len(s.buf)-s.pos < n {
		if s.eof {
			return io.EOF
		}
		if err := s.fill(); err != nil {
			return err
		}
	}
	return nil
}

// fill reads on, keeping what is behind pos.
func (s *scanner) fill() error {
	if s.pos > 0 {
		s.buf = s.buf[:copy(s.buf, s.buf[s.pos:])]
		s.pos = 0
	}
	if len(s.buf) == cap(s.buf) {
		if cap(s.buf) >= maxTag {
			return fmt.Errorf("a tag of more than %d bytes", maxTag)
		}
		s.buf = append(make([]byte, 0, 2*cap(s.buf)), s.buf...)
	}
	n, err := s.r.Read(s.buf[len(s.buf):cap(s.buf)])
	s.buf = s.buf[:len(s.buf)+n]
	s.consumed += int64(n)
	if errors.Is(err, io.EOF) {
		s.eof = true
		return nil
	}
	return err
}

// plainText takes the text up to the next tag, or as much of it as the buffer
// holds.
func (s *scanner) plainText() error {
	s.raw = false
	rest := s.buf[s.pos:]
	n := bytes.IndexByte(rest, '<')
	if n < 0 && !s.eof && len(rest) <= longestEntity {
		if err := s.fill(); err != nil {
			return err
		}
		return s.plainText()
	}
	if n < 0 {
		n = len(rest)
		if amp := bytes.LastIndexByte(rest, '&'); !s.eof && amp > 0 && n-amp < longestEntity {
			n = amp
		} else if !s.eof && n > 1 && rest[n-1] == '\r' {
			n-- // its line feed may be next
		}
	}
	s.text = rest[:n]
	s.pos += n
	return nil
}

// cdataText takes the text up to ]]>, or as much of it as the buffer holds.
func (s *scanner) cdataText() error {
	if err := s.need(len("]]>")); err != nil {
		return cut(err)
	}
	rest := s.buf[s.pos:]
	n := bytes.Index(rest, []byte("]]>"))
	if n >= 0 {
		s.cdata = false
		s.pos += n + len("]]>")
	} else {
		n = len(rest) - len("]]")
		s.pos += n
	}
	s.raw, s.text = true, rest[:n]
	return nil
}

// skipPast moves behind the next end, however far away it is. Of what stands
// before end, keep bytes are still in the buffer.
func (s *scanner) skipPast(end string, keep int) error {
	for {
		if i := bytes.Index(s.buf[s.pos:], []byte(end)); i >= 0 {
			s.pos += i + len(end)
			return nil
		}
		s.pos = max(s.pos, len(s.buf)-len(end)-keep)
		if s.eof {
			return io.ErrUnexpectedEOF
		}
		if err := s.fill(); err != nil {
			return err
		}
	}
}

// tag takes a whole tag; pos is at its <.
func (s *scanner) tag() (token, error) {
	length := 0
	for length == 0 {
		if length = tagLength(s.buf[s.pos:]); length > 0 {
			break
		}
		if s.eof {
			return 0, io.ErrUnexpectedEOF
		}
		if err := s.fill(); err != nil {
			return 0, err
		}
	}
	inside := s.buf[s.pos+1 : s.pos+length-1]
	s.pos += length
	kind := startTag
	switch {
	case len(inside) > 0 && inside[0] == '/':
		kind, inside = endTag, inside[1:]
	case len(inside) > 0 && inside[len(inside)-1] == '/':
		s.empty, inside = true, inside[:len(inside)-1]
	}
	name := inside
	if i := bytes.IndexAny(inside, " \t\r\n"); i >= 0 {
		name, s.attrs = inside[:i], inside[i:]
	} else {
		s.attrs = nil
	}
	s.name = localName(name)
	return kind, nil
}

// tagLength returns the length of the tag at the start of b, 0 where it is not
// whole. A > may stand in quotes.
func tagLength(b []byte) int {
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '>':
			return i + 1
		case '"', '\'':
			end := bytes.IndexByte(b[i+1:], b[i])
			if end < 0 {
				return 0
			}
			i += end + 1
		}
	}
	return 0
}

func localName(name []byte) []byte {
	if i := bytes.IndexByte(name, ':'); i >= 0 {
		return name[i+1:]
	}
	return name
}

// nextAttr takes the next attribute of the tag; ok is false behind the last.
// The value is as it stands, between its quotes.
func (s *scanner) nextAttr() (name, value []byte, ok bool) {
	equals := bytes.IndexByte(s.attrs, '=')
	if equals < 0 {
		return nil, nil, false
	}
	name = bytes.TrimSpace(s.attrs[:equals])
	rest := bytes.TrimLeft(s.attrs[equals+1:], " \t\r\n")
	if len(rest) == 0 || rest[0] != '"' && rest[0] != '\'' {
		return nil, nil, false
	}
	end := bytes.IndexByte(rest[1:], rest[0])
	if end < 0 {
		return nil, nil, false
	}
	s.attrs = rest[end+2:]
	return name, rest[1 : end+1], true
}

// appendText appends the text of charData with line ends as XML 1.0 has them
// (2.11), and without entities (4.1 and 4.6). What stands for no character
// becomes a byte that is no UTF-8, so that it is found with other bad bytes.
func (s *scanner) appendText(dst []byte) []byte {
	text := s.text
	if bytes.IndexByte(text, '\r') >= 0 {
		text = bytes.ReplaceAll(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))
	}
	for !s.raw {
		amp := bytes.IndexByte(text, '&')
		if amp < 0 {
			break
		}
		dst = append(dst, text[:amp]...)
		text = text[amp:]
		end := bytes.IndexByte(text, ';')
		if end < 0 || end > longestEntity {
			dst = append(dst, '&')
			text = text[1:]
			continue
		}
		dst = appendEntity(dst, string(text[1:end]))
		text = text[end+1:]
	}
	return append(dst, text...)
}

func appendEntity(dst []byte, name string) []byte {
	switch name {
	case "amp":
		return append(dst, '&')
	case "lt":
		return append(dst, '<')
	case "gt":
		return append(dst, '>')
	case "quot":
		return append(dst, '"')
	case "apos":
		return append(dst, '\'')
	}
	var n uint64
	err := strconv.ErrSyntax
	if len(name) > 2 && name[0] == '#' && name[1]|0x20 == 'x' {
		n, err = strconv.ParseUint(name[2:], 16, 32)
	} else if len(name) > 1 && name[0] == '#' {
		n, err = strconv.ParseUint(name[1:], 10, 32)
	}
	if err != nil || !utf8.ValidRune(rune(n)) {
		return append(dst, 0xff)
	}
	return utf8.AppendRune(dst, rune(n))
}

// unescape undoes _x000D_, which stands for a character that XML cannot hold
// (ECMA-376 part 1, 22.9.2.19, ST_Xstring), in place.
func unescape(b []byte) []byte {
	i := bytes.Index(b, []byte("_x"))
	if i < 0 {
		return b
	}
	out := b[:i]
	for ; i < len(b); i++ {
		unit, ok := escaped(b[i:])
		if !ok {
			out = append(out, b[i])
			continue
		}
		i += escapeLength - 1
		if low, ok := escaped(b[i+1:]); ok && utf16.IsSurrogate(rune(unit)) {
			if r := utf16.DecodeRune(rune(unit), rune(low)); r != utf8.RuneError {
				out = utf8.AppendRune(out, r)
				i += escapeLength
				continue
			}
		}
		if utf16.IsSurrogate(rune(unit)) {
			out = append(out, 0xff) // half a character
			continue
		}
		out = utf8.AppendRune(out, rune(unit))
	}
	return out
}

const escapeLength = len("_x000D_")

// escaped reads _xHHHH_ at the start of b.
func escaped(b []byte) (uint16, bool) {
	if len(b) < escapeLength || b[0] != '_' || b[1] != 'x' || b[escapeLength-1] != '_' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(b[2:escapeLength-1]), 16, 16)
	return uint16(n), err == nil
}

// cut turns the end of a part in the middle of something into an error.
func cut(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
