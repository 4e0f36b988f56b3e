package validate

import (
	"cmp"
	"strings"

	"chartlift/fhir"
	"chartlift/fhir/profile"
)

// This file follows references to where profiles ask for more than a type: into
// contained resources and other entries of a bundle.

// aimedProfile checks the resource that a reference leads to, where that is at
// hand, against the profiles of which it may follow any.
func (c *checker) aimedProfile(n *profile.Node, v spot, at int) {
	found, ok := c.aimedAt(c.tree.Text(at))
	if !ok {
		return
	}
	for i := range n.Types {
		for _, url := range n.Types[i].Targets {
			p, _ := c.lookup(url)
			if name, own := strings.CutPrefix(url, structureBase); p == nil && own && name != "Resource" && name != found.def.Name {
				continue // R4's own type, and another one
			}
			if p == nil || c.fulfils(p, found) {
				return // a target that is R4's own, or not known, asks for nothing more
			}
		}
	}
	c.breach(finding{rule: referenceTarget, node: at, message: "the referenced resource meets none of the profiles that " + c.by() + " allows here"}, n.ID)
}

// aimedAt returns the resource that a reference leads to, where that is in the
// text at hand: a contained one, or another entry of the bundle.
func (c *checker) aimedAt(text string) (spot, bool) {
	if id, local := strings.CutPrefix(text, "#"); local {
		return c.containedSpot(id)
	}
	if !c.inTree {
		return spot{}, false
	}
	found := c.entries.find(c.from(), text, literal(text))
	def, ok := resourceType(found.typ)
	return spot{node: found.node, index: -1, element: entryResource(), def: def}, ok && found.count == 1
}

// containedSpot returns the resource with the id that the resource at hand
// contains.
func (c *checker) containedSpot(id string) (spot, bool) {
	if root, _ := c.machine.Root.Node(); c.scope.node == root {
		if at := c.find(id); at >= 0 && id != "" {
			def, ok := resourceType(c.contained[at].typ)
			return spot{node: c.contained[at].node, index: -1, def: def}, ok
		}
		return spot{}, false
	}
	found, ok := c.machine.Find("#" + id) // in another entry of the bundle
	node, isNode := found.Node()
	return spot{node: node, index: -1, def: found.Type()}, ok && isNode && id != "" && found.Type() != nil
}

// entryResource is the element of a bundle that the resource of an entry stands
// in.
func entryResource() *fhir.Element {
	def, _ := fhir.LookupType("Bundle.entry")
	return element(def, "resource")
}

// meeting is a resource that was held against a profile.
type meeting struct {
	profile *profile.Profile
	node    int
}

// fulfils is trial for resources that references lead to. Each is tried once by
// a profile: thousands of references may lead to one, and references may go
// round in circles. While a resource is being tried it counts as one that
// fulfils the profile, so that a circle ends; what is wrong in it is said of
// one of its resources.
func (c *checker) fulfils(p *profile.Profile, v spot) bool {
	key := meeting{p, v.node}
	if known, met := c.met[key]; met || c.aimed > maxAimed {
		return known || !met
	}
	if c.met == nil {
		c.met = map[meeting]bool{}
	}
	c.met[key] = true
	trials := c.trials
	c.trials, c.aimed = 0, c.aimed+1 // how deep profiles nest is counted in each resource anew
	ok := c.trial(p, v)
	c.trials, c.aimed = trials, c.aimed-1
	c.met[key] = ok
	return ok
}

// maxAimed bounds how many references are followed one after the other; who
// follows them in a chart ends far sooner.
const maxAimed = 500

// targetType returns the type of what a reference points to, "" where it does
// not say.
func (c *checker) targetType(text string) string {
	if id, local := strings.CutPrefix(text, "#"); local {
		if found, ok := c.aimedAt(text); ok && id != "" {
			return found.def.Name
		}
		return ""
	}
	t := literal(text)
	return cmp.Or(t.typ, c.entries.find(c.from(), text, t).typ)
}
