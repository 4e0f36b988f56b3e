package mappings

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"chartlift/fhir"
	"chartlift/fhir/profile"
)

// packages reads the implementation guides that the mapping names; a path is
// relative to the file in which it stands.
func (c *compiler) packages(n *node) {
	c.prog.Guide = c.options.Guide
	if c.prog.Guide == nil {
		c.prog.Guide = profile.New()
	}
	for _, p := range c.list2(n) {
		name := c.text(p)
		from := c.files[p.pos.File]
		if !profile.BuiltIn(name) {
			name = path.Join(path.Dir(from.name), name)
		}
		if err := c.prog.Guide.AddFS(from.fs, name); err != nil {
			c.add("E0123", p.pos, "the guide "+strconv.Quote(p.text)+" cannot be read: "+pathCause(err)+
				"; name its package (.tgz), a folder or a .json file beside the mapping, or "+profile.USCore+" for the one that comes along")
			continue
		}
		if err := c.prog.Guide.Check(); err != nil {
			c.add("E0123", p.pos, err.Error())
		}
	}
}

// profile returns the profile with the id or canonical URL. US Core, which
// comes along, is taken where no guide that is named has it.
func (c *compiler) profile(name string) (*profile.Profile, bool) {
	if p, err := c.prog.Guide.Find(name); err == nil {
		return p, true
	}
	def, ok := fhir.LookupProfile(name)
	if !ok || !profile.OfUSCore(def.URL) || c.prog.Guide.AddPath(profile.USCore) != nil {
		return nil, false
	}
	p, err := c.prog.Guide.Profile(def.URL)
	return p, err == nil
}

// demanded is what a profile says of one element: id is that of its
// ElementDefinition without the type (name.family, effective[x],
// category:us-core, component:systolic.code), min counts inside its parent.
// system and code are the coding or identifier that the element must hold; code
// alone is the fixed value of a primitive, or the URL of an extension.
type demanded struct {
	id           string
	min          int
	mustSupport  bool
	system, code string
}

// demandsOf returns what a profile asks for beyond R4, in the order of its
// elements. Slices inside slices, and those of one type of a choice, are left
// out: no mapping can be held to them before a row is read.
func demandsOf(n *profile.Node, all []demanded) []demanded {
	for _, c := range n.Children {
		all = demandOf(c, all)
	}
	return all
}

func demandOf(n *profile.Node, all []demanded) []demanded {
	_, id, _ := strings.Cut(n.ID, ".")
	if strings.Count(id, ":") > 1 || strings.Contains(id, "[x]:") || n.Max == 0 {
		return all
	}
	d := demanded{id: id, min: max(n.Min, 0), mustSupport: n.MustSupport}
	d.system, d.code = heldBy(n)
	if d.min > 0 || d.mustSupport || d.system+d.code != "" {
		all = append(all, d)
	}
	all = demandsOf(n, all)
	for _, s := range n.Slices {
		all = demandOf(s, all)
	}
	return all
}

// heldBy returns the code that the element must hold.
func heldBy(n *profile.Node) (system, code string) {
	if len(n.Types) == 1 && n.Types[0].Code == "Extension" && len(n.Types[0].Profiles) == 1 {
		return "", n.Types[0].Profiles[0]
	}
	v := n.Pattern
	if v == nil {
		v = n.Fixed
	}
	if v == nil {
		return "", ""
	}
	if v.Kind >= fhir.String {
		return "", v.Text
	}
	if coding := v.Member("coding"); coding != nil && len(coding.Members) > 0 {
		v = &coding.Members[0]
	}
	if m := v.Member("system"); m != nil {
		system = m.Text
	}
	if m := v.Member("code"); m != nil {
		code = m.Text
	}
	return system, code
}

// profilesOf returns the ids of the profiles of resources of the type, those of
// US Core among them, for a suggestion.
func (c *compiler) profilesOf(resource string) []string {
	all := c.prog.Guide.Profiles()
	if core := profile.New(); core.AddPath(profile.USCore) == nil {
		all = append(all, core.Profiles()...)
	}
	var ids []string
	for _, p := range all {
		if p.Type == resource {
			ids = append(ids, p.Title)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
