package validate

import (
	"slices"
	"strings"

	"chartlift/fhir"
	"chartlift/fhir/fhirpath"
	"chartlift/fhir/profile"
	"chartlift/internal/issue"
)

// spot is a value at hand: its node, or for a primitive without value its
// _sibling only.
type spot struct {
	node    int // 0 for a primitive that has only a sibling; the root of the tree where element is nil
	sibling int // _name of a primitive, 0 for none
	index   int // in its array, -1 outside one
	slice   int // place of its slice, -1 for none; set while slices are told apart
	element *fhir.Element
	def     *fhir.TypeDef
}

// profiled checks the resource at node against the profiles that it names, that
// its codes imply and that the options ask for.
func (c *checker) profiled(node int, def *fhir.TypeDef) {
	start := len(c.plan)
	c.named(node)
	named := len(c.plan)
	if named > start {
		c.profileNamed.Add(1)
	}
	if def.Name == "Observation" {
		c.implied(node)
	}
	if len(c.frames) == 1 {
		for _, url := range c.options.Profiles {
			if p := c.profile(url); p != nil && p.Type == def.Name {
				c.plan = append(c.plan, p)
			}
		}
	}
	for i := start; i < len(c.plan); i++ {
		if p := c.plan[i]; !covered(c.plan[start:], i-start) {
			c.second = i >= named && named > start
			c.conform(p, spot{node: node, index: -1, def: def})
		}
	}
	c.second = false
	c.plan = c.plan[:start]
}

// covered reports whether another of the profiles says all that the one at i
// says.
func covered(all []*profile.Profile, i int) bool {
	for j, p := range all {
		if j < i && p == all[i] || j != i && p.Derives(all[i].URL) {
			return true
		}
	}
	return false
}

// named takes down the profiles in meta.profile.
func (c *checker) named(node int) {
	meta := c.tree.Find(node, "meta")
	if meta == 0 {
		return
	}
	list := c.tree.Find(meta, "profile")
	if list == 0 || c.tree.Kind(list) != fhir.Array {
		return
	}
	for n := c.tree.First(list); n != 0; n = c.tree.Next(n) {
		if c.tree.Kind(n) != fhir.String {
			continue
		}
		if c.ofAnotherType(n) {
			continue
		}
		if canonical := c.tree.Text(n); strings.Contains(canonical, "#") {
			c.unchecked(canonical) // part of a profile is none of a resource
		} else if p := c.profile(canonical); p != nil {
			c.plan = append(c.plan, p)
		}
	}
}

// ofAnotherType reports R4's own definition of another type of resource as the
// profile of this one.
func (c *checker) ofAnotherType(node int) bool {
	name, own := strings.CutPrefix(c.tree.Text(node), structureBase)
	if !own {
		return false
	}
	name, _, _ = strings.Cut(name, "|")
	top := &c.frames[len(c.frames)-1]
	if def, known := resourceType(name); !known || top.typ == nil || def == top.typ {
		return false
	}
	c.fail(finding{rule: profileType, node: node, message: "this is the definition of " + strings.Clone(name) + ", not of " + top.name + "; name a profile of " + top.name})
	return true
}

// profile returns the profile with the canonical URL. One that is not at hand
// is said once.
func (c *checker) profile(canonical string) *profile.Profile {
	p, known := c.lookup(canonical)
	if p == nil && !known {
		c.unchecked(canonical)
	}
	return p
}

// unchecked says that a profile is not at hand, unless that was said before.
func (c *checker) unchecked(canonical string) {
	if fhir.CheckPrimitive("canonical", canonical) == nil && c.newlyMissed(canonical) {
		c.found(finding{
			rule: profileUnknown, severity: issue.Information,
			message: "the profile " + canonical + " was not checked: " + c.notAtHand(canonical),
		})
	}
}

// maxMissed bounds the profiles that are remembered as said; files may name as
// many as they like.
const maxMissed = 1 << 12

