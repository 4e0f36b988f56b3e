package main

import (
	"cmp"
	"slices"
	"strings"
)

// code is a code of a value set's expansion.
type code struct{ system, code string }

// expand returns the codes of the value set with the canonical URL (a
// |version is ignored), sorted by code and system; ok is false where the
// definitions at hand do not say all of them.
func (g *guide) expand(url string) (codes []code, ok bool) {
	set, ok := g.collect(url, 0)
	if !ok {
		return nil, false
	}
	for c := range set {
		codes = append(codes, c)
	}
	slices.SortFunc(codes, func(a, b code) int {
		return cmp.Or(strings.Compare(a.code, b.code), strings.Compare(a.system, b.system))
	})
	return codes, true
}

// maxImports bounds value sets that import each other.
const maxImports = 16

// collect follows compose as R4 defines it: the union of the includes less the
// union of the excludes (https://hl7.org/fhir/R4/valueset.html#compositions).
func (g *guide) collect(url string, depth int) (map[code]bool, bool) {
	url, _, _ = strings.Cut(url, "|")
	set := g.valueSets[url]
	if set == nil || depth > maxImports {
		return nil, false
	}
	all := map[code]bool{}
	for _, in := range set.Compose.Include {
		found, ok := g.included(in, depth)
		if !ok {
			return nil, false
		}
		for c := range found {
			all[c] = true
		}
	}
	for _, ex := range set.Compose.Exclude {
		found, ok := g.included(ex, depth)
		if !ok {
			return nil, false
		}
		for c := range found {
			delete(all, c)
		}
	}
	return all, true
}

// included returns the codes of one include: its system's part and each
// imported value set, intersected.
func (g *guide) included(in include, depth int) (map[code]bool, bool) {
	var found map[code]bool
	if in.System != "" {
		var ok bool
		if found, ok = g.ofSystem(in); !ok {
			return nil, false
		}
	}
	for _, url := range in.ValueSet {
		imported, ok := g.collect(url, depth+1)
		if !ok {
			return nil, false
		}
		if found == nil {
			found = imported
			continue
		}
		for c := range found {
			if !imported[c] {
				delete(found, c)
			}
		}
	}
	return found, true
}

// ofSystem returns the codes that an include takes from its system.
func (g *guide) ofSystem(in include) (map[code]bool, bool) {
	found := map[code]bool{}
	if len(in.Concept) > 0 {
		for _, c := range in.Concept {
			found[code{in.System, c.Code}] = true
		}
		return found, true
	}
	system := g.systems[in.System]
	if system == nil || system.Content != "complete" {
		return nil, false
	}
	tree := newHierarchy(system)
	for _, c := range tree.codes {
		keep := true
		for _, f := range in.Filter {
			if f.Property != "concept" {
				return nil, false
			}
			matches, known := tree.matches(c, f.Op, f.Value)
			if !known {
				return nil, false
			}
			keep = keep && matches
		}
		if keep {
			found[code{in.System, c}] = true
		}
	}
	return found, true
}

// hierarchy is a code system's is-a relation.
type hierarchy struct {
	codes   []string
	parents map[string][]string
}

func newHierarchy(system *codeSystem) *hierarchy {
	h := &hierarchy{parents: map[string][]string{}}
	h.add("", system.Concept)
	return h
}

// add takes nested concepts and the further parents that HL7 v3's systems give
// as property subsumedBy.
func (h *hierarchy) add(parent string, concepts []concept) {
	for _, c := range concepts {
		h.codes = append(h.codes, c.Code)
		if parent != "" {
			h.parents[c.Code] = append(h.parents[c.Code], parent)
		}
		for _, p := range c.Property {
			if p.Code == "subsumedBy" && p.ValueCode != "" {
				h.parents[c.Code] = append(h.parents[c.Code], p.ValueCode)
			}
		}
		h.add(c.Code, c.Concept)
	}
}

// matches applies a filter operator; known is false for operators that no R4
// value set at hand needs.
func (h *hierarchy) matches(c, op, value string) (matches, known bool) {
	switch op {
	case "is-a":
		return c == value || h.below(c, value, 0), true
	case "descendent-of":
		return h.below(c, value, 0), true
	case "is-not-a":
		return c != value && !h.below(c, value, 0), true
	}
	return false, false
}

func (h *hierarchy) below(c, ancestor string, depth int) bool {
	if depth > 64 {
		return false
	}
	for _, p := range h.parents[c] {
		if p == ancestor || h.below(p, ancestor, depth+1) {
			return true
		}
	}
	return false
}
