package fhirpath

import (
	"math/big"
	"strconv"
	"strings"

	"chartlift/fhir"
)

func conversionFunctions() []function {
	var all []function
	for _, c := range []struct {
		name string
		to   func(m *Machine, v Value) (Value, bool)
	}{
		{"Boolean", toBoolean},
		{"Integer", toInteger},
		{"Decimal", toDecimal},
		{"String", toText},
		{"Date", toTemporal(Date, "date")},
		{"DateTime", toTemporal(DateTime, "dateTime")},
		{"Time", toTemporal(Time, "time")},
	} {
		all = append(all, plain("to"+c.name, func(m *Machine, in span) span {
			v, ok := m.single(in)
			if !ok {
				return nothing(m)
			}
			if v, ok = c.to(m, v); !ok {
				return nothing(m)
			}
			return m.one(v)
		}), plain("convertsTo"+c.name, func(m *Machine, in span) span {
			v, ok := m.single(in)
			if !ok {
				return nothing(m)
			}
			_, ok = c.to(m, v)
			return m.one(boolean(ok))
		}))
	}
	return all
}

func toBoolean(m *Machine, v Value) (Value, bool) {
	if v.kind == Boolean {
		return v, true
	}
	s, _ := m.written(v)
	switch strings.ToLower(s) {
	case "true", "t", "yes", "y", "1", "1.0":
		return boolean(true), true
	case "false", "f", "no", "n", "0", "0.0":
		return boolean(false), true
	}
	return Value{}, false
}

func toInteger(_ *Machine, v Value) (Value, bool) {
	switch v.kind {
	case Integer, Boolean:
		return integer(v.n), true
	case Text:
		n, err := strconv.ParseInt(v.text, 10, 64)
		return integer(n), err == nil
	}
	return Value{}, false
}

func toDecimal(_ *Machine, v Value) (Value, bool) {
	switch v.kind {
	case Integer, Boolean:
		return Value{kind: Decimal, text: strconv.FormatInt(v.n, 10)}, true
	case Decimal:
		return v, true
	case Text:
		_, ok := rational(Value{kind: Decimal, text: v.text})
		return Value{kind: Decimal, text: v.text}, ok && fhir.CheckPrimitive("decimal", v.text) == nil
	}
	return Value{}, false
}

func toText(m *Machine, v Value) (Value, bool) {
	s, ok := m.written(v)
	return text(s), ok
}

func toTemporal(kind Kind, typ string) func(*Machine, Value) (Value, bool) {
	return func(_ *Machine, v Value) (Value, bool) {
		s := v.text
		switch {
		case v.kind == kind:
			return v, true
		case kind == Date && v.kind == DateTime:
			s, _, _ = strings.Cut(s, "T")
		case kind == DateTime && v.kind == Date, v.kind == Text:
		default:
			return Value{}, false
		}
		return Value{kind: kind, text: s}, fhir.CheckPrimitive(typ, s) == nil
	}
}

func numberFunctions() []function {
	return []function{
		onNumber("abs", func(m *Machine, x *big.Rat) span { return m.one(decimal(x.Abs(x))) }),
		onNumber("floor", func(m *Machine, x *big.Rat) span { return m.whole(floor(x)) }),
		onNumber("ceiling", func(m *Machine, x *big.Rat) span {
			n := floor(x.Neg(x))
			return m.whole(n.Neg(n))
		}),
		onNumber("truncate", func(m *Machine, x *big.Rat) span { return m.whole(new(big.Int).Quo(x.Num(), x.Denom())) }),
	}
}

func floor(x *big.Rat) *big.Int { return new(big.Int).Div(x.Num(), x.Denom()) }

// onNumber makes a function of one number; an integer stays one, and a quantity, whose unit would be lost, is refused.
func onNumber(name string, run func(m *Machine, x *big.Rat) span) function {
	return plain(name, func(m *Machine, in span) span {
		v, ok := m.single(in)
		if !ok || m.err != nil {
			return nothing(m)
		}
		x, ok := rational(v)
		switch {
		case !ok || v.kind == Quantity:
			return m.stop(ErrIncomparable)
		case v.kind == Integer && name == "abs":
			return m.whole(x.Num().Abs(x.Num()))
		}
		return run(m, x)
	})
}
