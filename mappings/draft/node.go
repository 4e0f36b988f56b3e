package draft

import "strings"

// sort of a node: what is done with it when it is written.
type nodeSort uint8

const (
	live     nodeSort = iota // a value of the source that is proposed
	constant                 // a text that stands with the others
	guess                    // written as a comment
)

// node is an element of the draft: a value, or members.
type node struct {
	key  string // "" for an entry of a list
	text string // of a value
	note string // why, behind the value
	sort nodeSort
	raw  bool // text is YAML already
	list bool // the kids are entries
	kids []*node
}

// object returns a node with members; those that are nil are left out.
func object(key string, kids ...*node) *node { return &node{key: key, kids: compact(kids)} }

// list returns a node with entries.
func list(key string, kids ...*node) *node {
	return &node{key: key, kids: compact(kids), list: true}
}

// fixed returns a constant.
func fixed(key, text string) *node { return &node{key: key, text: text, sort: constant} }

// noted returns a constant that needs an explanation.
func noted(key, text, note string) *node {
	return &node{key: key, text: text, note: note, sort: constant}
}

// compact leaves out what is not there: no node, or an object of constants
// alone.
func compact(kids []*node) []*node {
	var out []*node
	for _, k := range kids {
		if k == nil || k.text == "" && len(k.kids) == 0 {
			continue
		}
		if live, guesses := k.count(); k.kids != nil && live+guesses == 0 {
			continue
		}
		out = append(out, k)
	}
	return out
}

// alive reports whether a value of the source is under the node.
func (n *node) alive() bool {
	if n.kids == nil {
		return n.sort == live
	}
	for _, k := range n.kids {
		if k.alive() {
			return true
		}
	}
	return false
}

// standing reports whether an element is written at all: constants alone stand
// at the top only.
func (n *node) standing() bool { return n.alive() || n.kids == nil && n.sort == constant }

// count returns the values that are proposed, and those that stand as comments.
func (n *node) count() (proposed, guesses int) {
	for _, k := range n.kids {
		p, g := k.count()
		proposed, guesses = proposed+p, guesses+g
	}
	switch {
	case n.kids != nil:
	case n.sort == live:
		proposed++
	case n.sort == guess:
		guesses++
	}
	return proposed, guesses
}

// writer writes YAML line by line.
type writer struct{ strings.Builder }

// noteColumn is where comments begin, if the line is not longer.
const noteColumn = 64

// line writes one line with its comment.
func (w *writer) line(indent int, text, note string) {
	line := strings.Repeat(" ", indent) + text
	if note != "" {
		line += strings.Repeat(" ", max(2, noteColumn-len([]rune(line)))) + "# " + oneLine(note)
	}
	w.WriteString(strings.TrimRight(line, " ") + "\n")
}

// oneLine keeps a comment a comment, whatever a name in it holds.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0x85 || r == '\u2028' || r == '\u2029' || r == '\ufeff' {
			return ' '
		}
		return r
	}, s)
}

// nodes writes the members of an object; off makes comments of them.
func (w *writer) nodes(indent int, kids []*node, off bool) {
	for _, n := range kids {
		w.node(indent, "", n, off || !n.standing() && !n.alive())
	}
}

// node writes a node behind dash, the "- " of the list entry that it opens.
func (w *writer) node(indent int, dash string, n *node, off bool) {
	head := dash
	if n.key != "" {
		head += scalar(n.key) + ":"
	}
	if n.kids == nil {
		if n.key != "" {
			head += " "
		}
		w.put(indent, head+value1(n), n.note, off || n.sort == guess)
		return
	}
	if n.key != "" || dash == "" {
		w.put(indent, head, n.note, off)
		indent, dash = indent+2+len(dash), ""
	}
	if n.list {
		w.entries(indent, n.kids, off)
		return
	}
	w.members(indent, dash, n.kids, off)
}

// put writes a line, as a comment where it is off.
func (w *writer) put(indent int, text, note string, off bool) {
	if off {
		text = "# " + text
	}
	w.line(indent, text, note)
}

// entries writes the entries of a list. The first one that stands opens it.
func (w *writer) entries(indent int, kids []*node, off bool) {
	for _, k := range kids {
		w.node(indent, "- ", k, off || !k.alive() && k.sort != constant)
	}
}

// members writes the members of an object, the dash in front of the first one
// that stands.
func (w *writer) members(indent int, dash string, kids []*node, off bool) {
	pad := strings.Repeat(" ", len(dash))
	for _, pass := range []bool{true, false} { // what stands goes before what is a comment, so that the dash stands too
		for _, k := range kids {
			stands := k.alive() || k.kids == nil && k.sort == constant
			if stands != pass {
				continue
			}
			w.node(indent, dash, k, off || !stands)
			if dash != "" {
				dash, indent = "", indent+len(pad)
			}
		}
	}
}

// value1 is a node's value in YAML.
func value1(n *node) string {
	if n.raw {
		return n.text
	}
	return scalar(n.text)
}

// flow returns an element whose value is YAML in braces.
func flow(key, text, note string, sort nodeSort) *node {
	return &node{key: key, text: text, note: note, raw: true, sort: sort}
}

// scalar quotes a text for YAML where it needs quotes. Single quotes know no
// escapes but their own.
func scalar(s string) string {
	switch s {
	case "":
		return `""`
	case "~", "null", "Null", "NULL": // YAML's own words for nothing (YAML 1.2.2, 10.3.2)
		return "'" + s + "'"
	}
	special := strings.ContainsAny(s[:1], "!&*-?|>@`\"'#%,[]{}: ") || strings.Contains(s, ": ") || strings.Contains(s, " #") ||
		strings.HasSuffix(s, ":") || strings.HasSuffix(s, " ")
	if !special {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}

// inFlow quotes a text that stands between braces or brackets.
func inFlow(s string) string {
	if q := scalar(s); q != s || strings.ContainsAny(s, ",[]{}:") {
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	}
	return s
}
