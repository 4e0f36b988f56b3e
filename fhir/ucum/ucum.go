// Package ucum reads unit codes of UCUM (https://ucum.org/ucum): whether a code
// is one, and how two codes relate.
//
// Read [Valid] and [Ratio] first.
//
//	ucum.Valid("mm[Hg]") // true; ucum.Valid("mmHg") is false
//	ratio, ok := ucum.Ratio("kg", "g") // 1000
package ucum

import (
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// maxCode bounds a code; the longest in use have some thirty characters.
const maxCode = 256

// maxNesting bounds parentheses.
const maxNesting = 16

// Valid reports whether the code is one of UCUM's case sensitive codes.
func Valid(code string) bool {
	p := parser{code: code}
	return p.whole()
}

// Ratio returns how many b one a is: 1000 for kg and g. ok is false where the
// two measure different things, or where that takes more than prefixes, the
// usual units of time and the customary ones of length and mass, such as from L
// to m3.
func Ratio(a, b string) (ratio *big.Rat, ok bool) {
	x, y := parser{code: a, measure: newMeasure()}, parser{code: b, measure: newMeasure()}
	if !x.whole() || !y.whole() || !x.measure.like(y.measure) {
		return nil, false
	}
	if x.measure.beyond || y.measure.beyond {
		return nil, false
	}
	return new(big.Rat).Quo(&x.measure.factor, &y.measure.factor), true
}

// measure is a unit taken apart: a factor and the powers of the atoms.
type measure struct {
	factor big.Rat
	powers map[string]int
	beyond bool // a power is too high to be reckoned with
}

func newMeasure() *measure {
	m := &measure{powers: map[string]int{}}
	m.factor.SetInt64(1)
	return m
}

// like reports whether both have the same atoms.
func (m *measure) like(o *measure) bool {
	for _, one := range [][2]*measure{{m, o}, {o, m}} {
		for atom, power := range one[0].powers {
			if one[1].powers[atom] != power {
				return false
			}
		}
	}
	return true
}

// times multiplies by a factor to a power.
func (m *measure) times(factor *big.Rat, power int) {
	const highest = 64
	if power > highest || power < -highest {
		m.beyond = true
		return
	}
	for range max(power, -power) {
		if power > 0 {
			m.factor.Mul(&m.factor, factor)
		} else {
			m.factor.Quo(&m.factor, factor)
		}
	}
}

// parser reads one code; measure is nil where only the form matters.
type parser struct {
	code    string
	pos     int
	depth   int
	measure *measure
}

func (p *parser) whole() bool {
	return p.code != "" && len(p.code) <= maxCode && p.term(1) && p.pos == len(p.code)
}

// term reads components between dots and slashes; sign is -1 in a denominator.
func (p *parser) term(sign int) bool {
	if p.depth++; p.depth > maxNesting {
		return false
	}
	defer func() { p.depth-- }()
	power := sign
	for first := true; ; first = false {
		for p.at('/') { // a term may begin with a slash, and so may one behind a slash
			p.pos++
			power, first = -sign, true
		}
		if !first {
			if !p.at('.') {
				return true
			}
			p.pos++
			power = sign
		}
		if !p.component(power) {
			return false
		}
		if !p.at('.') && !p.at('/') {
			return true
		}
	}
}

func (p *parser) at(c byte) bool { return p.pos < len(p.code) && p.code[p.pos] == c }

// component is a group in parentheses, a number, a unit, or an annotation
// alone; each may have annotations behind it.
func (p *parser) component(sign int) bool {
	start := p.pos
	if p.at('(') {
		p.pos++
		if !p.term(sign) || !p.at(')') {
			return false
		}
		p.pos++
	} else if word := p.word(); word != "" && !p.simple(word, sign) {
		return false
	}
	for p.at('{') {
		if !p.annotation() {
			return false
		}
	}
	return p.pos > start
}

// annotation is any printable ASCII in braces.
func (p *parser) annotation() bool {
	for p.pos++; p.pos < len(p.code); p.pos++ {
		switch c := p.code[p.pos]; {
		case c == '}':
			p.pos++
			return true
		case c == '{' || c < ' ' || c > '~':
			return false
		}
	}
	return false
}

// word reads up to what ends a unit; dots and slashes in square brackets belong
// to it.
func (p *parser) word() string {
	start, brackets := p.pos, false
	for ; p.pos < len(p.code); p.pos++ {
		c := p.code[p.pos]
		if c == '[' || c == ']' {
			brackets = c == '['
		}
		if !brackets && strings.IndexByte("./(){}", c) >= 0 {
			break
		}
	}
	return p.code[start:p.pos]
}

// simple reads a number, or a unit with its exponent.
func (p *parser) simple(word string, sign int) bool {
	if strings.Trim(word, "0123456789") == "" {
		if n, ok := new(big.Rat).SetString(word); ok && p.measure != nil && n.Sign() > 0 {
			p.measure.times(n, sign)
		}
		return true
	}
	unit, exponent := word, 1
	if end := len(strings.TrimRight(word, "0123456789")); end < len(word) && end > 0 {
		n, err := strconv.Atoi(word[end:])
		if err != nil {
			return false
		}
		unit, exponent = word[:end], n
		if last := unit[len(unit)-1]; last == '-' || last == '+' {
			if unit = unit[:len(unit)-1]; last == '-' {
				exponent = -exponent
			}
		}
	}
	prefix, atom, ok := split(unit)
	if ok && p.measure != nil {
		p.measure.add(prefix, atom, sign*exponent)
	}
	return ok
}

// split takes a unit into its prefix, "" for none, and its atom.
func split(unit string) (prefix, atom string, ok bool) {
	if isAtom(unit, otherAtoms) || isAtom(unit, metricAtoms) {
		return "", unit, true
	}
	for n := 1; n <= 2 && n < len(unit); n++ {
		if _, is := power(unit[:n]); is && isAtom(unit[n:], metricAtoms) {
			return unit[:n], unit[n:], true
		}
	}
	return "", "", false
}

// isAtom looks for a word in a list.
func isAtom(word, list string) bool {
	for at := 0; ; {
		i := strings.Index(list[at:], word)
		if i < 0 || word == "" {
			return false
		}
		from, to := at+i, at+i+len(word)
		if (from == 0 || list[from-1] <= ' ') && (to == len(list) || list[to] <= ' ') {
			return true
		}
		at = from + 1
	}
}

// power returns the power of ten of a prefix; those of two (Ki, Mi …) are 0
// here.
func power(prefix string) (ten int, ok bool) {
	if slices.Contains([]string{"Ki", "Mi", "Gi", "Ti"}, prefix) {
		return 0, true
	}
	for _, p := range []struct {
		name string
		ten  int
	}{
		{"Y", 24},
		{"Z", 21},
		{"E", 18},
		{"P", 15},
		{"T", 12},
		{"G", 9},
		{"M", 6},
		{"k", 3},
		{"h", 2},
		{"da", 1},
		{"d", -1},
		{"c", -2},
		{"m", -3},
		{"u", -6},
		{"n", -9},
		{"p", -12},
		{"f", -15},
		{"a", -18},
		{"z", -21},
		{"y", -24},
	} {
		if p.name == prefix {
			return p.ten, true
		}
	}
	return 0, false
}

// add multiplies by an atom with its prefix.
func (m *measure) add(prefix, atom string, exponent int) {
	ten, _ := power(prefix)
	m.times(new(big.Rat).SetInt64(10), ten*exponent)
	switch atom {
	case "l":
		atom = "L"
	case "10*", "10^":
		m.times(new(big.Rat).SetInt64(10), exponent)
		return
	case "%":
		m.times(big.NewRat(1, 100), exponent)
		return
	}
	if seconds := secondsOf(atom); seconds > 0 {
		m.times(new(big.Rat).SetInt64(seconds), exponent)
		atom = "s"
	}
	if factor, unit := metric(atom); factor != nil {
		m.times(factor, exponent)
		atom = unit
	}
	if strings.HasSuffix(prefix, "i") {
		atom = prefix + atom // of computers; not compared with others
	}
	if m.powers[atom] += exponent; m.powers[atom] == 0 {
		delete(m.powers, atom)
	}
}

// secondsOf returns the length of a unit of time that has always the same one,
// 0 for other units.
func secondsOf(atom string) int64 {
	switch atom {
	case "min":
		return 60
	case "h":
		return 3600
	case "d":
		return 86400
	case "wk":
		return 604800
	}
	return 0
}

// metric returns what a customary unit of length or mass comes to by its
// definition in UCUM, which is exact; nil for other units.
func metric(atom string) (factor *big.Rat, unit string) {
	switch atom {
	case "[in_i]":
		return big.NewRat(254, 10_000), "m"
	case "[ft_i]":
		return big.NewRat(3048, 10_000), "m"
	case "[yd_i]":
		return big.NewRat(9144, 10_000), "m"
	case "[mi_i]":
		return big.NewRat(1_609_344, 1000), "m"
	case "[gr]":
		return big.NewRat(6_479_891, 100_000_000), "g"
	case "[oz_av]":
		return big.NewRat(28_349_523_125, 1_000_000_000), "g"
	case "[lb_av]":
		return big.NewRat(45_359_237, 100_000), "g"
	case "[stone_av]":
		return big.NewRat(635_029_318, 100_000), "g"
	}
	return nil, ""
}
