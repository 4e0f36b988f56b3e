package transform

import (
	"strconv"

	"chartlift/internal/issue"
	"chartlift/mappings"
)

// boundCheck is a demand of the mapping on every row.
type boundCheck struct {
	def    *mappings.Check
	that   predicate
	column string // the first that the condition names
	value  getter
}

func (b *binder) checks(m *mappings.Map) ([]boundCheck, error) {
	var out []boundCheck
	for i := range m.Checks {
		k := boundCheck{def: &m.Checks[i]}
		var err error
		if k.that, err = b.predicate(k.def.That); err != nil {
			return nil, err
		}
		if o := firstColumn(k.def.That.Expr); o != nil {
			k.column = o.Column
			if k.value, err = b.operand(o); err != nil {
				return nil, err
			}
		}
		out = append(out, k)
	}
	b.binding.checks = max(b.binding.checks, len(out))
	return out, nil
}

func firstColumn(e *mappings.Expr) *mappings.Operand {
	if e.Op == mappings.OpColumn && e.Operand.Meta == "" {
		return e.Operand
	}
	for _, a := range e.Args {
		if o := firstColumn(a); o != nil {
			return o
		}
	}
	return nil
}

// check looks at the demands of a map before its rules write anything. Only
// what is certainly false fails, as in SQL's CHECK.
func (w *Worker) check(list []boundCheck) {
	for i := range list {
		k := &list[i]
		if w.broken[i] = k.that(w) == no; !w.broken[i] {
			continue
		}
		found := issue.Issue{Code: "check-failed", Type: "invariant", Rule: k.def.Address, Column: k.column, Message: k.def.Else}
		if k.value != nil {
			found.Value = k.value(w).Text
		}
		if k.def.Rule != nil {
			found.Expression = k.def.Address
		}
		w.trouble(k.def.Policy, found)
	}
}

// unlessBroken leaves out what a failed check demands to leave out.
func unlessBroken(checks []int, write writer) writer {
	return func(w *Worker) written {
		for _, i := range checks {
			if w.broken[i] {
				return nothing
			}
		}
		return write(w)
	}
}

// twoChoices deals with a second branch of a choice; where the policy goes on,
// the first is kept.
func (w *Worker) twoChoices(m *boundMember) {
	w.trouble(m.rule.Policy.BadValue, issue.Issue{
		Code: "two-choices", Type: "structure", Rule: m.rule.Address, Column: columnOf(m.rule), Expression: m.rule.Address,
		Message: "this row gives a second type of " + strconv.Quote(m.choice+"[x]") + ", which may have one only: make the conditions (when) of its branches exclude each other",
	})
}
