package fhirpath

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// maxNesting bounds how deep expressions may nest.
const maxNesting = 200

// compiler turns tokens into closures.
type compiler struct {
	tokens []token
	at     int
	depth  int
	err    error
}

func (c *compiler) peek() token { return c.tokens[c.at] }

func (c *compiler) next() token {
	t := c.tokens[c.at]
	if t.kind != endOfText {
		c.at++
	}
	return t
}

// isOperator reports whether the next token is the sign or the word.
func (c *compiler) isOperator(text string) bool {
	t := c.peek()
	return (t.kind == operator || t.kind == identifier) && t.text == text
}

func (c *compiler) accept(text string) bool {
	if !c.isOperator(text) {
		return false
	}
	c.next()
	return true
}

func (c *compiler) expect(text string) {
	if !c.accept(text) {
		c.fail("\"" + text + "\" is expected here")
	}
}

func (c *compiler) fail(message string) term {
	if c.err == nil {
		c.err = &SyntaxError{Offset: c.peek().at, Message: message}
	}
	return nothing
}

func (c *compiler) unsupported(what string) {
	if c.err == nil {
		c.err = fmt.Errorf("compile %s: %w", what, ErrUnsupported)
	}
}

func nothing(m *Machine) span { return span{len(m.stack), len(m.stack)} }

// levels are the binary operators, those that bind least first
// (http://hl7.org/fhirpath/N1, operator precedence).
func levels() [][]string {
	return [][]string{
		{"implies"},
		{"or", "xor"},
		{"and"},
		{"in", "contains"},
		{"=", "~", "!=", "!~"},
		{"<", ">", "<=", ">="},
		{"|"},
		{"is", "as"},
		{"+", "-", "&"},
		{"*", "/", "div", "mod"},
	}
}

// typeLevel is the level of is and as, whose right side is a type.
const typeLevel = 7

// expression compiles operators of the level and of all that bind closer.
func (c *compiler) expression(level int) term {
	all := levels()
	if level == len(all) {
		return c.unary()
	}
	left := c.expression(level + 1)
	for c.err == nil {
		t := c.peek()
		if t.kind != operator && t.kind != identifier || !slices.Contains(all[level], t.text) {
			return left
		}
		c.next()
		if level == typeLevel {
			left = typeOperator(t.text, left, c.typeName())
			continue
		}
		left = binary(t.text, left, c.expression(level+1))
	}
	return left
}

func (c *compiler) unary() term {
	if c.depth++; c.depth > maxNesting {
		return c.fail("the expression nests too deeply")
	}
	defer func() { c.depth-- }()
	switch {
	case c.accept("-"):
		return negate(c.unary())
	case c.accept("+"):
		return c.unary()
	}
	return c.path()
}

// path compiles a term and all that is invoked on it.
func (c *compiler) path() term {
	t := c.term()
	for c.err == nil {
		switch {
		case c.accept("."):
			t = chain(t, c.invocation(false))
		case c.accept("["):
			index := c.expression(0)
			c.expect("]")
			t = indexer(t, index)
		default:
			return t
		}
	}
	return t
}

func chain(t term, step invocation) term {
	return func(m *Machine) span {
		in := t(m)
		if m.err != nil {
			return span{}
		}
		return step(m, in)
	}
}

func constant(v Value) term { return func(m *Machine) span { return m.one(v) } }

func (c *compiler) term() term {
	switch t := c.peek(); t.kind {
	case literal:
		c.next()
		return constant(text(t.text))
	case number:
		c.next()
		return c.number(t)
	case temporal:
		if t.text == "" || t.text[0] == 'T' && strings.ContainsAny(t.text, "Z+-") {
			return c.fail("this is no date or time; a time of day has no zone")
		}
		c.next()
		return constant(temporalLiteral(t.text))
	case variable:
		c.next()
		return c.variable(t.text)
	case special:
		c.next()
		return c.special(t.text)
	case identifier, quoted:
		step := c.invocation(true)
		return func(m *Machine) span { return step(m, m.this) }
	}
	switch {
	case c.accept("("):
		inner := c.expression(0)
		c.expect(")")
		return inner
	case c.accept("{"):
		c.expect("}")
		return nothing
	}
	return c.fail("a value, a name or a bracket is expected here")
}

