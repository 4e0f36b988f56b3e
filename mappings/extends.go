package mappings

import (
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"chartlift/internal/issue"
)

// ShippedPrefix begins the name of a shipped file in the positions of a mapping
// that extends it.
const ShippedPrefix = "shipped:"

// maxBases bounds how many mappings may stand behind each other.
const maxBases = 16

// sourceFile is where a file that findings name is read.
type sourceFile struct {
	fs   fs.FS
	name string
}

// ReadFile returns the text of a file that positions of the mapping in fsys
// name: one beside it, or a shipped one.
func ReadFile(fsys fs.FS, file string) ([]byte, error) {
	if name, ok := strings.CutPrefix(file, ShippedPrefix); ok {
		return library.ReadFile(path.Join("library", name))
	}
	return fs.ReadFile(fsys, file)
}

// load reads a file and everything that it extends, and returns them as one.
// chain is the files on the way to it.
func (c *compiler) load(label string, f sourceFile, at issue.Position, chain []string) *node {
	text, err := fs.ReadFile(f.fs, f.name)
	if err != nil {
		c.add("E0100", at, "this mapping cannot be read: "+pathCause(err))
		return nil
	}
	c.files[label] = f
	c.sum.Write(text)
	root := parse(label, text, &c.findings)
	if root == nil || root.kind != mapping {
		return root
	}
	extends := root.get("extends")
	if extends == nil {
		return root
	}
	base := c.bases(extends, label, f, append(chain, label))
	if base == nil {
		return nil
	}
	root.remove("extends")
	out := c.merge(base, root, nil)
	out.pos = root.pos
	return out
}

// bases reads the mappings that a file extends as one: what a later one says at
// the top is merged over what those before say, but names of tables and rules
// stand for one thing alone.
func (c *compiler) bases(extends *node, label string, f sourceFile, chain []string) *node {
	var all *node
	for _, n := range c.list2(extends) {
		base := c.base(n, label, f, chain)
		if base == nil || base.kind != mapping {
			return nil
		}
		for _, own := range []string{"chartlift", "id", "version", "tests"} { // what a mapping does not hand down
			base.remove(own)
		}
		if all == nil {
			all = base
			continue
		}
		c.apart(all, base, n)
		all = c.merge(all, base, nil)
	}
	return all
}

// apart finds names that two mappings extended together use both: merged, they
// would be half of each.
func (c *compiler) apart(first, second, at *node) {
	for _, section := range []string{"sources", "views", "crosswalks", "displays", "fragments", "maps"} {
		theirs := first.get(section)
		if theirs == nil || theirs.kind != mapping {
			continue
		}
		c.each(second.get(section), func(key, _ *node) {
			if other := theirs.key(key.text); other != nil {
				c.add("E0705", at.pos, "the name "+strconv.Quote(key.text)+" under "+section+" stands in "+key.pos.String()+" and in "+other.pos.String())
			}
		})
	}
}

// base finds the mapping that a file extends: a file beside it, or a shipped
// mapping.
func (c *compiler) base(n *node, label string, f sourceFile, chain []string) *node {
	name, version := c.text(n), ""
	if at := strings.LastIndexByte(name, '@'); at > 0 {
		name, version = name[:at], name[at+1:]
	}
	beside := path.Join(path.Dir(f.name), name)
	next, found := sourceFile{f.fs, beside}, beside
	if prefix, ok := strings.CutPrefix(label, ShippedPrefix); ok {
		found = ShippedPrefix + path.Join(path.Dir(prefix), name)
	}
	if _, err := fs.Stat(f.fs, beside); err != nil {
		dir, file, err := Open(name)
		if err != nil {
			c.suggest("E0701", n.pos, "there is no file "+strconv.Quote(name)+" beside this one and no shipped mapping of that name", nearest(name, shippedNames()))
			return nil
		}
		next, found = sourceFile{dir, file}, ShippedPrefix+path.Join(name, file)
	}
	if slices.Contains(chain, found) || len(chain) > maxBases {
		c.add("E0702", n.pos, "this mapping extends itself: "+strings.Join(append(chain, found), " → "))
		return nil
	}
	base := c.load(found, next, n.pos, chain)
	if v := base.get("version"); version != "" && (v == nil || v.text != version) {
		is := "none"
		if v != nil {
			is = v.text
		}
		c.add("E0703", n.pos, name+" has the version "+is+", not "+version+": see what has changed (chartlift mappings diff), then name the new one")
	}
	return base
}

func shippedNames() []string {
	var names []string
	for _, s := range List() {
		names = append(names, s.Name)
	}
	return names
}

