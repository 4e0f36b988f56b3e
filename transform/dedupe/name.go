package dedupe

import (
	_ "embed"
	"slices"
	"strings"
)

//go:embed nicknames.txt
var nicknameList string

// nameTraits is what is known of one spelling of a name, worked out once.
type nameTraits struct {
	sound uint64    // hash of the phonetic skeleton of the first word
	three uint64    // hash of the first three letters
	nicks [6]uint16 // lines of the list of nicknames in which the first word stands, 0 ends them
	words bool      // more than one word
}

// nicknames returns for each name the lines of the list in which it stands,
// counted from 1.
func nicknames() map[string][]uint16 {
	lines := map[string][]uint16{}
	n := uint16(0)
	for line := range strings.Lines(nicknameList) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		n++
		for _, name := range strings.Fields(line) {
			lines[name] = append(lines[name], n)
		}
	}
	return lines
}

func traitsOf(text string, nicks map[string][]uint16) nameTraits {
	first := firstToken(text)
	t := nameTraits{words: len(first) < len(text)}
	copy(t.nicks[:], nicks[first])
	t.sound = hash([]byte(skeleton(first)))
	end := 0
	for range 3 {
		for end++; end < len(first) && first[end]&0xc0 == 0x80; end++ { // letters of other scripts take several bytes
		}
	}
	t.three = hash([]byte(first[:min(end, len(first))]))
	return t
}

// skeleton is the sound of a name: its first letter and up to three classes of
// consonants, after Soundex, with the letters that begin alike (K and C, PH and
// F, J and G) taken for one. Names of other scripts are their own skeleton.
func skeleton(name string) string {
	if name == "" || !ascii(name) {
		return name
	}
	out := make([]byte, 0, 4)
	name = strings.Replace(name, "PH", "F", 1)
	out = append(out, firstSound(name))
	last := consonant(name[0])
	for i := 1; i < len(name) && len(out) < 4; i++ {
		class := consonant(name[i])
		if class != '0' && class != last {
			out = append(out, class)
		}
		if name[i] != 'H' && name[i] != 'W' {
			last = class
		}
	}
	return string(out)
}

func firstSound(name string) byte {
	switch c := name[0]; {
	case c == 'C' || c == 'Q':
		return 'K'
	case c == 'G' && len(name) > 1 && (name[1] == 'E' || name[1] == 'I'):
		return 'J'
	case c == 'E', c == 'I', c == 'O', c == 'U', c == 'Y':
		return 'A'
	case c == 'Z':
		return 'S'
	default:
		return c
	}
}

func consonant(c byte) byte {
	switch c {
	case 'B', 'F', 'P', 'V':
		return '1'
	case 'C', 'G', 'J', 'K', 'Q', 'S', 'X', 'Z':
		return '2'
	case 'D', 'T':
		return '3'
	case 'L':
		return '4'
	case 'M', 'N':
		return '5'
	case 'R':
		return '6'
	}
	return '0'
}

// The levels of given and family names, from best to worst, and the two that
// say where else the name stands.
const (
	nameExact uint8 = iota + 1
	nameNear
	nameVariant
	nameWeak
	nameDifferent
	nameSwapped // given and family name have changed places
	nameMiddle  // the given name is the other's middle name
	nameCrossed // one's given name is the other's family name, and the other two names differ
)

// longName is from how many letters on two slips leave a name recognisable: of
// names of six letters and fewer too many lie that close to another.
const longName = 7

// nameLevel compares two different names that both have a value.
func nameLevel(a, b string, ta, tb *nameTraits) uint8 {
	sim := jaroWinkler(a, b)
	short := min(len(a), len(b))
	switch {
	case sim >= .92 && short > 2, short > 3 && edits(a, b, 1) <= 1, short >= longName && edits(a, b, 2) <= 2:
		return nameNear
	case sharesLine(ta, tb), sim >= .86, contained(a, b, ta, tb):
		return nameVariant
	case sim >= .70, short == 1 && a[0] == b[0], ta.sound == tb.sound:
		return nameWeak
	}
	return nameDifferent
}

func sharesLine(a, b *nameTraits) bool {
	for _, line := range a.nicks {
		if line == 0 {
			return false
		}
		if slices.Contains(b.nicks[:], line) {
			return true
		}
	}
	return false
}

