package transform

import (
	"slices"

	"chartlift/mappings"
)

// footing is what the value of a rule depends on.
type footing struct {
	b       *binder
	columns []int // those that the table has
	refers  bool  // resources that were accepted
	unsure  bool  // more: lookups, the row's number, checks
}

func (f *footing) rules(list []*mappings.Rule) {
	for _, r := range list {
		f.rule(r)
	}
}

func (f *footing) rule(r *mappings.Rule) {
	if r.Name == "reference" || len(r.Checks) > 0 || r.Kind == mappings.Each { // where a reference leads may be changed, and is counted
		f.unsure = true
		return
	}
	f.condition(r.When)
	for _, p := range r.Parts {
		f.operand(p.Operand)
	}
	f.pipe(r.Pipe)
	f.rules(r.Rules)
	for _, c := range r.Cases {
		f.condition(c.When)
		if c.Then != nil {
			f.rule(c.Then)
		}
	}
}

func (f *footing) pipe(p *mappings.Pipe) {
	if p == nil {
		return
	}
	f.operand(p.Start)
	if p.Ref != nil {
		f.refers = true
		for _, key := range p.Ref.Keys {
			f.pipe(key)
		}
	}
	for _, s := range p.Stages {
		for _, a := range s.Args {
			f.operand(a.Operand)
		}
	}
}

func (f *footing) condition(p *mappings.Predicate) {
	if p != nil {
		f.expression(p.Expr)
	}
}

func (f *footing) expression(e *mappings.Expr) {
	f.operand(e.Operand)
	for _, a := range e.Args {
		f.expression(a)
	}
}

func (f *footing) operand(o *mappings.Operand) {
	if o == nil {
		return
	}
	if o.Alias != "" || o.Meta != "" {
		f.unsure = true
		return
	}
	if at := f.b.binding.column(o.Column); at >= 0 && !slices.Contains(f.columns, at) {
		f.columns = append(f.columns, at)
	}
}
