package mappings

import "strconv"

// live returns the condition under which a rule may write its element; nil
// where it always may.
func (r *Rule) live() *Expr {
	var e *Expr
	for _, b := range r.Cases {
		switch {
		case b.When == nil:
			return r.When.expr() // an else
		case b.Then == nil:
		case e == nil:
			e = b.When.Expr
		default:
			e = &Expr{Op: OpOr, Args: []*Expr{e, b.When.Expr}}
		}
	}
	when := r.When.expr()
	if e == nil || when == nil {
		if e == nil {
			return when
		}
		return e
	}
	return &Expr{Op: OpAnd, Args: []*Expr{when, e}}
}

func (p *Predicate) expr() *Expr {
	if p == nil {
		return nil
	}
	return p.Expr
}

// takes are the conditions on the rows that a map takes.
func (m *Map) takes() []*Expr { return []*Expr{m.From.Where.expr(), m.Where.expr()} }

// unreachable warns of what no row can ever make a map write.
func (c *compiler) unreachable(m *Map) {
	if m.Where != nil && never(m.takes()...) {
		c.warn("W0301", m.Where.Pos, "no row meets this condition together with that of the source: the map "+m.Name+" makes nothing")
		return
	}
	for _, k := range m.Checks {
		if k.That != nil && never(append(m.takes(), &Expr{Op: OpNot, Args: []*Expr{k.That.Expr}})...) {
			c.warn("W0301", k.That.Pos, "this check never fails: no row makes its condition false")
		}
	}
	c.reach(m.Root, m.takes())
}

// reach warns of conditions below r that never hold, given those around it.
func (c *compiler) reach(r *Rule, around []*Expr) {
	if r == nil {
		return
	}
	if r.When != nil {
		around = append(around[:len(around):len(around)], r.When.Expr)
		if never(around...) {
			c.warn("W0301", r.When.Pos, "no row meets this condition: "+r.Address+" is never written")
			return
		}
	}
	for _, m := range r.Rules {
		c.reach(m, around)
	}
	if r.Each != nil {
		c.reach(r.Each.Item, around)
	}
	c.reachCases(r, around)
}

func (c *compiler) reachCases(r *Rule, around []*Expr) {
	for i, b := range r.Cases {
		pos := r.Pos
		if b.When != nil {
			pos = b.When.Pos
		} else if b.Then != nil {
			pos = b.Then.Pos
		}
		for j, earlier := range r.Cases[:i] {
			if earlier.When == nil || b.When != nil && earlier.When.Text == b.When.Text {
				c.warn("W0302", pos, "this case is never reached: case "+strconv.Itoa(j+1)+" takes every row that would come here")
				return
			}
		}
		inside := around
		if b.When != nil {
			inside = append(around[:len(around):len(around)], b.When.Expr)
		}
		if never(inside...) {
			c.warn("W0302", pos, "no row meets the condition of this case")
			continue
		}
		c.reach(b.Then, inside)
	}
}

// Unconditional reports whether the rule is written in every row that reaches
// it.
func (r *Rule) Unconditional() bool { return r.When == nil && len(r.Checks) == 0 }
