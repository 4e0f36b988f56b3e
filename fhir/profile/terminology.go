package profile

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"chartlift/fhir"
	"chartlift/fhir/terms"
)

// valueSet is a ValueSet's compose, or its expansion where it has no compose.
type valueSet struct {
	url, version     string
	include, exclude []include
	expansion        []fhir.Code
	partial          bool // the expansion is one page, or says itself that it is not all
}

// include is one include or exclude of a compose.
type include struct {
	system string
	codes  []string
	listed bool // codes are all that is meant
	filter []filter
	sets   []string
}

type filter struct{ property, op, value string }

// codeSystem is a CodeSystem with its hierarchy.
type codeSystem struct {
	url, content string
	codes        []string
	parents      map[string][]string
}

func (d decoder) valueSet() *valueSet {
	set := &valueSet{url: d.text(0, "url"), version: d.text(0, "version")}
	if compose := d.tree.Find(0, "compose"); compose != 0 {
		for n := range d.items(compose, "include") {
			set.include = append(set.include, d.include(n))
		}
		for n := range d.items(compose, "exclude") {
			set.exclude = append(set.exclude, d.include(n))
		}
		return set
	}
	if expansion := d.tree.Find(0, "expansion"); expansion != 0 {
		d.expanded(set, expansion, 0)
		set.partial = d.partial(expansion, len(set.expansion))
	}
	return set
}

// partial reports whether an expansion of so many codes is not the whole: it
// has a larger total or an offset, which pages have
// (https://hl7.org/fhir/R4/valueset-definitions.html#ValueSet.expansion.total),
// or an extension that says so.
func (d decoder) partial(expansion, listed int) bool {
	for e := range d.items(expansion, "extension") {
		if url := d.text(e, "url"); strings.HasSuffix(url, "valueset-toocostly") || strings.HasSuffix(url, "valueset-unclosed") {
			return true
		}
	}
	total, err := strconv.Atoi(d.number(expansion, "total"))
	offset := d.number(expansion, "offset")
	return err == nil && total > listed || offset != "" && offset != "0"
}

// number returns a member that is a number, as it is written.
func (d decoder) number(node int, name string) string {
	if at := d.tree.Find(node, name); at != 0 && d.tree.Kind(at) == fhir.Number {
		return d.tree.Text(at)
	}
	return ""
}

// maxNesting bounds concepts inside concepts; the tree has its own bound as
// well.
const maxNesting = 32

func (d decoder) expanded(set *valueSet, node, depth int) {
	for n := range d.items(node, "contains") {
		if code := d.text(n, "code"); code != "" {
			set.expansion = append(set.expansion, fhir.Code{System: d.text(n, "system"), Code: code})
		}
		if depth < maxNesting {
			d.expanded(set, n, depth+1)
		}
	}
}

func (d decoder) include(node int) include {
	in := include{system: d.text(node, "system"), sets: d.texts(node, "valueSet")}
	in.listed = d.tree.Find(node, "concept") != 0
	for n := range d.items(node, "concept") {
		in.codes = append(in.codes, d.text(n, "code"))
	}
	for n := range d.items(node, "filter") {
		in.filter = append(in.filter, filter{d.text(n, "property"), d.text(n, "op"), d.text(n, "value")})
	}
	for i, set := range in.sets {
		in.sets[i], _, _ = strings.Cut(set, "|")
	}
	return in
}

func (d decoder) codeSystem() *codeSystem {
	s := &codeSystem{url: d.text(0, "url"), content: d.text(0, "content"), parents: map[string][]string{}}
	d.concepts(s, 0, "", 0)
	return s
}

// concepts takes nested concepts, and further parents that are given as the
// property subsumedBy or parent.
func (d decoder) concepts(s *codeSystem, node int, parent string, depth int) {
	for n := range d.items(node, "concept") {
		code := d.text(n, "code")
		s.codes = append(s.codes, code)
		if parent != "" {
			s.parents[code] = append(s.parents[code], parent)
		}
		for p := range d.items(n, "property") {
			if name := d.text(p, "code"); name == "subsumedBy" || name == "parent" {
				s.parents[code] = append(s.parents[code], cmp.Or(d.text(p, "valueCode"), d.text(p, "valueString")))
			}
		}
		if depth < maxNesting {
			d.concepts(s, n, code, depth+1)
		}
	}
}

// Codes returns all codes of a value set, sorted by code and system; ok is
// false where the definitions at hand do not list all of them. The slice must
// not be changed.
func (g *Guide) Codes(canonical string) (codes []fhir.Code, ok bool) {
	url, _, _ := strings.Cut(canonical, "|")
	set, ok := g.collect(url, 0)
	if !ok {
		return nil, false
	}
	return slices.SortedFunc(maps.Keys(set), func(a, b fhir.Code) int {
		return cmp.Or(strings.Compare(a.Code, b.Code), strings.Compare(a.System, b.System))
	}), true
}

