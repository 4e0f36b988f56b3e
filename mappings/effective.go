package mappings

import (
	"slices"
	"strings"

	"chartlift/internal/issue"
)

// Line is one line of the effective mapping: what stands at an address, and
// where it was written.
type Line struct {
	Address string
	Value   string // as the language writes it
	At      issue.Position
}

// Effective returns every rule, condition and lookup of the program, map by map
// in the order of the run, after everything that the mapping extends was
// merged.
func (p *Program) Effective() []Line {
	var out []Line
	add := func(address, value string, at issue.Position) { out = append(out, Line{address, value, at}) }
	for _, m := range p.Maps {
		add(m.Name, m.Resource+" from "+m.From.Name, m.Pos)
		if m.ID != nil {
			add(m.Name+".id", m.ID.Text, m.ID.Pos)
		}
		if m.Where != nil {
			add(m.Name+".where", m.Where.Text, m.Where.Pos)
		}
		for _, l := range m.Lookups {
			add(m.Name+".lookup."+l.Alias, l.text(), l.Pos)
		}
		for _, k := range m.Checks {
			add(k.Address+".check", k.That.Text, k.That.Pos)
		}
		m.Root.Walk(func(r *Rule) {
			if value := r.String(); value != "" && (r.Name != "url" || r.Kind != Const) {
				add(r.Address, value, r.Pos)
			}
		})
	}
	return out
}

func (l *Lookup) text() string {
	var on []string
	for _, k := range l.On {
		on = append(on, k.Column+": "+k.Value.Text)
	}
	return l.In.Name + " on { " + strings.Join(on, ", ") + " }"
}

// String returns what makes the rule's value, as the language writes it: a
// constant, a pipe, a text with parts, a condition. It is empty for an object
// or list whose members say all.
func (r *Rule) String() string {
	value := ""
	switch r.Kind {
	case Const:
		value = r.Const
	case PipeOf:
		value = r.Pipe.Text
	case Text:
		value = textOf(r.Parts)
	case Each:
		value = "each $" + r.Each.Alias
		if len(r.Each.By) > 0 {
			value += " by " + strings.Join(r.Each.By, ", ")
		}
	case Cases:
		var when []string
		for _, k := range r.Cases {
			if k.When != nil {
				when = append(when, k.When.Text)
			}
		}
		value = "case " + strings.Join(when, " / ") + " / else"
	}
	if r.When != nil {
		value = strings.TrimSpace(value + " when " + r.When.Text)
	}
	return value
}

// textOf writes parts as the text from which they were read.
func textOf(parts []Part) string {
	var b strings.Builder
	for _, p := range parts {
		switch o := p.Operand; {
		case o == nil:
			b.WriteString(p.Const)
		case o.Meta != "":
			b.WriteString("${source." + o.Meta + "}")
		case o.Alias != "":
			b.WriteString("${" + o.Alias + "." + o.Column + "}")
		default:
			b.WriteString("${" + o.Column + "}")
		}
	}
	return b.String()
}

// RuleAt returns the rule that makes the element with this path in the map's
// resource, such as name[0].family: the one with this address, or the nearest
// one around it; nil where none does.
func (m *Map) RuleAt(path string) *Rule {
	byAddress := map[string]*Rule{}
	m.Root.Walk(func(r *Rule) { byAddress[r.Address] = r })
	for path != "" {
		if r := byAddress[m.Name+"."+path]; r != nil {
			return r
		}
		if open := strings.LastIndexByte(path, '['); open >= 0 && strings.HasSuffix(path, "]") {
			if r := byAddress[m.Name+"."+path[:open]+"[]"]; r != nil {
				return r
			}
		}
		if any := eachIndex(path); any != path && byAddress[m.Name+"."+any] != nil {
			return byAddress[m.Name+"."+any]
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return nil
}

// eachIndex replaces every index by [], the address of a rule that makes one
// element of each row.
func eachIndex(path string) string {
	var b strings.Builder
	inside := false
	for _, c := range path {
		if c == ']' {
			inside = false
		}
		if !inside {
			b.WriteRune(c)
		}
		if c == '[' {
			inside = true
		}
	}
	return b.String()
}

// Columns returns the columns that the rule's value is made of, those of
// lookups as alias.COLUMN, each once.
func (r *Rule) Columns() []string {
	out := []string{}
	add := func(o *Operand) {
		if o == nil || o.Meta != "" {
			return
		}
		name := o.Column
		if o.Alias != "" {
			name = o.Alias + "." + name
		}
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	for _, p := range r.Parts {
		add(p.Operand)
	}
	r.Pipe.operands(add)
	return out
}

// operands calls add for every value of the row that the pipe names.
func (p *Pipe) operands(add func(*Operand)) {
	if p == nil {
		return
	}
	add(p.Start)
	if p.Ref != nil {
		for _, k := range p.Ref.Keys {
			k.operands(add)
		}
	}
	for _, s := range p.Stages {
		for _, a := range s.Args {
			add(a.Operand)
		}
	}
}
