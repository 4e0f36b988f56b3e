package fhir

import (
	"errors"
	"fmt"
	"unsafe"
)

// The bounds of what Parse takes; both are far above real resources.
const (
	MaxDepth = 64
	MaxSize  = 64 << 20
)

// ErrDuplicateKey is in the chain of Parse's error where an object has a key
// twice.
var ErrDuplicateKey = errors.New("this key stands twice in one object")

// SyntaxError is Parse's error: text that is not JSON, or beyond the bounds.
// Its message holds nothing of the text.
type SyntaxError struct {
	Line   int // 1-based
	Offset int // in bytes
	Err    error
	Path   string // of a key that stands twice: the object it stands in, such as Patient.name[0]; "" elsewhere
}

// Error returns the place and what is wrong there.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("line %d, byte %d: %v", e.Line, e.Offset, e.Err)
}

// Unwrap returns what is wrong.
func (e *SyntaxError) Unwrap() error { return e.Err }

// NodeKind is the JSON type of a node.
type NodeKind uint8

// The kinds of a node.
const (
	Object NodeKind = iota
	Array
	String
	Number
	Bool
	Null
)

// String returns the JSON name of the kind.
func (k NodeKind) String() string {
	return [...]string{"object", "array", "string", "number", "boolean", "null", "", ""}[k&7]
}

// Node is one JSON value of a Tree. Start and End bound its text, quotes of
// strings excluded; KeyStart and KeyEnd bound its key, both 0 in arrays.
type Node struct {
	Kind               NodeKind
	escaped            bool
	keyEscaped         bool
	KeyStart, KeyEnd   int32
	Start, End         int32
	First, Next, Count int32 // first child and next sibling, 0 where none; number of children
	Line               int32 // 1-based
}

// Tree is a parsed JSON text: nodes in the order of the text, the root at
// index 0. It is made to be reused: a Tree that has grown once parses further
// texts without allocating. The zero Tree is ready for Parse. It is not safe
// for concurrent use.
//
//	for c := t.First(0); c != 0; c = t.Next(c) { fmt.Println(t.Key(c), t.Text(c)) }
type Tree struct {
	nodes   []Node
	text    string // the parsed bytes, not copied
	scratch []byte // strings without their escapes
}

// Parse reads one strict JSON text (RFC 8259, valid UTF-8, no key twice in an
// object, but for a resourceType that says the same again) and replaces what
// the Tree held before. The Tree refers to json until the next Parse: json must
// not change. The error is a *[SyntaxError].
func (t *Tree) Parse(json []byte) error {
	t.nodes, t.scratch = t.nodes[:0], t.scratch[:0]
	// No copy: strings handed out are valid as long as json is, which the
	// contract demands.
	t.text = unsafe.String(unsafe.SliceData(json), len(json))
	p := parser{tree: t, src: json, line: 1}
	if err := p.parse(); err != nil {
		path := ""
		if errors.Is(err, ErrDuplicateKey) {
			path = t.firstType() + p.path
		}
		t.nodes = t.nodes[:0]
		return &SyntaxError{Line: p.line, Offset: p.pos, Err: err, Path: path}
	}
	return nil
}

// firstType returns the resourceType where that is the first key, as most write
// it; for texts that could not be parsed whole.
func (t *Tree) firstType() string {
	if len(t.nodes) > 1 && t.nodes[1].Kind == String && t.Key(1) == "resourceType" {
		return t.Text(1)
	}
	return ""
}

// Len returns the number of nodes, 0 after a failed Parse.
func (t *Tree) Len() int { return len(t.nodes) }

// Node returns the node at index i, valid until the next Parse.
func (t *Tree) Node(i int) *Node { return &t.nodes[i] }

// Kind returns the JSON type of node i.
func (t *Tree) Kind(i int) NodeKind { return t.nodes[i].Kind }

// Line returns the line on which node i starts.
func (t *Tree) Line(i int) int { return int(t.nodes[i].Line) }

// First returns the first child of i, 0 where it has none.
func (t *Tree) First(i int) int { return int(t.nodes[i].First) }

// Next returns the sibling after i, 0 where it is the last.
func (t *Tree) Next(i int) int { return int(t.nodes[i].Next) }

// Count returns the number of children of i.
func (t *Tree) Count(i int) int { return int(t.nodes[i].Count) }

// Key returns the key of node i in its object, without escapes; "" in an array.
// It is valid until the next Parse.
func (t *Tree) Key(i int) string {
	n := &t.nodes[i]
	key := t.text[n.KeyStart:n.KeyEnd]
	if n.keyEscaped {
		return t.unescape(key)
	}
	return key
}

// Text returns the value of a string without escapes, and the JSON text of
// other nodes. It is valid until the next Parse.
func (t *Tree) Text(i int) string {
	n := &t.nodes[i]
	text := t.text[n.Start:n.End]
	if n.escaped {
		return t.unescape(text)
	}
	return text
}

// Raw returns the JSON text of node i as it was written. It is valid until the
// next Parse.
func (t *Tree) Raw(i int) string {
	n := &t.nodes[i]
	if n.Kind == String {
		return t.text[n.Start-1 : n.End+1]
	}
	return t.text[n.Start:n.End]
}

// Find returns the child of object i with the key, 0 where it has none.
func (t *Tree) Find(i int, key string) int {
	if t.nodes[i].Kind != Object {
		return 0
	}
	for c := t.First(i); c != 0; c = t.Next(c) {
		if t.keyIs(c, key) {
			return c
		}
	}
	return 0
}

// keyIs compares a key without keeping its unescaped form.
func (t *Tree) keyIs(i int, key string) bool {
	mark := len(t.scratch)
	same := t.Key(i) == key
	t.scratch = t.scratch[:mark]
	return same
}

// FindText returns the text of the string with the key in object i, "" where
// there is none.
func (t *Tree) FindText(i int, key string) string {
	if c := t.Find(i, key); c != 0 && t.nodes[c].Kind == String {
		return t.Text(c)
	}
	return ""
}

// unescape appends s without its escapes to scratch and returns that part.
// Strings handed out before keep the old array when scratch grows.
func (t *Tree) unescape(s string) string {
	start := len(t.scratch)
	t.scratch = appendUnescaped(t.scratch, s)
	part := t.scratch[start:]
	return unsafe.String(unsafe.SliceData(part), len(part))
}
