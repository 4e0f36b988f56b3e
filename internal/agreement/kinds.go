package main

import "slices"

// kind is one kind of mistake. apply makes it in the resource; it returns false
// where the resource has nothing to break.
type kind struct {
	name  string
	apply func(*mutation) bool
}

// at makes a mistake at one of the places that fit, where there is one.
func at(fits func(site) bool, change func(*mutation, site)) func(*mutation) bool {
	return func(m *mutation) bool {
		s, ok := m.pick(fits)
		if ok {
			change(m, s)
		}
		return ok
	}
}

// kinds lists all kinds of mistakes, in the order of the report.
func kinds() []kind { return slices.Concat(namedKinds(), randomKinds()) }

// namedKinds are those that break one rule each.
func namedKinds() []kind {
	return slices.Concat(
		structureKinds(), formKinds(), placeKinds(), primitiveKinds(), codeKinds(), codingKinds(), namedCodeKinds(), referenceKinds(), containedKinds(),
		extensionKinds(), ruleKinds(), bundleKinds(),
	)
}
