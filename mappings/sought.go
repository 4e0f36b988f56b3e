package mappings

import (
	"regexp"
	"slices"
)

// conditional is how a reference by a search begins (FHIR R4 section
// 3.1.0.11.2), in a text that the mapping writes out; no search but one for an
// identifier is resolved.
var conditional = regexp.MustCompile(`^([A-Z][A-Za-z]+)\?identifier=`)

// Sought returns the types of which the map's rules refer to resources by a
// search (Patient?identifier=…), each once, in the order of the rules. Texts
// that come of the rows or of crosswalks are not known here, so that there may
// be more.
func (m *Map) Sought() []string {
	var types []string
	look := func(text string) {
		if found := conditional.FindStringSubmatch(text); found != nil && !slices.Contains(types, found[1]) {
			types = append(types, found[1])
		}
	}
	if m.Root == nil {
		return nil
	}
	m.Root.Walk(func(r *Rule) {
		look(r.Const)
		if len(r.Parts) > 0 {
			look(r.Parts[0].Const)
		}
		if r.Pipe == nil {
			return
		}
		look(r.Pipe.Const)
		for _, s := range r.Pipe.Stages { // such as prefix "Patient?identifier=urn:mrn|"
			for _, a := range s.Args {
				look(a.Text)
			}
		}
	})
	return types
}
