package main

import (
	"strings"

	"chartlift/fhir"
	"chartlift/fhir/profile"
)

// profileKinds are mistakes against the profile that a resource names, of the
// guide.
func profileKinds(g *profile.Guide) []kind {
	of := func(name string, fits func(*profile.Node) bool, do func(*mutation, []holder, *profile.Node) bool) kind {
		return kind{name, func(m *mutation) bool { return breakProfile(g, m, fits, do) }}
	}
	return []kind{
		of("required by the profile, missing", func(n *profile.Node) bool { return n.Min > 0 && n.Slice == "" }, dropped),
		of("must be supported, missing", func(n *profile.Node) bool { return n.MustSupport && n.Slice == "" }, dropped),
		of("slice missing", func(n *profile.Node) bool { return n.Min > 0 && n.Slice != "" }, dropped),
		of("pattern with another code", func(n *profile.Node) bool { return n.Pattern != nil }, recoded("code")),
		of("pattern with another system", func(n *profile.Node) bool { return n.Pattern != nil }, recoded("system")),
		of("pattern as text", func(n *profile.Node) bool { return n.Pattern != nil && n.Pattern.Member("coding") != nil }, asText),
		of("fixed value changed", func(n *profile.Node) bool { return n.Fixed != nil }, func(m *mutation, at []holder, _ *profile.Node) bool {
			h := at[m.rng.IntN(len(at))]
			h.parent.set(h.key, textOf("http://example.org/other"))
			return true
		}),
		of("type that the profile does not allow", func(n *profile.Node) bool { return strings.HasSuffix(n.Name, "[x]") && n.Types != nil }, retyped),
		of("more than the profile allows", func(n *profile.Node) bool { return n.Max == 1 }, doubled),
		of("code outside of the profile's value set", func(n *profile.Node) bool { return n.Binding != nil && n.Binding.Strength == "required" }, recoded("code")),
		{"extension of the guide, broken", guideExtension},
	}
}

// holder is an object with the key of an element in it.
type holder struct {
	parent *value
	key    string
}

// breakProfile picks an element that the profile speaks of and that the
// resource has.
func breakProfile(g *profile.Guide, m *mutation, fits func(*profile.Node) bool, do func(*mutation, []holder, *profile.Node) bool) bool {
	meta := m.root.get("meta")
	if meta == nil || meta.get("profile") == nil || len(meta.get("profile").items) == 0 {
		return false
	}
	p, err := g.Profile(meta.get("profile").items[0].text)
	if err != nil || p.Type != m.def.Name {
		return false
	}
	var nodes []*profile.Node
	listNodes(p.Root, func(n *profile.Node) {
		if fits(n) && len(holders(m.root, n.ID)) > 0 {
			nodes = append(nodes, n)
		}
	})
	if len(nodes) == 0 {
		return false
	}
	n := nodes[m.rng.IntN(len(nodes))]
	return do(m, holders(m.root, n.ID), n)
}

func listNodes(n *profile.Node, each func(*profile.Node)) {
	for _, c := range n.Children {
		each(c)
		listNodes(c, each)
	}
	for _, s := range n.Slices {
		each(s)
		listNodes(s, each)
	}
}

// holders returns the objects that have the element, whatever its slice.
func holders(root *value, id string) []holder {
	steps := strings.Split(id, ".")[1:]
	objects := []*value{root}
	for i, step := range steps {
		name, _, _ := strings.Cut(step, ":")
		var next []*value
		var found []holder
		for _, o := range objects {
			for _, member := range o.members {
				if choice, isChoice := strings.CutSuffix(name, "[x]"); member.key != name && !(isChoice && isBranch(member.key, choice)) {
					continue
				}
				found = append(found, holder{o, member.key})
				if member.value.kind == array {
					next = append(next, member.value.items...)
				} else {
					next = append(next, member.value)
				}
			}
		}
		if objects = next; i == len(steps)-1 {
			return found
		}
	}
	return nil
}

