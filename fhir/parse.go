package fhir

import (
	"errors"
	"strconv"
	"unicode/utf8"
)

var (
	errBeyondSize  = errors.New("the text is larger than 64 MiB")
	errBeyondDepth = errors.New("objects and arrays are nested deeper than 64 levels")
	errInvalidUTF8 = errors.New("the text is not valid UTF-8")
	errEndOfText   = errors.New("the text ends in the middle of a value")
	errAfterValue  = errors.New("there is more text after the value")
	errNoValue     = errors.New("a value is expected here")
	errNoKey       = errors.New("a key in double quotes is expected here")
	errNoColon     = errors.New("a colon is expected after the key")
	errNoComma     = errors.New("a comma or the closing bracket is expected here")
	errRawControl  = errors.New("a control character in a string must be escaped")
	errEscape      = errors.New("this escape does not exist in JSON")
	errNumber      = errors.New("this is not a JSON number")
)

// parser is the state of one Parse: a single pass, one recursion per level.
type parser struct {
	tree  *Tree
	src   []byte
	pos   int
	line  int
	depth int
	path  string // built while an error goes up
}

func (p *parser) parse() error {
	if len(p.src) > MaxSize {
		return errBeyondSize
	}
	if !utf8.Valid(p.src) {
		p.firstInvalid()
		return errInvalidUTF8
	}
	p.space()
	if err := p.value(Node{}); err != nil {
		return err
	}
	p.space()
	if p.pos < len(p.src) {
		return errAfterValue
	}
	return nil
}

// firstInvalid moves to the first byte that is not UTF-8.
func (p *parser) firstInvalid() {
	for p.pos < len(p.src) {
		r, size := utf8.DecodeRune(p.src[p.pos:])
		if r == utf8.RuneError && size < 2 {
			return
		}
		if r == '\n' {
			p.line++
		}
		p.pos += size
	}
}

// space skips white space and counts lines; strings cannot hold raw line feeds.
func (p *parser) space() {
	for p.pos < len(p.src) {
		switch p.src[p.pos] {
		case '\n':
			p.line++
		case ' ', '\t', '\r':
		default:
			return
		}
		p.pos++
	}
}

// value parses one value; n comes with its key filled in.
func (p *parser) value(n Node) error {
	if p.pos >= len(p.src) {
		return errEndOfText
	}
	n.Start, n.Line = int32(p.pos), int32(p.line)
	switch c := p.src[p.pos]; {
	case c == '"':
		start, end, escaped, err := p.quoted()
		n.Kind, n.Start, n.End, n.escaped = String, start, end, escaped
		p.tree.nodes = append(p.tree.nodes, n)
		return err
	case c == '{':
		n.Kind = Object
		return p.nested(n, '}')
	case c == '[':
		n.Kind = Array
		return p.nested(n, ']')
	case c == '-' || isDigit(c):
		n.Kind = Number
		return p.number(n)
	case c == 't':
		return p.literal(n, Bool, "true")
	case c == 'f':
		return p.literal(n, Bool, "false")
	case c == 'n':
		return p.literal(n, Null, "null")
	}
	return errNoValue
}

func (p *parser) literal(n Node, kind NodeKind, want string) error {
	if len(p.src)-p.pos < len(want) || string(p.src[p.pos:p.pos+len(want)]) != want {
		return errNoValue
	}
	p.pos += len(want)
	n.Kind, n.End = kind, int32(p.pos)
	p.tree.nodes = append(p.tree.nodes, n)
	return nil
}

func (p *parser) number(n Node) error {
	for p.pos++; p.pos < len(p.src) && inNumber(p.src[p.pos]); p.pos++ {
	}
	n.End = int32(p.pos)
	if !isDecimal(p.tree.text[n.Start:n.End]) {
		return errNumber
	}
	p.tree.nodes = append(p.tree.nodes, n)
	return nil
}

func inNumber(c byte) bool {
	return isDigit(c) || c == '.' || c == '-' || c == '+' || c|0x20 == 'e'
}

