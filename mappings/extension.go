package mappings

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"chartlift/fhir"
)

// extensionKey returns X of extension(X).
func extensionKey(key string) (string, bool) {
	name, ok := strings.CutPrefix(key, "extension(")
	if !ok || !strings.HasSuffix(name, ")") {
		return "", false
	}
	return strings.TrimSuffix(name, ")"), true
}

// extension compiles extension(NAME or URL): VALUE.
func (c *compiler) extension(name string, key, value *node, t target, s scope) *Rule {
	t.address, t.name, t.typ, t.binding = t.address+"."+key.text, "", "Extension", nil
	def, ok := fhir.LookupExtension(name)
	if !ok {
		if !isURL(name) {
			c.add("E0118", key.pos, "the extension "+strconv.Quote(name)+" is not known; write its canonical URL")
			return nil
		}
		return c.extensionObject(name, c.valueMember(value, nil, t, s), t, value)
	}
	t.binding = def.Binding
	if len(def.Parts) == 0 {
		return c.extensionObject(def.URL, c.valueMember(value, def.Types, t, s), t, value)
	}
	return c.parts(def, value, t, s)
}

// parts compiles an extension whose value is a set of named extensions.
func (c *compiler) parts(def *fhir.ExtensionDef, value *node, t target, s scope) *Rule {
	names := make([]string, 0, len(def.Parts))
	for _, p := range def.Parts {
		names = append(names, p.Name)
	}
	if value.kind != mapping {
		c.add("E0117", value.pos, "this extension has parts; write them as keys: "+strings.Join(names, ", "))
		return nil
	}
	list := &Rule{Address: t.address, Name: "extension", Pos: value.pos, Kind: ListOf, Type: "Extension", Policy: t.policy}
	for i, key := range value.keys {
		at := slices.Index(names, key.text)
		if at < 0 {
			c.suggest("E0118", key.pos, "the extension "+def.ID+" has no part "+strconv.Quote(key.text), nearest(key.text, names))
			continue
		}
		p := def.Parts[at]
		inner := t
		inner.address, inner.binding = t.address+"."+key.text, p.Binding
		part := func(n *node, t target, s scope) *Rule {
			return c.extensionObject(p.Name, c.valueMember(n, p.Types, t, s), t, n)
		}
		for _, v := range c.list2(value.values[i]) {
			if r := c.listItem(v, inner, s, part); r != nil {
				list.Rules = append(list.Rules, r)
			}
		}
	}
	for _, p := range def.Parts {
		if p.Min > 0 && !slices.ContainsFunc(value.keys, func(k *node) bool { return k.text == p.Name }) {
			c.add("E0116", value.pos, "the extension "+def.ID+" lacks its required part "+p.Name)
		}
	}
	list.Fed = anyFed(list.Rules)
	return c.extensionObject(def.URL, list, t, value)
}

// valueMember compiles value[x] of an extension: written as { valueCode: … },
// or as the value alone where the extension allows one type only.
func (c *compiler) valueMember(n *node, types []string, t target, s scope) *Rule {
	def, _ := fhir.LookupType("Extension")
	if n.kind == mapping && len(n.keys) > 0 && namesValue(n.keys[0].text, types) {
		for _, k := range n.keys[1:] {
			c.add("E0118", k.pos, "an extension has one value: "+strconv.Quote(k.text)+" has no place beside "+n.keys[0].text)
		}
		e, _, ok := def.Element(n.keys[0].text)
		if !ok || len(types) > 0 && !slices.Contains(types, e.Type) {
			c.suggest("E0118", n.keys[0].pos, "this extension has no "+n.keys[0].text, nearest(n.keys[0].text, valueNames(types)))
			return nil
		}
		return c.extensionValue(n.values[0], e, t, s)
	}
	if len(types) != 1 {
		c.add("E0118", n.pos, "name the type of the extension's value: { "+strings.Join(valueNames(types), " or ")+": … }")
		return nil
	}
	e, _, ok := def.Element(valueName(types[0]))
	if !ok {
		c.add("E0118", n.pos, "the type "+types[0]+" cannot be an extension's value")
		return nil
	}
	return c.extensionValue(n, e, t, s)
}

// namesValue reports whether a key names the value of an extension, not a
// member of its only type, such as Quantity.value.
func namesValue(key string, types []string) bool {
	return strings.HasPrefix(key, "value") && (len(types) != 1 || !hasElement(types[0], key))
}

func (c *compiler) extensionValue(n *node, e *fhir.Element, t target, s scope) *Rule {
	if e.Type == "code" { // whose codes the extension says, not the element
		bound := *e
		bound.Binding = t.binding
		e = &bound
	}
	inner := target{typ: e.Type, element: e, address: t.address + "." + e.Name, name: e.Name, policy: t.policy, binding: t.binding}
	return c.value(n, inner, s)
}

func valueName(typ string) string { return "value" + strings.ToUpper(typ[:1]) + typ[1:] }

func valueNames(types []string) []string {
	if len(types) == 0 {
		return []string{"valueString", "valueCodeableConcept"}
	}
	var names []string
	for _, t := range types {
		names = append(names, valueName(t))
	}
	return names
}

// extensionObject puts url and content together.
func (c *compiler) extensionObject(url string, content *Rule, t target, n *node) *Rule {
	if content == nil {
		return nil
	}
	def, _ := fhir.LookupType("Extension")
	element, _, _ := def.Element("url")
	r := &Rule{
		Address: t.address, Pos: n.pos, Kind: Object, Type: "Extension", Policy: t.policy, Fed: content.Fed,
		Rules: []*Rule{{Address: t.address + ".url", Name: "url", Pos: n.pos, Kind: Const, Type: "uri", Element: element, Const: url}, content},
	}
	slices.SortStableFunc(r.Rules, func(a, b *Rule) int {
		_, i, _ := def.Element(a.Name)
		_, j, _ := def.Element(b.Name)
		return cmp.Compare(i, j)
	})
	return r
}
