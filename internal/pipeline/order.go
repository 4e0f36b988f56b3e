package pipeline

import (
	"slices"

	"chartlift/mappings"
)

// order sorts the tables so that a table comes after those that its maps refer
// to. Tables that refer to each other keep the order of the mapping. Those of
// types that its maps seek by a search come first, too, where nothing else
// speaks against it: such a reference means what the target has already. A view
// comes after the tables that it reads, whatever refers to it. Tables that only
// serve lookups or views are left out.
func order(tables []*Table, prog *mappings.Program, refs func(*mappings.Map) []*mappings.Map) []*Table {
	bySource := map[*mappings.Source]*Table{}
	for _, t := range tables {
		bySource[t.Source] = t
	}
	var sorted []*Table
	seen, begun := map[*mappings.Source]bool{}, map[*mappings.Source]bool{}
	var visit func(s *mappings.Source)
	visit = func(s *mappings.Source) {
		if seen[s] || s.View != nil && reads(s, begun) {
			return // such a view waits for its table; its own maps come to it again
		}
		seen[s], begun[s] = true, true
		defer delete(begun, s)
		if s.View != nil {
			for _, t := range s.View.Tables {
				visit(t)
			}
		}
		for _, m := range prog.Maps {
			if m.From != s {
				continue
			}
			for _, ref := range refs(m) {
				visit(ref.From)
			}
			for _, sought := range soughtFirst(prog, m, refs) {
				visit(sought.From)
			}
		}
		if t := bySource[s]; t != nil && s.Mapped {
			sorted = append(sorted, t)
		}
	}
	for _, m := range prog.Maps {
		visit(m.From)
	}
	return sorted
}

// reads reports whether the view reads one of these tables, by itself or
// through another view.
func reads(s *mappings.Source, tables map[*mappings.Source]bool) bool {
	return slices.ContainsFunc(s.View.Tables, func(t *mappings.Source) bool {
		return tables[t] && t.View == nil || t.View != nil && reads(t, tables)
	})
}

// soughtFirst returns the maps that make what m seeks by a search, without
// those that wait for m themselves: what refers by a map's key keeps its place.
func soughtFirst(prog *mappings.Program, m *mappings.Map, refs func(*mappings.Map) []*mappings.Map) []*mappings.Map {
	types := m.Sought()
	if len(types) == 0 {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(prog.Maps), func(x *mappings.Map) bool {
		return !slices.Contains(types, x.Resource) || x.From == m.From || waits(prog, x.From, m.From, refs, map[*mappings.Source]bool{})
	})
}

// waits reports whether a table comes after another, by what its maps refer to
// or seek, or what its view reads; seen are those that were looked at.
func waits(prog *mappings.Program, s, other *mappings.Source, refs func(*mappings.Map) []*mappings.Map, seen map[*mappings.Source]bool) bool {
	if s == other {
		return true
	}
	if seen[s] {
		return false
	}
	seen[s] = true
	after := func(t *mappings.Source) bool { return waits(prog, t, other, refs, seen) }
	if s.View != nil && slices.ContainsFunc(s.View.Tables, after) {
		return true
	}
	return slices.ContainsFunc(prog.Maps, func(m *mappings.Map) bool {
		if m.From != s {
			return false
		}
		types := m.Sought()
		return slices.ContainsFunc(refs(m), func(x *mappings.Map) bool { return after(x.From) }) ||
			slices.ContainsFunc(prog.Maps, func(x *mappings.Map) bool { return slices.Contains(types, x.Resource) && after(x.From) })
	})
}
