package mappings

import (
	"fmt"
	"strings"

	"chartlift/internal/issue"
)

// Predicate is a condition on a row, written as an SQL expression.
type Predicate struct {
	Text string
	Pos  issue.Position
	Expr *Expr
}

// Op is what an expression node does.
type Op uint8

// The operators, in SQL's three-valued logic. Comparisons with a number
// literal compare numbers, all others text byte by byte.
const (
	OpColumn Op = iota
	OpText
	OpNumber
	OpNull
	OpAnd
	OpOr
	OpNot
	OpEq
	OpNe
	OpLt
	OpLe
	OpGt
	OpGe
	OpIn
	OpLike
	OpIsNull
	OpUpper
	OpLower
	OpTrim
	OpLength
	OpCoalesce
)

// Expr is a node of a predicate. BETWEEN is written as two comparisons.
type Expr struct {
	Op      Op
	Args    []*Expr
	Text    string // OpText, OpNumber
	Operand *Operand
	column  int
	name    *operandText
}

var comparisons = map[string]Op{"=": OpEq, "==": OpEq, "<>": OpNe, "!=": OpNe, "<": OpLt, "<=": OpLe, ">": OpGt, ">=": OpGe}

var functions = map[string]Op{"UPPER": OpUpper, "LOWER": OpLower, "TRIM": OpTrim, "LENGTH": OpLength, "COALESCE": OpCoalesce}

// predicateParser is a recursive descent over SQL tokens.
type predicateParser struct {
	tokens []sqlToken
	at     int
	depth  int
}

func parsePredicate(text string) (*Expr, error) {
	if len(text) > maxText {
		return nil, &syntaxError{message: "longer than 64 KiB; use a crosswalk or a lookup"}
	}
	tokens, err := sqlTokens(text)
	if err != nil {
		return nil, err
	}
	p := &predicateParser{tokens: tokens}
	e, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.peek().kind != sqlEnd {
		return nil, p.fail("expected AND, OR or the end, found %s", p.peek().text)
	}
	return e, nil
}

func (p *predicateParser) peek() sqlToken { return p.tokens[p.at] }

func (p *predicateParser) fail(format string, args ...any) error {
	return &syntaxError{column: p.peek().column, message: fmt.Sprintf(format, args...)}
}

func (p *predicateParser) keyword(word string) bool {
	if t := p.peek(); t.kind == sqlWord && strings.EqualFold(t.text, word) {
		p.at++
		return true
	}
	return false
}

func (p *predicateParser) symbol(text string) bool {
	if t := p.peek(); t.kind == sqlSymbol && t.text == text {
		p.at++
		return true
	}
	return false
}

func (p *predicateParser) or() (*Expr, error) {
	return p.chain("OR", OpOr, p.and)
}

func (p *predicateParser) and() (*Expr, error) {
	return p.chain("AND", OpAnd, p.not)
}

func (p *predicateParser) chain(word string, op Op, next func() (*Expr, error)) (*Expr, error) {
	left, err := next()
	if err != nil {
		return nil, err
	}
	for p.keyword(word) {
		right, err := next()
		if err != nil {
			return nil, err
		}
		left = &Expr{Op: op, Args: []*Expr{left, right}}
	}
	return left, nil
}

func (p *predicateParser) not() (*Expr, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, p.fail("nested too deeply")
	}
	defer func() { p.depth-- }()
	if p.keyword("NOT") {
		e, err := p.not()
		return &Expr{Op: OpNot, Args: []*Expr{e}}, err
	}
	return p.comparison()
}

func (p *predicateParser) comparison() (*Expr, error) {
	left, err := p.value()
	if err != nil {
		return nil, err
	}
	if t := p.peek(); t.kind == sqlSymbol {
		if op, ok := comparisons[t.text]; ok {
			p.at++
			right, err := p.value()
			return &Expr{Op: op, Args: []*Expr{left, right}}, err
		}
	}
	if p.keyword("IS") {
		negated := p.keyword("NOT")
		if !p.keyword("NULL") {
			return nil, p.fail("expected NULL after IS")
		}
		return negate(&Expr{Op: OpIsNull, Args: []*Expr{left}}, negated), nil
	}
	negated := p.keyword("NOT")
	switch {
	case p.keyword("IN"):
		e, err := p.in(left)
		return negate(e, negated), err
	case p.keyword("LIKE"):
		right, err := p.value()
		return negate(&Expr{Op: OpLike, Args: []*Expr{left, right}}, negated), err
	case p.keyword("BETWEEN"):
		e, err := p.between(left)
		return negate(e, negated), err
	case negated:
		return nil, p.fail("expected IN, LIKE or BETWEEN after NOT")
	}
	return left, nil
}

