package ccda

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// path finds nodes below, or above, a node:
// entryRelationship[@typeCode=MFST]/observation. A step is the name of an
// element, several parted by |, * or .. for the element around. What follows in
// brackets narrows it: [@attr=value] or [@attr=one|other], [@attr!=value],
// [@attr], a template's root [2.16.840.1.113883.10.20.22.4.8], [2] for the
// second one. The empty path is the node itself.
type path []step

type step struct {
	names []string
	tests []test
}

// test is one pair of brackets.
type test struct {
	attr     string // "" for a template or a place
	values   []string
	negated  bool
	present  bool // the attribute has to be there, whatever its value
	template string
	place    int
}

// parsePath reads a path.
func parsePath(text string) (path, error) {
	var p path
	rest := strings.TrimPrefix(text, "/")
	for more := rest != ""; more; {
		var one string
		one, rest, more = cutStep(rest)
		s, err := parseStep(one)
		if err != nil {
			return nil, fmt.Errorf("path %q: %w", text, err)
		}
		p = append(p, s)
	}
	return p, nil
}

// cutStep cuts at the first slash outside of brackets.
func cutStep(text string) (first, rest string, more bool) {
	depth := 0
	for i := range len(text) {
		switch text[i] {
		case '[':
			depth++
		case ']':
			depth--
		case '/':
			if depth == 0 {
				return text[:i], text[i+1:], true
			}
		}
	}
	return text, "", false
}

func parseStep(text string) (step, error) {
	name, rest, _ := strings.Cut(text, "[")
	if name == "" || strings.ContainsAny(name, "@]= ") {
		return step{}, fmt.Errorf("step %q: the name of an element is wanted", text)
	}
	s := step{names: strings.Split(name, "|")}
	for rest != "" {
		inside, behind, closed := strings.Cut(rest, "]")
		if !closed || behind != "" && behind[0] != '[' {
			return step{}, fmt.Errorf("step %q: a bracket is not closed", text)
		}
		s.tests = append(s.tests, parseTest(inside))
		rest = strings.TrimPrefix(behind, "[")
	}
	return s, nil
}

func parseTest(text string) test {
	attr, isAttr := strings.CutPrefix(text, "@")
	if !isAttr {
		if n, err := strconv.Atoi(text); err == nil {
			return test{place: n}
		}
		return test{template: text}
	}
	name, value, equal := strings.Cut(attr, "=")
	if !equal {
		return test{attr: name, present: true}
	}
	name, negated := strings.CutSuffix(name, "!")
	return test{attr: name, values: strings.Split(value, "|"), negated: negated}
}

// first returns the first node that p finds, one without nullFlavor before
// others; nil where there is none.
func (p path) first(from *node) *node {
	var found *node
	p.each(from, func(n *node) bool {
		_, null := n.attr("nullFlavor")
		if found == nil || !null {
			found = n
		}
		return null
	})
	return found
}

// each calls yield with all nodes that p finds in their order, until it returns
// false.
func (p path) each(from *node, yield func(*node) bool) bool {
	if from == nil {
		return true
	}
	if len(p) == 0 {
		return yield(from)
	}
	if p[0].names[0] == ".." {
		return p[1:].each(from.parent, yield)
	}
	place := 0
	for n := range from.elements {
		if n.denied() || !p[0].named(n) {
			continue // a reaction that is denied must not be found as a reaction
		}
		place++
		if p[0].passes(n, place) && !p[1:].each(n, yield) {
			return false
		}
	}
	return true
}

func (s step) named(n *node) bool {
	for _, name := range s.names {
		if name == n.name || name == "*" {
			return true
		}
	}
	return false
}

func (s step) passes(n *node, place int) bool {
	for _, t := range s.tests {
		if !t.passes(n, place) {
			return false
		}
	}
	return true
}

func (t test) passes(n *node, place int) bool {
	switch {
	case t.place > 0:
		return place == t.place
	case t.template != "":
		return hasTemplate(n, t.template)
	}
	value, ok := n.attr(t.attr)
	if t.present {
		return ok
	}
	return slices.Contains(t.values, value) != t.negated
}

func hasTemplate(n *node, root string) bool {
	for c := range n.elements {
		if c.name == "templateId" && c.is("root", root) {
			return true
		}
	}
	return false
}