// nested parses an object or array up to its closing bracket.
func (p *parser) nested(n Node, closing byte) error {
	if p.depth++; p.depth > MaxDepth {
		return errBeyondDepth
	}
	self := len(p.tree.nodes)
	p.tree.nodes = append(p.tree.nodes, n)
	p.pos++
	p.space()
	count := int32(0)
	for last := 0; p.pos >= len(p.src) || p.src[p.pos] != closing; {
		if count > 0 {
			if err := p.comma(); err != nil {
				return err
			}
		}
		at := len(p.tree.nodes)
		if err := p.member(n.Kind); err != nil {
			p.climb(n.Kind, at, int(count), err)
			return err
		}
		if last != 0 {
			p.tree.nodes[last].Next = int32(at)
		}
		last = at
		count++
		p.space()
	}
	p.pos++
	p.depth--
	own := &p.tree.nodes[self]
	own.End, own.Count = int32(p.pos), count
	if count > 0 {
		own.First = int32(self + 1)
	}
	if n.Kind == Object && count > 1 && p.tree.hasDuplicate(self) {
		return ErrDuplicateKey
	}
	return nil
}

// climb puts the step from a container to its member at node at before the path
// of an error.
func (p *parser) climb(in NodeKind, at, index int, err error) {
	switch {
	case !errors.Is(err, ErrDuplicateKey) || at >= len(p.tree.nodes):
	case in == Array:
		p.path = "[" + strconv.Itoa(index) + "]" + p.path
	default:
		p.path = "." + p.tree.Key(at) + p.path
	}
}

// member parses an array's value or an object's key and value.
func (p *parser) member(in NodeKind) error {
	var n Node
	if in == Object {
		var err error
		if n, err = p.key(); err != nil {
			return err
		}
	}
	return p.value(n)
}

func (p *parser) key() (Node, error) {
	if p.pos >= len(p.src) {
		return Node{}, errEndOfText
	}
	if p.src[p.pos] != '"' {
		return Node{}, errNoKey
	}
	start, end, escaped, err := p.quoted()
	if err != nil {
		return Node{}, err
	}
	p.space()
	if p.pos >= len(p.src) || p.src[p.pos] != ':' {
		return Node{}, errNoColon
	}
	p.pos++
	p.space()
	return Node{KeyStart: start, KeyEnd: end, keyEscaped: escaped}, nil
}

func (p *parser) comma() error {
	if p.pos >= len(p.src) {
		return errEndOfText
	}
	if p.src[p.pos] != ',' {
		return errNoComma
	}
	p.pos++
	p.space()
	return nil
}

// wide is the number of keys above which a set finds duplicates quicker than
// comparing all pairs.
const wide = 32

// hasDuplicate reports whether object i has a key twice.
func (t *Tree) hasDuplicate(i int) bool {
	mark := len(t.scratch)
	defer func() { t.scratch = t.scratch[:mark] }()
	if t.nodes[i].Count > wide {
		return t.hasDuplicateWide(i)
	}
	seen := uint64(0) // a tiny Bloom filter: most objects need no comparison at all
	for c := t.First(i); c != 0; c = t.Next(c) {
		key := t.Key(c)
		bit := uint64(1)
		if key != "" {
			bit <<= (uint(key[0])*7 + uint(key[len(key)-1])*3 + uint(len(key))) & 63
		}
		if seen&bit != 0 && t.again(i, c, key) {
			return true
		}
		seen |= bit
	}
	return false
}

func (t *Tree) hasDuplicateWide(i int) bool {
	keys := make(map[string]struct{}, t.nodes[i].Count)
	for c := t.First(i); c != 0; c = t.Next(c) {
		key := t.Key(c)
		if _, known := keys[key]; known && t.again(i, c, key) {
			return true
		}
		keys[key] = struct{}{}
	}
	return false
}

// again reports whether the member c of the object i has a key that stood there
// before. A resourceType that says the same once more does no harm: writers
// that put it at both ends are known, and nobody can read it in two ways.
func (t *Tree) again(i, c int, key string) bool {
	first := t.Find(i, key)
	if first == c {
		return false
	}
	return key != "resourceType" || t.Kind(c) != String || t.Kind(first) != String || t.Text(c) != t.Text(first)
}
