package validate

import (
	"slices"
	"strconv"
	"strings"

	"chartlift/fhir"
	"chartlift/fhir/profile"
)

// fewSlices is how many slices are counted without allocating.
const fewSlices = 16

// slices tells the values from start on apart and checks each against its
// slice. It returns whether one was missing.
func (c *checker) slices(n *profile.Node, start, count int) (missing bool) {
	var few [fewSlices]int
	counts := few[:]
	if len(n.Slices) > fewSlices {
		counts = make([]int, len(n.Slices))
	}
	last, unmatched := 0, -1
	for i := start; i < start+count; i++ {
		v := c.spots[i]
		at := c.sliceOf(n, v)
		c.spots[i].slice = at
		if at < 0 {
			unmatched = i
			if n.Slicing.Rules == "closed" && decided(n) {
				c.stray(n, v)
			}
			continue
		}
		if n.Slicing.Ordered && at < last {
			c.here(v, finding{rule: sliceOrder, message: "the slice " + n.Slices[at].ID + " must stand before " + n.Slices[last].ID}, n.ID)
		}
		if unmatched >= 0 && n.Slicing.Rules == "openAtEnd" {
			c.here(v, finding{rule: sliceOrder, message: "entries that are no slice of " + n.ID + " must stand at the end"}, n.ID)
			unmatched = -1
		}
		last = max(last, at)
		counts[at]++
		c.item(n.Slices[at], v)
	}
	for i, s := range n.Slices {
		missing = c.counted(s, counts[i], count) || missing
		if len(s.Slices) > 0 {
			c.inner(s, i, start, count)
		}
	}
	return missing
}

// inner tells the values of a slice apart by the slices inside it.
func (c *checker) inner(s *profile.Node, at, start, count int) {
	from := len(c.spots)
	for i := start; i < start+count; i++ {
		if c.spots[i].slice == at {
			c.spots = append(c.spots, c.spots[i])
		}
	}
	if len(c.spots) > from { // without any, it is the slice itself that is missing
		c.slices(s, from, len(c.spots)-from)
	}
	c.spots = c.spots[:from]
}

// decided reports whether all slices say what makes a value theirs.
func decided(n *profile.Node) bool {
	for _, s := range n.Slices {
		if s.Slice != "@default" && len(s.Match) == 0 {
			return false
		}
	}
	return true
}

// sliceOf returns the place of the slice that the value belongs to, that of the
// default slice, or -1.
func (c *checker) sliceOf(n *profile.Node, v spot) int {
	fallback := -1
	for i, s := range n.Slices {
		switch {
		case s.Slice == "@default":
			fallback = i
		case len(s.Match) > 0 && c.belongs(s, v):
			c.alone(n, i, v)
			return i
		}
	}
	return fallback
}

// alone reports a value that belongs to a further slice as well, so that nobody
// can say what it must be like.
func (c *checker) alone(n *profile.Node, first int, v spot) {
	for _, s := range n.Slices[first+1:] {
		if len(s.Match) > 0 && c.belongs(s, v) {
			c.here(v, finding{rule: sliceSeveral, message: c.by() + " takes this for the slice " + n.Slices[first].ID + " and for " + s.ID}, n.ID)
			return
		}
	}
}

func (c *checker) belongs(s *profile.Node, v spot) bool {
	for i := range s.Match {
		if !c.meets(&s.Match[i], s.Match[i].Steps, v) {
			return false
		}
	}
	return true
}

// meets follows the steps from v and reports whether a value at their end is
// what the matcher asks for.
func (c *checker) meets(m *profile.Matcher, steps []profile.Step, v spot) bool {
	if len(steps) == 0 {
		return c.test(m, v)
	}
	if steps[0].Resolve {
		return c.meetsTarget(m, steps[1:], v)
	}
	start := len(c.spots)
	c.reach(steps[0], v)
	found := false
	for i := start; i < len(c.spots) && !found; i++ {
		found = c.meets(m, steps[1:], c.spots[i])
	}
	none := len(c.spots) == start
	c.spots = c.spots[:start]
	if m.Absent {
		return none || found
	}
	return found
}

// reach puts the values of an element into c.spots; of a choice, whatever its
// type.
func (c *checker) reach(s profile.Step, v spot) {
	start := len(c.spots)
	element, _, plain := v.def.Element(s.Name)
	c.gather(s.Name, !plain || element.Choice != "", v)
	if s.URL == "" {
		return
	}
	kept := start
	for i := start; i < len(c.spots); i++ {
		if c.tree.FindText(c.spots[i].node, "url") == s.URL {
			c.spots[kept] = c.spots[i]
			kept++
		}
	}
	c.spots = c.spots[:kept]
}

