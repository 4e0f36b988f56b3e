package mappings

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"chartlift/fhir"
	"chartlift/internal/issue"
)

// scope is what names mean at a place of a map. in holds the aliases whose rows
// an each is going through.
type scope struct {
	source *Source
	m      *Map
	in     []string
}

// rows returns the source behind an alias, or nil.
func (s scope) rows(alias string) *Source {
	if s.m == nil {
		return nil
	}
	if alias == RowsAlias && len(s.m.Group) > 0 {
		return s.m.From
	}
	if l := s.m.Lookup(alias); l != nil {
		return l.In
	}
	return nil
}

func (s scope) aliases() []string {
	var out []string
	if s.m == nil {
		return nil
	}
	for _, l := range s.m.Lookups {
		out = append(out, l.Alias)
	}
	if len(s.m.Group) > 0 {
		out = append(out, RowsAlias)
	}
	return out
}

// operand resolves a column name, which stands at column runes behind pos.
func (c *compiler) operand(o *operandText, pos issue.Position, s scope) *Operand {
	here := at(pos, o.column, runes(o.first)+1)
	if o.second == "" {
		if o.first == LineKey {
			return &Operand{Meta: "row", Pos: here}
		}
		c.use(s.source, o.first, here)
		return &Operand{Column: o.first, Pos: here}
	}
	in := s.rows(o.first)
	if in == nil {
		c.suggest("E0204", here, "there is no lookup "+strconv.Quote(o.first)+` in this map; a column with a dot is written $"`+o.first+"."+o.second+`"`,
			nearest(o.first, s.aliases()))
		return nil
	}
	if l := s.m.Lookup(o.first); l != nil && l.Many && !slices.Contains(s.in, o.first) {
		c.add("E0204", here, "the lookup "+o.first+" may give several rows: use it inside each: $"+o.first)
	}
	c.use(in, o.second, here)
	return &Operand{Alias: o.first, Column: o.second, Pos: here}
}

// interpolation says what ${…} may name.
type interpolation uint8

const (
	paramsOnly interpolation = iota
	metaOnly                 // params and facts of the row's place
	withRow                  // also columns; needs a scope
)

// interpolate reads a text with ${…}; neighbouring constants are joined.
func (c *compiler) interpolate(n *node, mode interpolation) []Part {
	return c.interpolateIn(n, mode, scope{})
}

func (c *compiler) interpolateIn(n *node, mode interpolation, s scope) []Part {
	consts, names, columns, err := splitText(c.text(n))
	if err != nil {
		c.syntax(n.pos, err)
		return nil
	}
	var out []Part
	for i, name := range names {
		part := Part{Const: consts[i]}
		if name != "" {
			part = c.part(name, at(n.pos, columns[i], runes(name)+3), mode, s)
		}
		if part.Operand == nil && len(out) > 0 && out[len(out)-1].Operand == nil {
			out[len(out)-1].Const += part.Const
			continue
		}
		out = append(out, part)
	}
	return out
}

func (c *compiler) part(name string, pos issue.Position, mode interpolation, s scope) Part {
	prefix, rest, dotted := strings.Cut(name, ".")
	switch {
	case dotted && prefix == "param":
		value, ok := c.prog.Params[rest]
		if !ok {
			c.suggest("E0108", pos, "there is no param "+strconv.Quote(rest), nearest(rest, keysOf(c.prog.Params)))
		}
		return Part{Const: value}
	case dotted && prefix == "run":
		c.add("E0109", pos, "nothing in a resource may come from the run: the same input must give the same bytes")
		return Part{}
	case mode == paramsOnly:
		c.add("E0109", pos, "only ${param.NAME} can stand here")
		return Part{}
	case dotted && prefix == "source":
		if !slices.Contains([]string{"file", "table", "row", "line"}, rest) {
			c.suggest("E0109", pos, "a source has file, table, row and line", nearest(rest, []string{"file", "table", "row", "line"}))
		}
		return Part{Operand: &Operand{Meta: rest, Pos: pos}}
	case mode == metaOnly:
		c.add("E0109", pos, "only ${param.NAME} and ${source.file}, ${source.table}, ${source.row}, ${source.line} can stand here")
		return Part{}
	}
	p := &pipeParser{text: name}
	o, err := p.operand()
	if err != nil || p.at < len(name) {
		c.add("E0109", pos, "a column stands here as ${NAME} or ${\"Date of Birth\"}; cleaners have no place in a text")
		return Part{}
	}
	o.column = 0
	return Part{Operand: c.operand(o, pos, s)}
}

// constText joins the constants of parts.
func constText(parts []Part) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString(p.Const)
	}
	return b.String()
}

// syntax reports a syntax error of a pipe, predicate or text that starts at
// pos.
func (c *compiler) syntax(pos issue.Position, err error) {
	var se *syntaxError
	if errors.As(err, &se) {
		c.add("E0301", at(pos, se.column, 1), se.message)
		return
	}
	c.add("E0301", pos, err.Error())
}

