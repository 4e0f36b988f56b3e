package mappings

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"chartlift/fhir"
)

// target is the element that a value is meant for.
type target struct {
	typ     string
	element *fhir.Element
	binding *fhir.Binding // of the coded element that the value is a part of
	address string
	name    string
	policy  Policies
}

// object compiles the members of a resource, data type or backbone element.
func (c *compiler) object(n *node, t target, s scope) *Rule {
	r := &Rule{Address: t.address, Name: t.name, Pos: n.pos, Kind: Object, Type: t.typ, Element: t.element, Policy: t.policy}
	def, ok := fhir.LookupType(t.typ)
	if !ok || def.Kind == fhir.Primitive {
		c.add("E0117", n.pos, "a "+t.typ+" has no members; write a value")
		return nil
	}
	extensions := &Rule{Address: t.address + ".extension", Name: "extension", Pos: n.pos, Kind: ListOf, Type: "Extension", Policy: t.policy}
	for i, key := range n.keys {
		value := n.values[i]
		if c.directive(r, def, key, value, s) || value.kind == null {
			continue
		}
		if name, ok := extensionKey(key.text); ok {
			if e := c.extension(name, key, value, t, s); e != nil {
				extensions.Rules = append(extensions.Rules, e)
			}
			continue
		}
		if m := c.member(def, key, value, t, s); m != nil {
			r.Rules = append(r.Rules, m)
		}
	}
	c.addExtensions(r, extensions, def)
	c.finishObject(r, def, n)
	return r
}

// directive handles the words of the language that stand among FHIR's names,
// unless FHIR has that name here.
func (c *compiler) directive(r *Rule, def *fhir.TypeDef, key, value *node, s scope) bool {
	if _, _, taken := def.Element(key.text); taken {
		return false
	}
	switch key.text {
	case "when":
		r.When = c.predicate(value, s)
	case "keep":
		r.Keep = c.boolean(value, false)
	case "policy":
		r.Policy = c.policies(value).over(r.Policy)
	default:
		return false
	}
	return true
}

func (c *compiler) addExtensions(r, extensions *Rule, def *fhir.TypeDef) {
	if len(extensions.Rules) == 0 {
		return
	}
	extensions.Element, _, _ = def.Element("extension")
	extensions.Fed = anyFed(extensions.Rules)
	for _, m := range r.Rules {
		if m.Name == "extension" && m.Kind == ListOf {
			m.Rules = append(m.Rules, extensions.Rules...)
			m.Fed = m.Fed || extensions.Fed
			return
		}
	}
	r.Rules = append(r.Rules, extensions)
}

// finishObject puts the members into FHIR's order and checks what concerns them
// together.
func (c *compiler) finishObject(r *Rule, def *fhir.TypeDef, n *node) {
	slices.SortStableFunc(r.Rules, func(a, b *Rule) int {
		return cmp.Compare(rank(def, a.Name), rank(def, b.Name))
	})
	r.Fed = anyFed(r.Rules)
	c.choices(r, def)
	for i := range def.Elements {
		e := &def.Elements[i]
		if e.Min < 1 || given(def, e, n) {
			continue
		}
		if e.Choice != "" && (i == 0 || def.Elements[i-1].Choice != e.Choice) {
			c.add("E0116", n.pos, r.Address+" lacks the required element "+e.Choice+"[x]; write "+e.Name+" or another of its types")
		} else if e.Choice == "" {
			c.add("E0116", n.pos, r.Address+" lacks the required element "+e.Name+" ("+e.Type+")")
		}
	}
}

// given reports whether n has the element, or a branch of its choice. What is
// wrong with it is said there.
func given(def *fhir.TypeDef, e *fhir.Element, n *node) bool {
	for i, k := range n.keys {
		if n.values[i].kind == null {
			continue
		}
		if other, _, ok := def.Element(strings.TrimPrefix(k.text, "_")); ok && (other == e || e.Choice != "" && other.Choice == e.Choice) {
			return true
		}
	}
	return false
}

// choices refuses two branches of one choice that are live together. Where
// neither that nor the contrary can be proved, the engine looks at every row.
func (c *compiler) choices(r *Rule, def *fhir.TypeDef) {
	for i, m := range r.Rules {
		if m.Element == nil || m.Element.Choice == "" {
			continue
		}
		for _, other := range r.Rules[:i] {
			if other.Element == nil || other.Element.Choice != m.Element.Choice {
				continue
			}
			a, b := other.live(), m.live()
			if a == nil || b == nil || a.key() == b.key() {
				c.add("E0115", m.Pos, "both "+other.Name+" and "+m.Name+" can be written, but "+def.Name+" may have one "+m.Element.Choice+
					"[x] only; give each a condition: { when: TYPE = 'numeric', from: $VALUE … }")
				break
			}
			if !never(append(c.current.takes(), a, b)...) {
				m.Contested, other.Contested = true, true
			}
		}
	}
}

