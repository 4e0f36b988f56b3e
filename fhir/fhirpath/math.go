package fhirpath

import (
	"math"
	"math/big"
	"strings"
)

func numberFunctions() []function {
	return []function{
		plain("abs", abs),
		onNumber("floor", func(m *Machine, x *big.Rat) span { return m.whole(floor(x)) }),
		onNumber("ceiling", func(m *Machine, x *big.Rat) span {
			n := floor(x.Neg(x))
			return m.whole(n.Neg(n))
		}),
		onNumber("truncate", func(m *Machine, x *big.Rat) span { return m.whole(new(big.Int).Quo(x.Num(), x.Denom())) }),
		optional("round", round),
		onFloat("exp", math.Exp),
		onFloat("ln", math.Log),
		onFloat("sqrt", math.Sqrt),
		withFloat("log", func(x, base float64) float64 { return math.Log(x) / math.Log(base) }),
		unary("power", power),
	}
}

func floor(x *big.Rat) *big.Int { return new(big.Int).Div(x.Num(), x.Denom()) }

// abs keeps the type: an integer stays one, and a quantity keeps its unit.
func abs(m *Machine, in span) span {
	v, ok := m.single(in)
	if !ok || m.err != nil {
		return nothing(m)
	}
	x, ok := rational(v)
	switch {
	case !ok:
		return m.stop(ErrIncomparable)
	case v.kind == Integer:
		return m.whole(x.Num().Abs(x.Num()))
	}
	v.text = strings.TrimPrefix(v.text, "-")
	return m.one(v.plain())
}

// number returns the one number of a collection; a quantity, whose unit would
// be lost, is refused.
func (m *Machine) number(s span) (*big.Rat, bool) {
	v, ok := m.single(s)
	if !ok || m.err != nil {
		return nil, false
	}
	x, ok := rational(v)
	if !ok || v.kind == Quantity {
		m.stop(ErrIncomparable)
		return nil, false
	}
	return x, true
}

// onNumber makes a function of one number.
func onNumber(name string, run func(m *Machine, x *big.Rat) span) function {
	return plain(name, func(m *Machine, in span) span {
		x, ok := m.number(in)
		if !ok {
			return nothing(m)
		}
		return run(m, x)
	})
}

// onFloat makes a function that is reckoned in binary floating point, with the
// 15 digits that this has.
func onFloat(name string, run func(x float64) float64) function {
	return onNumber(name, func(m *Machine, x *big.Rat) span {
		f, _ := x.Float64()
		return m.float(run(f))
	})
}

// withFloat is onFloat for a function with an argument.
func withFloat(name string, run func(x, y float64) float64) function {
	return unary(name, func(m *Machine, in span, arg term) span {
		x, okX := m.number(in)
		y, okY := m.number(arg(m))
		if !okX || !okY || m.err != nil {
			return nothing(m)
		}
		a, _ := x.Float64()
		b, _ := y.Float64()
		return m.float(run(a, b))
	})
}

// float pushes a decimal; what has no value, such as the root of a negative
// number, is nothing.
func (m *Machine) float(f float64) span {
	z := new(big.Rat)
	if math.IsNaN(f) || math.Abs(f) > math.MaxInt64 || z.SetFloat64(f) == nil {
		return nothing(m)
	}
	return m.one(decimal(z))
}

// power keeps integers where both are (http://hl7.org/fhirpath/N1, 5.7.7).
func power(m *Machine, in span, arg term) span {
	x, okX := m.single(in)
	y, okY := m.single(arg(m))
	if !okX || !okY || m.err != nil {
		return nothing(m)
	}
	const most = 64 // more of 2 are no integer any more; 0 and 1 do not change
	if x.kind == Integer && y.kind == Integer && y.n >= 0 {
		if y.n > most && x.n > 1 || y.n > most && x.n < -1 {
			return nothing(m)
		}
		exponent := y.n
		if exponent > most {
			exponent = 2 - exponent%2
		}
		return m.whole(new(big.Int).Exp(big.NewInt(x.n), big.NewInt(exponent), nil))
	}
	a, okA := rational(x)
	b, okB := rational(y)
	if !okA || !okB || x.kind == Quantity || y.kind == Quantity {
		return m.stop(ErrIncomparable)
	}
	f, _ := a.Float64()
	g, _ := b.Float64()
	return m.float(math.Pow(f, g))
}

// round rounds half away from zero, to as many digits behind the point as the
// argument says, 0 where it is not there.
func round(m *Machine, in span, arg term) span {
	x, ok := m.number(in)
	digits := int64(0)
	if arg != nil {
		d, okDigits := m.single(arg(m))
		if !okDigits {
			return nothing(m)
		}
		const most = 32
		if digits = d.n; d.kind != Integer || digits < 0 || digits > most {
			return m.stop(ErrIncomparable)
		}
	}
	if !ok || m.err != nil {
		return nothing(m)
	}
	return m.one(Value{kind: Decimal, text: x.FloatString(int(digits))})
}
