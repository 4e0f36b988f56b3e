package mappings

import (
	"slices"
	"strings"

	"chartlift/fhir"
)

// wantExtension reads extension(NAME or URL): VALUE of a test, written as maps
// write it: a value, { valueX: … }, or the parts by their names. A list expects
// the extension several times; null, that it is not there.
func (c *compiler) wantExtension(name string, key, n *node) *Want {
	def, known := fhir.LookupExtension(name)
	if !known {
		if !isURL(name) {
			c.add("E0118", key.pos, "the extension "+name+" is not known; write its canonical URL")
			return nil
		}
		def = &fhir.ExtensionDef{ID: name, URL: name}
	}
	one := func(n *node) *Want { return c.wantValueX(n, def.Types) }
	if len(def.Parts) > 0 {
		one = func(n *node) *Want { return c.wantParts(n, def) }
	}
	return c.wantRepeated(key.text, def.URL, n, one)
}

// wantRepeated reads what is expected of the extensions with this URL.
func (c *compiler) wantRepeated(key, url string, n *node, one func(*node) *Want) *Want {
	w := &Want{Kind: WantExtension, Key: key, URL: url, At: n.span, Pos: n.pos}
	if n.kind == null {
		w.Kind = WantAbsent
		return w
	}
	for _, item := range c.list2(n) {
		if inner := one(item); inner != nil {
			w.Parts = append(w.Parts, inner)
		}
	}
	return w
}

// wantValueX reads the expected value of an extension; the Want is of the
// extension's object.
func (c *compiler) wantValueX(n *node, types []string) *Want {
	def, _ := fhir.LookupType("Extension")
	name, value := "", n
	switch {
	case n.kind == mapping && len(n.keys) == 1 && namesValue(n.keys[0].text, types):
		name, value = n.keys[0].text, n.values[0]
	case len(types) == 1:
		name = valueName(types[0])
	default:
		c.add("E0118", n.pos, "name the type of the extension's value: { "+strings.Join(valueNames(types), " or ")+": … }")
		return nil
	}
	e, _, ok := def.Element(name)
	if !ok || len(types) > 0 && !slices.Contains(types, e.Type) {
		c.suggest("E0118", n.pos, "this extension has no "+name, nearest(name, valueNames(types)))
		return nil
	}
	w := c.wantOne(value, e)
	w.Key = name
	return &Want{Kind: WantObject, Parts: []*Want{w}, At: n.span, Pos: n.pos}
}

func (c *compiler) wantParts(n *node, def *fhir.ExtensionDef) *Want {
	w := &Want{Kind: WantObject, At: n.span, Pos: n.pos}
	var names []string
	for _, p := range def.Parts {
		names = append(names, p.Name)
	}
	if n.kind != mapping {
		c.add("E0117", n.pos, "this extension has parts; write them as keys: "+strings.Join(names, ", "))
		return w
	}
	for i, key := range n.keys {
		at := slices.Index(names, key.text)
		if at < 0 {
			c.suggest("E0118", key.pos, "the extension "+def.ID+" has no part "+key.text, nearest(key.text, names))
			continue
		}
		w.Parts = append(w.Parts, c.wantRepeated(key.text, key.text, n.values[i], func(v *node) *Want { return c.wantValueX(v, def.Parts[at].Types) }))
	}
	return w
}
