package clean

import (
	"fmt"
	"math/big"
)

// unitScale places a unit on the scale of its kind: base = value × factor +
// offset.
type unitScale struct {
	kind           string
	factor, offset string
}

// unitScales are exact by definition (UCUM; NIST SP 811), except that a degree
// Fahrenheit is a fraction, 5/9.
var unitScales = map[string]unitScale{
	"kg": {"mass", "1", "0"}, "g": {"mass", "0.001", "0"}, "mg": {"mass", "0.000001", "0"}, "ug": {"mass", "0.000000001", "0"},
	"[lb_av]": {"mass", "0.45359237", "0"}, "[oz_av]": {"mass", "0.028349523125", "0"}, "[stone_av]": {"mass", "6.35029318", "0"},
	"m": {"length", "1", "0"}, "cm": {"length", "0.01", "0"}, "mm": {"length", "0.001", "0"}, "[in_i]": {"length", "0.0254", "0"}, "[ft_i]": {"length", "0.3048", "0"},
	"L": {"volume", "1", "0"}, "dL": {"volume", "0.1", "0"}, "mL": {"volume", "0.001", "0"}, "uL": {"volume", "0.000001", "0"}, "[foz_us]": {"volume", "0.0295735295625", "0"},
	"Cel": {"temperature", "1", "0"}, "K": {"temperature", "1", "-273.15"}, "[degF]": {"temperature", "5/9", "-160/9"},
	"kPa": {"pressure", "1", "0"}, "mm[Hg]": {"pressure", "0.133322387415", "0"}, "cm[H2O]": {"pressure", "0.0980665", "0"},
}

// scaleOf finds the scale of a unit written in UCUM or as in a chart.
func scaleOf(unit string) (unitScale, error) {
	if s, ok := unitScales[unit]; ok {
		return s, nil
	}
	if code, ok := ucumCode(unit); ok {
		if s, ok := unitScales[code]; ok {
			return s, nil
		}
	}
	return unitScale{}, fmt.Errorf("the unit %q is not known; use scale with a factor", unit)
}

// compileConvert folds both scales into one fraction, so that nothing is
// rounded before the end.
func compileConvert(args []Arg, _ Settings) (Func, error) {
	from, err := scaleOf(args[0].Text)
	if err != nil {
		return nil, err
	}
	to, err := scaleOf(args[1].Text)
	if err != nil {
		return nil, err
	}
	digits, chosen := number(args, 2, 4), len(args) > 2
	if from.kind != to.kind || digits < 0 || digits > maxNumber {
		return nil, fmt.Errorf("%s can not be converted to %s (%s to %s)", args[0].Text, args[1].Text, from.kind, to.kind)
	}
	// value × factor + offset, both scales in one.
	factor := new(big.Rat).Quo(rat(from.factor), rat(to.factor))
	offset := new(big.Rat).Sub(rat(from.offset), rat(to.offset))
	offset.Quo(offset, rat(to.factor))
	return unary(func(s string) (Value, *Problem) {
		t, ok := plainForm().decimal(s)
		if !ok {
			return notANumber()
		}
		n := rat(t)
		n.Add(n.Mul(n, factor), offset)
		text, ok := writeRat(n, digits, chosen)
		if !ok {
			return bad("bad-number", "the number is not zero and would become so with %d digits behind the point; give more DIGITS, or a smaller unit", digits)
		}
		return of(text)
	}), nil
}

// writeRat rounds n to digits behind the point. Where they were not chosen it
// takes as many more as keep it within a thousandth: 149 mg are 0.000149 kg and
// not 0.0001. It is false where nothing of n would be left.
func writeRat(n *big.Rat, digits int, chosen bool) (string, bool) {
	for ; ; digits++ {
		text := n.FloatString(digits)
		written := rat(text)
		if chosen || digits == maxNumber {
			return text, written.Sign() != 0 || n.Sign() == 0
		}
		lost := new(big.Rat).Sub(n, written)
		lost.Mul(lost.Abs(lost), big.NewRat(1000, 1))
		if lost.Cmp(new(big.Rat).Abs(n)) <= 0 {
			return text, true
		}
	}
}

// rat reads a number that was checked before.
func rat(s string) *big.Rat {
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		return new(big.Rat)
	}
	return r
}
