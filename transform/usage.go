package transform

import (
	"slices"

	"chartlift/mappings"
)

// RuleUse says how often a rule made a value. Constants that stand in every resource are not counted.
type RuleUse struct {
	Rule *mappings.Rule
	N    int64
}

// CodeUse says how often a crosswalk gave a target of this equivalence; "" where the crosswalk does not tell.
// Equivalence Unmapped counts codes that it does not know.
type CodeUse struct {
	Crosswalk   *mappings.Crosswalk
	Equivalence string
	N           int64
}

// Unmapped stands in a CodeUse for codes without a target.
const Unmapped = "unmapped"

// counted gives a rule a place in the counts of every worker.
func (b *binder) counted(r *mappings.Rule) int {
	b.binding.rules = append(b.binding.rules, r)
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

// settle adds what the fragment stood for to the counts of its rules.
func (s *fragment) settle(w *Worker) {
	if s.hits == 0 {
		return
	}
	for _, slot := range s.made {
		w.made[slot] += s.hits
	}
	s.hits = 0
}

// Usage returns what the worker counted so far, one entry for every rule and equivalence of the table's maps, zeros included.
func (w *Worker) Usage() ([]RuleUse, []CodeUse) {
	for i := range w.fragments {
		for j := range w.fragments[i].slots {
			w.fragments[i].slots[j].settle(w)
		}
	}
	rules := make([]RuleUse, len(w.made))
	for i, n := range w.made {
		rules[i] = RuleUse{w.b.rules[i], n}
	}
	codes := slices.Clone(w.b.uses)
	for i := range codes {
		codes[i].N = w.uses[i]
	}
	return rules, codes
}
