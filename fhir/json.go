package fhir

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
	"unsafe"
)

// AppendString appends s as a JSON string. Only the quote, the backslash and
// characters below 0x20 are escaped; invalid UTF-8 becomes U+FFFD.
func AppendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	src := unsafe.Slice(unsafe.StringData(s), len(s)) // only read
	for {
		n := plain(src)
		dst = append(dst, src[:n]...)
		if n == len(src) {
			return append(dst, '"')
		}
		dst = appendEscape(dst, src[n])
		src = src[n+1:]
	}
}

func appendEscape(dst []byte, c byte) []byte {
	const digits = "0123456789abcdef"
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
}

// ErrNoResource is in the chain of an error where a JSON text is no resource of
// a type that R4 knows.
var ErrNoResource = errors.New("this is no FHIR R4 resource: resourceType is missing or unknown")

// Canonical returns the resource in canonical form: elements in the order of
// the specification, no white space, only the escapes that JSON demands.
// Numbers stay as written. Elements that R4 does not know keep their order at
// the end of their object.
func Canonical(json []byte) ([]byte, error) {
	var t Tree
	if err := t.Parse(json); err != nil {
		return nil, fmt.Errorf("parse resource: %w", err)
	}
	return t.Canonical()
}

// Canonical returns the resource that was parsed in canonical form.
func (t *Tree) Canonical() ([]byte, error) {
	def, ok := t.resourceType(0)
	if !ok {
		return nil, ErrNoResource
	}
	root := t.Node(0)
	w := canonicalWriter{tree: t, dst: make([]byte, 0, root.End-root.Start)}
	w.object(0, def)
	return w.dst, nil
}

// resourceType returns the definition of the resource at node i.
func (t *Tree) resourceType(i int) (*TypeDef, bool) {
	def, ok := LookupType(t.FindText(i, "resourceType"))
	return def, ok && def.Kind == ResourceKind
}

// canonicalWriter writes nodes of tree in canonical order.
type canonicalWriter struct {
	tree *Tree
	dst  []byte
	rows []ranked // scratch, used as a stack by nested objects
}

// ranked is a child with its place in the specification.
type ranked struct {
	node, rank int
	def        *TypeDef
}

// unranked is the place of what R4 does not know.
const unranked = 1 << 20

// object writes object i; def is nil where its type is unknown.
func (w *canonicalWriter) object(i int, def *TypeDef) {
	start := len(w.rows)
	for c := w.tree.First(i); c != 0; c = w.tree.Next(c) {
		w.rows = append(w.rows, rank(c, w.tree.Key(c), def))
	}
	end := len(w.rows)
	slices.SortStableFunc(w.rows[start:end], func(a, b ranked) int { return a.rank - b.rank })
	w.dst = append(w.dst, '{')
	for k := start; k < end; k++ {
		if k > start {
			w.dst = append(w.dst, ',')
		}
		row := w.rows[k]
		w.dst = append(AppendString(w.dst, w.tree.Key(row.node)), ':')
		w.value(row.node, row.def)
	}
	w.dst = append(w.dst, '}')
	w.rows = w.rows[:start]
}

// rank places a key: resourceType, then the elements, each with its _sibling
// after it.
func rank(node int, key string, def *TypeDef) ranked {
	if key == "resourceType" {
		return ranked{node: node, rank: -1}
	}
	name, sibling := strings.CutPrefix(key, "_")
	if def != nil {
		if e, at, ok := def.Element(name); ok {
			at *= 2
			if sibling {
				at++
			}
			return ranked{node, at, e.Def()}
		}
	}
	return ranked{node: node, rank: unranked}
}

func (w *canonicalWriter) value(i int, def *TypeDef) {
	switch w.tree.Kind(i) {
	case Object:
		if def != nil && def.Kind == Abstract {
			def, _ = w.tree.resourceType(i)
		}
		w.object(i, def)
	case Array:
		w.dst = append(w.dst, '[')
		for c := w.tree.First(i); c != 0; c = w.tree.Next(c) {
			if c != w.tree.First(i) {
				w.dst = append(w.dst, ',')
			}
			w.value(c, def)
		}
		w.dst = append(w.dst, ']')
	case String:
		w.dst = AppendString(w.dst, w.tree.Text(i))
	default:
		w.dst = append(w.dst, w.tree.Text(i)...)
	}
}
