package clean

import "strings"

// ucumSystem is the code system of UCUM in FHIR.
const ucumSystem = "http://unitsofmeasure.org"

// Bounds of a unit: nothing a laboratory writes comes near them.
const (
	maxUnit      = 80
	maxUnitDepth = 8
)

// isUCUM tells whether s is a unit of UCUM, case sensitive, by the grammar of
// the specification (§§ 5-12): atoms, prefixes, exponents, annotations.
func isUCUM(s string) bool {
	if s == "" || len(s) > maxUnit {
		return false
	}
	r := unitReader{s: s}
	return r.term(0) && r.at == len(s)
}

type unitReader struct {
	s  string
	at int
}

func (r *unitReader) peek() byte {
	if r.at < len(r.s) {
		return r.s[r.at]
	}
	return 0
}

// term reads components between . and /; it may begin with a slash.
func (r *unitReader) term(depth int) bool {
	if r.peek() == '/' {
		r.at++
	}
	for {
		if !r.component(depth) {
			return false
		}
		if c := r.peek(); c != '.' && c != '/' {
			return true
		}
		r.at++
	}
}

// component reads a unit, a number, a bracket or an annotation; an annotation
// may also follow.
func (r *unitReader) component(depth int) bool {
	switch c := r.peek(); {
	case c == '{':
		return r.annotation()
	case c == '(':
		if depth >= maxUnitDepth {
			return false
		}
		r.at++
		if !r.term(depth+1) || r.peek() != ')' {
			return false
		}
		r.at++
	case isDigit(c) && !r.isPowerOfTen():
		r.digits()
	default:
		if !r.symbol() {
			return false
		}
		r.exponent()
	}
	return r.peek() != '{' || r.annotation()
}

// annotation reads {text} of printable ASCII characters.
func (r *unitReader) annotation() bool {
	end := strings.IndexByte(r.s[r.at:], '}')
	if end < 0 {
		return false
	}
	for _, c := range []byte(r.s[r.at+1 : r.at+end]) {
		if c < '!' || c > '~' || c == '{' {
			return false
		}
	}
	r.at += end + 1
	return true
}

func (r *unitReader) isPowerOfTen() bool {
	return strings.HasPrefix(r.s[r.at:], "10*") || strings.HasPrefix(r.s[r.at:], "10^")
}

func (r *unitReader) digits() bool {
	n := digitsAt(r.s[r.at:])
	r.at += n
	return n > 0
}

// exponent reads an optional sign and digits; without digits it takes nothing.
func (r *unitReader) exponent() {
	start := r.at
	if c := r.peek(); c == '+' || c == '-' {
		r.at++
	}
	if !r.digits() {
		r.at = start
	}
}

// symbol reads an atom, with a prefix or without.
func (r *unitReader) symbol() bool {
	if r.isPowerOfTen() {
		r.at += len("10*")
		return true
	}
	start := r.at
	for r.at < len(r.s) && !strings.ContainsRune("./(){}+-0123456789", rune(r.s[r.at])) {
		if r.s[r.at] != '[' {
			r.at++
			continue
		}
		end := strings.IndexByte(r.s[r.at:], ']')
		if end < 0 {
			return false
		}
		r.at += end + 1
	}
	return isUnitSymbol(r.s[start:r.at])
}

// isUnitSymbol tries the whole symbol first: min is a minute, not a milli-inch.
func isUnitSymbol(s string) bool {
	if _, ok := ucumAtoms[s]; ok {
		return true
	}
	for _, n := range [...]int{1, 2} {
		if len(s) > n && isPrefix(s[:n]) && ucumAtoms[s[n:]] {
			return true
		}
	}
	return false
}

func isPrefix(s string) bool {
	switch s {
	case "da", "Ki", "Mi", "Gi", "Ti":
		return true
	}
	return len(s) == 1 && strings.Contains("YZEPTGMkhdcmunpfazy", s)
}

// ucumCode returns the UCUM code of a unit as laboratories and clinics write
// it. Whole phrases are looked up first, then every part between slashes.
func ucumCode(unit string) (string, bool) {
	if len(unit) > maxUnit {
		return "", false
	}
	unit = unitSigns(strings.TrimSpace(unit))
	if code, ok := wholeUnits[unit]; ok {
		return code, code != ""
	}
	_, trap := unitTraps[unit]
	if code, ok := unitAliases[foldUnit(unit)]; ok && !trap && !isUCUM(unit) {
		return code, true
	}
	if strings.ContainsAny(unit, "{[(") && isUCUM(unit) {
		return unit, true
	}
	code, ok := unitParts(strings.Split(unit, "/"))
	return code, ok && isUCUM(code)
}

// unitParts puts the codes of the parts between slashes together.
func unitParts(parts []string) (string, bool) {
	for i, p := range parts {
		if p == "" && i == 0 && len(parts) > 1 {
			continue
		}
		code, ok := unitPart(strings.TrimSpace(p))
		if count := countTraps[p]; count != "" && i == 0 && len(parts) > 1 && isVolume(parts[1]) {
			code, ok = count, true
		}
		if !ok {
			return "", false
		}
		parts[i] = code
	}
	return strings.Join(parts, "/"), true
}

// isVolume tells whether cells are counted in this part: 10*3/uL.
func isVolume(p string) bool {
	code, ok := unitPart(strings.TrimSpace(p))
	return ok && (strings.HasSuffix(code, "L") || code == "l" || code == "mm3")
}

// unitPart returns the code of one part of a unit.
func unitPart(p string) (string, bool) {
	if code, ok := unitTraps[p]; ok {
		return code, code != ""
	}
	if isUCUM(p) {
		return p, true
	}
	code, ok := unitAliases[foldUnit(p)]
	return code, ok
}

// unitSigns writes the signs that people use beside ASCII the way UCUM does.
func unitSigns(unit string) string {
	if isASCII(unit) {
		return unit
	}
	return strings.NewReplacer("µ", "u", "μ", "u", "²", "2", "³", "3", "°", "deg", "⁄", "/", "×", "x", "\u00a0", " ").Replace(unit)
}

// foldUnit is the form in which unitAliases are looked up.
func foldUnit(unit string) string {
	return strings.ReplaceAll(strings.ToLower(unit), " ", "")
}