// scalarValue compiles a constant, a text with parts, or a pipe.
func (c *compiler) scalarValue(n *node, t target, s scope) *Rule {
	r := &Rule{Address: t.address, Name: t.name, Pos: n.pos, Type: t.typ, Element: t.element, Policy: t.policy}
	if isPipe(n.text, t.typ) {
		r.Kind, r.Fed = PipeOf, true
		if r.Pipe = c.pipe(n, s); r.Pipe == nil {
			return nil
		}
		c.checkPipe(r, t)
		return r
	}
	def, ok := fhir.LookupType(t.typ)
	if !ok || def.Kind != fhir.Primitive {
		c.add("E0117", n.pos, "a "+t.typ+" is written with its members, { … }, or made by a cleaner")
		return nil
	}
	before := len(c.list)
	parts := c.interpolateIn(n, withRow, s)
	if len(c.list) > before {
		return nil
	}
	if slices.ContainsFunc(parts, func(p Part) bool { return p.Operand != nil }) {
		r.Kind, r.Parts, r.Fed = Text, parts, true
		if !assignable("string", t.typ) {
			c.add("E0305", n.pos, "a text cannot stand for the type "+t.typ)
		}
		return r
	}
	r.Kind, r.Const = Const, constText(parts)
	c.checkConst(r, t)
	return r
}

// isPipe reports whether a scalar takes its value from the row.
func isPipe(text, typ string) bool {
	if strings.HasPrefix(text, "$") {
		return !strings.HasPrefix(text, "$$") && !strings.HasPrefix(text, "${")
	}
	return typ == "Reference" && (strings.HasPrefix(text, "ref ") || strings.HasPrefix(text, "ref? "))
}

func (c *compiler) checkConst(r *Rule, t target) {
	if err := fhir.CheckPrimitive(t.typ, r.Const); err != nil {
		c.add("E0306", r.Pos, strconv.Quote(r.Const)+" is not a "+t.typ+": "+err.Error())
		return
	}
	if t.typ == "code" && t.element.Binding != nil && t.element.Binding.Strength == "required" && t.element.Binding.Codes != nil && !t.element.Binding.Has("", r.Const) {
		c.codeNotInSet(r, r.Const, t.element.Binding)
	}
}

// checkPipe compares what a pipe gives with what the element takes.
func (c *compiler) checkPipe(r *Rule, t target) {
	p := r.Pipe
	if !assignable(p.Type, t.typ) {
		c.add("E0305", r.Pos, "this pipe gives a "+p.Type+", but "+t.element.Name+" is a "+t.typ+typeHint(p.Type, t.typ))
		return
	}
	if p.Ref != nil && p.Ref.Map.Resource != "" && t.element != nil && !t.element.Allows(p.Ref.Map.Resource) {
		c.add("E0503", r.Pos, t.element.Name+" may refer to "+strings.Join(t.element.Targets, ", ")+", not to "+p.Ref.Map.Resource)
	}
	if t.binding == nil || t.binding.Strength != "required" || t.binding.Codes == nil || len(p.Stages) == 0 {
		return
	}
	last := p.Stages[len(p.Stages)-1]
	if last.Crosswalk == nil {
		return
	}
	for _, source := range keysOf(last.Crosswalk.Target) {
		target := last.Crosswalk.Target[source]
		system := target.System
		if last.Kind == CodeStage {
			system = ""
		}
		if !t.binding.Has(system, target.Code) {
			c.codeNotInSet(r, target.Code, t.binding)
		}
	}
}

func typeHint(from, to string) string {
	cleaners := map[string]string{
		"date": "date", "dateTime": "datetime", "decimal": "decimal", "integer": "integer", "positiveInt": "integer",
		"unsignedInt": "integer", "boolean": "bool Y=true N=false", "Quantity": "quantity $UNIT ucum", "CodeableConcept": "concept CROSSWALK",
		"Coding": "coding CROSSWALK", "time": "time", "Period": "period $START $END", "HumanName": "human_name FORMAT",
	}
	if name, ok := cleaners[to]; ok && from == "string" {
		return "; add | " + name
	}
	return ""
}

// assignable reports whether a value of type from may stand in an element of
// type to.
func assignable(from, to string) bool {
	if from == to {
		return true
	}
	switch from {
	case "string", "code", "uri", "id":
		return slices.Contains([]string{"string", "markdown", "code", "id", "uri", "url", "canonical", "oid", "uuid", "base64Binary"}, to)
	case "date":
		return to == "dateTime" || to == "string"
	case "dateTime":
		return to == "instant" || to == "string"
	case "integer":
		return slices.Contains([]string{"positiveInt", "unsignedInt", "decimal", "string"}, to)
	case "decimal", "time", "boolean":
		return to == "string"
	case "Quantity":
		return slices.Contains([]string{"Age", "Duration", "Count", "Distance", "SimpleQuantity", "MoneyQuantity"}, to)
	}
	return false
}