// merge puts child over base: keys of both are merged, other values replaced;
// +name appends to a list, null deletes. Every node keeps its place. at is the
// path of keys to them.
func (c *compiler) merge(base, child *node, at []string) *node {
	if base.kind != mapping || child.kind != mapping || !alike(base, child, at) {
		return child
	}
	out := &node{kind: mapping, pos: base.pos, keys: slices.Clone(base.keys), values: slices.Clone(base.values)}
	c.exclude(out, child, at)
	for i, key := range child.keys {
		value := child.values[i]
		inherited := out.get(key.text)
		switch name, appends := strings.CutPrefix(key.text, "+"); {
		case appends && inherited == nil:
			c.appendTo(out, name, key, value, at)
		case value.kind == null && inherited == nil && !gap(at):
			c.suggest("E0704", key.pos, "null removes what is inherited, but nothing of the name "+strconv.Quote(key.text)+" is", nearest(key.text, out.names()))
		case value.kind == null && inherited != nil:
			out.remove(key.text)
		case inherited == nil:
			out.keys, out.values = append(out.keys, key), append(out.values, value)
		default:
			out.set(key, c.merge(inherited, value, append(slices.Clone(at), key.text)))
		}
	}
	return out
}

// alike reports whether two values have the same form. Those of elements have
// several: the members of an object cannot be merged with { when, from }, but a
// condition alone with either. Elsewhere from is a key like any other.
func alike(base, child *node, at []string) bool {
	inMap := len(at) > 3 && at[0] == "maps" && at[2] == "elements"
	if !inMap && !(len(at) > 2 && at[0] == "fragments" && at[2] == "value") {
		return true
	}
	beside := []string{"when", "policy", "keep"}
	if base.get("fragment") != nil {
		beside = append(beside, "with")
	}
	if base.get("each") != nil {
		beside = append(beside, "item", "by")
	}
	if !slices.ContainsFunc(child.names(), func(name string) bool { return !slices.Contains(beside, name) }) {
		return true
	}
	for _, form := range []string{"case", "from", "each", "fragment"} {
		if (base.get(form) == nil) != (child.get(form) == nil) {
			return false
		}
	}
	return true
}

// gap reports whether null has a meaning of its own there: a code of a
// crosswalk whose target is still to be found.
func gap(at []string) bool {
	return len(at) == 3 && at[0] == "crosswalks" && at[2] == "inline"
}

// exclude removes what a child replaces by another form: a source is one kind
// of file, a crosswalk one kind of table.
func (c *compiler) exclude(out, child *node, at []string) {
	if len(at) != 2 {
		return
	}
	forms := map[string][]string{"sources": sourceFormats(), "crosswalks": {"inline", "csv", "conceptmap"}}[at[0]]
	for _, form := range forms {
		if v := child.get(form); v == nil || v.kind == null {
			continue
		}
		for _, other := range forms {
			if other != form && child.get(other) == nil {
				out.remove(other)
			}
		}
	}
}

// appendTo adds the items of +name to the list that is inherited. Date formats
// go in front: the first one that fits counts.
func (c *compiler) appendTo(out *node, name string, key, value *node, at []string) {
	list := out.get(name)
	switch {
	case list == nil:
		c.suggest("E0704", key.pos, "+"+name+" adds to a list that is inherited, but there is none; write "+name+" without +", nearest(name, out.names()))
		return
	case list.kind != sequence || value.kind == mapping:
		c.add("E0704", key.pos, "+"+name+" adds to a list, and what is inherited is none, or what is added; write "+name+" without +: it takes the place of what is inherited, or is merged with it")
		return
	}
	both := &node{kind: sequence, pos: list.pos}
	first, second := c.list2(list), c.list2(value)
	if name == "dates" && len(at) == 1 && at[0] == "defaults" {
		first, second = second, first
	}
	both.items = append(slices.Clone(first), second...)
	out.set(&node{kind: scalar, text: name, pos: key.pos}, both)
}

// key returns the key with the text, or nil.
func (n *node) key(text string) *node {
	for _, k := range n.keys {
		if k.text == text {
			return k
		}
	}
	return nil
}

// set gives the key a value; the key must be there.
func (n *node) set(key, value *node) {
	for i, k := range n.keys {
		if k.text == key.text {
			n.values[i] = value
		}
	}
}

// remove takes a key out, if it is there.
func (n *node) remove(key string) {
	for i, k := range n.keys {
		if k.text == key {
			n.keys, n.values = slices.Delete(n.keys, i, i+1), slices.Delete(n.values, i, i+1)
			return
		}
	}
}

// names returns the texts of the keys.
func (n *node) names() []string {
	var out []string
	for _, k := range n.keys {
		out = append(out, k.text)
	}
	return out
}
