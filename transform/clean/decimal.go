package clean

import (
	"fmt"
	"math/big"
	"strings"
)

// maxNumber bounds the length of a number, and maxExponent what its exponent
// may ask for.
const (
	maxNumber   = 64
	maxExponent = 60
)

// numberForm says how numbers are written in a column.
type numberForm struct {
	sep   byte // decimal sign
	group byte // between thousands
	// trust is set where the mapping names the group sign. Otherwise 1,234 is
	// refused: it is a thousand times more, or less, in another country.
	trust bool
}

// plainForm is the form of FHIR, and of most exports.
func plainForm() numberForm { return numberForm{sep: '.', group: ','} }

// formOf reads the options sep= and group=.
func formOf(args []Arg) (numberForm, error) {
	given, err := pairs(args)
	if err != nil {
		return numberForm{}, err
	}
	form := plainForm()
	for key, text := range given {
		if len(text) != 1 || isDigit(text[0]) {
			return numberForm{}, fmt.Errorf("%s= takes one sign, not %q", key, text)
		}
		switch key {
		case "sep":
			form.sep = text[0]
		case "group":
			form.group, form.trust = text[0], true
		default:
			return numberForm{}, fmt.Errorf("unknown option %q; sep= or group= is meant", key)
		}
	}
	if form.sep == ',' && !form.trust {
		form.group = '.'
	}
	if form.sep == form.group {
		return numberForm{}, fmt.Errorf("sep and group are both %q", form.sep)
	}
	return form, nil
}

// decimal returns s as FHIR writes a decimal, every digit kept; s itself where
// it has that form.
func (f numberForm) decimal(s string) (string, bool) {
	if len(s) > maxNumber {
		return "", false
	}
	if f.sep == '.' && isDecimal(s) {
		return s, true
	}
	sign, rest := cutSign(s)
	whole, fraction, pointed := strings.Cut(rest, string(rune(f.sep)))
	whole, ok := f.ungroup(whole, pointed)
	if !ok || !onlyDigits(fraction) || whole+fraction == "" {
		return "", false
	}
	whole = strings.TrimLeft(whole, "0")
	if whole == "" {
		whole = "0"
	}
	if fraction != "" {
		fraction = "." + fraction
	}
	text := sign + whole + fraction
	return text, isDecimal(text)
}

// cutSign drops a plus, and takes the minus sign of word processors for a
// minus.
func cutSign(s string) (sign, rest string) {
	if rest, ok := strings.CutPrefix(s, "+"); ok {
		return "", rest
	}
	if rest, ok := strings.CutPrefix(s, "-"); ok {
		return "-", rest
	}
	if rest, ok := strings.CutPrefix(s, "−"); ok {
		return "-", rest
	}
	return "", s
}

// ungroup takes the group signs out of the whole part. pointed tells that a
// decimal sign follows, which settles what the other sign is.
func (f numberForm) ungroup(whole string, pointed bool) (string, bool) {
	sign := string(rune(f.group))
	groups := strings.Count(whole, sign)
	if groups == 0 {
		return whole, onlyDigits(whole)
	}
	if groups == 1 && !pointed && !f.trust {
		return "", false
	}
	for i, part := range strings.Split(whole, sign) {
		if part == "" || len(part) > 3 || (i > 0 && len(part) != 3) || !onlyDigits(part) {
			return "", false
		}
	}
	return strings.ReplaceAll(whole, sign, ""), true
}

// onlyDigits tells that no byte of s is anything but 0 to 9; it is true of an
// empty text.
func onlyDigits(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return true
}

// isDecimal tells whether s has the form of a decimal (FHIR R4 2.24.0.1):
// -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?
func isDecimal(s string) bool {
	s = strings.TrimPrefix(s, "-")
	n := digitsAt(s)
	if n == 0 || (n > 1 && s[0] == '0') {
		return false
	}
	s = s[n:]
	if s != "" && s[0] == '.' {
		n = digitsAt(s[1:])
		if n == 0 {
			return false
		}
		s = s[1+n:]
	}
	if s == "" {
		return true
	}
	if s[0]|0x20 != 'e' {
		return false
	}
	s = s[1:]
	if s != "" && (s[0] == '+' || s[0] == '-') {
		s = s[1:]
	}
	e, ok := smallInt(s)
	return ok && e <= maxExponent
}

// digitsAt counts the digits at the start of s.
func digitsAt(s string) int {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n
}

// fixed is an exact decimal number: unscaled / 10^scale.
type fixed struct {
	unscaled *big.Int
	scale    int
}

// parseFixed reads a text of which isDecimal is true.
func parseFixed(s string) fixed {
	exponent := 0
	if at := strings.IndexAny(s, "eE"); at >= 0 {
		sign, digits := cutSign(s[at+1:])
		exponent, _ = smallInt(digits)
		if sign == "-" {
			exponent = -exponent
		}
		s = s[:at]
	}
	whole, fraction, _ := strings.Cut(s, ".")
	n, ok := new(big.Int).SetString(whole+fraction, 10)
	if !ok {
		n = new(big.Int)
	}
	f := fixed{n, len(fraction) - exponent}
	return f.rescaled(max(f.scale, 0))
}

func pow10(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

// rescaled returns f with more digits behind the point.
func (f fixed) rescaled(scale int) fixed {
	if scale <= f.scale {
		return f
	}
	return fixed{new(big.Int).Mul(f.unscaled, pow10(scale-f.scale)), scale}
}

// rounded returns f with at most scale digits behind the point; halves go away
// from zero.
func (f fixed) rounded(scale int) fixed {
	if scale >= f.scale {
		return f
	}
	unit := pow10(f.scale - scale)
	half := new(big.Int).Rsh(unit, 1)
	n := new(big.Int).Abs(f.unscaled)
	n.Quo(n.Add(n, half), unit)
	if f.unscaled.Sign() < 0 {
		n.Neg(n)
	}
	return fixed{n, scale}
}

func (f fixed) times(o fixed) fixed {
	return fixed{new(big.Int).Mul(f.unscaled, o.unscaled), f.scale + o.scale}
}

func (f fixed) plus(o fixed) fixed {
	scale := max(f.scale, o.scale)
	a, b := f.rescaled(scale), o.rescaled(scale)
	return fixed{new(big.Int).Add(a.unscaled, b.unscaled), scale}
}

func (f fixed) compare(o fixed) int {
	scale := max(f.scale, o.scale)
	return f.rescaled(scale).unscaled.Cmp(o.rescaled(scale).unscaled)
}

// String writes f with all digits behind the point, zeros too.
func (f fixed) String() string {
	digits := new(big.Int).Abs(f.unscaled).String()
	if len(digits) <= f.scale {
		digits = strings.Repeat("0", f.scale-len(digits)+1) + digits
	}
	sign := ""
	if f.unscaled.Sign() < 0 {
		sign = "-"
	}
	at := len(digits) - f.scale
	if f.scale == 0 {
		return sign + digits
	}
	return sign + digits[:at] + "." + digits[at:]
}
