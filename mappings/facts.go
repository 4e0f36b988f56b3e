package mappings

import (
	"fmt"
	"strings"
)

// A condition is proved to be impossible by taking it apart into cases, each of
// which is a list of facts that hold together: TYPE = 'a' AND TYPE <> 'a'. It
// never holds if every case contradicts itself. The proof follows the engine's
// reading of a condition (texts byte by byte, numbers where a number literal
// stands); what it cannot prove it takes for possible.

// maxCases bounds the cases of a condition; one with more is taken for
// possible.
const maxCases = 256

// fact is a comparison or another test that is true, or with not set, false.
// Neither holds of NULL, but for IS NULL.
type fact struct {
	test *Expr
	not  bool
}

// never reports whether no row can make all of the conditions true. A nil
// condition always holds.
func never(conditions ...*Expr) bool {
	all := [][]fact{nil}
	for _, e := range conditions {
		if e == nil {
			continue
		}
		cases, ok := casesOf(e, false)
		if !ok || len(all)*len(cases) > maxCases {
			return false
		}
		all = together(all, cases)
	}
	for _, c := range all {
		if !contradictory(c) {
			return false
		}
	}
	return true
}

// casesOf returns the cases in which e is true, or with not set, false. ok is
// false where there are too many.
func casesOf(e *Expr, not bool) (cases [][]fact, ok bool) {
	if e.Op == OpNot {
		return casesOf(e.Args[0], !not)
	}
	if e.Op != OpAnd && e.Op != OpOr {
		return [][]fact{{{e, not}}}, true
	}
	left, ok1 := casesOf(e.Args[0], not)
	right, ok2 := casesOf(e.Args[1], not)
	if !ok1 || !ok2 || len(left)*len(right) > maxCases {
		return nil, false
	}
	if (e.Op == OpOr) != not { // NOT (a AND b) is NOT a OR NOT b
		return append(left, right...), true
	}
	return together(left, right), true
}

func together(left, right [][]fact) [][]fact {
	var out [][]fact
	for _, l := range left {
		for _, r := range right {
			out = append(out, append(append(make([]fact, 0, len(l)+len(r)), l...), r...))
		}
	}
	return out
}

// contradictory reports whether the facts cannot all hold of one row.
func contradictory(facts []fact) bool {
	k := knowledge{null: map[string]bool{}, values: map[string]*value{}, orders: map[string]uint8{}}
	for _, f := range facts {
		if !k.learn(f) {
			return true
		}
	}
	for _, v := range k.values {
		if v.impossible() {
			return true
		}
	}
	return false
}

// knowledge is what facts say of the values of a row, by the key of their
// expressions.
type knowledge struct {
	null   map[string]bool
	values map[string]*value
	orders map[string]uint8 // of two values: bits for below, equal and above
}

// learn takes up a fact; false where it contradicts what is known.
func (k *knowledge) learn(f fact) bool {
	e := f.test
	switch e.Op {
	case OpIsNull:
		return k.isNull(e.Args[0], !f.not)
	case OpIn:
		if !k.isNull(e.Args[0], false) {
			return false
		}
		c := constraint{op: OpIn, not: f.not}
		for _, a := range e.Args[1:] {
			c.texts = append(c.texts, a.Text)
		}
		return k.holds(e.Args[0], c)
	case OpLike:
		return k.isNull(e.Args[0], false) && k.isNull(e.Args[1], false) &&
			k.holds(e.Args[0], constraint{op: OpLike, not: f.not, texts: []string{e.Args[1].key()}})
	case OpEq, OpNe, OpLt, OpLe, OpGt, OpGe:
		return k.compare(e, f.not)
	}
	return k.isNull(e, false) && k.holds(e, constraint{op: OpColumn, not: f.not})
}

// nullBase returns the value that is NULL where e is NULL.
func nullBase(e *Expr) *Expr {
	for e.Op == OpUpper || e.Op == OpLower || e.Op == OpTrim || e.Op == OpLength {
		e = e.Args[0]
	}
	return e
}

func (k *knowledge) isNull(e *Expr, null bool) bool {
	e = nullBase(e)
	switch e.Op {
	case OpNull:
		return null
	case OpText, OpNumber:
		return !null
	}
	before, known := k.null[e.key()]
	k.null[e.key()] = null
	return !known || before == null
}

// holds notes a constraint on a value; false where the value is a constant that
// does not meet it.
func (k *knowledge) holds(e *Expr, c constraint) bool {
	if e.Op == OpText || e.Op == OpNumber {
		return c.admits(e.Text)
	}
	v := k.values[e.key()]
	if v == nil {
		v = &value{}
		k.values[e.key()] = v
	}
	v.constraints = append(v.constraints, c)
	return true
}

// The orders of two values, as bits.
const (
	below uint8 = 1 << iota
	equal
	above
)

func ordersOf(op Op, not bool) uint8 {
	var bits uint8
	switch op {
	case OpEq:
		bits = equal
	case OpNe:
		bits = below | above
	case OpLt:
		bits = below
	case OpLe:
		bits = below | equal
	case OpGt:
		bits = above
	case OpGe:
		bits = above | equal
	}
	if not {
		bits ^= below | equal | above
	}
	return bits
}

