package mappings

import (
	"slices"
	"strconv"
	"strings"

	"chartlift/fhir"
	"chartlift/internal/issue"
)

// pipe compiles a pipe and computes its type. It returns nil after a finding.
func (c *compiler) pipe(n *node, s scope) *Pipe {
	text, err := parsePipe(c.text(n))
	if err != nil {
		c.syntax(n.pos, err)
		return nil
	}
	return c.pipeOf(text, n.text, n.pos, s)
}

func (c *compiler) pipeOf(text *pipeText, raw string, pos issue.Position, s scope) *Pipe {
	p := &Pipe{Text: raw, Pos: pos, Type: "string"}
	switch {
	case text.ref != nil:
		p.Type = "Reference"
		if p.Ref = c.ref(text.ref, raw, pos, s); p.Ref == nil {
			return nil
		}
	default:
		if p.Start = c.operand(text.start, pos, s); p.Start == nil {
			return nil
		}
		c.declaredType(p, text, s)
	}
	for _, st := range text.stages {
		stage, ok := c.stage(st, p, pos, s)
		if !ok {
			return nil
		}
		stage.Type = p.Type
		p.Stages = append(p.Stages, stage)
	}
	return p
}

// declaredType gives a column that the source declares as date, number or
// boolean that type, by the cleaner of its name.
func (c *compiler) declaredType(p *Pipe, text *pipeText, s scope) {
	source := s.source
	if p.Start.Alias != "" {
		source = s.rows(p.Start.Alias)
	}
	d := source.decl(p.Start.Column)
	if d == nil || d.Type == "string" || d.Type == "enum" {
		return
	}
	name := d.Type
	if name == "boolean" {
		name = "bool"
	}
	if len(text.stages) > 0 {
		return // the pipe says itself how the column is read
	}
	if stage, ok := c.stage(stageText{name: name}, p, p.Pos, s); ok {
		stage.Type = p.Type
		p.Stages = append(p.Stages, stage)
	}
}

func (c *compiler) ref(r *refText, raw string, pos issue.Position, s scope) *Ref {
	m, ok := c.maps[r.name]
	here := at(pos, r.column, runes(r.name))
	if !ok {
		c.suggest("E0501", here, "there is no map "+strconv.Quote(r.name), nearest(r.name, keysOf(c.maps)))
		return nil
	}
	if len(m.Key) == 0 {
		return nil // the map's own findings say why
	}
	if len(m.Key) == 1 && m.Key[0] == LineKey {
		c.add("E0502", here, "the map "+r.name+" has the key _line: nothing can refer to it")
		return nil
	}
	if len(r.keys) != len(m.Key) {
		c.add("E0502", here, "the key of "+r.name+" is "+strings.Join(m.Key, ", ")+": give "+strconv.Itoa(len(m.Key))+" values")
		return nil
	}
	out := &Ref{Map: m, Optional: r.optional}
	for _, k := range r.keys {
		p := c.pipeOf(k, raw, pos, s)
		if p == nil {
			return nil
		}
		out.Keys = append(out.Keys, p)
	}
	if s.m != nil && !slices.Contains(s.m.Refs, m) {
		s.m.Refs = append(s.m.Refs, m)
	}
	return out
}

// stage compiles one stage and moves the pipe's type on.
func (c *compiler) stage(st stageText, p *Pipe, pos issue.Position, s scope) (Stage, bool) {
	out := Stage{Name: st.name, Pos: at(pos, st.column, runes(st.name))}
	for _, a := range st.args {
		arg := StageArg{Text: a.text, Pair: a.pair, IsPair: a.isPair}
		if a.operand != nil {
			if arg.Operand = c.operand(a.operand, pos, s); arg.Operand == nil {
				return out, false
			}
			arg.Text = a.operand.first
		}
		out.Args = append(out.Args, arg)
	}
	switch st.name {
	case "code", "coding", "concept":
		return c.crosswalkStage(out, p)
	case "text":
		if p.Type != "CodeableConcept" || len(out.Args) != 1 || p.Stages[len(p.Stages)-1].Kind == TextStage {
			c.add("E0304", out.Pos, "text adds a text to a CodeableConcept: $CODE | concept CROSSWALK | text $NAME")
			return out, false
		}
		out.Kind = TextStage
		return out, true
	}
	return c.cleanStage(out, p)
}