func (c *compiler) number(t token) term {
	if unit := c.peek(); unit.kind == literal {
		c.next()
		return constant(Value{kind: Quantity, text: t.text, unit: unit.text, coded: true}) // units of literals are UCUM's
	}
	if unit := c.peek(); unit.kind == identifier && calendarUnit(unit.text) != "" {
		c.next()
		return constant(Value{kind: Quantity, text: t.text, unit: calendarUnit(unit.text), calendar: true})
	}
	if strings.Contains(t.text, ".") {
		return constant(Value{kind: Decimal, text: t.text})
	}
	n, err := strconv.ParseInt(t.text, 10, 64)
	if err != nil {
		return c.fail("this number is too large")
	}
	return constant(integer(n))
}

func temporalLiteral(s string) Value {
	switch {
	case strings.HasPrefix(s, "T"):
		return Value{kind: Time, text: s[1:]}
	case strings.Contains(s, "T"):
		return Value{kind: DateTime, text: strings.TrimSuffix(s, "T")}
	}
	return Value{kind: Date, text: s}
}

// variable compiles %name (https://hl7.org/fhir/R4/fhirpath.html#variables).
func (c *compiler) variable(name string) term {
	switch name {
	case "resource":
		return func(m *Machine) span { return m.one(m.Resource) }
	case "rootResource":
		return func(m *Machine) span { return m.one(m.Root) }
	case "context":
		return func(m *Machine) span { return m.context }
	case "extension": // https://hl7.org/fhir/R4/structuredefinition-definitions.html#StructureDefinition.contextInvariant
		return func(m *Machine) span {
			if m.Extension.def == nil {
				return m.stop(ErrUnsupported)
			}
			return m.one(m.Extension)
		}
	case "ucum":
		return constant(text("http://unitsofmeasure.org"))
	case "sct":
		return constant(text("http://snomed.info/sct"))
	case "loinc":
		return constant(text("http://loinc.org"))
	}
	for _, known := range []struct{ prefix, base string }{
		{"vs-", "http://hl7.org/fhir/ValueSet/"}, {"ext-", "http://hl7.org/fhir/StructureDefinition/"},
	} {
		if rest, ok := strings.CutPrefix(name, known.prefix); ok && rest != "" {
			return constant(text(known.base + rest))
		}
	}
	c.unsupported("%" + name)
	return nothing
}

func (c *compiler) special(name string) term {
	switch name {
	case "$this":
		return func(m *Machine) span { return m.this }
	case "$index":
		return func(m *Machine) span { return m.one(integer(int64(m.index))) }
	case "$total":
		return func(m *Machine) span { return m.total }
	}
	c.unsupported(name)
	return nothing
}

// invocation compiles a name or a call; first says that nothing stands before
// it.
func (c *compiler) invocation(first bool) invocation {
	t := c.peek()
	if t.kind != identifier && t.kind != quoted {
		c.fail("a name is expected here")
		return nil
	}
	c.next()
	switch {
	case t.kind == identifier && (t.text == "true" || t.text == "false") && first:
		value := boolean(t.text == "true")
		return func(m *Machine, _ span) span { return m.one(value) }
	case t.kind == identifier && c.accept("("):
		return c.call(t.text)
	}
	return member(t.text, first)
}

// call compiles a function and its arguments; the opening bracket is read.
func (c *compiler) call(name string) invocation {
	f, ok := lookup(name)
	if !ok {
		c.unsupported(name + "()")
		return nil
	}
	if f.typed {
		typ := c.typeName()
		c.expect(")")
		return f.makeTyped(typ)
	}
	at := c.peek().at
	var args []term
	for !c.isOperator(")") && c.err == nil {
		args = append(args, c.expression(0))
		if !c.accept(",") {
			break
		}
	}
	c.expect(")")
	if c.err == nil && (len(args) < f.min || len(args) > f.max) {
		c.err = &SyntaxError{Offset: at, Message: name + "() does not take this number of arguments"}
	}
	if c.err != nil {
		return nil
	}
	return f.make(args)
}

// typeName reads a type: Patient, FHIR.Patient, System.String.
func (c *compiler) typeName() string {
	var parts []string
	for {
		t := c.peek()
		if t.kind != identifier && t.kind != quoted {
			c.fail("the name of a type is expected here")
			return ""
		}
		c.next()
		parts = append(parts, t.text)
		if c.accept(".") {
			continue
		}
		name := strings.Join(parts, ".")
		if !isType(strings.TrimPrefix(name, "FHIR.")) {
			c.err = &SyntaxError{Offset: t.at, Message: "R4 and FHIRPath have no such type"}
		}
		return name
	}
}
