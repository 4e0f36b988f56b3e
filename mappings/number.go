package mappings

import (
	"cmp"
	"strconv"
	"strings"
)

// exactDigits is how long the text of a number may be that a float tells from
// every other one (IEEE 754 binary64).
const exactDigits = 15

// CompareNumbers compares decimal numbers as they are written, as conditions
// do: 1.0 equals 1, and two keys of twenty digits are equal if all digits are.
// ok is false where one is no number: NaN, which is equal to anything here, Inf
// and hexadecimal ones are texts.
func CompareNumbers(a, b string) (order int, ok bool) {
	x, okX := numeral(a)
	y, okY := numeral(b)
	switch {
	case !okX || !okY:
		return 0, false
	case x != y || len(a) <= exactDigits && len(b) <= exactDigits:
		return cmp.Compare(x, y), true // rounding never turns an order round
	}
	return readDecimal(a).compare(readDecimal(b)), true
}

func numeral(text string) (float64, bool) {
	n, err := strconv.ParseFloat(text, 64)
	return n, err == nil && strings.Trim(text, "0123456789+-.eE") == ""
}

// decimal is a number as its digits: 0.digits times ten to the power of point.
// Zero has none.
type decimal struct {
	negative bool
	digits   string // without zeros at either end
	point    int
}

// mostPoint is beyond what any float can have; exponents are cut to it.
const mostPoint = 1 << 20

// readDecimal reads what numeral takes for a number.
func readDecimal(text string) decimal {
	number, power, _ := strings.Cut(strings.ReplaceAll(text, "E", "e"), "e")
	whole, fraction, _ := strings.Cut(strings.TrimLeft(number, "+-"), ".")
	exponent, _ := strconv.Atoi(power) // 0 without one; of more digits than an int has, the largest
	d := decimal{negative: strings.HasPrefix(number, "-"), digits: whole + fraction, point: len(whole) + max(-mostPoint, min(exponent, mostPoint))}
	significant := strings.TrimLeft(d.digits, "0")
	d.point -= len(d.digits) - len(significant)
	if d.digits = strings.TrimRight(significant, "0"); d.digits == "" {
		return decimal{}
	}
	return d
}

func (d decimal) sign() int {
	switch {
	case d.digits == "":
		return 0
	case d.negative:
		return -1
	}
	return 1
}

func (d decimal) compare(e decimal) int {
	if s := d.sign(); s != e.sign() || s == 0 {
		return cmp.Compare(s, e.sign())
	}
	return d.sign() * cmp.Or(cmp.Compare(d.point, e.point), strings.Compare(d.digits, e.digits))
}
