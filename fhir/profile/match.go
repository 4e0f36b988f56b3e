package profile

import (
	"slices"
	"strings"

	"chartlift/fhir"
)

// Matcher is one thing that a value must have to belong to a slice: at the end
// of Steps, a value that is Fixed, that matches Pattern, has one of Types, one
// of Profiles, or a code of Binding; with none of them, any value, or with
// Absent none.
type Matcher struct {
	Steps    []Step
	Fixed    *Value
	Pattern  *Value
	Types    []string
	Profiles []string
	Binding  *Binding
	Codes    *fhir.Binding // of Binding, with its codes where all are known
	Absent   bool
}

// Step is one step from the sliced element to what tells slices apart.
type Step struct {
	Name    string // of an element; of a choice without [x]
	URL     string // of an extension, whose Name is extension
	Resolve bool   // go to the resource that a reference names
}

// Wish says in words what the matcher asks for.
func (m *Matcher) Wish() string {
	switch {
	case m.Fixed != nil:
		return m.Fixed.String()
	case m.Pattern != nil:
		return m.Pattern.String()
	case m.Profiles != nil:
		return "the profile " + strings.Join(m.Profiles, " or ")
	case m.Types != nil:
		return "the type " + strings.Join(m.Types, " or ")
	case m.Binding != nil:
		return "a code of " + m.Binding.ValueSet
	case m.Absent:
		return "no value"
	}
	return "a value"
}

// linker makes what needs other definitions: the matchers of slices, target
// types, codes of bindings. profile returns a compiled profile, nil where there
// is none.
type linker struct {
	profile func(canonical string) *Profile
	codes   func(valueSet string) *fhir.Binding
}

// link links n and all below it.
func (l linker) link(n *Node) {
	l.bind(n)
	l.aim(n)
	for _, s := range n.Slices {
		for _, d := range n.Slicing.Discriminators {
			s.Match = append(s.Match, l.matchers(s, d)...)
		}
		for i := range s.Match {
			if b := s.Match[i].Binding; b != nil {
				s.Match[i].Codes = l.codes(b.ValueSet)
			}
		}
		l.link(s)
	}
	for _, c := range n.Children {
		l.link(c)
	}
}

// bind makes the bound elements. A binding of a choice counts for its coded
// branches.
func (l linker) bind(n *Node) {
	if n.bound = nil; n.Binding == nil {
		return
	}
	codes := l.codes(n.Binding.ValueSet)
	for _, e := range n.base {
		switch e.Type {
		case "code", "Coding", "CodeableConcept", "Quantity", "string", "uri":
			b := *codes
			b.Strength = n.Binding.Strength
			made := *e
			made.Binding = &b
			n.bound = append(n.bound, made)
		}
	}
}

// aim finds the types of resources that references may point to.
func (l linker) aim(n *Node) {
	n.Types = slices.Clone(n.Types) // profiles that derive from this one share them
	for i := range n.Types {
		t := &n.Types[i]
		t.TargetTypes = nil
		for _, url := range t.Targets {
			typ := l.typeOf(url)
			if typ == "" || typ == "Resource" {
				t.TargetTypes = nil
				break
			}
			if !slices.Contains(t.TargetTypes, typ) {
				t.TargetTypes = append(t.TargetTypes, typ)
			}
		}
	}
}

// matchers returns what the discriminator finds in the slice; none where the
// slice says nothing at its path.
func (l linker) matchers(slice *Node, d Discriminator) []Matcher {
	steps, ok := discriminatorSteps(d.Path)
	if !ok {
		return nil
	}
	at := place{node: slice}
	for _, s := range steps {
		if at = l.descend(at, s); at == (place{}) {
			return nil
		}
	}
	m := Matcher{Steps: steps}
	if at.value != nil {
		m.Pattern = at.value
		if at.fixed {
			m.Fixed, m.Pattern = at.value, nil
		}
		return []Matcher{m}
	}
	if n := at.node; d.Type == "type" || d.Type == "profile" || d.Type == "exists" {
		return byShape(m, n, d.Type)
	}
	return byValue(m, at.node, 0)
}

// place is where a discriminator has come to: a node, or a part of a fixed or
// pattern value.
type place struct {
	node  *Node
	value *Value
	fixed bool
}

// discriminatorSteps takes the restricted FHIRPath of a discriminator apart
// (https://hl7.org/fhir/R4/profiling.html#discriminator).
func discriminatorSteps(path string) (steps []Step, ok bool) {
	for path != "" {
		var part string
		if strings.HasPrefix(path, "extension(") {
			end := strings.IndexByte(path, ')')
			if end < 0 {
				return nil, false
			}
			part, path = path[:end+1], strings.TrimPrefix(path[end+1:], ".")
		} else {
			part, path, _ = strings.Cut(path, ".")
		}
		switch {
		case part == "$this":
		case part == "resolve()":
			steps = append(steps, Step{Resolve: true})
		case strings.HasPrefix(part, "extension("):
			steps = append(steps, Step{Name: "extension", URL: strings.Trim(part[len("extension("):len(part)-1], "'\" ")})
		case strings.HasPrefix(part, "ofType("):
			// the types of the slice say the same
		case strings.ContainsAny(part, "()"):
			return nil, false
		default:
			steps = append(steps, Step{Name: strings.TrimSuffix(part, "[x]")})
		}
	}
	return steps, true
}

