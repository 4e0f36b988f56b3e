package mappings

import (
	"slices"
	"strings"
)

// substitution writes a fragment out for one use. A parameter stands in the
// fragment as a column or alias does: $NAME, $NAME.COLUMN, ${NAME}, each:
// $NAME, and NAME in conditions. Everything else is as if it stood where the
// fragment is used.
type substitution struct {
	*expander
	fragment *fragment
	args     map[string]*node // by parameter; none for one that was left out
	use      string
}

// node returns a copy of n, a part of the fragment, with the arguments in it.
func (s substitution) node(n *node) *node {
	out := *n
	out.pos.Use, out.span = s.use, Span{}
	switch n.kind {
	case scalar:
		return s.scalar(&out)
	case sequence:
		out.items = nil
		for _, item := range n.items {
			out.items = append(out.items, s.node(item))
		}
	case mapping:
		out.keys, out.values = nil, nil
		for i, key := range n.keys {
			k := *key
			k.pos.Use = s.use
			v := s.member(key.text, n.values[i])
			if v == nil { // each of rows that the use does not give
				return &node{kind: null, pos: out.pos}
			}
			out.keys, out.values = append(out.keys, &k), append(out.values, v)
		}
	}
	return &out
}

// member returns a copy of the value of a key, nil where the object cannot be
// without it and the use leaves it out.
func (s substitution) member(key string, n *node) *node {
	if key == "when" && n.kind == scalar {
		return s.condition(n)
	}
	out := s.node(n)
	if key == "each" && out.kind == null {
		return nil
	}
	return out
}

func (s substitution) scalar(n *node) *node {
	name, whole := strings.CutPrefix(n.text, "$")
	if whole && slices.Contains(s.fragment.params, name) {
		return s.argument(name, n)
	}
	var text string
	var gone bool
	if isPipe(n.text, "Reference") {
		text, gone = s.pipe(n)
	} else {
		text, gone = s.inText(n)
	}
	return n.replaced(text, gone)
}

// argument returns what stands for a parameter that is a value by itself;
// nothing where the use leaves it out.
func (s substitution) argument(name string, n *node) *node {
	if arg := s.args[name]; arg != nil {
		return arg
	}
	return &node{kind: null, pos: n.pos}
}

// replaced returns the scalar with another text, or nothing where a parameter
// of it was left out. Places inside of the text are no longer those in the
// file.
func (n *node) replaced(text string, gone bool) *node {
	if gone {
		return &node{kind: null, pos: n.pos}
	}
	if n.text != text {
		n.text, n.pos.Length, n.lines = text, 0, nil
	}
	return n
}

// pipe writes the arguments into a pipe. gone: a parameter at its start was
// left out.
func (s substitution) pipe(n *node) (text string, gone bool) {
	var out strings.Builder
	inStage := false
	for at := 0; at < len(n.text); {
		switch c := n.text[at]; c {
		case '\'', '"':
			end := strings.IndexByte(n.text[at+1:], c)
			if end < 0 {
				return n.text, false // the pipe's own finding says so
			}
			out.WriteString(n.text[at : at+end+2])
			at += end + 2
		case '$':
			p := &pipeParser{text: n.text, at: at + 1}
			o, err := p.operand()
			if err != nil {
				return n.text, false
			}
			written := n.text[at:p.at]
			if slices.Contains(s.fragment.params, o.first) {
				arg := s.args[o.first]
				gone = gone || arg == nil && !inStage
				written = s.operand(n, o, written, arg, inStage)
			}
			out.WriteString(written)
			at = p.at
		default:
			inStage = c == '|' || inStage && c != '(' && c != ')' && c != ','
			out.WriteByte(c)
			at++
		}
	}
	return out.String(), gone
}

// operand returns what is written in a pipe for a parameter.
func (s substitution) operand(n *node, o *operandText, written string, arg *node, inStage bool) string {
	if arg == nil {
		return ""
	}
	first, alone := column(arg)
	switch {
	case o.second != "" && alone && !strings.Contains(first, "."):
		return "$" + first + written[strings.IndexByte(written, '.'):]
	case o.second != "":
		s.misplaced(n, o.first, "stands for an alias there: give it one, such as $row")
	case alone:
		return "$" + first
	case arg.kind != scalar:
		s.misplaced(n, o.first, "stands in a pipe: give it a column or text")
	case inStage && isPipe(arg.text, ""):
		s.misplaced(n, o.first, "is an argument of a cleaner: give it a column without cleaners")
	case inStage && strings.Contains(arg.text, "'"):
		return `"` + arg.text + `"`
	case inStage:
		return "'" + arg.text + "'"
	case !isPipe(arg.text, ""):
		s.misplaced(n, o.first, "goes through cleaners: give it a column or pipe")
	}
	return arg.text
}

