package main

import (
	"math/big"
	"strings"
)

// significant is the number of significant digits to which Synthea's FHIR
// exporter rounds.
const significant = 5

// numbers reads two numbers, each of which may carry the same label,
// LABEL=NUMBER.
func numbers(w, g string) (a, b *big.Rat, ok bool) {
	if label, rest, labelled := strings.Cut(w, "="); labelled {
		gotLabel, gotRest, _ := strings.Cut(g, "=")
		if label != gotLabel {
			return nil, nil, false
		}
		w, g = rest, gotRest
	}
	if !plain(w) || !plain(g) {
		return nil, nil, false
	}
	a, okA := new(big.Rat).SetString(w)
	b, okB := new(big.Rat).SetString(g)
	return a, b, okA && okB
}

// plain reports whether s is a decimal, with a point or an exponent that a
// bound holds small.
func plain(s string) bool {
	return s != "" && len(s) < 40 && strings.Trim(s, "0123456789.-") == ""
}

// rounded reports whether g is w with fewer digits behind the point. Halves may
// go either way: Synthea rounds binary fractions, which lie on one side or the
// other.
func rounded(w, g string) bool {
	a, b, ok := numbers(w, g)
	if !ok {
		return false
	}
	_, fraction, _ := strings.Cut(g, ".")
	return near(a, b, -len(fraction))
}

// truncated reports whether the truth's w is g rounded to five significant
// digits.
func truncated(w, g string) bool {
	a, b, ok := numbers(w, g)
	if !ok {
		return false
	}
	_, number, labelled := strings.Cut(g, "=")
	if !labelled {
		number = g
	}
	whole, _, _ := strings.Cut(strings.TrimPrefix(number, "-"), ".")
	return len(whole) > significant && near(a, b, len(whole)-significant)
}

// near reports whether a and b are at most half of 10^power apart.
func near(a, b *big.Rat, power int) bool {
	unit := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(power, -power))), nil))
	if power < 0 {
		unit.Inv(unit)
	}
	distance := new(big.Rat).Sub(a, b)
	return distance.Abs(distance).Cmp(unit.Mul(unit, big.NewRat(1, 2))) <= 0
}
