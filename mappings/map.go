package mappings

import (
	"slices"
	"strconv"
	"strings"

	"chartlift/fhir"
)

// declareMaps makes every map known before any rule is read, so that references
// may point forward.
func (c *compiler) declareMaps(n *node) {
	c.each(n, func(key, value *node) {
		if !c.section(value, "map") {
			return
		}
		m := &Map{Name: key.text, Pos: key.pos, Resource: c.text(value.get("resource"))}
		c.maps[m.Name] = m
		c.prog.Maps = append(c.prog.Maps, m)
		r := value.get("resource")
		if t, ok := fhir.LookupType(m.Resource); r == nil {
			c.add("E0105", key.pos, "say what the map makes: resource: Patient")
		} else if !ok || t.Kind != fhir.ResourceKind {
			c.suggest("E0110", r.pos, strconv.Quote(m.Resource)+" is not a resource type of FHIR R4", nearest(m.Resource, fhir.ResourceTypes()))
			m.Resource = ""
		}
		from := value.get("from")
		if from == nil {
			c.add("E0105", key.pos, "say which source the map takes its rows from: from: SOURCE")
			return
		}
		if m.From = c.sources[c.text(from)]; m.From == nil && from.kind == scalar {
			c.suggest("E0201", from.pos, "there is no source "+strconv.Quote(from.text), nearest(from.text, keysOf(c.sources)))
		}
		if m.Key = c.texts(value.get("key")); len(m.Key) == 0 && m.From != nil {
			m.Key = m.From.Key
		}
		if m.Group = c.texts(value.get("group")); len(m.Group) > 0 && value.get("key") == nil {
			m.Key = m.Group
		}
		m.Policy = c.policies(value.get("policy"))
		c.noLimit(value.get("policy"))
		if m.From != nil {
			m.Policy = m.Policy.over(m.From.Policy)
		}
		m.Policy = m.Policy.over(c.prog.Defaults.Policy)
	})
}

func (c *compiler) fillMap(key, n *node) {
	m := c.maps[key.text]
	if m == nil || m.From == nil || m.Resource == "" {
		return
	}
	c.current = m
	c.missing = m.Policy.MissingColumn
	defer func() { c.missing = c.prog.Defaults.Policy.MissingColumn }()
	c.mapKey(m, n)
	c.profiles(m, n.get("profile"))
	c.each(n.get("lookup"), func(alias, l *node) { c.lookup(m, alias, l) })
	s := scope{source: m.From, m: m}
	m.Where = c.predicate(n.get("where"), s)
	c.id(m, n.get("id"), s)
	c.updated(m, n.get("updated"), s)
	c.mapDedupe(m, n.get("dedupe"))
	elements := n.get("elements")
	if elements == nil || elements.kind != mapping {
		c.add("E0105", m.Pos, "the map has no elements")
		return
	}
	t := target{typ: m.Resource, address: m.Name, policy: m.Policy}
	m.Root = c.object(elements, t, s)
	if m.Root != nil && c.prog.Output.Narrative == NarrativeNone {
		m.Root.Rules = slices.DeleteFunc(m.Root.Rules, func(r *Rule) bool { return r.Name == "text" && r.Type == "Narrative" })
	}
	c.demands(m, n.get("profile"))
	c.checks(m, n.get("check"), s)
	c.unreachable(m)
}

// id compiles the pipe of the map's id. It depends on the key alone, so that a
// reference comes to the same id.
func (c *compiler) id(m *Map, n *node, s scope) {
	if n == nil {
		return
	}
	p := c.pipe(n, s)
	if p == nil {
		return
	}
	if p.Start == nil || p.Start.Alias != "" || !slices.Contains(m.Key, p.Start.Column) {
		c.add("E0206", n.pos, "an id is made of a column of the key ("+strings.Join(m.Key, ", ")+"), so that references find it")
		return
	}
	for _, st := range p.Stages {
		if st.Kind != CleanStage || slices.ContainsFunc(st.Args, func(a StageArg) bool { return a.Operand != nil }) {
			c.add("E0206", st.Pos, st.Name+" cannot stand in an id with other columns or a crosswalk: an id is made of the key alone")
			return
		}
	}
	m.ID = p
}

func (c *compiler) mapKey(m *Map, n *node) {
	at := m.Pos
	if k := n.get("key"); k != nil {
		at = k.pos
	}
	if len(m.Key) == 0 {
		c.add("E0206", at, "name the columns that tell one "+m.Resource+" from another: key: [COLUMN] here or in the source; key: [_line] where there is none")
	}
	if len(m.Group) > 0 && slices.Contains(m.Key, LineKey) {
		c.add("E0206", at, "a grouped map cannot have the key _line: its resources stand for several rows")
	}
	if m.From.View != nil && slices.Contains(m.Key, LineKey) {
		c.add("E0206", at, "rows of a view have no place of their own: name the columns that tell them apart")
	}
	for _, name := range append(slices.Clone(m.Key), m.Group...) {
		if name != LineKey {
			c.use(m.From, name, at)
		}
	}
}

func (c *compiler) profiles(m *Map, n *node) {
	for _, p := range c.list2(n) {
		name := c.text(p)
		def, ok := c.profile(name)
		switch {
		case !ok && !isURL(name):
			c.suggest("E0119", p.pos, "the profile "+strconv.Quote(name)+" is not known; write its canonical URL, or name its guide under packages", nearest(name, c.profilesOf(m.Resource)))
		case !ok:
			m.Profiles = append(m.Profiles, name)
		case def.Type != m.Resource:
			c.add("E0119", p.pos, "this profile is for "+def.Type+", not for "+m.Resource)
		case isURL(name):
			m.Profiles = append(m.Profiles, name) // perhaps with a version
		default:
			m.Profiles = append(m.Profiles, def.URL)
		}
	}
}

func isURL(text string) bool {
	return fhir.CheckPrimitive("uri", text) == nil && slices.ContainsFunc([]string{"http://", "https://", "urn:"}, func(p string) bool {
		return len(text) > len(p) && text[:len(p)] == p
	})
}

func (c *compiler) lookup(m *Map, alias, n *node) {
	if !c.section(n, "lookup") {
		return
	}
	in := n.get("in")
	if in == nil {
		c.add("E0105", alias.pos, "say which source to look in: in: SOURCE")
		return
	}
	l := &Lookup{Alias: alias.text, Pos: alias.pos, Many: c.boolean(n.get("many"), false), In: c.sources[c.text(in)]}
	if l.In == nil {
		if in.kind == scalar {
			c.suggest("E0201", in.pos, "there is no source "+strconv.Quote(in.text), nearest(in.text, keysOf(c.sources)))
		}
		return
	}
	if alias.text == RowsAlias {
		c.add("E0204", alias.pos, "the alias rows is taken: it stands for the rows of a group")
	}
	c.each(n.get("on"), func(column, value *node) {
		c.use(l.In, column.text, column.pos)
		if p := c.pipe(value, scope{source: m.From, m: m}); p != nil {
			l.On = append(l.On, LookupKey{Column: column.text, Value: p})
		}
	})
	if len(l.On) == 0 {
		c.add("E0105", alias.pos, "say which values must be equal: on: { COLUMN: $COLUMN }")
	}
	m.Lookups = append(m.Lookups, l)
}

// Lookup returns the lookup with the alias, or nil.
func (m *Map) Lookup(alias string) *Lookup {
	for _, l := range m.Lookups {
		if l.Alias == alias {
			return l
		}
	}
	return nil
}
