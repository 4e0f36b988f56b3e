package mappings

import (
	"cmp"
	"encoding/json"
)

// conceptMapFile is the part of a FHIR ConceptMap that a crosswalk needs.
type conceptMapFile struct {
	ResourceType string `json:"resourceType"`
	Group        []struct {
		Source  string `json:"source"`
		Target  string `json:"target"`
		Element []struct {
			Code   string `json:"code"`
			Target []struct {
				Code        string `json:"code"`
				Display     string `json:"display"`
				Equivalence string `json:"equivalence"`
			} `json:"target"`
		} `json:"element"`
	} `json:"group"`
}

// conceptMap reads a FHIR ConceptMap. Of several targets of a code, the first one accepted is the map's choice.
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
	for _, g := range cm.Group {
		if x.SourceSystem == "" {
			x.SourceSystem = g.Source
		}
		for _, e := range g.Element {
			for _, t := range e.Target {
				if t.Code == "" || !count.accepts(t.Equivalence) {
					continue
				}
				target := Target{System: cmp.Or(g.Target, r.system), Code: t.Code, Display: t.Display, Equivalence: t.Equivalence}
				if _, ok := x.Target[e.Code]; !ok {
					x.Target[e.Code] = target
				}
			}
		}
	}
}
