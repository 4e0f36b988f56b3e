package mappings

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"chartlift/fhir"
	"chartlift/internal/issue"
	"chartlift/transform/repeats"
)

// MapDedupe says that resources of a map are compared with those of all maps
// that make the same type and are compared by the same elements: one of those
// that tell the same is kept, and the rows of the others are merged into its
// row.
type MapDedupe struct {
	Pos  issue.Position
	On   []repeats.Element // never empty
	Keep string            // of repeats.Keeps

	Near      repeats.Near // what may differ in two that nearly tell the same; nothing where they are not looked for
	MergeNear bool         // those are merged like the others, and not only named
}

// Same reports whether two maps are compared with each other.
func (d *MapDedupe) Same(o *MapDedupe) bool {
	return slices.Equal(d.On, o.On) && d.Keep == o.Keep && d.Near.Same(o.Near) && d.MergeNear == o.MergeNear
}

// mapDedupe compiles what stands under a map's dedupe: a rule of what is kept,
// or on and keep.
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
	if n.kind != scalar {
		c.near(m, d, n.get("near"))
	}
	m.Dedupe = d
}

// What becomes of two that nearly tell the same.
const (
	nearReport = "report"
	nearMerge  = "merge"
)

// near compiles what may differ in resources that nearly tell the same.
func (c *compiler) near(m *Map, d *MapDedupe, n *node) {
	if n == nil || n.kind == null || !c.section(n, "near") {
		return
	}
	then := nearReport
	c.choice(n.get("then"), &then, nearReport, nearMerge)
	d.MergeNear = then == nearMerge
	if w := n.get("within"); w != nil {
		within, ok := tolerance(c.text(w))
		switch {
		case !ok:
			c.add("E0107", w.pos, "say how far apart times may be as a number with s, min, h or d, up to 366d: within: 4d")
		case !c.keyHas(m, d, "", "date", "dateTime", "instant", "Period"):
			c.add("E0107", w.pos, "no element under on is a time, so nothing can be within "+w.text)
		}
		d.Near.Within = within
	}
	if rounded := n.get("rounded"); rounded != nil {
		for _, item := range c.list2(rounded) {
			name := c.text(item)
			if !c.keyHas(m, d, name, "Quantity", "Age", "Count", "Duration", "decimal", "integer", "positiveInt", "unsignedInt") {
				c.add("E0107", item.pos, strconv.Quote(name)+" is no number among the elements under on: only such can be rounded")
			}
			d.Near.Rounded = append(d.Near.Rounded, name)
		}
	}
	if n.get("within") == nil && n.get("rounded") == nil {
		c.add("E0206", n.pos, "say what may differ: near: { within: 4d } for times of the key, near: { rounded: [value] } for numbers")
	}
}

// keyHas reports whether an element of the key, that of the name where one is
// given, can be of one of the types.
func (c *compiler) keyHas(m *Map, d *MapDedupe, name string, types ...string) bool {
	def, _ := fhir.LookupType(m.Resource)
	return slices.ContainsFunc(def.Elements, func(e fhir.Element) bool {
		own := e.Name
		if e.Choice != "" {
			own = e.Choice
		}
		in := slices.ContainsFunc(d.On, func(k repeats.Element) bool { return k.Name == own || k.Name == e.Name })
		return in && (name == "" || name == own || name == e.Name) && slices.Contains(types, e.Type)
	})
}

// tolerance reads a length of time such as 30s, 15min, 2h or 4d: above nothing
// and at most a year.
func tolerance(text string) (time.Duration, bool) {
	digits := strings.TrimRight(text, "abcdefghijklmnopqrstuvwxyz")
	n, err := strconv.Atoi(digits)
	unit := map[string]time.Duration{"s": time.Second, "min": time.Minute, "h": time.Hour, "d": 24 * time.Hour}[text[len(digits):]]
	const year = 366 * 24 * time.Hour
	if err != nil || unit == 0 || n < 1 || n > int(year/unit) {
		return 0, false
	}
	return time.Duration(n) * unit, true
}

// keyElement takes an element of the key: a name of FHIR, with ? where it may
// be absent.
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