// maxImports bounds value sets that import each other.
const maxImports = 16

// collect follows compose as R4 defines it: the union of the includes less the
// union of the excludes (https://hl7.org/fhir/R4/valueset.html#compositions).
func (g *Guide) collect(url string, depth int) (map[fhir.Code]bool, bool) {
	set := g.sets[url]
	if set == nil {
		set = g.builtInSet(url)
	}
	if set == nil {
		return g.ofR4(url)
	}
	if depth > maxImports || set.partial {
		return nil, false
	}
	all := map[fhir.Code]bool{}
	for _, c := range set.expansion {
		all[c] = true
	}
	for _, in := range set.include {
		found, ok := g.included(in, depth)
		if !ok {
			return nil, false
		}
		maps.Copy(all, found)
	}
	for _, out := range set.exclude {
		found, ok := g.included(out, depth)
		if !ok {
			return nil, false
		}
		maps.DeleteFunc(all, func(c fhir.Code, _ bool) bool { return found[c] })
	}
	return all, len(all) > 0
}

// ofR4 returns the codes of a value set that comes with R4.
func (g *Guide) ofR4(url string) (map[fhir.Code]bool, bool) {
	all := map[fhir.Code]bool{}
	if b, ok := fhir.LookupValueSet(url); ok {
		for _, c := range b.Codes {
			all[c] = true
		}
		return all, true
	}
	ok := g.Terms().Each(url, func(system, code string) { all[fhir.Code{System: system, Code: code}] = true })
	return all, ok && len(all) > 0
}

// AddCodes adds the complete code systems of the guides that were added.
func (g *Guide) AddCodes(to *terms.Set) {
	for url, system := range g.systems {
		if system.content == "complete" {
			to.Add(url, system.codes...)
		}
	}
}

// Terms returns the codes that come with R4 and those of the guides, which are
// put together when they are first asked for.
func (g *Guide) Terms() *terms.Set {
	g.gather.Do(func() {
		g.terms = terms.R4()
		g.AddCodes(g.terms)
	})
	return g.terms
}

// included returns the codes of one include: those of its system that are
// meant, and of each imported value set, intersected.
func (g *Guide) included(in include, depth int) (map[fhir.Code]bool, bool) {
	var found map[fhir.Code]bool
	if in.system != "" {
		var ok bool
		if found, ok = g.ofSystem(in); !ok {
			return nil, false
		}
	}
	for _, url := range in.sets {
		imported, ok := g.collect(url, depth+1)
		if !ok {
			return nil, false
		}
		if found == nil {
			found = imported
			continue
		}
		maps.DeleteFunc(found, func(c fhir.Code, _ bool) bool { return !imported[c] })
	}
	return found, true
}

// ofSystem returns the codes that an include takes from its system.
func (g *Guide) ofSystem(in include) (map[fhir.Code]bool, bool) {
	found := map[fhir.Code]bool{}
	if in.listed {
		for _, code := range in.codes {
			found[fhir.Code{System: in.system, Code: code}] = true
		}
		return found, true
	}
	system := g.systems[in.system]
	if system == nil && len(in.filter) == 0 {
		list, ok := g.Terms().Codes(in.system)
		for _, code := range list {
			found[fhir.Code{System: in.system, Code: code}] = true
		}
		return found, ok
	}
	if system == nil || system.content != "complete" {
		return nil, false
	}
	for _, code := range system.codes {
		keep := true
		for _, f := range in.filter {
			matches, known := system.matches(code, f)
			if !known {
				return nil, false
			}
			keep = keep && matches
		}
		if keep {
			found[fhir.Code{System: in.system, Code: code}] = true
		}
	}
	return found, true
}

// matches applies a filter; known is false for those that no guide at hand
// needs.
func (s *codeSystem) matches(code string, f filter) (matches, known bool) {
	if f.property != "concept" {
		return false, false
	}
	switch f.op {
	case "is-a":
		return code == f.value || s.below(code, f.value), true
	case "descendent-of":
		return s.below(code, f.value), true
	case "is-not-a":
		return code != f.value && !s.below(code, f.value), true
	}
	return false, false
}

// below goes up through all parents, each once: a guide may have them in a
// circle.
func (s *codeSystem) below(code, ancestor string) bool {
	seen := map[string]bool{code: true}
	for ahead := []string{code}; len(ahead) > 0; ahead = ahead[1:] {
		for _, p := range s.parents[ahead[0]] {
			if p == ancestor {
				return true
			}
			if !seen[p] {
				seen[p] = true
				ahead = append(ahead, p)
			}
		}
	}
	return false
}