func (c *compiler) crosswalkStage(out Stage, p *Pipe) (Stage, bool) {
	if len(out.Args) != 1 || out.Args[0].Operand != nil {
		c.add("E0303", out.Pos, out.Name+" takes the name of a crosswalk: | "+out.Name+" gender")
		return out, false
	}
	name := out.Args[0].Text
	if out.Crosswalk = c.crosswalks[name]; out.Crosswalk == nil {
		c.suggest("E0401", out.Pos, "there is no crosswalk "+strconv.Quote(name), nearest(name, keysOf(c.crosswalks)))
		return out, false
	}
	if !primitive(p.Type) {
		c.add("E0304", out.Pos, out.Name+" translates a code, not a "+p.Type)
		return out, false
	}
	switch out.Name {
	case "code":
		out.Kind, p.Type = CodeStage, "code"
	case "coding":
		out.Kind, p.Type = CodingStage, "Coding"
	default:
		out.Kind, p.Type = ConceptStage, "CodeableConcept"
	}
	return out, true
}

func primitive(typ string) bool {
	def, ok := fhir.LookupType(typ)
	return ok && def.Kind == fhir.Primitive
}

func (c *compiler) cleanStage(out Stage, p *Pipe) (Stage, bool) {
	var names []string
	var sig *Signature
	for i := range c.options.Cleaners {
		names = append(names, c.options.Cleaners[i].Name)
		if c.options.Cleaners[i].Name == out.Name {
			sig = &c.options.Cleaners[i]
		}
	}
	if sig == nil {
		c.suggest("E0302", out.Pos, "there is no cleaner "+strconv.Quote(out.Name)+"; chartlift mappings cleaners lists them", nearest(out.Name, names))
		return out, false
	}
	if !accepts(sig.In, p.Type) {
		c.add("E0304", out.Pos, out.Name+" takes "+strings.Join(sig.In, " or ")+", but a "+p.Type+" comes in")
		return out, false
	}
	if message := arguments(sig, out.Args); message != "" {
		c.add("E0303", out.Pos, message)
		return out, false
	}
	if sig.Check != nil {
		if err := sig.Check(out.Args); err != nil {
			c.add("E0303", out.Pos, out.Name+": "+strings.TrimPrefix(err.Error(), out.Name+": "))
			return out, false
		}
	}
	if sig.Out != "=" {
		p.Type = sig.Out
	}
	return out, true
}

// accepts reports whether a cleaner for the types in takes a value of type typ.
// Every primitive is text too.
func accepts(in []string, typ string) bool {
	return slices.Contains(in, typ) || primitive(typ) && (slices.Contains(in, "*") || slices.Contains(in, "string"))
}

// arguments returns what is wrong with the arguments of a cleaner, or "".
func arguments(sig *Signature, args []StageArg) string {
	usage := sig.Name
	for _, p := range sig.Params {
		word := p.Name
		if p.Variadic {
			word += "…"
		}
		if p.Optional {
			word = "[" + word + "]"
		}
		usage += " " + word
	}
	for i, p := range sig.Params {
		if i >= len(args) && !p.Optional {
			return sig.Name + " lacks its argument " + p.Name + ": " + usage
		}
	}
	for i, a := range args {
		if i >= len(sig.Params) && (len(sig.Params) == 0 || !sig.Params[len(sig.Params)-1].Variadic) {
			return sig.Name + " has an argument too many: " + usage
		}
		p := sig.Params[min(i, len(sig.Params)-1)]
		if a.Operand != nil && !p.Column {
			return "the argument " + p.Name + " of " + sig.Name + " is a word, not a column: " + usage
		}
		if a.Operand == nil && !a.IsPair && !p.Word {
			return "the argument " + p.Name + " of " + sig.Name + " is a column or a pair: " + usage
		}
	}
	return ""
}

// predicate compiles an SQL condition; nil where n is nil.
func (c *compiler) predicate(n *node, s scope) *Predicate {
	if n == nil {
		return nil
	}
	text := c.text(n)
	e, err := parsePredicate(text)
	if err != nil {
		c.syntax(n.pos, err)
		return nil
	}
	c.resolve(e, n.pos, s)
	return &Predicate{Text: text, Pos: n.pos, Expr: e}
}

func (c *compiler) resolve(e *Expr, pos issue.Position, s scope) {
	if e.Op == OpColumn {
		e.name.column = e.column
		e.Operand = c.operand(e.name, pos, s)
	}
	for i, a := range e.Args {
		c.compared = i > 0 && a.Op == OpColumn && a.name.second == "" && e.Op >= OpEq && e.Op <= OpGe
		c.resolve(a, pos, s)
	}
	c.compared = false
}
