package mappings

import (
	"slices"
	"strconv"
	"strings"

	"chartlift/fhir"
	"chartlift/internal/issue"
	"chartlift/transform/repeats"
)

// MapDedupe says that resources of a map are compared with those of all maps that make the same type and are compared by the same elements:
// one of those that tell the same is kept, and the rows of the others are merged into its row.
type MapDedupe struct {
	Pos  issue.Position
	On   []repeats.Element // never empty
	Keep string            // of repeats.Keeps
}

// Same reports whether two maps are compared with each other.
func (d *MapDedupe) Same(o *MapDedupe) bool { return slices.Equal(d.On, o.On) && d.Keep == o.Keep }

// mapDedupe compiles what stands under a map's dedupe: a rule of what is kept, or on and keep.
func (c *compiler) mapDedupe(m *Map, n *node) {
	if n == nil || n.kind == null {
		return
	}
	d := &MapDedupe{Pos: n.pos, Keep: repeats.First, On: repeats.Default(m.Resource)}
	on, keep := (*node)(nil), n
	if n.kind != scalar {
		if !c.section(n, "dedupe") {
			return
		}
		on, keep = n.get("on"), n.get("keep")
	}
	c.choice(keep, &d.Keep, repeats.Keeps()...)
	if on != nil {
		d.On = nil
		for _, item := range c.list2(on) {
			c.keyElement(m, d, item)
		}
	}
	switch {
	case len(d.On) == 0:
		c.add("E0206", n.pos, "say which elements tell one "+m.Resource+" from another: dedupe: { on: [identifier] }; only the source's own number can for this type")
	case d.Keep == repeats.Severest && m.Resource != "AllergyIntolerance":
		c.add("E0107", keep.pos, "severest is for AllergyIntolerance alone")
	case d.Keep == repeats.Newest && m.Updated == nil:
		c.add("E0107", keep.pos, "newest needs to know when a row was changed: write updated: $COLUMN | datetime in the map")
	}
	m.Dedupe = d
}

// keyElement takes an element of the key: a name of FHIR, with ? where it may be absent.
func (c *compiler) keyElement(m *Map, d *MapDedupe, n *node) {
	name, optional := strings.CutSuffix(c.text(n), "?")
	def, _ := fhir.LookupType(m.Resource)
	var names []string
	for _, e := range def.Elements {
		if known := e.Choice; known != "" {
			names = append(names, known)
		}
		names = append(names, e.Name)
	}
	if !slices.Contains(names, name) {
		c.suggest("E0112", n.pos, strconv.Quote(name)+" is no element of "+m.Resource, nearest(name, names))
		return
	}
	d.On = append(d.On, repeats.Element{Name: name, Optional: optional})
}
