package mappings

import (
	"bytes"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	yamlparser "github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	yaml "github.com/goccy/go-yaml"

	"chartlift/internal/issue"
)

// maxMappingBytes bounds a mapping file: the largest shipped one is a hundredth
// of it.
const maxMappingBytes = 4 << 20

// maxDepth bounds the nesting of a mapping file.
const maxDepth = 64

// nodeKind is the shape of a node.
type nodeKind uint8

const (
	scalar nodeKind = iota
	mapping
	sequence
	null
)

// node is YAML without YAML's typing: a scalar is its text (ZIP 02108 stays
// 02108).
type node struct {
	kind   nodeKind
	text   string
	pos    issue.Position
	span   Span    // of the whole value
	keys   []*node // mapping: keys and values side by side
	values []*node
	items  []*node
	lines  [][]rune // of the file, for places inside of a scalar
	block  bool     // the text stands on the lines below
	plain  bool     // a scalar without quotes
}

// get returns the value of key, or nil.
func (n *node) get(key string) *node {
	if n == nil || n.kind != mapping {
		return nil
	}
	for i, k := range n.keys {
		if k.text == key {
			return n.values[i]
		}
	}
	return nil
}

// findings collects what is wrong with a mapping, all of it.
type findings struct{ list []issue.Issue }

func (f *findings) add(code string, at issue.Position, message string) {
	f.suggest(code, at, message, "")
}

func (f *findings) suggest(code string, at issue.Position, message, suggestion string) {
	at.Length = max(1, at.Length)
	f.list = append(f.list, issue.Issue{
		Severity: issue.Error, Code: code, Type: "invalid", At: at, Message: message, Suggestion: suggestion,
	})
}

func (f *findings) warn(code string, at issue.Position, message string) {
	f.list = append(f.list, issue.Issue{Severity: issue.Warning, Code: code, Type: "invalid", At: at, Message: message})
}

func (f *findings) failed() bool {
	for _, i := range f.list {
		if i.Severity >= issue.Error {
			return true
		}
	}
	return false
}

// parse reads YAML text into nodes. It returns nil after a syntax error.
func parse(file string, text []byte, f *findings) *node {
	if len(text) > maxMappingBytes {
		f.add("E0101", issue.Position{File: file}, "this mapping is larger than 4 MiB; split it")
		return nil
	}
	if !utf8.Valid(text) {
		f.add("E0101", issue.Position{File: file}, "this file is not UTF-8 text; save it as UTF-8")
		return nil
	}
	if deep(text) {
		f.add("E0102", issue.Position{File: file}, "nested too deeply")
		return nil
	}
	doc, err := yamlparser.ParseBytes(bytes.TrimPrefix(text, []byte("\ufeff")), 0)
	if err != nil {
		f.add("E0101", syntaxPosition(file, err), "YAML: "+syntaxMessage(err))
		return nil
	}
	if len(doc.Docs) == 0 || doc.Docs[0].Body == nil {
		f.add("E0101", issue.Position{File: file, Line: 1, Column: 1, Length: 1}, "the mapping is empty; start it with chartlift: 1")
		return nil
	}
	if len(doc.Docs) > 1 && doc.Docs[1].Body != nil {
		f.add("E0102", position(file, doc.Docs[1].Body.GetToken()), "one mapping a file: remove the second YAML document")
	}
	p := yamlReader{file: file, findings: f}
	for _, line := range strings.Split(string(text), "\n") {
		p.lines = append(p.lines, []rune(strings.TrimSuffix(line, "\r")))
	}
	return p.read(doc.Docs[0].Body, 0)
}

// deep reports nesting on which the YAML parser would spend time that grows
// with its square.
func deep(text []byte) bool {
	flow, dashes := 0, 0
	for _, c := range text {
		switch c {
		case '[', '{':
			flow++
		case ']', '}':
			flow = max(0, flow-1)
		case '-':
			dashes++
		case '\n':
			dashes = 0
		case ' ':
		default:
			dashes = min(dashes, 0) - len(text) // only those at the start of a line count
		}
		if flow > 16*maxDepth || dashes > maxDepth {
			return true
		}
	}
	return false
}

func syntaxPosition(file string, err error) issue.Position {
	var se *yaml.SyntaxError
	if errors.As(err, &se) && se.Token != nil {
		return position(file, se.Token)
	}
	return issue.Position{File: file}
}

