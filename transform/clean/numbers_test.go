package clean_test

import (
	"math/big"
	"testing"

	"chartlift/transform/clean"
)

func TestDecimalsKeepTheirDigits(t *testing.T) {
	t.Parallel()
	checkRows(t, []row{
		{pipe: "decimal", in: "6.20", want: "6.20"},
		{pipe: "decimal", in: "0.000", want: "0.000"},
		{pipe: "decimal", in: "-0.5", want: "-0.5"},
		{pipe: "decimal", in: "−3", want: "-3"},
		{pipe: "decimal", in: ".5", want: "0.5"},
		{pipe: "decimal", in: "5.", want: "5"},
		{pipe: "decimal", in: "007", want: "7"},
		{pipe: "decimal", in: "+1.50", want: "1.50"},
		{pipe: "decimal", in: "1.5e3", want: "1.5e3"},
		{pipe: "decimal", in: "123456789012345678901234567890.123456789", want: "123456789012345678901234567890.123456789"},
		{pipe: "decimal", in: "1e99", want: null, code: "bad-number"},
		{pipe: "decimal", in: "1e", want: null, code: "bad-number"},
		{pipe: "decimal", in: ".", want: null, code: "bad-number"},
		{pipe: "decimal", in: "-", want: null, code: "bad-number"},
		{pipe: "decimal", in: "1.2.3", want: null, code: "bad-number"},
		{pipe: "decimal", in: "0x1F", want: null, code: "bad-number"},
		{pipe: "decimal", in: "NaN", want: null, code: "bad-number"},
		{pipe: "decimal", in: "١٢", want: null, code: "bad-number"},
		{pipe: "decimal", in: "12345678901234567890123456789012345678901234567890123456789012345", want: null, code: "bad-number"},
	})
}

func TestASignBetweenThousandsIsNotGuessed(t *testing.T) {
	t.Parallel()
	checkRows(t, []row{
		{pipe: "decimal", in: "1,234,567", want: "1234567"},
		{pipe: "decimal", in: "1,234.5", want: "1234.5"},
		{pipe: "decimal", in: "12,34.5", want: null, code: "bad-number"},
		{pipe: "decimal", in: "1,2345.5", want: null, code: "bad-number"},
		{pipe: "decimal", in: ",123.5", want: null, code: "bad-number"},
		{pipe: "decimal", in: "6,2", want: null, code: "bad-number"},
		{pipe: "decimal sep=,", in: "6,20", want: "6.20"},
		{pipe: "decimal sep=,", in: "1.234", want: null, code: "bad-number"},
		{pipe: "decimal sep=,", in: "1.234.567", want: "1234567"},
		{pipe: "decimal sep=,", in: "6.2", want: null, code: "bad-number"},
		{pipe: "decimal sep=, group=.", in: "1.234", want: "1234"},
		{pipe: "decimal group=' '", in: "1 234.5", want: "1234.5"},
		{pipe: "decimal group=' '", in: "1 23", want: null, code: "bad-number"},
	})
	refuses(t, "decimal sep=ab", `decimal: sep= takes one sign, not "ab"`)
	refuses(t, "decimal point=,", `decimal: unknown option "point"; sep= or group= is meant`)
	refuses(t, "decimal sep=, group=,", `decimal: sep and group are both ','`)
	refuses(t, "decimal sep=, sep=.", `decimal: "sep" is given twice`)
	refuses(t, "decimal comma", `decimal: sep=, group=. must be written KEY=VALUE, not "comma"`)
}

func TestIntegersAreWholeAndOfThirtyTwoBits(t *testing.T) {
	t.Parallel()
	checkRows(t, []row{
		{pipe: "integer", in: "2147483647", want: "2147483647"},
		{pipe: "integer", in: "2147483648", want: null, code: "out-of-range"},
		{pipe: "integer", in: "-2147483648", want: "-2147483648"},
		{pipe: "integer", in: "-2147483649", want: null, code: "out-of-range"},
		{pipe: "integer", in: "1.5e1", want: "15"},
		{pipe: "integer", in: "-0", want: "0"},
		{pipe: "integer", in: "0.1", want: null, code: "bad-number"},
		{pipe: "integer", in: "1,234,567", want: "1234567"},
		{pipe: "integer", in: "two", want: null, code: "bad-number"},
	})
}