// test reports whether the value is what the matcher asks for.
func (c *checker) test(m *profile.Matcher, v spot) bool {
	switch {
	case m.Absent:
		return false
	case m.Fixed != nil:
		return v.node != 0 && m.Fixed.Equal(&c.tree, v.node)
	case m.Pattern != nil:
		return v.node != 0 && m.Pattern.Matches(&c.tree, v.node)
	case m.Profiles != nil:
		return c.meetsProfile(m.Profiles, v)
	case m.Types != nil:
		for _, t := range m.Types {
			if t == v.def.Name {
				return true
			}
		}
		return false
	case m.Binding != nil:
		return v.node != 0 && c.codeIn(m, v)
	}
	return true
}

// codeIn reports whether a coded value is in the matcher's value set.
func (c *checker) codeIn(m *profile.Matcher, v spot) bool {
	b := m.Codes
	if b == nil || b.Codes == nil {
		return true // nobody can say
	}
	switch v.def.Name {
	case "Coding":
		return c.inSet(b, v.node)
	case "CodeableConcept":
		codings := c.tree.Find(v.node, "coding")
		if codings == 0 {
			return false
		}
		for n := c.tree.First(codings); n != 0; n = c.tree.Next(n) {
			if c.inSet(b, n) {
				return true
			}
		}
		return false
	}
	return c.tree.Kind(v.node) == fhir.String && b.Has("", c.tree.Text(v.node))
}

// tried is trial, which resources need once only.
func (c *checker) tried(p *profile.Profile, v spot) bool {
	if v.def.Kind == fhir.ResourceKind {
		return c.fulfils(p, v)
	}
	return c.trials < maxTrials && c.trial(p, v)
}

func (c *checker) meetsProfile(urls []string, v spot) bool {
	for _, url := range urls {
		p, _ := c.lookup(url)
		if p == nil {
			if name, ok := strings.CutPrefix(url, "http://hl7.org/fhir/StructureDefinition/"); ok && name == v.def.Name {
				return true
			}
			continue
		}
		if c.tried(p, v) {
			return true
		}
	}
	return false
}

// meetsTarget is meets behind resolve(): of a resource that is at hand all is
// looked at, of others only the type is known.
func (c *checker) meetsTarget(m *profile.Matcher, steps []profile.Step, v spot) bool {
	if v.node == 0 {
		return false
	}
	text := c.tree.FindText(v.node, "reference")
	if found, ok := c.aimedAt(text); ok {
		return c.meets(m, steps, found)
	}
	return len(steps) == 0 && slices.Contains(m.Types, c.targetType(text))
}

// counted checks how often a slice was there, and returns whether too seldom.
func (c *checker) counted(s *profile.Node, have, count int) bool {
	c.supported(s, have > 0)
	if len(s.Match) == 0 && s.Slice != "@default" { // nobody can say which values are meant
		if s.Min > 0 && c.trials == 0 {
			c.terms.notChecked("slice " + s.ID + " of " + c.by())
		}
		return false
	}
	if s.Min > have {
		wish := ""
		for i := range s.Match {
			if i == 0 {
				wish = ": one with "
			} else {
				wish += " and "
			}
			wish += s.Match[i].Wish()
		}
		c.breach(finding{
			rule: sliceMissing, key: name(s),
			message: c.by() + " requires the slice " + s.ID + wish + "; " + amount(have, count),
		}, s.ID)
	}
	if s.Max >= 0 && have > s.Max {
		c.breach(finding{
			rule: cardinalityMax, key: name(s),
			message: c.by() + " allows the slice " + s.ID + " " + times(s.Max) + ", and there are " + strconv.Itoa(have),
		}, s.ID)
	}
	return s.Min > have
}

func amount(have, count int) string {
	switch {
	case count == 0:
		return "the element is missing"
	case have == 0:
		return "none of the " + strconv.Itoa(count) + " there is one"
	}
	return "only " + strconv.Itoa(have) + " of the " + strconv.Itoa(count) + " there are"
}

// name returns the JSON name of an element, of a choice without [x].
func name(n *profile.Node) string { return strings.TrimSuffix(n.Name, "[x]") }

// stray reports a value that belongs to no slice of a closed slicing.
func (c *checker) stray(n *profile.Node, v spot) {
	if n.Types != nil && !typed(n.Types, v) {
		return // said already
	}
	var ids []string
	for _, s := range n.Slices {
		ids = append(ids, s.Slice)
	}
	c.here(v, finding{rule: sliceClosed, message: c.by() + " allows only the slices " + strings.Join(ids, ", ") + " of " + n.ID + ", and this is none of them"}, n.ID)
}

// here reports a finding about a value that is not the one at hand.
func (c *checker) here(v spot, f finding, id string) {
	c.frames = append(c.frames, frame{element: v.element, index: v.index})
	c.breach(f, id)
	c.frames = c.frames[:len(c.frames)-1]
}
