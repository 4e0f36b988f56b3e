package mappings

import (
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// Span is where a value stands in its file: from the first rune up to, not
// including, the end. Lines and columns count from 1, columns in runes. The
// zero Span is a value whose end is not known.
type Span struct{ Line, Column, EndLine, EndColumn int }

// Edit puts a text in the place of a value.
type Edit struct {
	At   Span
	Text string
}

// ErrNoPlace means that a value's place in the text is not known, or no longer
// there.
var ErrNoPlace = errors.New("the place of a value is not known: edit it by hand")

// Rewrite returns text with the edits done; all other bytes stay. Edits must
// not overlap.
func Rewrite(text []byte, edits []Edit) ([]byte, error) {
	edits = slices.Clone(edits)
	slices.SortFunc(edits, func(a, b Edit) int {
		return (b.At.Line-a.At.Line)*1_000_000 + b.At.Column - a.At.Column
	})
	out, limit := string(text), len(text)
	for _, e := range edits {
		from, to := offset(out, e.At.Line, e.At.Column), offset(out, e.At.EndLine, e.At.EndColumn)
		if from < 0 || to < from || to > limit {
			return nil, ErrNoPlace
		}
		out, limit = out[:from]+e.Text+out[to:], from
	}
	return []byte(out), nil
}

// offset returns the byte at which a place begins, or -1.
func offset(text string, line, column int) int {
	at := 0
	for ; line > 1; line-- {
		n := strings.IndexByte(text[at:], '\n')
		if n < 0 {
			return -1
		}
		at += n + 1
	}
	if line < 1 || column < 1 {
		return -1
	}
	if at == 0 && strings.HasPrefix(text, "\ufeff") {
		at = len("\ufeff")
	}
	for ; column > 1 && at < len(text) && text[at] != '\n'; column-- {
		_, n := utf8.DecodeRuneInString(text[at:])
		at += n
	}
	if column > 1 {
		return -1
	}
	return at
}

// spanOf returns the stretch from the beginning of the first token to the end
// of the last one.
func spanOf(first, last *token.Token) Span {
	if first == nil || last == nil {
		return Span{}
	}
	s := Span{Line: first.Position.Line, Column: first.Position.Column, EndLine: last.Position.Line, EndColumn: last.Position.Column}
	written := strings.TrimSpace(last.Origin)
	if n := strings.Count(written, "\n"); n > 0 {
		s.EndLine, s.EndColumn = s.EndLine+n, 1
		written = written[strings.LastIndexByte(written, '\n')+1:]
	}
	s.EndColumn += utf8.RuneCountInString(written)
	return s
}

// place returns where a value stands. Values that are not there have no place;
// yamlReader.blockSpan knows that of texts over several lines.
func place(n ast.Node) Span {
	first, last := ends(n)
	return spanOf(first, last)
}

// ends returns the first and the last token of a value, nil where they are not
// known.
func ends(n ast.Node) (first, last *token.Token) {
	switch v := n.(type) {
	case *ast.MappingNode:
		if v.IsFlowStyle {
			return v.Start, v.End
		}
		if len(v.Values) == 0 {
			return nil, nil
		}
		_, last = ends(v.Values[len(v.Values)-1].Value)
		return v.Values[0].Key.GetToken(), last
	case *ast.MappingValueNode:
		_, last = ends(v.Value)
		return v.Key.GetToken(), last
	case *ast.SequenceNode:
		if v.IsFlowStyle {
			return v.Start, v.End
		}
		if len(v.Values) == 0 {
			return nil, nil
		}
		_, last = ends(v.Values[len(v.Values)-1])
		return v.Start, last
	case *ast.LiteralNode, nil:
		return nil, nil
	}
	t := n.GetToken()
	if t == nil || t.Type == token.ImplicitNullType {
		return nil, nil
	}
	return t, t
}
