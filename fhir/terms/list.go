package terms

import "slices"

// Codes returns all codes of a system; ok is false where it is not at hand, or
// is a rule and no list. The caller owns the slice.
func (s *Set) Codes(system string) (all []string, ok bool) {
	c := s.system(system)
	if c == nil {
		return nil, false
	}
	all = slices.Clone(c.list)
	for code := range c.all {
		all = append(all, code)
	}
	slices.Sort(all)
	return slices.Compact(all), true
}

// Each hands all codes of a value set to yield; ok is false where not all of
// them can be listed.
func (s *Set) Each(valueSet string, yield func(system, code string)) (ok bool) {
	all := s.valueSet(valueSet)
	for _, g := range all {
		list := g.codes
		if len(list) == 1 && list[0] == "*" {
			if list, ok = s.Codes(g.system); !ok {
				return false
			}
		}
		for _, code := range list {
			yield(g.system, code)
		}
	}
	return all != nil
}
