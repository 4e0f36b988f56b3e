package validate

import (
	"net/url"
	"slices"
	"strings"
)

// open checks what a Bundle says of its entries as a whole and makes these the
// ones that references inside of it find. It returns how to go back.
func (c *checker) open(node int) (back func()) {
	outer, inTree := c.entries, c.inTree
	if !c.envelope {
		c.entries = newEntries(&c.tree, node)
	}
	c.inTree = true
	c.links(node)
	if c.entries.kind == "searchset" {
		c.results(node)
	}
	return func() { c.entries, c.inTree = outer, inTree }
}

// links reports links of which a bundle has one: those that lead through the
// pages of a search (https://hl7.org/fhir/R4/http.html#paging). That there is
// only one of each, R4 takes for granted.
func (c *checker) links(node int) {
	list := c.tree.Find(node, "link")
	if list == 0 {
		return
	}
	names := [...]string{"self", "first", "previous", "next", "last"}
	var seen [len(names)]bool
	for i, n := 0, c.tree.First(list); n != 0; i, n = i+1, c.tree.Next(n) {
		which := slices.Index(names[:], c.tree.FindText(n, "relation"))
		if which < 0 {
			continue
		}
		if seen[which] {
			c.under(step{"link", i}, func() {
				c.byReference(finding{rule: bundleLink, message: "a bundle has one link " + names[which] + "; keep one"})
			})
		}
		seen[which] = true
	}
}

// results checks the entries of a search's result: why each is there
// (https://hl7.org/fhir/R4/bundle-definitions.html#Bundle.entry.search.mode),
// and that it has the id by which the server knows it
// (https://hl7.org/fhir/R4/resource.html#id).
func (c *checker) results(node int) {
	list := c.tree.Find(node, "entry")
	if list == 0 {
		return
	}
	types := c.searched(node)
	for i, n := 0, c.tree.First(list); n != 0; i, n = i+1, c.tree.Next(n) {
		search, resource := c.tree.Find(n, "search"), c.tree.Find(n, "resource")
		if search == 0 || resource == 0 {
			continue
		}
		if f := c.result(n, c.tree.FindText(search, "mode"), types); f.rule != "" {
			c.under(step{"entry", i}, func() { c.under(step{"resource", -1}, func() { c.fail(f) }) })
		}
	}
}

// result says what is wrong with an entry that a search found for the reason
// mode; types are those that were searched, nil where nobody can say.
func (c *checker) result(entry int, mode string, types []string) finding {
	resource := c.tree.Find(entry, "resource")
	typ := c.tree.FindText(resource, "resourceType")
	_, served := baseOf(c.tree.FindText(entry, "fullUrl")) // an id that is missing under a server's fullUrl is said there
	switch {
	case mode == "outcome" && typ != "OperationOutcome":
		return finding{
			rule: bundleSearch, theirs: "BUNDLE_SEARCH_ENTRY_WRONG_RESOURCE_TYPE_OUTCOME",
			message: "an outcome is an OperationOutcome about the search; make this a match or an include",
		}
	case mode == "match" && types != nil && !slices.Contains(types, typ):
		return finding{
			rule: bundleSearch, theirs: "BUNDLE_SEARCH_ENTRY_WRONG_RESOURCE_TYPE_MODE",
			message: "the link self searches " + strings.Join(types, ", ") + ", so that this is no match; make it an include or an outcome, or leave it out",
		}
	case (mode == "match" || mode == "include") && c.tree.FindText(resource, "id") == "" && !served:
		return finding{rule: bundleSearch, theirs: "BUNDLE_SEARCH_ENTRY_NO_RESOURCE_ID", message: "what a search finds has the id by which the server knows it; write it"}
	}
	return finding{}
}

// searched returns the types of resources that the link self of a search asks
// for, by its path or by _type; nil where it does not say
// (https://hl7.org/fhir/R4/http.html#search).
func (c *checker) searched(bundle int) []string {
	list := c.tree.Find(bundle, "link")
	if list == 0 {
		return nil
	}
	for n := c.tree.First(list); n != 0; n = c.tree.Next(n) {
		if c.tree.FindText(n, "relation") == "self" {
			return typesIn(c.tree.FindText(n, "url"))
		}
	}
	return nil
}

// maxTypes is above the number of types of resources that R4 has: who lists
// more repeats some.
const maxTypes = 200

// typesIn returns the types that the URL of a search names.
func typesIn(address string) []string {
	path, query, _ := strings.Cut(address, "?")
	last := path[strings.LastIndexByte(path, '/')+1:]
	if _, known := resourceType(last); known {
		return []string{strings.Clone(last)}
	}
	for parameter := range strings.SplitSeq(query, "&") {
		listed, ok := strings.CutPrefix(parameter, "_type=")
		if !ok {
			continue
		}
		listed, err := url.QueryUnescape(listed)
		types := strings.Split(listed, ",")
		if err != nil || len(types) > maxTypes || slices.ContainsFunc(types, func(t string) bool { _, known := resourceType(t); return !known }) {
			return nil
		}
		return types
	}
	return nil
}

// step leads from an element to what lies below it; index is -1 outside arrays.
type step struct {
	name  string
	index int
}

// under reports something about an element below the current one.
func (c *checker) under(s step, report func()) {
	top := c.frames[len(c.frames)-1]
	e := element(top.typ, s.name)
	c.frames = append(c.frames, frame{element: e, typ: e.Def(), index: s.index})
	report()
	c.frames = c.frames[:len(c.frames)-1]
}
