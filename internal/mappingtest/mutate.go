package mappingtest

import (
	"slices"
	"strconv"

	"chartlift/fhir"
	"chartlift/internal/issue"
	"chartlift/mappings"
)

// Change is one way in which a mapping was made wrong on purpose.
type Change struct {
	Rule    string         // address of the rule, name of the crosswalk or source
	At      issue.Position // its place
	What    string         // "the constant finished is planned"
	Map     *mappings.Map  // whose rule it is; nil for crosswalks and sources
	Noticed bool           // whether some test failed
}

// Mutate makes one rule after the other wrong, runs the tests of its map each
// time, and tells which changes no test noticed. All tests must pass before.
// The program is changed while Mutate runs and is as before at its end: nobody
// else may use it meanwhile.
func Mutate(prog *mappings.Program, tests []*mappings.Test) ([]Change, error) {
	var m mutator
	for _, s := range prog.Sources {
		m.condition(s.Name, s.Where)
	}
	for _, x := range prog.Crosswalks {
		m.crosswalk(x)
	}
	for _, def := range prog.Maps {
		m.def = def
		m.condition(def.Name, def.Where)
		for i := range def.Checks {
			m.condition(def.Checks[i].Address, def.Checks[i].That)
		}
		m.rules(def.Root)
	}
	out := make([]Change, 0, len(m.list))
	for _, alt := range m.list {
		undo := alt.do()
		noticed, err := anyFails(prog, tests, alt.Map)
		undo()
		if err != nil {
			return nil, err
		}
		alt.Noticed = noticed
		out = append(out, alt.Change)
	}
	return out, nil
}

// anyFails reports whether a test of the map fails, or any test where def is
// nil.
func anyFails(prog *mappings.Program, tests []*mappings.Test, def *mappings.Map) (bool, error) {
	for _, t := range tests {
		if def != nil && t.Map != def {
			continue
		}
		if r, err := Run(prog, t); err != nil || !r.Passed() {
			return true, err
		}
	}
	return false, nil
}

// alteration is a change that is still to be done. Do returns what undoes it.
type alteration struct {
	Change
	do func() (undo func())
}

// mutator collects alterations.
type mutator struct {
	def  *mappings.Map
	list []alteration
}

func (m *mutator) add(rule string, at issue.Position, what string, do func() func()) {
	m.list = append(m.list, alteration{Change{Rule: rule, At: at, What: what, Map: m.def}, do})
}

// condition negates p.
func (m *mutator) condition(rule string, p *mappings.Predicate) {
	if p == nil {
		return
	}
	m.add(rule, p.Pos, "the condition "+p.Text+" is negated", func() func() {
		before := p.Expr
		p.Expr = &mappings.Expr{Op: mappings.OpNot, Args: []*mappings.Expr{before}}
		return func() { p.Expr = before }
	})
}

// crosswalk gives every target another code: a test that sees one of them
// notices.
func (m *mutator) crosswalk(x *mappings.Crosswalk) {
	m.add(x.Name, x.Pos, "the codes of the crosswalk are others", func() func() {
		before := x.Target
		x.Target = make(map[string]mappings.Target, len(before))
		for source, target := range before {
			target.Code += "-changed"
			x.Target[source] = target
		}
		return func() { x.Target = before }
	})
	if x.Unmapped == mappings.UseCode {
		m.add(x.Name, x.Pos, "the code for what the crosswalk does not know is another", func() func() {
			before := x.Use.Code
			x.Use.Code += "-changed"
			return func() { x.Use.Code = before }
		})
	}
}

// rules goes through a rule and what is below it.
func (m *mutator) rules(r *mappings.Rule) {
	if r == nil {
		return
	}
	m.condition(r.Address, r.When)
	switch r.Kind {
	case mappings.Const:
		m.constant(r)
	case mappings.PipeOf:
		m.stages(r)
	}
	for i, inner := range r.Rules {
		if inner.Kind == mappings.Text || inner.Kind == mappings.PipeOf {
			m.drop(r, i)
		}
		if inner.Name != "url" || r.Type != "Extension" { // an extension's own name is no choice of the author's
			m.rules(inner)
		}
	}
	if r.Each != nil {
		m.each(r)
	}
	for _, k := range r.Cases {
		m.condition(r.Address, k.When)
		m.rules(k.Then)
	}
}

// drop leaves out the member i of r. Constants are not dropped but changed,
// which is harder to notice.
func (m *mutator) drop(r *mappings.Rule, i int) {
	m.add(r.Rules[i].Address, r.Rules[i].Pos, "the rule is left out", func() func() {
		before := r.Rules
		r.Rules = slices.Delete(slices.Clone(before), i, i+1)
		return func() { r.Rules = before }
	})
}

// each puts the rows of an each that are grouped further into one group less.
func (m *mutator) each(r *mappings.Rule) {
	if len(r.Each.By) > 0 {
		m.add(r.Address, r.Pos, "by is left out", func() func() {
			before := r.Each.By
			r.Each.By = nil
			return func() { r.Each.By = before }
		})
	}
	m.rules(r.Each.Item)
}

func (m *mutator) constant(r *mappings.Rule) {
	other := otherConst(r)
	m.add(r.Address, r.Pos, "the constant "+r.Const+" is "+other, func() func() {
		before := r.Const
		r.Const = other
		return func() { r.Const = before }
	})
}

// otherConst returns a value that is valid at the same place where that is
// possible: what the validator refuses, every test notices.
func otherConst(r *mappings.Rule) string {
	if r.Element != nil && r.Element.Binding != nil {
		for _, c := range r.Element.Binding.Codes {
			if c.Code != r.Const {
				return c.Code
			}
		}
	}
	for _, other := range []string{"changed", "urn:changed", "1900-01-01", "1900-01-01T00:00:00Z", "true", "false", "7", "8"} {
		if other != r.Const && fhir.CheckPrimitive(r.Type, other) == nil {
			return other
		}
	}
	return r.Const + "x"
}

// stages leaves out each cleaner whose place a text can take.
func (m *mutator) stages(r *mappings.Rule) {
	p := r.Pipe
	for i, s := range p.Stages {
		if s.Kind != mappings.CleanStage || !simple(s.Type) || i > 0 && !simple(p.Stages[i-1].Type) {
			continue
		}
		m.add(r.Address, s.Pos, "the cleaner "+s.Name+" (step "+strconv.Itoa(i+1)+") is left out", func() func() {
			before := p.Stages
			p.Stages = slices.Delete(slices.Clone(before), i, i+1)
			return func() { p.Stages = before }
		})
	}
}

// simple reports whether a type is a primitive.
func simple(typ string) bool {
	def, ok := fhir.LookupType(typ)
	return ok && def.Kind == fhir.Primitive
}
