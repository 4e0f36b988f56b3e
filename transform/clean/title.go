package clean

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// titleCase capitalises the words of a name. It returns s itself where nothing
// changes.
func titleCase(s string) string {
	var buffer [96]byte
	out := buffer[:0]
	first := true
	for at := 0; at < len(s); {
		word, gap := nextWord(s[at:])
		out = appendWord(out, s[at:at+word], s[at+word:], first)
		out = append(out, s[at+word:at+word+gap]...)
		first = first && word == 0
		at += word + gap
	}
	if string(out) == s {
		return s
	}
	return string(out)
}

// nextWord returns the length of the word at the start of s and of the gap
// after it.
func nextWord(s string) (word, gap int) {
	word = strings.IndexFunc(s, isGap)
	if word < 0 {
		return len(s), 0
	}
	gap = strings.IndexFunc(s[word:], func(r rune) bool { return !isGap(r) })
	if gap < 0 {
		gap = len(s) - word
	}
	return word, gap
}

// isGap tells where words end. An apostrophe is part of its word, a hyphen is
// not.
func isGap(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r) && !isApostrophe(r)
}

func isApostrophe(r rune) bool { return r == '\'' || r == '’' || r == '`' }

// appendWord appends word, which rest follows, in title case.
func appendWord(out []byte, word, rest string, first bool) []byte {
	switch {
	case isMixed(word), isRoman(word):
		return append(out, word...)
	case isParticle(word) && (!first || particleFollows(rest)):
		return appendLower(out, word)
	}
	return appendCapitalised(out, word)
}

// isMixed tells that a word has its capitals set already: DeVries, McDonald, Ana.
func isMixed(word string) bool {
	upper, lower := false, false
	for _, r := range word {
		upper = upper || unicode.IsUpper(r) || unicode.IsTitle(r)
		lower = lower || unicode.IsLower(r)
	}
	return upper && lower
}

// isRoman keeps the numerals of generations; VI and XI are names too.
func isRoman(word string) bool { return word == "II" || word == "III" || word == "IV" }

// isParticle tells whether word is one of the small words of European names.
// The first word of a name is taken for one only when another follows: VAN DER
// BERG is van der Berg, but VAN HORN is Van Horn, as in the United States.
func isParticle(word string) bool {
	if len(word) > 3 {
		return false
	}
	switch strings.ToLower(word) {
	case "van", "von", "der", "den", "de", "del", "dem", "di", "da", "du", "dos", "das", "la", "las", "los", "ter", "ten", "zu", "bin", "ibn", "y":
		return true
	}
	return false
}

// particleFollows looks at the next word.
func particleFollows(rest string) bool {
	rest = strings.TrimLeft(rest, " ")
	word, gap := nextWord(rest)
	return gap > 0 && isParticle(rest[:word])
}

func appendLower(out []byte, word string) []byte {
	for _, r := range word {
		out = utf8.AppendRune(out, unicode.ToLower(r))
	}
	return out
}

// appendCapitalised writes O'Neil, D'Angelo and McDonald, but Andre's.
func appendCapitalised(out []byte, word string) []byte {
	capital, letters := true, 0
	mc := len(word) > 3 && strings.EqualFold(word[:2], "mc")
	for _, r := range word {
		switch {
		case isApostrophe(r):
			out = utf8.AppendRune(out, r)
			capital = letters <= 1
			continue
		case capital || (mc && letters == 2):
			out = utf8.AppendRune(out, unicode.ToTitle(r))
		default:
			out = utf8.AppendRune(out, unicode.ToLower(r))
		}
		capital = false
		letters++
	}
	return out
}
