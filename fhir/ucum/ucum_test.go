package ucum_test

import (
	"strings"
	"testing"

	"chartlift/fhir/ucum"
)

func TestUnitsOfUCUMAreValid(t *testing.T) {
	t.Parallel()
	for _, code := range strings.Split(`mm[Hg]|mg/dL|mg/dl|%|/min|{beats}/min|kg/m2|10*3/uL|10^3/uL|[IU]|[iU]|u[IU]/mL|ug|K/uL|Cel|[degF]|mol/kg{H2O}|(mg)/dL|g.m/s2|m-1|m+2|`+
		`{tablet}|1|m[H2O]|10*-3|mL/min/{1.73_m2}|[in_i]|[lb_av]|kat|meq/L|dag|kPa|mmol/mol|a|min|wk|mo|{a}{b}|1.5|m0|[pH]|L|l|ng/mL{FEU}|B[SPL]|B[10.nV]|KiBy|mo_j|%{x}|ug/kg/h|`+
		`mg/(24.h)|g/(8.h){shift}|[arb'U]|[USP'U]|'|''|osm|mosm/kg|deg|m{a b}|mg//dL|[car_Au]|[hp'_X]|dB|m[IU]/L|/[HPF]|mg/{total}`, "|") {
		if !ucum.Valid(code) {
			t.Errorf("%q is refused", code)
		}
	}
}

func TestOtherUnitsAreNot(t *testing.T) {
	t.Parallel()
	for _, code := range append(strings.Split(`mmHg|mm[hg]|x10^3|IU|mcg|mg per day|{|degC|mg/|1/|mg.|(g|2mg|Eq/L|mEq/L|m{ü}|/|m/s/|gm|sec|hr|{{a}}|m[degF]|k[lb_av]|mmHg{x}|Torr|mOsm|g)|()|mg dL|{a`, "|"),
		"", strings.Repeat("(", 40)+"m"+strings.Repeat(")", 40), strings.Repeat("m.", 200)+"m", "m99999999999999999999") {
		if ucum.Valid(code) {
			t.Errorf("%q passes", code)
		}
	}
}

func TestUnitsOfOneKindHaveARatio(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{
		{"kg", "g", "1000"},
		{"g", "kg", "1/1000"},
		{"mg/dL", "g/L", "1/100"},
		{"l", "L", "1"},
		{"h", "min", "60"},
		{"wk", "d", "7"},
		{"10*3/uL", "10*9/L", "1"},
		{"m2", "cm2", "10000"},
		{"%", "1", "1/100"},
		{"mg/(24.h)", "mg/d", "1"},
		{"kg", "m", ""},
		{"mmHg", "mm[Hg]", ""},
		{"mo", "d", ""},
		{"KiBy", "By", ""},
		{"{a}", "{b}", "1"},
	} {
		ratio, ok := ucum.Ratio(c[0], c[1])
		if ok != (c[2] != "") || ok && ratio.RatString() != c[2] {
			t.Errorf("%s in %s: %v %v", c[0], c[1], ratio, ok)
		}
	}
}

func FuzzCodes(f *testing.F) {
	f.Add("mg/dL", "(g.m)/s2{x}")
	f.Fuzz(func(t *testing.T, a, b string) {
		_, ok := ucum.Ratio(a, b)
		if ok && (!ucum.Valid(a) || !ucum.Valid(b)) {
			t.Errorf("%q and %q have a ratio and are no units", a, b)
		}
	})
}