// column returns what stands behind the $ of an argument that is a column or
// alias and nothing else.
func column(arg *node) (name string, alone bool) {
	text, found := strings.CutPrefix(arg.text, "$")
	if arg.kind != scalar || !found {
		return "", false
	}
	p := &pipeParser{text: text}
	if _, err := p.operand(); err != nil || p.at < len(text) {
		return "", false
	}
	return text, true
}

func (s substitution) misplaced(n *node, param, why string) {
	s.add("E0802", n.pos, "the parameter "+param+" of the fragment "+s.fragment.name+" "+why)
}

// inText writes the arguments into a text with ${…}.
func (s substitution) inText(n *node) (text string, gone bool) {
	var out strings.Builder
	rest := n.text
	for {
		open := strings.IndexByte(rest, '$')
		if open < 0 || open+1 == len(rest) {
			return out.String() + rest, gone
		}
		out.WriteString(rest[:open])
		rest = rest[open:]
		name, tail, closed := strings.Cut(rest, "}")
		if !strings.HasPrefix(rest, "${") || !closed {
			out.WriteString(rest[:2])
			rest = rest[2:]
			continue
		}
		first, second, dotted := strings.Cut(strings.TrimSpace(name[2:]), ".")
		rest = tail
		if !slices.Contains(s.fragment.params, first) {
			out.WriteString(name + "}")
			continue
		}
		arg := s.args[first]
		if arg == nil {
			gone = true
			continue
		}
		out.WriteString(s.part(n, first, second, dotted))
	}
}

// part returns what is written for a parameter in a text.
func (s substitution) part(n *node, param, second string, dotted bool) string {
	arg := s.args[param]
	first, alone := column(arg)
	switch {
	case dotted && alone && !strings.Contains(first, "."):
		return "${" + first + "." + second + "}"
	case dotted:
		s.misplaced(n, param, "stands for an alias there: give it one, such as $row")
	case alone:
		return "${" + first + "}"
	case arg.kind != scalar || isPipe(arg.text, "Reference"):
		s.misplaced(n, param, "is a part of a text: give it a column without cleaners, or a text")
	}
	return arg.text
}

// condition writes the arguments into an SQL condition.
func (s substitution) condition(n *node) *node {
	out := *n
	out.pos.Use = s.use
	var b strings.Builder
	for i, before := 0, byte(0); i < len(n.text); {
		if strings.IndexByte(" \n\t\r", n.text[i]) >= 0 {
			b.WriteByte(n.text[i])
			i++
			continue
		}
		kind, word, length, wrong := sqlTokenAt(n.text[i:])
		if wrong != "" {
			return &out // the condition's own finding says so
		}
		token, next := n.text[i:i+length], byte(0)
		if i+length < len(n.text) {
			next = n.text[i+length]
		}
		if (kind == sqlWord || kind == sqlQuoted) && before != '.' && next != '(' && slices.Contains(s.fragment.params, word) {
			token = s.inCondition(n, word, next == '.')
		}
		b.WriteString(token)
		before, i = n.text[i+length-1], i+length
	}
	return out.replaced(b.String(), false)
}

// inCondition returns what is written for a parameter in a condition. One that
// was left out is NULL.
func (s substitution) inCondition(n *node, param string, alias bool) string {
	arg := s.args[param]
	if arg == nil {
		s.misplaced(n, param, "stands in a condition and cannot be left out: write it without ?")
		return param
	}
	first, alone := column(arg)
	switch {
	case alone && !(alias && strings.Contains(first, ".")):
		return first
	case alias || arg.kind != scalar || isPipe(arg.text, "Reference"):
		s.misplaced(n, param, "stands in a condition: give it a column or alias without cleaners, or a text")
		return param
	}
	return "'" + strings.ReplaceAll(arg.text, "'", "''") + "'"
}
