package fhirserver

import (
	"chartlift/fhir"
	"chartlift/load"
)

// inOrder returns items so that each comes after those of the same bundle that
// it refers to, and otherwise in the given order. Whatever is sent first then
// finds its references: cutting and halving do not break a bundle that is
// whole. Resources that refer to each other in a circle get the same unit, and
// are kept in one request as long as that is possible.
func inOrder(items []item) []item {
	at := make(map[string]int, len(items))
	for i, it := range items {
		if _, twice := at[it.ref()]; twice {
			return given(items) // only the given order is right for the same resource twice
		}
		at[it.ref()] = i
	}
	order, unit := load.Order(len(items), func(i int) []int {
		var to []int
		for ref := range fhir.References(items[i].entry.Resource.JSON) {
			if j, here := at[ref]; here {
				to = append(to, j)
			}
		}
		return to
	})
	sorted := make([]item, len(items))
	for n, i := range order {
		sorted[n] = items[i]
		sorted[n].unit = unit[i]
	}
	return sorted
}

// given makes each item a unit of its own.
func given(items []item) []item {
	for i := range items {
		items[i].unit = i
	}
	return items
}

// apart reports whether items may be cut before index i.
func apart(items []item, i int) bool { return items[i-1].unit != items[i].unit }

// middle is the place nearest to the middle where items may be cut; the middle
// itself where all are one unit.
func middle(items []item) int {
	half := len(items) / 2
	for d := 0; d < half; d++ {
		if apart(items, half-d) {
			return half - d
		}
		if half+d < len(items) && apart(items, half+d) {
			return half + d
		}
	}
	return half
}
