package clean

import (
	"fmt"
	"math/big"
)

// unitScale places a unit on the scale of its kind: base = value × factor + offset.
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

// compileConvert folds both scales into one fraction, so that nothing is rounded before the end.
func compileConvert(args []Arg, _ Settings) (Func, error) {
	from, err := scaleOf(args[0].Text)
	if err != nil {
		return nil, err
	}
	to, err := scaleOf(args[1].Text)
	if err != nil {
		return nil, err
	}
	digits := number(args, 2, 4)
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
		return of(n.FloatString(digits))
	}), nil
}

// rat reads a number that was checked before.
func rat(s string) *big.Rat {
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		return new(big.Rat)
	}
	return r
}