func TestReckoningIsExact(t *testing.T) {
	t.Parallel()
	checkRows(t, []row{
		{pipe: "round 2", in: "1.005", want: "1.01"},
		{pipe: "round 2", in: "1.004999999999999999999", want: "1.00"},
		{pipe: "round 0", in: "-0.5", want: "-1"},
		{pipe: "round 0", in: "0.4", want: "0"},
		{pipe: "round 1", in: "1.25e1", want: "1.25e1"},
		{pipe: "scale 0.1", in: "3", want: "0.3"},
		{pipe: "scale 1.8 32", in: "37.0", want: "98.60"},
		{pipe: "scale -1", in: "0.10", want: "-0.10"},
		{pipe: "scale 1e2", in: "0.5", want: "50.0"},
		{pipe: "abs", in: "3", want: "3"},
		{pipe: "abs", in: "-1,234.5", want: "1234.5"},
		{pipe: "clamp -1 1.50", in: "-1.01", want: "-1", code: "out-of-range"},
		{pipe: "clamp -1 1.50", in: "1.5", want: "1.5"},
		{pipe: "clamp 0 1", in: "x", want: null, code: "bad-number"},
		{pipe: "range 1 2", in: "2.000", want: "2.000"},
		{pipe: "range 1 2", in: "2.0001", want: null, code: "out-of-range"},
		{pipe: "range 1 2", in: "0.5e1", want: null, code: "out-of-range"},
	})
	refuses(t, "range 2 1", "range: the low limit 2 is above the high limit 1")
	refuses(t, "clamp low 1", `clamp: the limits must be numbers, not "low" and "1"`)
	refuses(t, "round many", `round: N must be a whole number, not "many"`)
	refuses(t, "round -1", "round: the number of digits is not from 0 to 64")
	refuses(t, "scale half", `scale: "half" or "0" is not a number`)
}

func TestTheOnlyNumberOfATextIsFound(t *testing.T) {
	t.Parallel()
	checkRows(t, []row{
		{pipe: "number_from_text", in: "37.20", want: "37.20"},
		{pipe: "number_from_text", in: "approx. 5 mg", want: "5", code: "comparator-dropped"},
		{pipe: "number_from_text", in: ">= 12.5 %", want: "12.5", code: "comparator-dropped"},
		{pipe: "number_from_text", in: "-3", want: "-3"},
		{pipe: "number_from_text", in: "is -.5", want: "-0.5", code: "comparator-dropped"},
		{pipe: "number_from_text", in: "5.", want: "5"},
		{pipe: "number_from_text", in: "a-5", want: "5", code: "comparator-dropped"},
		{pipe: "number_from_text", in: "−5", want: "-5"},
		{pipe: "number_from_text", in: "<-5", want: "-5", code: "comparator-dropped"},
		{pipe: "number_from_text", in: "BE:-2.5", want: "-2.5", code: "comparator-dropped"},
		{pipe: "number_from_text", in: "(-3)", want: "-3", code: "comparator-dropped"},
		{pipe: "number_from_text", in: "--3", want: "3", code: "comparator-dropped"},
		{pipe: "number_from_text", in: "T-2.5", want: "2.5", code: "comparator-dropped"},
		{pipe: "number_from_text", in: "-", want: null, code: "bad-number"},
		{pipe: "number_from_text", in: "1.2.3", want: null, code: "bad-number"},
		{pipe: "number_from_text", in: "5E3", want: null, code: "bad-number"},
		{pipe: "number_from_text", in: "5-10", want: null, code: "bad-number"},
		{pipe: "number_from_text", in: "5 of 10", want: null, code: "bad-number"},
		{pipe: "number_from_text", in: "none", want: null, code: "bad-number"},
	})
}

func TestTruthHasUsualAndOwnWords(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"true", "TRUE", "T", "t", "Yes", "y", "1"} {
		checkRows(t, []row{{pipe: "bool", in: in, want: "true"}})
	}
	for _, in := range []string{"false", "FALSE", "F", "No", "n", "0"} {
		checkRows(t, []row{{pipe: "bool", in: in, want: "false"}})
	}
	checkRows(t, []row{
		{pipe: "bool", in: "2", want: null, code: "bad-boolean"},
		{pipe: "bool", in: "untrue", want: null, code: "bad-boolean"},
		{pipe: "bool J=true N=false", in: "J", want: "true"},
		{pipe: "bool J=true N=false", in: "Y", want: null, code: "bad-boolean"},
		{pipe: "bool J=true N=false", in: "j", want: null, code: "bad-boolean"},
	})
	refuses(t, "bool Y=yes", `bool: "Y" must be true or false, not "yes"`)
}

func FuzzReckoningAgreesWithRationalNumbers(f *testing.F) {
	for _, s := range []string{"1.005", "-2.25", "1e3", "0", "123456789.987654321", "0.5"} {
		f.Add(s)
	}
	decimal, scale, round := compile(f, "decimal"), compile(f, "scale 2.5 -1.25"), compile(f, "round 1")
	f.Fuzz(func(t *testing.T, s string) {
		v, _ := decimal(clean.Of(s), nil)
		if !v.Set {
			return
		}
		n := rational(t, v.Text)
		scaled, _ := scale(v, nil)
		want := new(big.Rat).Sub(new(big.Rat).Mul(n, big.NewRat(5, 2)), big.NewRat(5, 4))
		if rational(t, scaled.Text).Cmp(want) != 0 {
			t.Errorf("scale 2.5 -1.25 of %s gives %s", v.Text, scaled.Text)
		}
		rounded, _ := round(v, nil)
		off := new(big.Rat).Sub(rational(t, rounded.Text), n)
		if off.Abs(off).Cmp(big.NewRat(1, 20)) > 0 {
			t.Errorf("round 1 of %s gives %s", v.Text, rounded.Text)
		}
	})
}

func rational(t testing.TB, s string) *big.Rat {
	t.Helper()
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		t.Fatalf("%q is not a number", s)
	}
	return r
}
