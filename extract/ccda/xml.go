package ccda

import (
	"bufio"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// The bounds of what is read. encoding/xml knows no entities but the five of
// XML.
const (
	maxDocument = 256 << 20 // bytes
	maxToken    = 64 << 20  // one text, or comment: an embedded file is one
	maxTag      = 1 << 20   // a tag with its attributes
	maxDepth    = 200
	maxNodes    = 1 << 19 // elements and texts held at once
)

// node is an element, or a text where name is "".
type node struct {
	name   string // without prefix, but sdtc:raceCode
	text   string
	attrs  []xml.Attr
	nodes  []*node
	parent *node
	line   int64
}

// attr returns the attribute's value as written and whether it is there.
func (n *node) attr(name string) (string, bool) {
	for _, a := range n.attrs {
		if a.Name.Local == name {
			return a.Value, true
		}
	}
	return "", false
}

func (n *node) is(attr, want string) bool {
	got, ok := n.attr(attr)
	return ok && got == want
}

// denied reports whether the statement is negated. XML lets blanks stand around
// a boolean, and what denies an allergy in any other writing of it, which the
// schema forbids, must not be read as one.
func (n *node) denied() bool {
	value, _ := n.attr("negationInd")
	value = strings.TrimSpace(value)
	return value == "1" || strings.EqualFold(value, "true")
}

// elements yields the children that are elements.
func (n *node) elements(yield func(*node) bool) {
	for _, c := range n.nodes {
		if c.name != "" && !yield(c) {
			return
		}
	}
}

// meter counts the bytes that the decoder takes and ends the reading where they
// are too many.
type meter struct {
	r     *bufio.Reader
	total int64
	token int
	tag   int  // bytes of the tag that is open, 0 outside
	quote byte // of the attribute that is open
}

// ReadByte implements io.ByteReader: the decoder then buffers nothing itself.
func (m *meter) ReadByte() (byte, error) {
	b, err := m.r.ReadByte()
	if err != nil {
		return 0, err
	}
	m.total++
	m.token++
	m.follow(b)
	switch {
	case m.total > maxDocument:
		return 0, &brokenError{text: fmt.Sprintf("the document is longer than %d MiB", maxDocument>>20)}
	case m.token > maxToken:
		return 0, &brokenError{text: fmt.Sprintf("a text is longer than %d MiB", maxToken>>20)}
	case m.tag > maxTag:
		return 0, &brokenError{text: fmt.Sprintf("a tag is longer than %d MiB", maxTag>>20)}
	}
	return b, nil
}

// follow keeps track of where tags begin and end.
func (m *meter) follow(b byte) {
	switch {
	case m.tag == 0:
		if b == '<' {
			m.tag = 1
		}
		return
	case m.tag == 1 && (b == '!' || b == '?'):
		m.tag = 0 // a comment or CDATA, which have the bound of texts
		return
	case m.quote != 0:
		if b == m.quote {
			m.quote = 0
		}
	case b == '"' || b == '\'':
		m.quote = b
	case b == '>':
		m.tag = 0
		return
	}
	m.tag++
}

// Read implements io.Reader.
func (m *meter) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	b, err := m.ReadByte()
	if err != nil {
		return 0, err
	}
	p[0] = b
	return 1, nil
}

// tokens reads a document token by token.
type tokens struct {
	decoder *xml.Decoder
	meter   *meter
	depth   int
	nodes   int   // held at present
	line    int64 // on which the latest token began
}

func newTokens(r io.Reader) *tokens {
	m := &meter{r: bufio.NewReaderSize(r, 64<<10)}
	d := xml.NewDecoder(m)
	// What r yields is UTF-8, whatever the declaration says of the file.
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	return &tokens{decoder: d, meter: m}
}

