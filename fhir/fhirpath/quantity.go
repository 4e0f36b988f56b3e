package fhirpath

import (
	"math/big"
	"regexp"
	"strings"

	"chartlift/fhir/ucum"
)

// plain returns a value without the element that it was read from: a result is
// no element any more.
func (v Value) plain() Value {
	v.def, v.node, v.sibling = nil, 0, 0
	return v
}

// isQuantity reports whether the value is a Quantity, or an element of that
// type that has no value.
func isQuantity(v Value) bool {
	return v.kind == Quantity || v.kind == Element && v.def != nil && (v.def.Name == "Quantity" || v.def.Derives("Quantity"))
}

// measured returns a calendar duration of a fixed length as a quantity of UCUM,
// and others as they are.
func measured(v Value) Value {
	if unit := definite(v.unit); v.calendar && unit != "" {
		v.unit, v.coded, v.calendar = unit, true, false
	}
	return v
}

// compareQuantities compares numbers of one unit, and of two units of UCUM that
// one factor relates. known is false where a value is missing, where the units
// are texts that differ, and between years or months of the calendar and those
// of UCUM. Other units of UCUM, codes of other systems and a number without any
// unit are an error: they can be related by what is not known here.
func compareQuantities(a, b Value) (order int, known bool, err error) {
	if a.kind != Quantity || b.kind != Quantity {
		return 0, false, nil
	}
	x, okX := rational(a)
	y, okY := rational(b)
	if !okX || !okY {
		return 0, false, ErrIncomparable
	}
	ratio, known, err := unitRatio(measured(a), measured(b))
	if err != nil || !known {
		return 0, false, err
	}
	if ratio != nil {
		x.Mul(x, ratio)
	}
	return x.Cmp(y), true, nil
}

// unitRatio returns how many of b's units one of a's is; nil is one.
func unitRatio(a, b Value) (ratio *big.Rat, known bool, err error) {
	switch {
	case a.calendar != b.calendar:
		return nil, false, nil
	case a.unit == b.unit:
		return nil, true, nil
	case a.calendar: // year and month
		if a.unit == "year" {
			return big.NewRat(12, 1), true, nil
		}
		return big.NewRat(1, 12), true, nil
	case a.unit == "" || b.unit == "" || a.other && b.other:
		return nil, false, ErrIncomparable
	case !a.coded || !b.coded:
		return nil, false, nil
	}
	ratio, known = ucum.Ratio(a.unit, b.unit)
	if !known {
		return nil, false, ErrIncomparable
	}
	return ratio, true, nil
}

// alikeQuantities is ~ of two quantities: in the larger of both units, as
// precise as what is written in that one. A year of the calendar is like one of
// UCUM.
func alikeQuantities(a, b Value) bool {
	a, b = loose(a), loose(b)
	ratio, known, err := unitRatio(a, b)
	x, okX := rational(a)
	y, okY := rational(b)
	if err != nil || !known || !okX || !okY {
		return false
	}
	if ratio == nil {
		return alikeNumbers(x, y, min(decimals(a.text), decimals(b.text)))
	}
	digits := decimals(b.text)
	if x.Mul(x, ratio); ratio.Cmp(big.NewRat(1, 1)) > 0 { // a has the larger unit: back into it
		x.Quo(x, ratio)
		y.Quo(y, ratio)
		digits = decimals(a.text)
	}
	return alikeNumbers(x, y, digits)
}

func loose(v Value) Value {
	v = measured(v)
	if v.calendar {
		v.unit, v.coded, v.calendar = map[string]string{"year": "a", "month": "mo"}[v.unit], true, false
	}
	return v
}

// decimals counts the digits behind the point that tell something: zeroes at
// the end do not (http://hl7.org/fhirpath/N1, 6.1.2).
func decimals(s string) int {
	s, exponent, _ := strings.Cut(strings.ToLower(s), "e")
	_, fraction, _ := strings.Cut(s, ".")
	if exponent != "" {
		return len(fraction) + 4
	}
	return len(strings.TrimRight(fraction, "0"))
}

