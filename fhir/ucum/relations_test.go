package ucum_test

import (
	"math/big"
	"strings"
	"testing"

	"chartlift/fhir/ucum"
)

// laboratory are units that laboratories and wards send, as table "commonly
// used UCUM codes for healthcare units" lists them.
func laboratory() []string {
	return strings.Split(`%|/100{WBCs}|/[HPF]|/L|/g|/min|/uL|10*12/L|10*3/uL|10*6/mL|Cel|U/L|U/mL|[IU]/L|[degF]|[in_i]|[lb_av]|[oz_av]|a|cm|cm[H2O]|d|fL|g/L|g/dL|h|kPa|kU/L|kg|kg/m2|`+
		`L|L/min|m[IU]/mL|mL/min|mL/min/{1.73_m2}|meq/L|mg|mg/dL|mg/g{creat}|mg/kg|mg/kg/d|min|mm[Hg]|mm/h|mmol/L|mo|mosm/kg|mL|ms|ng/dL|ng/mL|ng/mL/h|nmol/L|pg|pg/mL|s|ug/dL|ug/kg/min|umol/L|wk|{INR}|{ratio}`, "|")
}

func TestEveryUnitIsOnceItself(t *testing.T) {
	t.Parallel()
	for _, code := range laboratory() {
		ratio, ok := ucum.Ratio(code, code)
		if !ok || ratio.Cmp(big.NewRat(1, 1)) != 0 {
			t.Errorf("%s in itself: %v, %v", code, ratio, ok)
		}
	}
}

// There and back again is once; from a to b to c is from a to c. A ratio that
// breaks this would change a result by a factor.
func TestRatiosAreReciprocalAndTransitive(t *testing.T) {
	t.Parallel()
	all, related := laboratory(), 0
	for _, a := range all {
		for _, b := range all {
			there, ok := ucum.Ratio(a, b)
			back, okBack := ucum.Ratio(b, a)
			if ok != okBack {
				t.Errorf("%s and %s: %v one way and %v the other", a, b, ok, okBack)
			}
			if !ok {
				continue
			}
			related++
			if new(big.Rat).Mul(there, back).Cmp(big.NewRat(1, 1)) != 0 {
				t.Errorf("%s in %s is %v, and %v back", a, b, there, back)
			}
			for _, c := range all {
				on, okOn := ucum.Ratio(b, c)
				whole, okWhole := ucum.Ratio(a, c)
				if okOn != okWhole || okOn && new(big.Rat).Mul(there, on).Cmp(whole) != 0 {
					t.Errorf("%s to %s to %s is not %s to %s", a, b, c, a, c)
				}
			}
		}
	}
	if related < len(all)+30 {
		t.Errorf("only %d pairs are related", related)
	}
}

func TestPrefixesScaleByTheirPowers(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{
		{"g", "ug", "1000000"},
		{"mg", "ug", "1000"},
		{"ng", "pg", "1000"},
		{"mmol/L", "umol/L", "1000"},
		{"g/dL", "mg/mL", "10"},
		{"ug/mL", "ng/mL", "1000"},
		{"mg/dL", "ug/L", "10000"},
		{"10*6/uL", "10*12/L", "1"},
		{"10*3/uL", "/uL", "1000"},
		{"/mL", "/uL", "1/1000"},
		{"dag", "g", "10"},
		{"hL", "L", "100"},
		{"mg/kg/d", "ug/g/d", "1"},
		{"ug/kg/min", "mg/kg/h", "3/50"},
		{"mg/(kg.d)", "mg/kg/d", "1"},
		{"mg/kg.d", "mg/kg/d", ""},
		{"mg.d/kg", "mg/kg.d", "1"},
		{"cm2", "mm2", "100"},
		{"m-1", "cm-1", "1/100"},
		{"s-1", "/s", "1"},
		{"/min", "/h", "60"},
		{"{beats}/min", "/min", "1"},
		{"[iU]", "m[iU]", "1000"},
		{"%", "10*-2", "1"},
		{"mg/mg", "1", "1"},
		{"(mg/dL)/(g/L)", "1", "1/100"},
		{"wk", "h", "168"},
		{"100", "1", "100"},
		{"/100{WBCs}", "%", "1"},
	} {
		ratio, ok := ucum.Ratio(c[0], c[1])
		if ok != (c[2] != "") || ok && ratio.RatString() != c[2] {
			t.Errorf("%s in %s: %v %v, want %s", c[0], c[1], ratio, ok, c[2])
		}
	}
}

