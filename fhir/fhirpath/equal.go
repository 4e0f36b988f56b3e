package fhirpath

import (
	"math/big"
	"strings"

	"chartlift/fhir"
)

// equality compares two collections: = and != in order, ~ and !~ without regard
// to order and case.
func equality(sign string, left, right term) term {
	return func(m *Machine) span {
		a, b := left(m), right(m)
		if m.err != nil {
			return span{}
		}
		var t Truth
		if sign == "=" || sign == "!=" {
			t = m.sameInOrder(a, b)
		} else {
			t = truthOf(m.equivalent(a, b))
		}
		if sign[0] == '!' {
			t = not3(t)
		}
		return m.truthValue(t)
	}
}

func (m *Machine) sameInOrder(a, b span) Truth {
	switch {
	case a.size() == 0 || b.size() == 0:
		return Empty
	case a.size() != b.size():
		return False
	}
	all := True
	for i := range a.size() {
		all = min3(all, m.equal(m.stack[a.lo+i], m.stack[b.lo+i]))
	}
	return all
}

func (m *Machine) equivalent(a, b span) bool {
	if a.size() != b.size() {
		return false
	}
	for _, v := range m.values(a) {
		if m.countAlike(a, v) != m.countAlike(b, v) { // each value has a partner of its own
			return false
		}
	}
	return true
}

func (m *Machine) countAlike(in span, v Value) int {
	n := 0
	if m.work += in.size() / fewValues; m.work > maxWork {
		m.stop(ErrTooDeep)
		return n
	}
	for _, w := range m.values(in) {
		if m.alike(v, w) {
			n++
		}
	}
	return n
}

// alike is ~ of two values: texts without regard to case and white space,
// decimals as precise as the less precise one.
func (m *Machine) alike(a, b Value) bool {
	x, y := m.system(a), m.system(b)
	switch {
	case x.kind == Text && y.kind == Text:
		return strings.EqualFold(strings.Join(strings.Fields(x.text), " "), strings.Join(strings.Fields(y.text), " "))
	case x.kind == Quantity && y.kind == Quantity:
		return alikeQuantities(x, y)
	case isNumber(x.kind) && isNumber(y.kind):
		p, okP := rational(x)
		q, okQ := rational(y)
		return okP && okQ && alikeNumbers(p, q, min(decimals(x.text), decimals(y.text)))
	}
	return m.equal(a, b) == True
}

// equal is = of two values; Empty where their precision does not tell.
func (m *Machine) equal(a, b Value) Truth {
	if a.kind == Element && b.kind == Element && a.def != nil && b.def != nil && a.def.Kind != fhir.Primitive && b.def.Kind != fhir.Primitive {
		return truthOf(sameTree(m.tree, a.node, b.node))
	}
	a, b = m.system(a), m.system(b)
	switch {
	case a.kind == Element || b.kind == Element:
		return truthOf(a.kind == b.kind && a.node == b.node && a.sibling == b.sibling)
	case isTemporal(a.kind) && isTemporal(b.kind) && (a.kind == Time) == (b.kind == Time):
		order, known := compareTemporal(a.text, b.text)
		if !known {
			return Empty
		}
		return truthOf(order == 0)
	case isNumber(a.kind) && isNumber(b.kind):
		order, ok := compareNumbers(a, b)
		return truthOf(ok && order == 0)
	case a.kind == Quantity && b.kind == Quantity:
		order, known, err := compareQuantities(a, b)
		if err != nil || !known {
			return Empty
		}
		return truthOf(order == 0)
	}
	return truthOf(a.kind == b.kind && a.text == b.text && a.n == b.n && a.unit == b.unit)
}

// sameTree compares two JSON values without regard to the order of keys.
func sameTree(t *fhir.Tree, a, b int) bool {
	if a == b {
		return true
	}
	if t.Kind(a) != t.Kind(b) || t.Count(a) != t.Count(b) {
		return false
	}
	switch t.Kind(a) {
	case fhir.Object:
		for c := t.First(a); c != 0; c = t.Next(c) {
			other := t.Find(b, t.Key(c))
			if other == 0 || !sameTree(t, c, other) {
				return false
			}
		}
		return true
	case fhir.Array:
		for x, y := t.First(a), t.First(b); x != 0; x, y = t.Next(x), t.Next(y) {
			if !sameTree(t, x, y) {
				return false
			}
		}
		return true
	}
	return t.Text(a) == t.Text(b)
}

func isTemporal(k Kind) bool { return k == Date || k == DateTime || k == Time }
func isNumber(k Kind) bool   { return k == Integer || k == Decimal }

// rational returns a number's exact value.
func rational(v Value) (*big.Rat, bool) {
	switch v.kind {
	case Integer:
		return new(big.Rat).SetInt64(v.n), true
	case Decimal, Quantity:
		const longest = 64 // digits; an exponent of R4 may be any, but is bounded here
		if at := strings.IndexAny(v.text, "eE"); len(v.text) > longest || at >= 0 && len(v.text)-at > 4 {
			return nil, false
		}
		return new(big.Rat).SetString(v.text)
	}
	return nil, false
}

func compareNumbers(a, b Value) (order int, ok bool) {
	if a.kind == Integer && b.kind == Integer {
		switch {
		case a.n < b.n:
			return -1, true
		case a.n > b.n:
			return 1, true
		}
		return 0, true
	}
	x, okX := rational(a)
	y, okY := rational(b)
	if !okX || !okY {
		return 0, false
	}
	return x.Cmp(y), true
}

// inequality is <, >, <= or >= of two single values.
func inequality(sign string, left, right term) term {
	return func(m *Machine) span {
		a, okA := m.single(left(m))
		b, okB := m.single(right(m))
		if m.err != nil || !okA || !okB {
			return nothing(m)
		}
		order, known := 0, true
		switch {
		case isTemporal(a.kind) && isTemporal(b.kind):
			order, known = compareTemporal(a.text, b.text)
		case isNumber(a.kind) && isNumber(b.kind):
			if order, known = compareNumbers(a, b); !known { // longer than can be computed with
				return m.stop(ErrIncomparable)
			}
		case isQuantity(a) && isQuantity(b):
			var err error
			if order, known, err = compareQuantities(a, b); err != nil {
				return m.stop(err)
			}
		case a.kind == Text && b.kind == Text:
			order = strings.Compare(a.text, b.text)
		default:
			return m.stop(ErrIncomparable)
		}
		if !known {
			return nothing(m)
		}
		holds := sign[0] == '<' && order < 0 || sign[0] == '>' && order > 0 || len(sign) == 2 && order == 0
		return m.one(boolean(holds))
	}
}