// descend takes one step.
func (l linker) descend(at place, s Step) place {
	if at.value != nil {
		return at.into(s)
	}
	n := at.node
	if s.Resolve {
		return l.target(n)
	}
	if c := n.child(s.Name); c != nil {
		if s.URL != "" {
			return extensionPlace(c, s.URL)
		}
		return place{node: telling(c)}
	}
	if c := n.child(s.Name + "[x]"); c != nil {
		return place{node: telling(c)}
	}
	if n.Fixed != nil {
		return place{value: n.Fixed, fixed: true}.into(s)
	}
	if n.Pattern != nil {
		return place{value: n.Pattern}.into(s)
	}
	if len(n.Types) == 1 && len(n.Types[0].Profiles) == 1 {
		url := n.Types[0].Profiles[0]
		if n.Types[0].Code == "Extension" && s.Name == "url" {
			bare, _, _ := strings.Cut(url, "|")
			return place{value: &Value{Kind: fhir.String, Text: bare}, fixed: true}
		}
		if p := l.profile(url); p != nil && p.Root != n {
			return l.descend(place{node: p.Root}, s)
		}
	}
	return place{}
}

// telling returns the node that says what a value must be: of a sliced element
// that says nothing itself, the only slice or the first required one.
func telling(n *Node) *Node {
	if n.Pattern != nil || n.Fixed != nil || len(n.Children) > 0 {
		return n
	}
	if len(n.Slices) == 1 {
		return n.Slices[0]
	}
	for _, s := range n.Slices {
		if s.Min > 0 {
			return s
		}
	}
	return n
}

// into goes into a value; of an array, into its first entry.
func (at place) into(s Step) place {
	v := at.value
	if v.Kind == fhir.Array && len(v.Members) > 0 {
		v = &v.Members[0]
	}
	if v = v.Member(s.Name); v == nil || s.Resolve {
		return place{}
	}
	if v.Kind == fhir.Array && len(v.Members) == 1 {
		v = &v.Members[0]
	}
	return place{value: v, fixed: at.fixed}
}

// extensionPlace returns the slice of the extension with the URL.
func extensionPlace(extensions *Node, url string) place {
	for _, s := range extensions.Slices {
		if len(s.Types) == 1 && len(s.Types[0].Profiles) == 1 && s.Types[0].Profiles[0] == url {
			return place{node: s}
		}
		if u := s.child("url"); u != nil && u.Fixed != nil && u.Fixed.Text == url {
			return place{node: s}
		}
	}
	return place{}
}

// target is what the references of n may point to, as a node with types.
func (l linker) target(n *Node) place {
	made := newNode(step{name: n.Name})
	for _, t := range n.Types {
		for _, url := range t.Targets {
			made.Types = append(made.Types, Type{Code: l.typeOf(url), Profiles: []string{url}})
		}
	}
	if made.Types == nil {
		return place{}
	}
	return place{node: made}
}

// typeOf returns the type of resource that a canonical URL is about, "" where
// nobody knows.
func (l linker) typeOf(url string) string {
	bare, _, _ := strings.Cut(url, "|")
	if name, ok := strings.CutPrefix(bare, r4); ok && isType(name) {
		return name
	}
	if p := l.profile(url); p != nil {
		return p.Type
	}
	return ""
}

// byShape makes the matcher of a discriminator of type, profile or exists.
func byShape(m Matcher, n *Node, kind string) []Matcher {
	switch {
	case kind == "type":
		for _, t := range n.Types {
			m.Types = append(m.Types, t.Code)
		}
		if m.Types == nil {
			return nil
		}
	case kind == "profile":
		for _, t := range n.Types {
			m.Profiles = append(m.Profiles, t.Profiles...)
			m.Types = append(m.Types, t.Code)
		}
		if m.Profiles == nil {
			return nil
		}
	case n.Max == 0:
		m.Absent = true
	case n.Min < 1:
		return nil
	}
	return []Matcher{m}
}

// maxInside bounds how deep below a discriminator's element values are looked
// for.
const maxInside = 4

// byValue makes the matchers of a discriminator of value or pattern: those of
// the element itself, else those below it.
func byValue(m Matcher, n *Node, depth int) []Matcher {
	switch {
	case n.Fixed != nil:
		m.Fixed = n.Fixed
	case n.Pattern != nil:
		m.Pattern = n.Pattern
	case n.Binding != nil && n.Binding.Strength == "required":
		m.Binding = n.Binding
	case n.Max == 0:
		m.Absent = true
	default:
		return inside(m, n, depth)
	}
	return []Matcher{m}
}

func inside(m Matcher, n *Node, depth int) []Matcher {
	var all []Matcher
	for _, c := range n.Children {
		if c = telling(c); depth >= maxInside || c.Fixed == nil && c.Pattern == nil && len(c.Children) == 0 {
			continue
		}
		below := m
		below.Steps = append(append([]Step(nil), m.Steps...), Step{Name: strings.TrimSuffix(c.Name, "[x]")})
		all = append(all, byValue(below, c, depth+1)...)
	}
	if all == nil && n.Min > 0 && len(m.Steps) > 0 {
		all = []Matcher{m} // that it is there tells it apart
	}
	return all
}