// notAtHand says why a profile cannot be checked.
func (c *checker) notAtHand(canonical string) string {
	if url, _, _ := strings.Cut(canonical, "|"); c.guide.Defines(url) {
		return "its definition has no snapshot, and no guide that is loaded defines what it derives from; load that guide too by --ig"
	}
	return "no guide that is loaded defines it; load its guide by --ig"
}

// newlyMissed reports whether nobody was told yet that the profile is not at
// hand. From maxMissed profiles on nobody is told.
func (c *checker) newlyMissed(canonical string) bool {
	if _, said := c.missed.Load(canonical); said || c.misses.Load() >= maxMissed {
		return false
	}
	_, said := c.missed.LoadOrStore(strings.Clone(canonical), true)
	if !said {
		c.misses.Add(1)
	}
	return !said
}

// lookup returns the profile with the canonical URL, nil where there is none;
// known is that this is no news.
func (c *checker) lookup(canonical string) (p *profile.Profile, known bool) {
	if p, known := c.guide.Lookup(canonical); known {
		return p, true
	}
	p, err := c.guide.Profile(strings.Clone(canonical))
	if err != nil {
		return nil, false
	}
	return p, false
}

// conform checks a value against a profile.
func (c *checker) conform(p *profile.Profile, v spot) {
	if def := v.def; def.Name != p.Type && !specializes(def, p.Type) {
		c.breach(finding{
			rule: profileType, node: v.node,
			message: p.Title + " is a profile of " + p.Type + ", not of " + def.Name + "; name a profile of " + def.Name,
		}, p.URL)
		return
	}
	if at, _ := c.machine.Resource.Node(); v.def.Kind == fhir.ResourceKind && at != v.node { // its invariants are about itself
		defer c.within(v.node, v.def, v.element == nil || v.element.Name == "contained")()
	}
	outer := c.current
	c.current = p
	c.fits(p.Root, v)
	c.rules(p.Root, v)
	c.inside(p.Root, v)
	c.current = outer
}

// specializes reports whether values of the type may have profiles of the base
// type.
func specializes(def *fhir.TypeDef, base string) bool {
	switch base {
	case "Resource", "DomainResource":
		return def.Kind == fhir.ResourceKind
	case "Quantity":
		return slices.Contains([]string{"Age", "Count", "Distance", "Duration", "Money"}, def.Name)
	case "Element", "BackboneElement":
		return true
	}
	return false
}

// rules checks the invariants that the profile adds for the value.
func (c *checker) rules(n *profile.Node, v spot) {
	if len(n.Invariants) == 0 || v.node == 0 && v.element != nil {
		return
	}
	c.hold(c.compiled(n), fhirpath.At(v.node, v.def))
}

// compiled returns the invariants of a node, which are compiled when first
// needed.
func (c *checker) compiled(n *profile.Node) []*invariant {
	if known, ok := c.own.Load(n); ok {
		return known.([]*invariant)
	}
	all := make([]*invariant, len(n.Invariants))
	for i := range n.Invariants {
		all[i] = &invariant{Invariant: n.Invariants[i].Invariant}
	}
	known, _ := c.own.LoadOrStore(n, all)
	return known.([]*invariant)
}

// inside checks what the profile says of the elements of a value.
func (c *checker) inside(n *profile.Node, v spot) {
	for _, child := range n.Inside() {
		start := len(c.spots)
		name, choice := child.Key()
		c.gather(name, choice, v)
		c.child(child, start)
		c.spots = c.spots[:start]
	}
}

// gather puts the values of a child element into c.spots; name of a choice is
// what all its branches begin with.
func (c *checker) gather(name string, choice bool, v spot) {
	holder := v.node
	if v.def.Kind == fhir.Primitive {
		if holder = v.sibling; holder == 0 {
			return
		}
	}
	if c.tree.Kind(holder) != fhir.Object {
		return
	}
	for k := c.tree.First(holder); k != 0; k = c.tree.Next(k) {
		key := c.tree.Key(k)
		bare := strings.TrimPrefix(key, "_")
		if choice && !strings.HasPrefix(bare, name) || !choice && bare != name {
			continue
		}
		e, _, ok := v.def.Element(bare)
		if !ok || choice && e.Choice != name {
			continue
		}
		switch {
		case key != bare && c.tree.Find(holder, bare) == 0:
			c.pairs(e, 0, k)
		case key != bare:
		case e.Def().Kind == fhir.Primitive:
			c.pairs(e, k, c.sister(holder, bare))
		default:
			c.pairs(e, k, 0)
		}
	}
}