func anyFed(rules []*Rule) bool {
	return slices.ContainsFunc(rules, func(r *Rule) bool { return r.Fed })
}

// member compiles one element of an object.
func (c *compiler) member(def *fhir.TypeDef, key, value *node, t target, s scope) *Rule {
	if strings.HasPrefix(key.text, "_") {
		return c.sibling(def, key, value, t, s)
	}
	e, _, ok := def.Element(key.text)
	if !ok {
		c.unknownElement(def, key)
		return nil
	}
	if def.Kind == fhir.ResourceKind && (key.text == "id" || key.text == "meta") {
		c.add("E0112", key.pos, "the map itself gives "+key.text+": use its keys id, key and profile, and output.meta")
		return nil
	}
	if e.Type == "Resource" {
		c.add("E0112", key.pos, "contained resources cannot be mapped; make them resources of their own and refer to them")
		return nil
	}
	inner := target{typ: e.Type, element: e, address: t.address + "." + key.text, name: key.text, policy: t.policy}
	if inner.binding = e.Binding; e.Binding == nil && (t.typ == "CodeableConcept" || t.typ == "Coding") {
		inner.binding = t.binding
	}
	if e.Max == 1 {
		return c.single(value, inner, s)
	}
	return c.repeated(value, inner, s)
}

func (c *compiler) unknownElement(def *fhir.TypeDef, key *node) {
	names := make([]string, 0, len(def.Elements))
	var branches []string
	for _, e := range def.Elements {
		names = append(names, e.Name)
		if e.Choice != "" && (e.Choice == key.text || e.Choice+"[x]" == key.text) {
			branches = append(branches, e.Name)
		}
	}
	message := "unknown element " + strconv.Quote(key.text) + " in " + def.Name
	if len(branches) > 0 {
		c.suggest("E0112", key.pos, message+"; it is a choice, name the type: "+strings.Join(branches, ", "), branches[0])
		return
	}
	near := nearest(key.text, names)
	if e, _, ok := def.Element(near); ok {
		near += " (" + e.Type + ", " + cardinality(e) + ")"
	}
	c.suggest("E0112", key.pos, message, near)
}

func cardinality(e *fhir.Element) string {
	high := "*"
	if e.Max >= 0 {
		high = strconv.Itoa(e.Max)
	}
	return strconv.Itoa(e.Min) + ".." + high
}

// repeated compiles the value of an element that is an array in JSON.
func (c *compiler) repeated(n *node, t target, s scope) *Rule {
	if each := n.get("each"); each != nil {
		return c.eachRows(n, t, s, c.value)
	}
	if n.kind != sequence {
		c.add("E0114", n.pos, t.name+" may occur several times: write a list, [ … ]")
		return nil
	}
	r := &Rule{Address: t.address, Name: t.name, Pos: n.pos, Kind: ListOf, Type: t.typ, Element: t.element, Policy: t.policy}
	for i, item := range n.items {
		inner := t
		inner.address, inner.name = t.address+"["+strconv.Itoa(i)+"]", ""
		if v := c.listItem(item, inner, s, c.value); v != nil {
			r.Rules = append(r.Rules, v)
		}
	}
	r.Fed = anyFed(r.Rules)
	return r
}

// itemCompiler compiles one item of a list.
type itemCompiler func(n *node, t target, s scope) *Rule

// listItem compiles an item of a list, which may stand for one element of each
// row.
func (c *compiler) listItem(n *node, t target, s scope, one itemCompiler) *Rule {
	if n.get("each") == nil || hasElement(t.typ, "each") {
		return one(n, t, s)
	}
	r := c.eachRows(n, t, s, one)
	if r != nil {
		r.Each.Among = true
	}
	return r
}

func (c *compiler) eachRows(n *node, t target, s scope, one itemCompiler) *Rule {
	r := &Rule{Address: t.address, Name: t.name, Pos: n.pos, Kind: Each, Type: t.typ, Element: t.element, Policy: t.policy, Fed: true}
	each := n.get("each")
	alias := strings.TrimPrefix(c.text(each), "$")
	in := s.rows(alias)
	switch l := s.m.Lookup(alias); {
	case in == nil:
		c.suggest("E0204", each.pos, "there is no lookup "+strconv.Quote(alias)+" in this map", nearest(alias, s.aliases()))
		return nil
	case l != nil && !l.Many:
		c.add("E0204", each.pos, "the lookup "+alias+" gives one row at the most; write many: true there, or use $"+alias+".COLUMN")
	}
	r.Each = &EachRows{Alias: alias, By: c.texts(n.get("by"))}
	for _, name := range r.Each.By {
		c.use(in, name, n.get("by").pos)
	}
	for _, k := range n.keys {
		if !slices.Contains([]string{"each", "by", "item", "when"}, k.text) {
			c.suggest("E0103", k.pos, "unknown key "+strconv.Quote(k.text)+" beside each", nearest(k.text, []string{"each", "by", "item", "when"}))
		}
	}
	r.When = c.predicate(n.get("when"), s)
	item := n.get("item")
	if item == nil || item.kind == null {
		c.add("E0105", n.pos, "say what is made of each row: item: { … }")
		return nil
	}
	t.address, t.name = t.address+"[]", ""
	s.in = append(slices.Clone(s.in), alias)
	r.Each.Item = one(item, t, s)
	return r
}

