package profile

import (
	"slices"
	"strings"

	"chartlift/fhir"
)

// narrowed returns the types where they say more than R4 and the nodes above,
// else nil.
func narrowed(n *Node, types []Type, above []*Node) []Type {
	if types == nil || sameAsR4(n, types) {
		return nil
	}
	for _, a := range above {
		if a.Types != nil && slices.EqualFunc(a.Types, types, sameType) {
			return nil
		}
	}
	return types
}

func sameType(a, b Type) bool {
	return a.Code == b.Code && slices.Equal(a.Profiles, b.Profiles) && slices.Equal(a.Targets, b.Targets)
}

// sameAsR4 reports whether the types are all of those that R4 has for the
// element.
func sameAsR4(n *Node, types []Type) bool {
	if len(n.base) == 0 {
		return true
	}
	if !strings.HasSuffix(n.Name, "[x]") {
		return len(types) == 1 && (types[0].Profiles == nil || simple(n, types[0])) && sameTargets(n.base[0], types[0]) && !isResource(types[0].Code)
	}
	if len(types) != len(n.base) {
		return false
	}
	for _, t := range types {
		if !slices.ContainsFunc(n.base, func(e *fhir.Element) bool {
			return e.Type == t.Code && (t.Profiles == nil || simple(n, t)) && sameTargets(e, t)
		}) {
			return false
		}
	}
	return true
}

// simple reports whether the type is SimpleQuantity and R4 says so itself.
func simple(n *Node, t Type) bool {
	return len(t.Profiles) == 1 && t.Profiles[0] == r4+"SimpleQuantity" && slices.ContainsFunc(n.base, func(e *fhir.Element) bool { return e.Simple })
}

func isResource(code string) bool {
	def, ok := fhir.LookupType(code)
	return ok && def.Kind == fhir.ResourceKind
}

// r4 begins the canonical URLs of R4's own types.
const r4 = "http://hl7.org/fhir/StructureDefinition/"

// sameTargets reports whether the target profiles are R4's own, all of them and
// no others.
func sameTargets(e *fhir.Element, t Type) bool {
	if t.Targets == nil {
		return e.Type != "Reference" || e.Targets == nil
	}
	if e.Type != "Reference" {
		return true // what a canonical names is not looked at
	}
	var names []string
	for _, target := range t.Targets {
		name, ok := strings.CutPrefix(target, r4)
		if !ok {
			return false
		}
		if name == "Resource" {
			return e.Targets == nil
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Equal(slices.Compact(names), e.Targets)
}

// bound reports whether R4 or a node above states the same binding.
func bound(n *Node, b *Binding, above []*Node) bool {
	for _, a := range above {
		if a.Binding != nil && *a.Binding == *b {
			return true
		}
	}
	set, _, _ := strings.Cut(b.ValueSet, "|")
	for _, e := range n.base {
		if e.Binding != nil && e.Binding.Strength == b.Strength && e.Binding.ValueSet == set {
			return n.Binding == nil
		}
	}
	return false
}

// added returns the invariants with those that are neither R4's own nor there
// yet, nor stated by the nodes above.
func added(have, more []Invariant, above ...*Node) []Invariant {
	for _, i := range more {
		same := func(h Invariant) bool { return h.Key == i.Key }
		if i.Expression == "" || ownOfR4(i) || slices.ContainsFunc(have, same) ||
			slices.ContainsFunc(above, func(a *Node) bool { return slices.ContainsFunc(a.Invariants, same) }) {
			continue
		}
		have = append(slices.Clone(have), i)
	}
	return have
}

// ownOfR4 reports whether R4 states the invariant for its types. Guides restate
// them, at times in the wording of a later version, so that the key decides and
// not the expression.
func ownOfR4(i Invariant) bool {
	if i.Source != "" && isType(strings.TrimPrefix(i.Source, r4)) {
		return true
	}
	switch i.Key {
	case "ele-1", "ext-1", "ref-1", "txt-1", "txt-2", "dom-1", "dom-2", "dom-3", "dom-4", "dom-5", "dom-6", "dom-r4b":
		return true
	}
	return slices.ContainsFunc(fhir.AllInvariants(), func(own fhir.Invariant) bool {
		return own.Key == i.Key && (own.Expression == i.Expression || i.Source == "")
	})
}

func isType(name string) bool {
	_, ok := fhir.LookupType(name)
	return ok
}

// prune takes out what R4 says itself, and nodes that say nothing.
func prune(n *Node) {
	if len(n.base) > 0 && n.Slice == "" {
		if n.Min <= n.base[0].Min {
			n.Min = Unset
		}
		if n.Max == n.base[0].Max {
			n.Max = Unset
		}
	}
	if n.Slice != "" {
		if n.Min <= 0 {
			n.Min = Unset
		}
		if n.Max == -1 || len(n.base) > 0 && !n.base[0].Repeats() && n.Max == n.base[0].Max {
			n.Max = Unset
		}
	}
	n.Children = slices.DeleteFunc(n.Children, func(c *Node) bool { prune(c); return c.silent() })
	for _, s := range n.Slices {
		prune(s)
	}
	if len(n.Slices) == 0 {
		n.Slicing = nil
	} else if n.Slicing == nil || len(n.Slicing.Discriminators) == 0 && n.Slicing.Rules == "" {
		n.Slicing = implied(n)
	}
}

// implied is the slicing that need not be stated: by type of a choice, by url
// of extensions.
func implied(n *Node) *Slicing {
	switch {
	case strings.HasSuffix(n.Name, "[x]"):
		return &Slicing{Discriminators: []Discriminator{{"type", "$this"}}, Rules: "open"}
	case n.Name == "extension" || n.Name == "modifierExtension":
		return &Slicing{Discriminators: []Discriminator{{"value", "url"}}, Rules: "open"}
	}
	return &Slicing{Rules: "open"}
}

// silent reports whether the node says nothing.
func (n *Node) silent() bool {
	return n.Slice == "" && n.Min == Unset && n.Max == Unset && n.Types == nil && n.Fixed == nil && n.Pattern == nil &&
		n.Binding == nil && n.Invariants == nil && !n.MustSupport && n.MaxLength == 0 && n.Low == nil && n.High == nil &&
		len(n.Children) == 0 && len(n.Slices) == 0 && n.shares == nil
}
