package mappings

import (
	"cmp"
	"encoding/json"
	"slices"
)

// conceptMapFile is the part of a FHIR ConceptMap that a crosswalk needs.
type conceptMapFile struct {
	ResourceType string `json:"resourceType"`
	Group        []struct {
		Source  string `json:"source"`
		Target  string `json:"target"`
		Element []struct {
			Code   string             `json:"code"`
			Target []conceptMapTarget `json:"target"`
		} `json:"element"`
	} `json:"group"`
}

// conceptMapTarget is one target of a code. Relationship is what R5 has in the
// place of R4's equivalence.
type conceptMapTarget struct {
	Code         string            `json:"code"`
	Display      string            `json:"display"`
	Equivalence  string            `json:"equivalence"`
	Relationship string            `json:"relationship"`
	DependsOn    []json.RawMessage `json:"dependsOn"`
	Product      []json.RawMessage `json:"product"`
}

// relation is the equivalence of R4, also of a target that R5 wrote.
func (t *conceptMapTarget) relation() string {
	switch t.Relationship {
	case "related-to":
		return "relatedto"
	case "source-is-narrower-than-target":
		return "wider"
	case "source-is-broader-than-target":
		return "narrower"
	case "not-related-to":
		return "disjoint"
	}
	return cmp.Or(t.Equivalence, t.Relationship)
}

// partial returns why the target is not the whole translation of the code, or
// "": what other values it depends on, or brings with it, no crosswalk knows
// (https://hl7.org/fhir/R4/conceptmap-definitions.html#ConceptMap.group.element.target.dependsOn).
func (t *conceptMapTarget) partial() string {
	switch {
	case len(t.DependsOn) > 0:
		return "that depend on other values"
	case len(t.Product) > 0:
		return "that need several targets"
	}
	return ""
}

// conceptMap reads a FHIR ConceptMap. Of several targets of a code, the first
// one accepted is the map's choice.
func (r *walkReader) conceptMap(file *node) {
	x := r.x
	text := r.beside(file)
	if text == nil {
		return
	}
	var cm conceptMapFile
	if err := json.Unmarshal(text, &cm); err != nil || cm.ResourceType != "ConceptMap" {
		r.add("E0402", file.pos, "this is not a FHIR ConceptMap in JSON")
		return
	}
	count := newTaken(r, file)
	defer count.note()
	sources, targets := cm.systems()
	source := x.SourceSystem
	for _, g := range cm.Group {
		// A map may hold several: then those count that the crosswalk names.
		if other(g.Source, source, sources) || other(g.Target, r.system, targets) {
			count.left["of other systems"] += len(g.Element)
			continue
		}
		x.SourceSystem = cmp.Or(x.SourceSystem, g.Source)
		for _, e := range g.Element {
			for _, t := range e.Target {
				reason := t.partial()
				if reason != "" {
					count.left[reason]++
				}
				if t.Code == "" || reason != "" || !count.accepts(t.relation()) {
					continue
				}
				target := Target{System: cmp.Or(g.Target, r.system), Code: t.Code, Display: t.Display, Equivalence: t.relation()}
				if _, ok := x.Target[e.Code]; !ok {
					x.Target[e.Code] = target
				}
			}
		}
	}
}

// systems returns the source and the target systems of the groups.
func (cm *conceptMapFile) systems() (sources, targets []string) {
	for _, g := range cm.Group {
		sources, targets = append(sources, g.Source), append(targets, g.Target)
	}
	return sources, targets
}

// other reports whether the map has the system that is wanted, and that this is
// another one.
func other(system, wanted string, all []string) bool {
	return wanted != "" && system != wanted && slices.Contains(all, wanted)
}
