package fhirpath

import (
	"math/big"
	"strings"
)

// binary returns the term of an operator between two terms.
func binary(sign string, left, right term) term {
	switch sign {
	case "and", "or", "xor", "implies":
		return logic(sign, left, right)
	case "=", "!=", "~", "!~":
		return equality(sign, left, right)
	case "<", ">", "<=", ">=":
		return inequality(sign, left, right)
	case "|":
		return union(left, right)
	case "in":
		return contains(right, left)
	case "contains":
		return contains(left, right)
	case "&":
		return concatenation(left, right)
	}
	return arithmetic(sign, left, right)
}

// logic is the three-valued logic of FHIRPath. The right side is not run where
// the left one decides.
func logic(sign string, left, right term) term {
	return func(m *Machine) span {
		a := m.truth(m.values(left(m)))
		if m.err != nil {
			return span{}
		}
		switch {
		case sign == "and" && a == False, sign == "implies" && a == False, sign == "or" && a == True:
			return m.one(boolean(sign != "and"))
		}
		b := m.truth(m.values(right(m)))
		if m.err != nil {
			return span{}
		}
		return m.truthValue(decide(sign, a, b))
	}
}

func decide(sign string, a, b Truth) Truth {
	switch sign {
	case "and":
		return min3(a, b)
	case "or":
		return not3(min3(not3(a), not3(b)))
	case "implies":
		return not3(min3(a, not3(b)))
	}
	if a == Empty || b == Empty {
		return Empty
	}
	return truthOf(a != b)
}

func truthOf(b bool) Truth {
	if b {
		return True
	}
	return False
}

func not3(t Truth) Truth {
	if t == Empty {
		return Empty
	}
	return truthOf(t == False)
}

// min3 is a logical and.
func min3(a, b Truth) Truth {
	switch {
	case a == False || b == False:
		return False
	case a == True && b == True:
		return True
	}
	return Empty
}

func (m *Machine) truthValue(t Truth) span {
	if t == Empty {
		return nothing(m)
	}
	return m.one(boolean(t == True))
}

// union merges two collections without duplicates.
func union(left, right term) term {
	return func(m *Machine) span {
		a := left(m)
		b := right(m)
		if m.err != nil {
			return span{}
		}
		end := m.settle(len(m.stack), a)
		start := end - a.size()
		m.settle(end, b)
		return m.distinct(span{start, len(m.stack)})
	}
}

// contains reports whether the collection has the one value of item.
func contains(collection, item term) term {
	return func(m *Machine) span {
		in := collection(m)
		one := item(m)
		switch {
		case m.err != nil:
			return span{}
		case one.size() == 0:
			return nothing(m)
		case one.size() > 1:
			return m.stop(ErrNotSingle)
		}
		return m.one(boolean(m.has(in, m.stack[one.lo])))
	}
}

// has reports whether a collection has a value that is equal to v. Comparisons
// count as work, or two collections of a hundred thousand values would be
// compared for hours.
func (m *Machine) has(in span, v Value) bool {
	if m.work += in.size() / fewValues; m.work > maxWork {
		m.stop(ErrTooDeep)
		return false
	}
	for _, other := range m.values(in) {
		if m.equal(other, v) == True {
			return true
		}
	}
	return false
}

// concatenation takes an empty collection for an empty text.
func concatenation(left, right term) term {
	return func(m *Machine) span {
		a, okA := m.single(left(m))
		b, okB := m.single(right(m))
		if m.err != nil {
			return span{}
		}
		both := ""
		for _, v := range []struct {
			Value
			ok bool
		}{{a, okA}, {b, okB}} {
			if s, has := m.written(v.Value); v.ok && has {
				both += s
			}
		}
		return m.say(both)
	}
}

func negate(t term) term {
	return func(m *Machine) span {
		v, ok := m.single(t(m))
		switch {
		case m.err != nil || !ok:
			return nothing(m)
		case v.kind == Integer:
			return m.one(integer(-v.n))
		case v.kind != Decimal && v.kind != Quantity:
			return m.stop(ErrIncomparable)
		}
		digits, minus := strings.CutPrefix(v.text, "-")
		if v.text = digits; !minus {
			v.text = "-" + digits
		}
		return m.one(v)
	}
}

func arithmetic(sign string, left, right term) term {
	return func(m *Machine) span {
		a, okA := m.single(left(m))
		b, okB := m.single(right(m))
		switch {
		case m.err != nil || !okA || !okB:
			return nothing(m)
		case sign == "+" && a.kind == Text && b.kind == Text:
			return m.say(a.text + b.text)
		case a.kind == Integer && b.kind == Integer && sign != "/":
			return m.integers(sign, a.n, b.n)
		}
		switch {
		case isTemporal(a.kind) && b.kind == Quantity && (sign == "+" || sign == "-"):
			return m.shift(a, b, sign == "-")
		case a.kind == Quantity || b.kind == Quantity:
			return m.quantities(sign, a, b)
		}
		x, okX := rational(a)
		y, okY := rational(b)
		if !okX || !okY {
			return m.stop(ErrIncomparable)
		}
		return m.rationals(sign, x, y)
	}
}

func (m *Machine) integers(sign string, a, b int64) span {
	switch {
	case (sign == "div" || sign == "mod") && b == 0:
		return nothing(m)
	case sign == "mod":
		return m.one(integer(a % b))
	}
	x, y := big.NewInt(a), big.NewInt(b)
	switch sign {
	case "+":
		x.Add(x, y)
	case "-":
		x.Sub(x, y)
	case "*":
		x.Mul(x, y)
	default:
		x.Quo(x, y)
	}
	return m.whole(x)
}

// whole pushes an integer; one beyond 64 bits is nothing
// (http://hl7.org/fhirpath/N1, 6.6: overflow gives an empty collection).
func (m *Machine) whole(n *big.Int) span {
	if !n.IsInt64() {
		return nothing(m)
	}
	return m.one(integer(n.Int64()))
}

func (m *Machine) rationals(sign string, x, y *big.Rat) span {
	if (sign == "/" || sign == "div" || sign == "mod") && y.Sign() == 0 {
		return nothing(m)
	}
	z := new(big.Rat)
	switch sign {
	case "+":
		z.Add(x, y)
	case "-":
		z.Sub(x, y)
	case "*":
		z.Mul(x, y)
	case "/":
		z.Quo(x, y)
	default:
		q := new(big.Int).Quo(new(big.Int).Mul(x.Num(), y.Denom()), new(big.Int).Mul(x.Denom(), y.Num()))
		if sign == "div" {
			return m.whole(q)
		}
		z.Sub(x, new(big.Rat).Mul(y, new(big.Rat).SetInt(q)))
	}
	return m.one(decimal(z))
}

// decimal writes a number with at most eight digits behind the point, the
// precision that FHIRPath demands.
func decimal(z *big.Rat) Value {
	s := z.FloatString(8)
	for s[len(s)-1] == '0' {
		s = s[:len(s)-1]
	}
	if s[len(s)-1] == '.' {
		s += "0"
	}
	return Value{kind: Decimal, text: s}
}

// indexer is collection[index].
func indexer(t, index term) term {
	return func(m *Machine) span {
		in := t(m)
		v, ok := m.single(index(m))
		if m.err != nil || !ok || v.kind != Integer || v.n < 0 || v.n >= int64(in.size()) {
			return nothing(m)
		}
		at := in.lo + int(v.n)
		return span{at, at + 1}
	}
}

func typeOperator(sign string, left term, typ string) term {
	step := typeTest(typ)
	if sign == "as" {
		step = typeFilter(typ)
	}
	return chain(left, step)
}
