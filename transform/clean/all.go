package clean

import (
	"cmp"
	"slices"
)

// All returns every cleaner, sorted by group and then by name. Their Compile
// checks the arguments against Params.
func All() []Cleaner {
	var list []Cleaner
	for _, group := range []struct {
		name     string
		cleaners []Cleaner
	}{
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
	} {
		for _, c := range group.cleaners {
			c.Group = group.name
			c.Compile = checked(c)
			list = append(list, c)
		}
	}
	slices.SortFunc(list, func(a, b Cleaner) int {
		return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Name, b.Name))
	})
	return list
}