// These look alike and are not one factor apart, or are so by what UCUM alone
// does not tell (a molar mass, a calendar).
func TestUnlikeUnitsHaveNoRatio(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]string{
		{"mg/dL", "mmol/L"},
		{"Cel", "[degF]"},
		{"Cel", "K"},
		{"mo", "wk"},
		{"a", "d"},
		{"U", "[iU]"},
		{"meq/L", "mmol/L"},
		{"m", "min"},
		{"[lb_av]", "m"},
		{"[lb_av]", "[lb_tr]"},
		{"mg", "mg/d"},
		{"kg", "kg/m2"},
		{"L", "m3"},
		{"s", "s2"},
		{"", "1"},
		{"1", ""},
		{"mcg", "ug"},
		{"mmHg", "kPa"},
		{"Ym9", "m9"},
		{"10*99", "1"},
		{"10*-99", "1"},
		{"m200", "cm200"},
	} {
		if ratio, ok := ucum.Ratio(c[0], c[1]); ok {
			t.Errorf("%q in %q is said to be %v", c[0], c[1], ratio)
		}
	}
}

func TestCodesOfOtherListsAndAccidentsAreNoUnits(t *testing.T) {
	t.Parallel()
	for _, code := range []string{
		"MG/DL", "Mg/dl ", " mg", "mg\n", "mg\x00", "µg", "μg/dL", "m²", "°C", "10**3", "x10*3/uL", "10*3 /uL", "mg/dL/", ".mg", "mg..dL", "cm H2O", "mm [Hg]",
		"[iu]", "[degf]", "lb", "oz", "in", "cc", "bpm", "tab", "years", "KG", "Kg", "gms", "iU/L", "mIU/L", "{beats/min", "beats}/min", "{}}", "%%", "mg/{dL", "m+-2", "m--2", "2 mg", "-1", "+2",
		"\xff\xfe", strings.Repeat("{a}", 200), strings.Repeat("/", 300) + "g",
	} {
		if ucum.Valid(code) {
			t.Errorf("%q passes for a unit", code)
		}
	}
}

func FuzzARatioIsNeverZeroAndAlwaysReciprocal(f *testing.F) {
	for _, code := range laboratory() {
		f.Add(code, "g/L")
	}
	f.Add("0.g", "g")
	f.Add("g/00", "g")
	f.Fuzz(func(t *testing.T, a, b string) {
		there, ok := ucum.Ratio(a, b)
		back, okBack := ucum.Ratio(b, a)
		if ok != okBack {
			t.Errorf("%q and %q: one way only", a, b)
		}
		if ok && (there.Sign() <= 0 || new(big.Rat).Mul(there, back).Cmp(big.NewRat(1, 1)) != 0) {
			t.Errorf("%q in %q is %v, and %v back", a, b, there, back)
		}
	})
}

// The factors are those of the international agreement of 1959, which UCUM
// takes over.
func TestCustomaryUnitsOfLengthAndMassAreConvertedExactly(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{
		{"[in_i]", "cm", "127/50"},
		{"[ft_i]", "[in_i]", "12"},
		{"[yd_i]", "[ft_i]", "3"},
		{"[mi_i]", "[yd_i]", "1760"},
		{"[ft_i]", "m", "381/1250"},
		{"[lb_av]", "kg", "45359237/100000000"},
		{"[lb_av]", "[oz_av]", "16"},
		{"[lb_av]", "[gr]", "7000"},
		{"[stone_av]", "[lb_av]", "14"},
		{"[lb_av]/[in_i]2", "[lb_av]/[ft_i]2", "144"},
	} {
		ratio, ok := ucum.Ratio(c[0], c[1])
		if !ok || ratio.RatString() != c[2] {
			t.Errorf("%s in %s: %v %v, want %s", c[0], c[1], ratio, ok, c[2])
		}
	}
}