// single compiles the value of an element that occurs once at the most.
func (c *compiler) single(n *node, t target, s scope) *Rule {
	if n.kind == sequence {
		c.add("E0113", n.pos, t.name+" occurs once at the most: write one value, not a list")
		return nil
	}
	return c.value(n, t, s)
}

// value compiles one value: a scalar, a conditional, or an object.
func (c *compiler) value(n *node, t target, s scope) *Rule {
	switch {
	case n.kind == null:
		return nil
	case n.kind == sequence:
		c.add("E0113", n.pos, "a list inside a list has no meaning in FHIR")
		return nil
	case n.kind == scalar:
		return c.scalarValue(n, t, s)
	case n.get("case") != nil:
		return c.cases(n, t, s)
	case n.get("from") != nil && !hasElement(t.typ, "from"):
		return c.conditional(n, t, s)
	}
	r := c.object(n, t, s)
	if r != nil {
		c.checkCoding(r, t)
		c.nameCoding(r)
	}
	return r
}

func hasElement(typ, name string) bool {
	def, ok := fhir.LookupType(typ)
	if !ok {
		return false
	}
	_, _, ok = def.Element(name)
	return ok
}

// conditional compiles { when: …, from: …, policy: … }.
func (c *compiler) conditional(n *node, t target, s scope) *Rule {
	for _, k := range n.keys {
		if !slices.Contains([]string{"when", "from", "policy"}, k.text) {
			message, near := "unknown key "+strconv.Quote(k.text)+" beside from", nearest(k.text, []string{"when", "from", "policy"})
			if near == "" {
				message += ", which gives the value as a whole; write its members instead, each with its own pipe"
			}
			c.suggest("E0103", k.pos, message, near)
		}
	}
	t.policy = c.policies(n.get("policy")).over(t.policy)
	c.noLimit(n.get("policy"))
	around := c.missing
	c.missing = t.policy.MissingColumn
	r := c.value(n.get("from"), t, s)
	c.missing = around
	if r != nil {
		r.When = c.predicate(n.get("when"), s)
		r.Fed = r.Fed || r.When != nil
	}
	return r
}

func (c *compiler) cases(n *node, t target, s scope) *Rule {
	r := &Rule{Address: t.address, Name: t.name, Pos: n.pos, Kind: Cases, Type: t.typ, Element: t.element, Policy: t.policy, Fed: true}
	inner := t
	inner.name = ""
	for _, k := range n.keys {
		if k.text != "case" {
			c.add("E0103", k.pos, "unknown key "+strconv.Quote(k.text)+" beside case; write it around: { when: …, from: { case: … } }")
		}
	}
	for _, branch := range c.list2(n.get("case")) {
		when, then := branch.get("when"), branch.get("then")
		if when == nil {
			then = branch.get("else")
		}
		if then == nil {
			c.add("E0105", branch.pos, "a case is { when: CONDITION, then: VALUE } or { else: VALUE }")
			continue
		}
		r.Cases = append(r.Cases, Case{When: c.predicate(when, s), Then: c.value(then, inner, s)})
	}
	return r
}

// checkCoding compares a constant coding with the value set that the element
// demands.
func (c *compiler) checkCoding(r *Rule, t target) {
	if r.Type != "Coding" || t.binding == nil || t.binding.Strength != "required" || t.binding.Codes == nil {
		return
	}
	var system, code string
	for _, m := range r.Rules {
		if m.Kind != Const {
			continue
		}
		switch m.Name {
		case "system":
			system = m.Const
		case "code":
			code = m.Const
		}
	}
	if code != "" && !t.binding.Has(system, code) {
		c.codeNotInSet(r, code, t.binding)
	}
}

func (c *compiler) codeNotInSet(r *Rule, code string, b *fhir.Binding) {
	var codes []string
	for _, v := range b.Codes {
		codes = append(codes, v.Code)
	}
	message := "the code " + strconv.Quote(code) + " is not in the required value set " + b.ValueSet
	if len(codes) <= 12 {
		message += ": " + strings.Join(codes, ", ")
	}
	c.suggest("E0307", r.Pos, message, nearest(code, codes))
}
