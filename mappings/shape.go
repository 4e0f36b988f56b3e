package mappings

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// keysOf returns the keys of m, sorted.
func keysOf[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// section checks that n is a mapping whose keys the section knows.
func (c *compiler) section(n *node, name string) bool {
	if n.kind != mapping {
		c.add("E0104", n.pos, "expected keys and values here ("+strings.Join(keyNames(name), ", ")+")")
		return false
	}
	known := keyNames(name)
	for _, k := range n.keys {
		if !slices.Contains(known, k.text) {
			c.suggest("E0103", k.pos, "unknown key "+strconv.Quote(k.text)+" in "+name, nearest(k.text, known))
		}
	}
	return true
}

func keyNames(section string) []string {
	var names []string
	for _, k := range grammar(section) {
		names = append(names, k.name)
	}
	return names
}

// each calls do for every key and value of a mapping.
func (c *compiler) each(n *node, do func(key, value *node)) {
	if n == nil || n.kind == null {
		return
	}
	if n.kind != mapping {
		c.add("E0104", n.pos, "expected keys and values here")
		return
	}
	for i := range n.keys {
		do(n.keys[i], n.values[i])
	}
}

// text returns the text of a scalar, "" where n is nil.
func (c *compiler) text(n *node) string {
	switch {
	case n == nil || n.kind == null:
		return ""
	case n.kind != scalar:
		c.add("E0104", n.pos, "expected a text here")
		return ""
	}
	return n.text
}

// constant returns the text of a scalar with the params put in.
func (c *compiler) constant(n *node) string {
	if n == nil {
		return ""
	}
	return constText(c.interpolate(n, paramsOnly))
}

func (c *compiler) texts(n *node) []string {
	var out []string
	for _, item := range c.list2(n) {
		if item.kind == null {
			out = append(out, item.text)
			continue
		}
		out = append(out, c.text(item))
	}
	return out
}

func (c *compiler) boolean(n *node, fallback bool) bool {
	switch c.text(n) {
	case "":
		return fallback
	case "true":
		return true
	case "false":
		return false
	}
	c.add("E0107", n.pos, "expected true or false")
	return fallback
}

func (c *compiler) integer(n *node, fallback int) int {
	if n == nil {
		return fallback
	}
	v, err := strconv.Atoi(c.text(n))
	if err != nil || v < 0 {
		c.add("E0107", n.pos, "expected a whole number, not below 0")
		return fallback
	}
	return v
}