// sister returns the _sibling of the key in the object.
func (c *checker) sister(holder int, name string) int {
	for k := c.tree.First(holder); k != 0; k = c.tree.Next(k) {
		if key := c.tree.Key(k); len(key) == len(name)+1 && key[0] == '_' && key[1:] == name {
			return k
		}
	}
	return 0
}

// pairs puts the values of one key and its sibling into c.spots.
func (c *checker) pairs(e *fhir.Element, node, sibling int) {
	list := node
	if list == 0 {
		list = sibling
	}
	if c.tree.Kind(list) != fhir.Array {
		c.spot(e, node, sibling, -1)
		return
	}
	first := func(at int) int {
		if at == 0 || c.tree.Kind(at) != fhir.Array {
			return 0
		}
		return c.tree.First(at)
	}
	n, s := first(node), first(sibling)
	for i := 0; n != 0 || s != 0; i++ {
		c.spot(e, n, s, i)
		if n != 0 {
			n = c.tree.Next(n)
		}
		if s != 0 {
			s = c.tree.Next(s)
		}
	}
}

func (c *checker) spot(e *fhir.Element, node, sibling, index int) {
	if node != 0 && c.tree.Kind(node) == fhir.Null {
		node = 0
	}
	if sibling != 0 && c.tree.Kind(sibling) != fhir.Object {
		sibling = 0
	}
	if node == 0 && sibling == 0 {
		return
	}
	def := e.Def()
	if def.Kind == fhir.Abstract && node != 0 {
		var ok bool
		if def, ok = resourceType(c.tree.FindText(node, "resourceType")); !ok {
			return // said already
		}
	}
	c.spots = append(c.spots, spot{node: node, sibling: sibling, index: index, element: e, def: def})
}

// child checks the values from start on, which are those of the element n.
func (c *checker) child(n *profile.Node, start int) {
	count := len(c.spots) - start
	c.supported(n, count > 0)
	if n.Max >= 0 && count > n.Max {
		c.tooMany(n)
		if n.Max == 0 {
			return
		}
	}
	for i := start; i < start+count; i++ {
		c.item(n, c.spots[i])
	}
	told := false
	if len(n.Slices) > 0 && (count > 0 || !n.Required() || needed(n) < 2) { // several slices are missing because the element is
		told = c.slices(n, start, count)
	}
	if n.Min > count && !told { // which slice is missing says more
		c.missing(n, count)
	}
}

// needed returns how many slices of an element the profile requires.
func needed(n *profile.Node) int {
	count := 0
	for _, s := range n.Slices {
		if s.Min > 0 {
			count++
		}
	}
	return count
}

// item checks one value of the element or slice n.
func (c *checker) item(n *profile.Node, v spot) {
	c.frames = append(c.frames, frame{element: v.element, index: v.index})
	if c.allowed(n, v) {
		c.fits(n, v)
		c.rules(n, v)
		switch {
		case v.node != 0 && v.def.Kind == fhir.ResourceKind && v.element != nil: // its invariants are about itself
			back := c.within(v.node, v.def, v.element.Name == "contained")
			c.inside(n, v)
			back()
		case v.node == 0 || v.def.Kind != fhir.Primitive || v.sibling != 0:
			c.inside(n, v)
		}
	}
	c.frames = c.frames[:len(c.frames)-1]
}

// trial reports whether the value conforms to the profile, and says nothing.
func (c *checker) trial(p *profile.Profile, v spot) bool {
	report, errors, broken := c.report, c.errors, len(c.broken)
	c.report, c.errors, c.trials = nil, 0, c.trials+1
	c.conform(p, v)
	ok := c.errors == 0
	c.report, c.errors, c.trials, c.broken = report, errors, c.trials-1, c.broken[:broken]
	return ok
}
