package clean

import (
	"cmp"
	"slices"
)

// group is a heading of the documentation with its cleaners.
type group struct {
	name     string
	cleaners []Cleaner
}

func groups() []group {
	return []group{
		{"addresses", addressCleaners},
		{"codes", codeCleaners},
		{"dates", dateCleaners},
		{"hl7", hl7Cleaners},
		{"identifiers", identifierCleaners},
		{"names", nameCleaners},
		{"numbers", numberCleaners},
		{"phones", phoneCleaners},
		{"quantities", quantityCleaners},
		{"text", textCleaners},
	}
}

// All returns every cleaner, sorted by group and then by name. Their Compile
// checks the arguments against Params.
func All() []Cleaner {
	var list []Cleaner
	for _, g := range groups() {
		for _, c := range g.cleaners {
			list = append(list, g.whole(c))
		}
	}
	slices.SortFunc(list, func(a, b Cleaner) int {
		return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Name, b.Name))
	})
	return list
}

// Named returns the cleaner called name, as All has it. A mapping asks for some
// hundred, and the list takes longer to make than all of them to find.
func Named(name string) (Cleaner, bool) {
	for _, g := range groups() {
		if c, ok := Lookup(g.cleaners, name); ok {
			return g.whole(c), true
		}
	}
	return Cleaner{}, false
}

// whole returns a cleaner of the group as others see it.
func (g group) whole(c Cleaner) Cleaner {
	c.Group = g.name
	c.Compile = checked(c)
	return c
}