// contained reports whether a whole word of one name is a word of the other:
// MARY and MARY ANN, GARCIA and GARCIA LOPEZ.
func contained(a, b string, ta, tb *nameTraits) bool {
	if !ta.words && !tb.words {
		return false
	}
	for word := range tokens(a) {
		if len(word) < 3 {
			continue
		}
		for other := range tokens(b) {
			if word == other {
				return true
			}
		}
	}
	return false
}

// The levels of a middle name.
const (
	middleEqual uint8 = iota + 1
	middleInitial
	middleNear
	middleDifferent
)

func middleLevel(a, b string) uint8 {
	switch {
	case a == b && len(a) > 1:
		return middleEqual
	case a[0] == b[0] && (len(a) == 1 || len(b) == 1):
		return middleInitial
	case jaroWinkler(a, b) >= .86:
		return middleNear
	}
	return middleDifferent
}

// suffixOf returns the generational suffix in its common form, or "".
func suffixOf(word string) string {
	switch word {
	case "JR", "JUNIOR", "JNR", "2ND":
		return "JR"
	case "SR", "SENIOR", "SNR", "1ST", "I":
		return "SR"
	case "II", "III", "IV":
		return word
	case "3RD":
		return "III"
	case "4TH":
		return "IV"
	}
	return ""
}

// placeholderName reports whether the name stands for a person whose name is
// not known.
func placeholderName(name string) bool {
	switch name {
	case "UNKNOWN", "UNK", "UNKN", "UNKNOWN UNKNOWN", "NOT KNOWN", "UNIDENTIFIED", "ANONYMOUS", "NONE", "NA", "N A", "NULL", "NOT GIVEN", "NO NAME", "NONAME", "NFN", "NLN",
		"TEST", "TESTING", "TEST PATIENT", "TESTPATIENT", "PATIENT", "DUMMY", "DO NOT USE", "XXX", "XXXX", "XX", "ZZZ", "ZZZZ", "ZZTEST", "ZZZTEST",
		"BABY", "BABY BOY", "BABY GIRL", "BABYBOY", "BABYGIRL", "BB", "BG", "NEWBORN", "NEW BORN", "INFANT", "INFANT BOY", "INFANT GIRL", "BOY", "GIRL", "MALE", "FEMALE",
		"TWIN", "TWIN A", "TWIN B", "TWIN 1", "TWIN 2", "TWIN BOY", "TWIN GIRL", "BABY A", "BABY B", "BABY BOY A", "BABY BOY B", "BABY GIRL A", "BABY GIRL B", "STILLBORN", "FETUS":
		return true
	}
	return strings.HasPrefix(name, "BABY BOY ") || strings.HasPrefix(name, "BABY GIRL ") || strings.HasPrefix(name, "BABY OF ")
}

// personName is a full name taken apart.
type personName struct{ given, middle, family, suffix string }

// splitName takes a full name apart: "GARCIA LOPEZ, ANA M" or "ANA M GARCIA
// JR".
func splitName(text string) personName {
	var p personName
	before, after, comma := strings.Cut(text, ",")
	words := strings.Fields(string(fold(nil, before)))
	words, p.suffix = dropTitles(words)
	if comma {
		p.family = strings.Join(words, " ")
		suffix := ""
		words, suffix = dropTitles(strings.Fields(string(fold(nil, after))))
		p.suffix += suffix
	} else if n := len(words); n > 0 {
		p.family = words[n-1]
		words = words[:n-1]
	}
	if len(words) > 0 {
		p.given = words[0]
		p.middle = strings.Join(words[1:], " ")
	}
	return p
}

// dropTitles removes titles at the start and a generational suffix at the end.
func dropTitles(words []string) (rest []string, suffix string) {
	for len(words) > 1 && slices.Contains([]string{"MR", "MRS", "MS", "MISS", "DR", "PROF"}, words[0]) {
		words = words[1:]
	}
	if n := len(words); n > 1 && words[n-1] != "I" {
		if suffix = suffixOf(words[n-1]); suffix != "" {
			words = words[:n-1]
		}
	}
	return words, suffix
}