// mirrored exchanges below and above.
func mirrored(bits uint8) uint8 { return bits&equal | bits&below<<2 | bits&above>>2 }

func (k *knowledge) compare(e *Expr, not bool) bool {
	left, right := e.Args[0], e.Args[1]
	if !k.isNull(left, false) || !k.isNull(right, false) {
		return false
	}
	bits := ordersOf(e.Op, not)
	numeric := false
	for _, side := range e.Args {
		numeric = numeric || side.Op == OpNumber || side.Op == OpLength
	}
	if left.constant() {
		left, right, bits = right, left, mirrored(bits)
	}
	if right.constant() {
		return k.holds(left, constraint{op: OpEq, orders: bits, texts: []string{right.Text}, numeric: numeric})
	}
	a, b := left.key(), right.key()
	if a > b {
		a, b, bits = b, a, mirrored(bits)
	}
	key := fmt.Sprint(numeric, " ", a, " ", b)
	if before, known := k.orders[key]; known {
		bits &= before
	}
	k.orders[key] = bits
	return bits != 0
}

func (e *Expr) constant() bool { return e.Op == OpText || e.Op == OpNumber }

// key names a value: equal keys mean the same value in the same row.
func (e *Expr) key() string {
	if o := e.Operand; e.Op == OpColumn && o != nil {
		return fmt.Sprintf("%q.%q%q", o.Alias, o.Column, o.Meta)
	}
	if e.name != nil { // a column that is not there, which is said already
		return fmt.Sprintf("?%q.%q", e.name.first, e.name.second)
	}
	parts := make([]string, 0, len(e.Args))
	for _, a := range e.Args {
		parts = append(parts, a.key())
	}
	return fmt.Sprintf("%d%q(%s)", e.Op, e.Text, strings.Join(parts, ","))
}

// constraint is what one fact says of a value. Op is OpIn, OpLike, OpColumn
// (being true) or OpEq (any comparison).
type constraint struct {
	op      Op
	not     bool
	orders  uint8    // OpEq: how the value may stand to the constant
	texts   []string // the constants; of OpLike the pattern's key
	numeric bool     // OpEq: compared as numbers
}

// admits reports whether the value may be text.
func (c constraint) admits(text string) bool {
	switch c.op {
	case OpIn:
		for _, t := range c.texts {
			if t == text {
				return !c.not
			}
		}
		return c.not
	case OpEq:
		if !c.numeric {
			return c.orders&order(strings.Compare(text, c.texts[0])) != 0
		}
		sign, ok := CompareNumbers(text, c.texts[0])
		return ok && c.orders&order(sign) != 0
	case OpColumn:
		return (text != "" && text != "0" && text != "false") != c.not
	}
	return true // LIKE: not looked into
}

func order(sign int) uint8 {
	switch {
	case sign < 0:
		return below
	case sign > 0:
		return above
	}
	return equal
}

// value is what all facts together say of one value.
type value struct{ constraints []constraint }

// impossible reports whether no text meets all constraints. The texts to try
// are the constants that the value must be one of; where there are none, the
// comparisons are looked at in pairs.
func (v *value) impossible() bool {
	seen := map[string]bool{} // tests that are not looked into: of each, whether it is false
	for _, c := range v.constraints {
		if c.op != OpLike && c.op != OpColumn {
			continue
		}
		test := strings.Join(c.texts, "")
		if not, known := seen[test]; known && not != c.not {
			return true
		}
		seen[test] = c.not
	}
	for _, c := range v.constraints {
		switch {
		case c.op == OpIn && !c.not, c.op == OpEq && !c.numeric && c.orders == equal, c.op == OpEq && c.orders == 0:
			return !v.anyOf(c.texts)
		}
	}
	return v.emptyRange(true) || v.emptyRange(false)
}

func (v *value) anyOf(texts []string) bool {
	for _, t := range texts {
		all := true
		for _, c := range v.constraints {
			all = all && c.admits(t)
		}
		if all {
			return true
		}
	}
	return false
}

// emptyRange reports whether the comparisons of one kind leave no value: each
// pair of them must leave some.
func (v *value) emptyRange(numeric bool) bool {
	for i, a := range v.constraints {
		for _, b := range v.constraints[:i] {
			if a.op == OpEq && b.op == OpEq && a.numeric == numeric && b.numeric == numeric && apart(a, b) {
				return true
			}
		}
	}
	return false
}

// apart reports whether two comparisons with constants exclude each other: what
// may stand below the smaller constant, on it, between them, on the larger and
// above it.
func apart(a, b constraint) bool {
	between := order(strings.Compare(a.texts[0], b.texts[0]))
	if a.numeric {
		sign, ok := CompareNumbers(a.texts[0], b.texts[0])
		if !ok {
			return true // nothing is above, below or equal to what is no number
		}
		between = order(sign)
	}
	if between == above {
		a, b = b, a
	}
	both := a.orders & b.orders
	if between == equal {
		return both == 0
	}
	// a's constant is the smaller one
	return both&(below|above) == 0 && (a.orders&equal == 0 || b.orders&below == 0) &&
		(a.orders&above == 0 || b.orders&below == 0) && (a.orders&above == 0 || b.orders&equal == 0)
}
