package clean

import (
	"html"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Damage is what happened to a text before it came here. The zero Damage is
// none.
type Damage uint8

// The kinds of damage.
const (
	Undamaged  Damage = iota
	Misread           // UTF-8 was read as Windows-1252: MÃ¼ller
	Replaced          // letters were replaced by U+FFFD
	Questioned        // letters were replaced by question marks: Garc?a
	Entities          // characters are written as HTML: O&#39;Brien
)

// DamageOf returns what happened to s. Text that cannot have come about so, as
// a single accent, an & between words or the ? of a web address, is not
// damaged.
func DamageOf(s string) Damage {
	for i := range len(s) {
		if c := s[i]; c >= utf8.RuneSelf || c == '&' || c == '?' {
			return damageOf(s)
		}
	}
	return Undamaged // as nearly every text
}

func damageOf(s string) Damage {
	switch {
	case strings.ContainsRune(s, utf8.RuneError):
		return Replaced
	case paired(s) && fixMojibake(s) != s:
		return Misread
	case strings.Contains(s, "?") && !strings.ContainsAny(s, "=/") && lostLetter.MatchString(s):
		return Questioned
	case strings.Contains(s, "&") && hasEntity(s):
		return Entities
	}
	return Undamaged
}

// paired reports whether two characters beyond ASCII stand beside each other:
// UTF-8 that was read as Windows-1252 has two for each letter, and in languages
// of the West they hardly ever do.
func paired(s string) bool {
	before := false
	for i := 0; i < len(s); {
		if s[i] < utf8.RuneSelf {
			before, i = false, i+1
			continue
		}
		if before {
			return true
		}
		_, size := utf8.DecodeRuneInString(s[i:])
		before, i = true, i+size
	}
	return false
}

// lostLetter is a question mark in the midst of a word, as programs write it
// for a letter that they do not know.
var lostLetter = regexp.MustCompile(`\pL\?\p{Ll}`)

// entity has the form of an HTML character reference (HTML Living Standard
// 13.5), with its semicolon.
var entity = regexp.MustCompile(`&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});`)

// hasEntity reports whether s holds a reference that HTML knows: not the &c; of
// an old hand.
func hasEntity(s string) bool {
	for _, e := range entity.FindAllString(s, -1) {
		if html.UnescapeString(e) != e {
			return true
		}
	}
	return false
}

// DamagedNumber says in words what a spreadsheet did to a number that was meant
// to tell things apart, "" where it did nothing. It keeps 15 digits of a number
// and writes 0 for the others, and shows long ones in short: 1.005E+03.
func DamagedNumber(s string) string {
	if n := len(s); n < 5 || s[n-3] != '+' && s[n-4] != '+' && (n < 16 || s[n-3:] != "000") { // short enough for the compiler to put it where it is asked for
		return ""
	}
	return damagedNumber(s)
}

func damagedNumber(s string) string {
	switch {
	case shortened.MatchString(s):
		return "a spreadsheet wrote this number in short, as in 1.005E+03, and digits are gone"
	default:
		if _, rounded := Rounded(s); !rounded {
			return ""
		}
		return "a number of more than 15 digits that ends in 000: a spreadsheet keeps 15 of them and writes 0 for the others"
	}
}

// Rounded reports whether s is a number of more than 15 digits, and whether
// there is nothing but 0 behind the 15th.
func Rounded(s string) (long, rounded bool) {
	long = len(s) > 15 && strings.Trim(s, "0123456789") == ""
	return long, long && strings.Trim(s[15:], "0") == ""
}

// shortened is a number as spreadsheets, pandas and R write it in short, with
// the decimal sign of any country.
var shortened = regexp.MustCompile(`^-?[0-9]+(?:[.,][0-9]+)?[eE]\+[0-9]{2,3}$`)
