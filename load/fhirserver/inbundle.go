package fhirserver

import (
	"slices"

	"chartlift/fhir"
	"chartlift/load"
)

// bearing finds what conditional references mean among the entries that are
// sent together: the server has none of them yet. A name that is found here is
// that of a resource on its way, which is sent before what refers to it.
type bearing struct {
	entries []load.Entry
	found   map[string][]string // Type/id of those that bear the identifier, by reference
}

// locate returns the one entry that a reference means. to is "" where none
// bears the identifier, and then code is, too; with a code several do.
func (b *bearing) locate(ref string, by fhir.Conditional) (to, code string) {
	if b == nil {
		return "", ""
	}
	all, looked := b.found[ref]
	if !looked {
		all = b.look(by)
		if b.found == nil {
			b.found = map[string][]string{}
		}
		b.found[ref] = all
	}
	switch len(all) {
	case 0:
		return "", ""
	case 1:
		return all[0], ""
	}
	return "", "ambiguous-reference"
}

// look returns the entries that bear the identifier, each once: the same
// resource may come twice.
func (b *bearing) look(by fhir.Conditional) []string {
	var all []string
	var t fhir.Tree
	for _, e := range b.entries {
		if e.Resource.Type != by.Type || t.Parse(e.Resource.JSON) != nil || !by.Names(&t, 0) {
			continue
		}
		if ref := e.Resource.Ref(); !slices.Contains(all, ref) {
			all = append(all, ref)
		}
	}
	return all
}
