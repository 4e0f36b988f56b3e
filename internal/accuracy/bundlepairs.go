package main

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// entryPair is one resource on both sides.
type entryPair struct{ want, got *entry }

// pairing says which resources belong together.
type pairing struct {
	pairs   []entryPair
	missing []*entry // that only the expected bundle has
	extra   []*entry // that only ours has
}

// strengths is how many natural keys a resource may have.
const strengths = 8

// pairBundles pairs resources of one type by the first natural key that both
// have. It goes through the keys from the strongest to the weakest; of several
// with one key, those most like each other are paired first.
func pairBundles(s *suite, want, got *bundle) *pairing {
	m := &pairing{missing: slices.Clone(want.entries), extra: slices.Clone(got.entries)}
	for strength := range strengths {
		m.pairAt(s, strength)
	}
	return m
}

// pairAt pairs what is left by one of its keys.
func (m *pairing) pairAt(s *suite, strength int) {
	type candidate struct {
		pair     entryPair
		likeness int
	}
	var all []candidate
	for _, w := range m.missing {
		wanted := keysAt(s, w, strength)
		for _, g := range m.extra {
			if g.typ == w.typ && shared(wanted, keysAt(s, g, strength)) {
				all = append(all, candidate{entryPair{w, g}, likeness(w.root, g.root)})
			}
		}
	}
	slices.SortStableFunc(all, func(x, y candidate) int { return cmp.Compare(y.likeness, x.likeness) })
	for _, c := range all {
		w, g := slices.Index(m.missing, c.pair.want), slices.Index(m.extra, c.pair.got)
		if w >= 0 && g >= 0 {
			m.pairs = append(m.pairs, c.pair)
			m.missing, m.extra = slices.Delete(m.missing, w, w+1), slices.Delete(m.extra, g, g+1)
		}
	}
}

// keysAt gives the lines of a resource's key of that strength. A key "" counts
// only as the last one.
func keysAt(s *suite, e *entry, strength int) []string {
	keys := s.keys(e)
	if strength >= len(keys) || keys[strength] == "" && strength < len(keys)-1 {
		return nil
	}
	return strings.Split(keys[strength], "\n")
}

func shared(a, b []string) bool {
	return slices.ContainsFunc(a, func(line string) bool { return slices.Contains(b, line) })
}

// relabel writes every reference as what it leads to, with the same words on
// both sides for resources that belong together.
func (m *pairing) relabel(want, got *bundle) {
	labels := map[*entry]string{}
	for i, p := range m.pairs {
		label := p.want.typ + " of pair " + strconv.Itoa(i+1)
		labels[p.want], labels[p.got] = label, label
	}
	for _, b := range []*bundle{want, got} {
		for _, e := range b.entries {
			e.root.each(func(x *element) {
				if x.name != "reference" {
					return
				}
				target := b.find(x.text)
				if target == nil {
					return
				}
				if label := labels[target]; label != "" {
					x.text = label
				} else {
					x.text = target.typ + " without counterpart"
				}
			})
		}
	}
}
