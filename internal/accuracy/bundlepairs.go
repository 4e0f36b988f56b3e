package main

import (
	"slices"
	"strconv"
)

// entryPair is one resource on both sides.
type entryPair struct{ want, got *entry }

// pairing says which resources belong together.
type pairing struct {
	pairs   []entryPair
	missing []*entry // that only the expected bundle has
	extra   []*entry // that only ours has
}

// pairBundles pairs resources of one type by the first natural key that both have. It goes through
// the keys from the strongest to the weakest; of several with one key, those most like each other are paired.
func pairBundles(s *suite, want, got *bundle) *pairing {
	m := &pairing{missing: slices.Clone(want.entries), extra: slices.Clone(got.entries)}
	for strength := range 8 {
		groups := map[string][]*entry{}
		for _, g := range m.extra {
			if key, ok := keyAt(s, g, strength); ok {
				groups[key] = append(groups[key], g)
			}
		}
		var left []*entry
		for _, w := range m.missing {
			key, ok := keyAt(s, w, strength)
			if group := groups[key]; ok && len(group) > 0 {
				g := closest(w, group)
				m.pairs = append(m.pairs, entryPair{w, g})
				groups[key] = slices.DeleteFunc(slices.Clone(group), func(e *entry) bool { return e == g })
				m.extra = slices.DeleteFunc(m.extra, func(e *entry) bool { return e == g })
				continue
			}
			left = append(left, w)
		}
		m.missing = left
	}
	return m
}

// keyAt gives the key of a resource at a strength with its type. A key "" counts only as the last one.
func keyAt(s *suite, e *entry, strength int) (string, bool) {
	keys := s.keys(e)
	if strength >= len(keys) || keys[strength] == "" && strength < len(keys)-1 {
		return "", false
	}
	return e.typ + "\t" + strconv.Itoa(strength) + "\t" + keys[strength], true
}

func closest(w *entry, group []*entry) *entry {
	best, most := group[0], -1
	if len(group) == 1 {
		return best
	}
	for _, g := range group {
		if n := likeness(w.root, g.root); n > most {
			best, most = g, n
		}
	}
	return best
}

// relabel writes every reference as what it leads to, with the same words on both sides for resources that belong together.
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