func negate(e *Expr, yes bool) *Expr {
	if !yes {
		return e
	}
	return &Expr{Op: OpNot, Args: []*Expr{e}}
}

func (p *predicateParser) in(left *Expr) (*Expr, error) {
	if !p.symbol("(") {
		return nil, p.fail("expected ( after IN")
	}
	e := &Expr{Op: OpIn, Args: []*Expr{left}}
	for {
		if t := p.peek(); t.kind != sqlString && t.kind != sqlNumber {
			return nil, p.fail("the list after IN holds 'texts' and numbers only")
		}
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		e.Args = append(e.Args, v)
		if p.symbol(")") {
			return e, nil
		}
		if !p.symbol(",") {
			return nil, p.fail("expected , or ) in the list after IN")
		}
	}
}

func (p *predicateParser) between(left *Expr) (*Expr, error) {
	if left.size(maxBetween) > maxBetween {
		return nil, p.fail("what stands before BETWEEN is too long; write two comparisons")
	}
	low, err := p.value()
	if err != nil {
		return nil, err
	}
	if !p.keyword("AND") {
		return nil, p.fail("expected AND in BETWEEN … AND …")
	}
	high, err := p.value()
	return &Expr{Op: OpAnd, Args: []*Expr{
		{Op: OpGe, Args: []*Expr{left, low}},
		{Op: OpLe, Args: []*Expr{left, high}},
	}}, err
}

// maxBetween bounds what stands before BETWEEN: it is written out twice, and
// twice again inside another BETWEEN.
const maxBetween = 64

// size counts the nodes below e, shared ones each time, and stops soon above
// limit.
func (e *Expr) size(limit int) int {
	n := 1
	for _, a := range e.Args {
		if n > limit {
			break
		}
		n += a.size(limit - n)
	}
	return n
}

func (p *predicateParser) value() (*Expr, error) {
	t := p.peek()
	switch t.kind {
	case sqlString:
		p.at++
		return &Expr{Op: OpText, Text: t.text}, nil
	case sqlNumber:
		p.at++
		return &Expr{Op: OpNumber, Text: t.text}, nil
	case sqlQuoted:
		p.at++
		return p.columnRef(t)
	case sqlWord:
		p.at++
		if strings.EqualFold(t.text, "NULL") {
			return &Expr{Op: OpNull}, nil
		}
		if op, ok := functions[strings.ToUpper(t.text)]; ok && p.symbol("(") {
			return p.call(op)
		}
		return p.columnRef(t)
	}
	if p.symbol("(") {
		e, err := p.or()
		if err != nil {
			return nil, err
		}
		if !p.symbol(")") {
			return nil, p.fail("expected )")
		}
		return e, nil
	}
	return nil, p.fail("expected a column, a 'text' or a number")
}

func (p *predicateParser) columnRef(t sqlToken) (*Expr, error) {
	name := &operandText{first: t.text, column: t.column}
	if p.symbol(".") {
		second := p.peek()
		if second.kind != sqlWord && second.kind != sqlQuoted {
			return nil, p.fail("expected the name of a column after %s.", t.text)
		}
		name.second = second.text
		p.at++
	}
	return &Expr{Op: OpColumn, column: t.column, name: name}, nil
}

func (p *predicateParser) call(op Op) (*Expr, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, p.fail("nested too deeply")
	}
	defer func() { p.depth-- }()
	e := &Expr{Op: op}
	for {
		arg, err := p.value()
		if err != nil {
			return nil, err
		}
		e.Args = append(e.Args, arg)
		if p.symbol(")") {
			return e, nil
		}
		if p.peek().text == "," && op != OpCoalesce {
			return nil, p.fail("expected ): this function takes one value")
		}
		if !p.symbol(",") {
			return nil, p.fail("expected , or )")
		}
	}
}
