package main

import (
	"chartlift/fhir/profile"
)

// moreProfileKinds are further mistakes against a profile: what stands in for a
// required value, other profiles than the one that fits, targets.
func moreProfileKinds(g *profile.Guide) []kind {
	of := func(name string, fits func(*profile.Node) bool, do func(*mutation, []holder, *profile.Node) bool) kind {
		return kind{name, func(m *mutation) bool { return breakProfile(g, m, fits, do) }}
	}
	return []kind{
		of("required by the profile, with a reason why it is absent", func(n *profile.Node) bool { return n.Min > 0 }, excused),
		of("required by the profile, empty", func(n *profile.Node) bool { return n.Min > 0 }, emptied),
		of("reference to a type that the profile does not allow", hasTargets, func(m *mutation, at []holder, _ *profile.Node) bool {
			return repointed(m, at, m.one("Location/1", "Device/1", "Group/1", "http://example.org/fhir/Medication/1"))
		}),
		of("reference to a contained resource of no profile", hasTargets, func(m *mutation, at []holder, _ *profile.Node) bool {
			return m.contain(m.one(`{"resourceType":"Patient","id":"c1"}`, `{"resourceType":"Organization","id":"c1","name":"x"}`, `{"resourceType":"Practitioner","id":"c1","name":[{"family":"x"}]}`)) && repointed(m, at, "#c1")
		}),
		of("pattern without its system", func(n *profile.Node) bool { return n.Pattern != nil }, stripped("system")),
		of("pattern with a display of its own", func(n *profile.Node) bool { return n.Pattern != nil }, func(m *mutation, at []holder, n *profile.Node) bool { return displayed(m, at) }),
		of("text longer, or of white space", func(n *profile.Node) bool { return n.Min > 0 }, blanked),
		{"a second profile", func(m *mutation) bool {
			meta := m.root.get("meta")
			if meta == nil || meta.get("profile") == nil {
				return false
			}
			const core = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-"
			meta.get("profile").items = append(meta.get("profile").items, textOf(m.one(core+"patient", core+"condition-problems-health-concerns", core+"observation-lab", core+"vital-signs", core+"nowhere",
				"http://hl7.org/fhir/StructureDefinition/vitalsigns", "http://hl7.org/fhir/StructureDefinition/Observation", core+"patient|3.1.1", "http://example.org/profile", core+"blood-pressure", core+"smokingstatus")))
			return true
		}},
		{"another profile of the guide", func(m *mutation) bool {
			meta := m.root.get("meta")
			if meta == nil || meta.get("profile") == nil {
				return false
			}
			const core = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-"
			meta.set("profile", listOf(textOf(core+m.one("observation-lab", "vital-signs", "blood-pressure", "body-weight", "smokingstatus", "pulse-oximetry", "observation-clinical-result", "simple-observation", "condition-encounter-diagnosis",
				"condition-problems-health-concerns", "diagnosticreport-lab", "diagnosticreport-note", "patient", "head-circumference", "observation-screening-assessment"))))
			return true
		}},
	}
}

func hasTargets(n *profile.Node) bool {
	for i := range n.Types {
		if n.Types[i].Code == "Reference" && len(n.Types[i].TargetTypes) > 0 {
			return true
		}
	}
	return false
}

// excused puts an extension in the place of a value that the profile requires.
func excused(m *mutation, at []holder, _ *profile.Node) bool {
	const reason = `{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"unknown"}]}`
	h := at[m.rng.IntN(len(at))]
	switch v := h.parent.get(h.key); v.kind {
	case text, plain:
		h.parent.remove(h.key)
		h.parent.set("_"+h.key, literal(reason))
	case array:
		if len(v.items) == 0 || v.items[0].kind != object {
			return false
		}
		h.parent.set(h.key, listOf(literal(reason)))
	default:
		h.parent.set(h.key, literal(reason))
	}
	return true
}

func emptied(m *mutation, at []holder, _ *profile.Node) bool {
	h := at[m.rng.IntN(len(at))]
	switch v := h.parent.get(h.key); v.kind {
	case text:
		h.parent.set(h.key, textOf(""))
	case array:
		h.parent.set(h.key, m.either(listOf(), listOf(&value{})))
	case object:
		h.parent.set(h.key, m.either(&value{}, objectOf("id", "a")))
	default:
		return false
	}
	return true
}

func (m *mutation) either(a, b *value) *value {
	if m.rng.IntN(2) == 0 {
		return a
	}
	return b
}

func repointed(m *mutation, at []holder, to string) bool {
	h := at[m.rng.IntN(len(at))]
	v := h.parent.get(h.key)
	if v.kind == array && len(v.items) > 0 {
		v = v.items[0]
	}
	if v.kind != object {
		return false
	}
	v.set("reference", textOf(to))
	return true
}

// stripped removes the member from all codings of an element.
func stripped(key string) func(*mutation, []holder, *profile.Node) bool {
	return func(m *mutation, at []holder, _ *profile.Node) bool {
		h, done := at[m.rng.IntN(len(at))], false
		eachObject(h.parent.get(h.key), func(o *value) {
			done = done || o.get(key) != nil
			o.remove(key)
		})
		return done
	}
}

func displayed(m *mutation, at []holder) bool {
	h, done := at[m.rng.IntN(len(at))], false
	eachObject(h.parent.get(h.key), func(o *value) {
		if o.get("code") != nil && o.get("system") != nil {
			o.set("display", textOf("something else"))
			done = true
		}
	})
	return done
}

func blanked(m *mutation, at []holder, _ *profile.Node) bool {
	h := at[m.rng.IntN(len(at))]
	if h.parent.get(h.key).kind != text {
		return false
	}
	h.parent.set(h.key, textOf(m.one(" ", "x y", "  x", "2020", "a\u0001")))
	return true
}

func eachObject(v *value, do func(*value)) {
	if v.kind == object {
		do(v)
	}
	for _, member := range v.members {
		eachObject(member.value, do)
	}
	for _, item := range v.items {
		eachObject(item, do)
	}
}