// isBranch reports whether the key is one of the choice: valueQuantity of
// value.
func isBranch(key, choice string) bool {
	rest, ok := strings.CutPrefix(key, choice)
	return ok && rest != "" && rest[0] >= 'A' && rest[0] <= 'Z'
}

func dropped(m *mutation, at []holder, _ *profile.Node) bool {
	h := at[m.rng.IntN(len(at))]
	h.parent.remove(h.key)
	return len(h.parent.members) > 0
}

// recoded changes the member of all codings of an element.
func recoded(key string) func(*mutation, []holder, *profile.Node) bool {
	return func(m *mutation, at []holder, _ *profile.Node) bool {
		h := at[m.rng.IntN(len(at))]
		done := false
		var walk func(v *value)
		walk = func(v *value) {
			if v.kind == object && v.get(key) != nil && v.get(key).kind == text {
				other := "zzz"
				if key == "system" {
					other = "http://example.org/other"
				}
				v.set(key, textOf(other))
				done = true
			}
			for _, member := range v.members {
				walk(member.value)
			}
			for _, item := range v.items {
				walk(item)
			}
		}
		if v := h.parent.get(h.key); v.kind == text && key == "code" {
			h.parent.set(h.key, textOf("zzz"))
			return true
		}
		walk(h.parent.get(h.key))
		return done
	}
}

func asText(m *mutation, at []holder, _ *profile.Node) bool {
	h := at[m.rng.IntN(len(at))]
	made := objectOf("text", "only words")
	if h.parent.get(h.key).kind == array {
		made = listOf(made)
	}
	h.parent.set(h.key, made)
	return true
}

// retyped replaces a choice by a branch that the profile leaves out.
func retyped(m *mutation, at []holder, n *profile.Node) bool {
	choice, _ := n.Key()
	h := at[m.rng.IntN(len(at))]
	other := m.one("String", "Boolean", "Integer", "Time")
	def := "true"
	switch other {
	case "String":
		def = `"x"`
	case "Integer":
		def = "1"
	case "Time":
		def = `"10:11:12"`
	}
	for _, t := range n.Types {
		if strings.EqualFold(t.Code, other) {
			return false
		}
	}
	h.parent.remove(h.key)
	h.parent.set(choice+other, literal(def))
	return true
}

func doubled(m *mutation, at []holder, _ *profile.Node) bool {
	h := at[m.rng.IntN(len(at))]
	v := h.parent.get(h.key)
	if v.kind != array || len(v.items) == 0 {
		return false
	}
	v.items = append(v.items, v.items[0].clone())
	return true
}

// guideExtension adds an extension of US Core with a mistake in it, or to an
// element that it is not for.
func guideExtension(m *mutation) bool {
	const core = `{"url":"http://hl7.org/fhir/us/core/StructureDefinition/us-core-`
	v, def := m.root, m.def
	if m.rng.IntN(3) == 0 {
		v, def = m.object(func(d *fhir.TypeDef) bool { _, _, ok := d.Element("extension"); return ok && d.Name != "Extension" })
	}
	if v == nil || v.get("extension") != nil || def.Kind == fhir.ResourceKind && def.Name == "Bundle" {
		return false
	}
	v.set("extension", listOf(literal(m.one(
		core+`race","extension":[{"url":"detailed","valueString":"x"},{"url":"text","valueString":"x"}]}`, core+`race","extension":[{"url":"words","valueString":"x"}]}`,
		core+`race","valueString":"x"}`, core+`ethnicity","extension":[{"url":"text","valueString":"x"},{"url":"text","valueString":"y"}]}`,
		core+`birthsex","valueString":"F"}`, core+`sex","valueString":"248152002"}`, core+`tribal-affiliation","extension":[{"url":"isEnrolled","valueBoolean":true}]}`,
		core+`race","extension":[{"url":"text","valueString":"x"}]}`))))
	return true
}
