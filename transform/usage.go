package transform

import (
	"slices"
	"strconv"

	"chartlift/mappings"
)

// RuleUse says how often a rule made a value. Constants that stand in every
// resource are not counted.
type RuleUse struct {
	Rule   *mappings.Rule
	Branch int // of a case: its number from 1; Rule is what it makes then
	N      int64
}

// Address names the rule, or the branch of it.
func (u RuleUse) Address() string {
	if u.Branch == 0 {
		return u.Rule.Address
	}
	return u.Rule.Address + " case " + strconv.Itoa(u.Branch)
}

// CodeUse says how often a crosswalk gave a target of this equivalence; ""
// where the crosswalk does not tell. Equivalence Unmapped counts codes that it
// does not know.
type CodeUse struct {
	Crosswalk   *mappings.Crosswalk
	Equivalence string
	N           int64
}

// Unmapped stands in a CodeUse for codes without a target.
const Unmapped = "unmapped"

// counted gives a rule a place in the counts of every worker.
func (b *binder) counted(r *mappings.Rule) int {
	return b.countedBranch(r, 0)
}

// countedBranch gives a branch of a case such a place.
func (b *binder) countedBranch(then *mappings.Rule, branch int) int {
	b.binding.rules = append(b.binding.rules, RuleUse{Rule: then, Branch: branch})
	return len(b.binding.rules) - 1
}

// usesOf gives a crosswalk's equivalences places in the counts of every worker.
func (b *binder) usesOf(x *mappings.Crosswalk, equivalence string) int {
	for i, u := range b.binding.uses {
		if u.Crosswalk == x && u.Equivalence == equivalence {
			return i
		}
	}
	b.binding.uses = append(b.binding.uses, CodeUse{Crosswalk: x, Equivalence: equivalence})
	return len(b.binding.uses) - 1
}

// count notes that a rule made a value.
func (w *Worker) count(slot int) {
	w.made[slot]++
	if w.noting {
		w.noted = append(w.noted, slot)
	}
}

// use notes that a crosswalk gave a target, or none.
func (w *Worker) use(slot int) {
	w.uses[slot]++
	if w.noting {
		w.noted = append(w.noted, ^slot)
	}
}

// Usage returns what the worker counted so far, one entry for every rule and
// equivalence of the table's maps, zeros included.
func (w *Worker) Usage() ([]RuleUse, []CodeUse) {
	for i := range w.repeats {
		w.repeats[i].settle(w)
	}
	for i := range w.fragments {
		for j := range w.fragments[i].slots {
			w.fragments[i].slots[j].settle(w)
		}
	}
	rules := make([]RuleUse, 0, len(w.made))
	for i, n := range w.made {
		if u := w.b.rules[i]; u.Rule != nil {
			u.N = n
			rules = append(rules, u)
		}
	}
	codes := slices.Clone(w.b.uses)
	for i := range codes {
		codes[i].N = w.uses[i]
	}
	return rules, codes
}