// next returns the next start, end or text; io.EOF at the end of the document.
func (t *tokens) next() (xml.Token, error) {
	for {
		line, _ := t.decoder.InputPos()
		t.line, t.meter.token = int64(line), 0
		token, err := t.decoder.Token()
		if err != nil {
			return nil, t.broken(err)
		}
		switch token.(type) {
		case xml.StartElement:
			if t.depth++; t.depth > maxDepth {
				return nil, t.broken(&brokenError{text: fmt.Sprintf("elements are nested more than %d deep", maxDepth)})
			}
			return token, nil
		case xml.EndElement:
			t.depth--
			return token, nil
		case xml.CharData:
			return token, nil
		case xml.Directive:
			return nil, t.broken(&brokenError{text: "a document type declaration, which C-CDA does not have and which could make a document grow beyond all measure; remove it"})
		}
	}
}

// broken says where the document cannot be read on.
func (t *tokens) broken(err error) error {
	if errors.Is(err, io.EOF) && t.depth == 0 {
		return io.EOF
	}
	line, _ := t.decoder.InputPos()
	at := int64(line)
	var syntax *xml.SyntaxError
	var known *brokenError
	switch {
	case errors.As(err, &known):
		return &brokenError{line: at, text: known.text}
	case errors.As(err, &syntax) && syntax.Msg == "unexpected EOF":
		return &brokenError{line: at, text: "the document ends inside an element; copy or export it again", err: io.ErrUnexpectedEOF}
	case errors.As(err, &syntax) && syntax.Msg == "invalid UTF-8":
		return &brokenError{line: int64(syntax.Line), text: "bytes that are no characters in the encoding of the document; set encoding: (windows-1252) or export it again"}
	case errors.As(err, &syntax):
		return &brokenError{line: int64(syntax.Line), text: "this is no well-formed XML (" + syntax.Msg + "); repair the line or export the document again"}
	}
	return fmt.Errorf("line %d: %w", line, err)
}

// brokenError says where and why a document cannot be read on, apart from what
// the disk or a decompressor says.
type brokenError struct {
	line int64 // 0 where there is none
	text string
	err  error
}

// Error returns "line N: text".
func (e *brokenError) Error() string {
	if e.line == 0 {
		return e.text
	}
	return "line " + strconv.FormatInt(e.line, 10) + ": " + e.text
}

// Unwrap returns the cause.
func (e *brokenError) Unwrap() error { return e.err }

// hold counts nodes that are kept.
func (t *tokens) hold() error {
	if t.nodes++; t.nodes > maxNodes {
		return t.broken(&brokenError{text: fmt.Sprintf("an entry, a narrative or the header has more than %d elements", maxNodes)})
	}
	return nil
}

// element reads the rest of the element that start began.
func (t *tokens) element(start xml.StartElement) (*node, error) {
	top := newNode(start, t.line)
	for at := top; ; {
		token, err := t.next()
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			child := newNode(token, t.line)
			child.parent = at
			at.nodes = append(at.nodes, child)
			at = child
		case xml.EndElement:
			if at == top {
				return top, nil
			}
			at = at.parent
			continue
		case xml.CharData:
			at.nodes = append(at.nodes, &node{text: string(token), parent: at, line: t.line})
		}
		if err := t.hold(); err != nil {
			return nil, err
		}
	}
}

// Namespaces. A document that declares none for its elements is taken for CDA
// all the same.
const (
	sdtcSpace = "urn:hl7-org:sdtc"
	xsiSpace  = "http://www.w3.org/2001/XMLSchema-instance"
)

func newNode(start xml.StartElement, line int64) *node {
	n := &node{name: elementName(start.Name), line: line, attrs: start.Copy().Attr}
	for i, a := range n.attrs {
		if a.Name.Local == "type" && (a.Name.Space == xsiSpace || a.Name.Space == "xsi") {
			_, plain, prefixed := strings.Cut(a.Value, ":")
			if n.attrs[i].Name.Local = "xsi:type"; prefixed {
				n.attrs[i].Value = plain
			}
		}
	}
	return n
}

func elementName(name xml.Name) string {
	if name.Space == sdtcSpace || name.Space == "sdtc" {
		return "sdtc:" + name.Local
	}
	return name.Local
}
