package main

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

// writeTerms writes all code systems of R4 whose codes are all at hand (those
// of US Core change with its versions), and its value sets, in the form that
// fhir/terms reads: sorted, as it looks them up without reading all.
func writeTerms(path string, g *guide, bindings []binding) error {
	var b bytes.Buffer
	urls := make([]string, 0, len(g.systems))
	for url, s := range g.systems {
		if s.Content == "complete" && len(s.Concept) > 0 && !g.ofPackage[url] {
			urls = append(urls, url)
		}
	}
	slices.Sort(urls)
	for _, url := range urls {
		fmt.Fprintf(&b, "S\t%s\t%s\n", url, strings.Join(g.codesOf(url), "\t"))
	}
	for _, url := range g.setsToWrite(bindings) {
		if codes, ok := g.expand(url); ok && len(codes) > 0 {
			fmt.Fprintf(&b, "V\t%s%s\n", url, g.bySystem(codes))
		}
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		return fmt.Errorf("write terms: %w", err)
	}
	return nil
}

// setsToWrite returns all value sets of R4, to which the profiles of any guide
// may bind, and those of US Core that an extension is bound to.
func (g *guide) setsToWrite(bindings []binding) []string {
	urls := map[string]bool{}
	for url := range g.valueSets {
		urls[url] = !strings.HasPrefix(url, usCoreURL)
	}
	for _, bound := range bindings {
		if bound.strength == "extensible" || bound.strength == "preferred" {
			urls[bound.valueSet] = true
		}
	}
	maps.DeleteFunc(urls, func(_ string, wanted bool) bool { return !wanted })
	return slices.Sorted(maps.Keys(urls))
}

// codesOf returns the codes of a system, sorted.
func (g *guide) codesOf(url string) []string {
	h := newHierarchy(g.systems[url])
	codes := slices.Clone(h.codes)
	slices.Sort(codes)
	return slices.Compact(codes)
}

// bySystem writes an expansion: each system with its codes, or * where it has
// all of them, between vertical bars.
func (g *guide) bySystem(codes []code) string {
	slices.SortFunc(codes, func(a, b code) int {
		return cmp.Or(strings.Compare(a.system, b.system), strings.Compare(a.code, b.code))
	})
	var b strings.Builder
	for len(codes) > 0 {
		system, n := codes[0].system, 0
		var own []string
		for ; n < len(codes) && codes[n].system == system; n++ {
			own = append(own, codes[n].code)
		}
		if s := g.systems[system]; s != nil && s.Content == "complete" && !g.ofPackage[system] && slices.Equal(own, g.codesOf(system)) {
			own = []string{"*"}
		}
		fmt.Fprintf(&b, "\t|%s\t%s", system, strings.Join(own, "\t"))
		codes = codes[n:]
	}
	return b.String()
}