func syntaxMessage(err error) string {
	var se *yaml.SyntaxError
	if errors.As(err, &se) {
		if strings.Contains(se.Message, "found character '\t'") { // YAML 1.2.2, 6.1: tabs never indent
			return se.Message + "; indent with blanks, not with tabs"
		}
		return se.Message
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	return first
}

func position(file string, t *token.Token) issue.Position {
	if t == nil {
		return issue.Position{File: file}
	}
	return issue.Position{
		File: file, Line: t.Position.Line, Column: t.Position.Column,
		Length: max(1, utf8.RuneCountInString(strings.TrimSpace(t.Value))),
	}
}

// yamlReader turns goccy's tree into ours.
type yamlReader struct {
	file     string
	findings *findings
	lines    [][]rune
}

func (r *yamlReader) read(n ast.Node, depth int) *node {
	if n == nil {
		return &node{kind: null, pos: issue.Position{File: r.file}}
	}
	out := r.value(n, depth)
	if out.span = place(n); out.block {
		out.span = r.blockSpan(n.(*ast.LiteralNode))
	}
	return out
}

// blockSpan returns where a text over several lines (| and >) stands: from its
// sign to the end of the last line that is not empty.
func (r *yamlReader) blockSpan(n *ast.LiteralNode) Span {
	sign := n.GetToken().Position
	origin := strings.TrimRight(n.Value.GetToken().Origin, " \t\r\n")
	last := sign.Line + strings.Count(origin, "\n") + 1
	if origin == "" || last > len(r.lines) {
		return Span{}
	}
	return Span{sign.Line, sign.Column, last, len(r.lines[last-1]) + 1}
}

func (r *yamlReader) value(n ast.Node, depth int) *node {
	pos := position(r.file, n.GetToken())
	if depth > maxDepth {
		r.findings.add("E0102", pos, "nested too deeply")
		return &node{kind: null, pos: pos}
	}
	switch v := n.(type) {
	case *ast.MappingNode:
		return r.mapping(v.Values, pos, depth)
	case *ast.MappingValueNode:
		return r.mapping([]*ast.MappingValueNode{v}, pos, depth)
	case *ast.SequenceNode:
		out := &node{kind: sequence, pos: pos}
		for _, item := range v.Values {
			out.items = append(out.items, r.read(item, depth+1))
		}
		return out
	case *ast.NullNode:
		return &node{kind: null, text: written(v.Token), pos: pos}
	case *ast.LiteralNode:
		pos.Length = 0 // its text stands on other lines
		return &node{kind: scalar, text: v.Value.Value, pos: pos, lines: r.lines, block: true}
	case *ast.AnchorNode:
		r.outside(pos)
		return r.read(v.Value, depth+1)
	case *ast.TagNode:
		r.outside(pos)
		return r.read(v.Value, depth+1)
	case *ast.AliasNode, *ast.MergeKeyNode, *ast.DirectiveNode:
		r.outside(pos)
		return &node{kind: null, pos: pos}
	}
	return r.scalar(n, pos)
}

func (r *yamlReader) outside(pos issue.Position) {
	r.findings.add("E0102", pos, "anchors, aliases, merge keys, tags and directives are not part of the mapping language; use params")
}

// written returns the text of a null that somebody wrote: NULL in a list of
// null tokens is a text. The token of an empty value is the parser's own.
func written(t *token.Token) string {
	if t == nil || t.Type == token.ImplicitNullType {
		return ""
	}
	return t.Value
}

func (r *yamlReader) scalar(n ast.Node, pos issue.Position) *node {
	t := n.GetToken()
	quoted := t.Type == token.DoubleQuoteType || t.Type == token.SingleQuoteType
	if quoted {
		pos.Column++ // findings point at the text, not at the quote
	}
	if strings.Contains(t.Origin[:len(strings.TrimRight(t.Origin, " \r\n"))], "\n") && strings.Contains(strings.TrimLeft(t.Origin, " \r\n"), "\n") {
		pos.Length = 0
	}
	if q := pastedQuote(t.Value); !quoted && q != "" {
		r.findings.add("E0124", pos, q+" is a typographic quote, which YAML takes for a letter of the text; write straight quotes around it, or '"+q+"…' where the text really begins with it")
	}
	return &node{kind: scalar, text: t.Value, pos: pos, lines: r.lines, plain: !quoted}
}

func (r *yamlReader) mapping(values []*ast.MappingValueNode, pos issue.Position, depth int) *node {
	out := &node{kind: mapping, pos: pos}
	for i, v := range values {
		key := r.read(v.Key, depth+1)
		key.kind = scalar // a key is its text, whatever YAML makes of it
		if i == 0 {
			out.pos = key.pos
		}
		value := r.read(v.Value, depth+1)
		if colon := spanOf(v.Start, v.Start); value.kind == null && value.span == (Span{}) {
			value.span = Span{colon.EndLine, colon.EndColumn, colon.EndLine, colon.EndColumn} // where its text would be written
		}
		out.keys = append(out.keys, key)
		out.values = append(out.values, value)
	}
	return out
}
