package mappings

import (
	"slices"
	"strconv"
	"strings"

	"chartlift/internal/issue"
)

// maxExpanded bounds the nodes that fragments come to: two that use each
// other's results twice double at every step.
const maxExpanded = 50_000

// fragment is a value that is written once and used in several elements. Its
// params stand in it as columns or aliases do; each use puts its own in their
// place.
type fragment struct {
	name   string
	pos    issue.Position
	params []string
	spare  []string // of params: those that a use may leave out
	value  *node
	used   bool
}

func fragmentKeys() []keyDoc {
	return []keyDoc{
		{"params", "texts", "Names that stand for columns, aliases or values where the fragment is used; NAME? may be left out."},
		{"value", "any", "What is written in place of { fragment: NAME, with: { … } }: members, a list, a case or one value."},
	}
}

// expander puts fragments in the place of their uses, before anything of the
// elements is compiled: what follows knows no fragments.
type expander struct {
	*compiler
	known map[string]*fragment
	made  int // nodes, see maxExpanded
}

// expandFragments replaces the uses of fragments in all elements.
func (c *compiler) expandFragments(root *node) {
	x := &expander{compiler: c, known: map[string]*fragment{}}
	c.each(root.get("fragments"), x.declare)
	maps := root.get("maps")
	if maps == nil || maps.kind != mapping {
		return
	}
	for _, m := range maps.values {
		for i, key := range m.keys {
			if key.text == "elements" {
				m.values[i] = x.expand(m.values[i], nil)
			}
		}
	}
	for _, name := range keysOf(x.known) {
		if f := x.known[name]; !f.used {
			c.list = append(c.list, issue.Issue{
				Severity: issue.Information, Code: "I0801", Type: "informational", At: f.pos,
				Message: "nothing uses the fragment " + name + ", so that it was not looked into",
			})
		}
	}
}

func (x *expander) declare(key, n *node) {
	if !x.section(n, "fragment") {
		return
	}
	f := &fragment{name: key.text, pos: key.pos, value: n.get("value")}
	if f.value == nil || f.value.kind == null {
		x.add("E0105", key.pos, "say what the fragment writes: value: { … }")
		return
	}
	for _, p := range x.list2(n.get("params")) {
		name, spare := strings.CutSuffix(x.text(p), "?")
		switch {
		case !isName(name) || slices.Contains([]string{"param", "source", "run", RowsAlias, LineKey}, name):
			x.add("E0802", p.pos, strconv.Quote(name)+" cannot be the name of a parameter; take letters, digits and _, and none of param, source, run, rows, _line")
			continue
		case slices.Contains(f.params, name):
			x.add("E0802", p.pos, "the parameter "+name+" stands there twice")
			continue
		}
		f.params = append(f.params, name)
		if spare {
			f.spare = append(f.spare, name)
		}
	}
	x.known[f.name] = f
}

func isName(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool { return !nameRune(r) })
}

// expand returns n with every use of a fragment replaced. path is the fragments
// around it.
func (x *expander) expand(n *node, path []string) *node {
	if x.made++; x.made > maxExpanded {
		if x.made == maxExpanded+1 {
			x.add("E0803", n.pos, "the fragments come to more than "+strconv.Itoa(maxExpanded)+" values; use fewer inside of each other")
		}
		return &node{kind: null, pos: n.pos}
	}
	out := *n
	switch {
	case n.kind == sequence:
		out.items = nil
		for _, item := range n.items {
			e := x.expand(item, path)
			if e.kind == sequence && item.kind == mapping { // a fragment that is a list: its items take the place of the use
				out.items = append(out.items, e.items...)
				continue
			}
			out.items = append(out.items, e)
		}
	case n.kind == mapping && n.get("fragment") != nil:
		return x.use(n, path)
	case n.kind == mapping:
		out.values = make([]*node, len(n.values))
		for i, v := range n.values {
			out.values[i] = x.expand(v, path)
		}
	}
	return &out
}

// use returns what stands in place of { fragment: NAME, with: { … } }.
func (x *expander) use(n *node, path []string) *node {
	name, nothing := n.get("fragment"), &node{kind: null, pos: n.pos}
	f := x.known[x.text(name)]
	if f == nil {
		x.suggest("E0801", name.pos, "there is no fragment "+strconv.Quote(name.text), nearest(name.text, keysOf(x.known)))
		return nothing
	}
	f.used = true
	if slices.Contains(path, f.name) {
		x.add("E0803", name.pos, "the fragment "+f.name+" uses itself: "+strings.Join(append(path, f.name), " → "))
		return nothing
	}
	args, ok := x.arguments(f, n, path)
	if !ok {
		return nothing
	}
	s := substitution{expander: x, fragment: f, args: args, use: useOf(n.pos)}
	body := x.expand(s.node(f.value), append(slices.Clone(path), f.name))
	return x.beside(n, body)
}

// useOf writes where a fragment is used; of one that is used in another, the
// outer place follows.
func useOf(at issue.Position) string {
	use := at.String()
	if at.Use != "" {
		use += ", " + at.Use
	}
	return use
}

// beside puts the condition and policy of a use around what stands in its
// place.
func (x *expander) beside(n, body *node) *node {
	around := &node{kind: mapping, pos: n.pos}
	for i, key := range n.keys {
		switch key.text {
		case "fragment", "with":
		case "when", "policy":
			around.keys, around.values = append(around.keys, key), append(around.values, n.values[i])
		default:
			x.suggest("E0103", key.pos, "unknown key "+strconv.Quote(key.text)+" beside fragment; what the fragment writes is decided there, by its parameters",
				nearest(key.text, []string{"fragment", "with", "when", "policy"}))
		}
	}
	switch {
	case len(around.keys) == 0:
		return body
	case body.kind == sequence:
		x.add("E0802", n.pos, "a fragment that is a list takes no "+around.keys[0].text+" beside it; write it at the items in the fragment")
		return body
	}
	around.keys, around.values = append(around.keys, &node{kind: scalar, text: "from", pos: n.pos}), append(around.values, body)
	return around
}

// arguments reads what a use gives for the fragment's parameters; one that it
// leaves out has none.
func (x *expander) arguments(f *fragment, n *node, path []string) (map[string]*node, bool) {
	args, ok := map[string]*node{}, true
	x.each(n.get("with"), func(key, value *node) {
		if !slices.Contains(f.params, key.text) {
			x.suggest("E0802", key.pos, "the fragment "+f.name+" has no parameter "+strconv.Quote(key.text), nearest(key.text, f.params))
			ok = false
			return
		}
		if value.kind != null {
			args[key.text] = x.expand(value, path)
		}
	})
	for _, p := range f.params {
		if args[p] == nil && !slices.Contains(f.spare, p) {
			x.add("E0802", n.pos, "the fragment "+f.name+" needs the parameter "+p+": with: { "+p+": … }")
			ok = false
		}
	}
	return args, ok
}

// folded joins the findings that a fragment has in each of its uses: the first
// one stands for all.
func folded(list []issue.Issue) []issue.Issue {
	type place struct {
		code, message string
		at            issue.Position
	}
	seen, more := map[place]int{}, map[int]int{}
	var out []issue.Issue
	for _, i := range list {
		if i.At.Use == "" {
			out = append(out, i)
			continue
		}
		p := place{i.Code, i.Message, i.At}
		p.at.Use = ""
		if first, again := seen[p]; again {
			more[first]++
			continue
		}
		seen[p] = len(out)
		out = append(out, i)
	}
	for i, n := range more {
		out[i].At.Use += " and in " + strconv.Itoa(n) + " more"
	}
	return out
}