// alikeNumbers compares two numbers rounded to so many digits behind the point.
func alikeNumbers(x, y *big.Rat, digits int) bool {
	return x.FloatString(digits) == y.FloatString(digits)
}

// quantities reckons with two quantities, or with one and a number.
func (m *Machine) quantities(sign string, a, b Value) span {
	x, okX := rational(a)
	y, okY := rational(b)
	if !okX || !okY {
		return m.stop(ErrIncomparable)
	}
	switch sign {
	case "+", "-":
		return m.sum(sign, a, b, x, y)
	case "*", "/":
		return m.product(sign, []Value{measured(a), measured(b)}, x, y)
	}
	return m.stop(ErrIncomparable)
}

// product multiplies or divides; the unit of the result is put together of
// both, as UCUM writes it.
func (m *Machine) product(sign string, of []Value, x, y *big.Rat) span {
	units := [2]string{"1", "1"}
	for i, v := range of {
		switch {
		case v.kind != Quantity:
		case !v.coded:
			return m.stop(ErrIncomparable)
		default:
			units[i] = v.unit
		}
	}
	z := Value{kind: Quantity, coded: true}
	if sign == "/" {
		if y.Sign() == 0 {
			return nothing(m)
		}
		z.text = tidy(decimal(x.Quo(x, y)).text)
	} else {
		z.text = tidy(decimal(x.Mul(x, y)).text)
	}
	z.unit = joinUnits(sign, units[0], units[1])
	const longest = 256 // as package ucum bounds it
	if len(z.unit) > longest {
		return m.stop(ErrIncomparable)
	}
	return m.one(z)
}

func joinUnits(sign, a, b string) string {
	switch {
	case b == "1":
		return a
	case sign == "*" && a == "1":
		return b
	case sign == "/" && a == b:
		return "1"
	case sign == "*":
		return "(" + a + ").(" + b + ")"
	}
	return "(" + a + ")/(" + b + ")"
}

// quantityForm is that of a text that converts to a quantity
// (http://hl7.org/fhirpath/N1, 5.5.7).
var quantityForm = regexp.MustCompile(`^([+-]?[0-9]+(?:\.[0-9]+)?)\s*(?:'([^']+)'|([a-zA-Z]+))?$`)

func toQuantity(_ *Machine, v Value) (Value, bool) {
	one := Value{kind: Quantity, unit: "1", coded: true}
	switch v.kind {
	case Quantity:
		return v, true
	case Integer, Boolean, Decimal:
		d, _ := toDecimal(nil, v)
		one.text = d.text
		return one, true
	case Text:
		parts := quantityForm.FindStringSubmatch(v.text)
		if parts == nil {
			return Value{}, false
		}
		one.text = strings.TrimPrefix(parts[1], "+")
		switch word := calendarUnit(parts[3]); {
		case parts[2] != "":
			one.unit = parts[2]
		case word != "":
			one.unit, one.coded, one.calendar = word, false, true
		case parts[3] != "":
			return Value{}, false
		}
		return one, true
	}
	return Value{}, false
}

// sum adds or subtracts in the smaller unit of both
// (http://hl7.org/fhirpath/N1, 6.6.3). A sum of units that do not relate would
// be a wrong one.
func (m *Machine) sum(sign string, a, b Value, x, y *big.Rat) span {
	if a.kind != Quantity || b.kind != Quantity {
		return m.stop(ErrIncomparable)
	}
	a, b = measured(a), measured(b)
	ratio, known, err := unitRatio(b, a)
	if err != nil || !known {
		return m.stop(ErrIncomparable)
	}
	if ratio != nil && ratio.Cmp(big.NewRat(1, 1)) < 0 {
		x.Quo(x, ratio)
		a.unit = b.unit
	} else if ratio != nil {
		y.Mul(y, ratio)
	}
	if sign == "-" {
		y.Neg(y)
	}
	a.text = tidy(decimal(x.Add(x, y)).text)
	return m.one(a.plain())
}

// tidy takes the point from a whole number.
func tidy(number string) string { return strings.TrimSuffix(number, ".0") }
