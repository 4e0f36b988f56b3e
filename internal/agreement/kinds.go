package main

import "slices"

// kind is one kind of mistake. apply makes it in the resource; it returns false where the resource has nothing to break.
type kind struct {
	name  string
	apply func(*mutation) bool
}

// kinds lists all kinds of mistakes, in the order of the report.
func kinds() []kind { return slices.Concat(namedKinds(), randomKinds()) }

// namedKinds are those that break one rule each.
func namedKinds() []kind {
	return slices.Concat(structureKinds(), primitiveKinds(), codeKinds(), referenceKinds(), extensionKinds(), ruleKinds(), bundleKinds())
}
