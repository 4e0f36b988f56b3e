// Package denial knows the words by which people write down that a patient has
// no allergy, where an allergy would stand. A chart must neither show an
// allergy to "NKDA" nor lose that somebody asked.
//
// Read [Of] first.
//
//	denial.Of("NKDA")     // ToDrugs
//	denial.Of("Penicillin") // Nothing
package denial

import (
	"slices"
	"strings"
)

// Kind is what is denied. The zero Kind is nothing: the text may name an
// allergy.
type Kind uint8

// The kinds of a denial. Unclear are words that name no substance and do not
// say either that there is none: "unknown", "denies latex".
const (
	Nothing       Kind = iota
	AtAll              // no known allergy
	ToDrugs            // to no drug
	ToFood             // to no food
	ToEnvironment      // to nothing of the surroundings
	Unclear
)

// Concept returns the concept of SNOMED CT that says so, "" where there is
// none.
func (k Kind) Concept() (code, display string) {
	switch k {
	case AtAll:
		return "716186003", "No known allergy"
	case ToDrugs:
		return "409137002", "No known drug allergy"
	case ToFood:
		return "429625007", "No known food allergy"
	case ToEnvironment:
		return "428607008", "No known environmental allergy"
	}
	return "", ""
}

// Of returns what a text denies. It reads whole texts only: what stands behind
// "no known allergies" may be an allergy.
func Of(text string) Kind {
	words := plain(text)
	for kind, phrases := range [...][]string{
		AtAll:         {"none", "none known", "none reported", "nil", "nil known", "no allergies", "no allergy", "no allergies known", "no known allergies", "no known allergy", "nka"},
		ToDrugs:       {"nkda", "no drug allergies", "no drug allergy", "no known drug allergies", "no known drug allergy", "no known medication allergies", "no known medication allergy"},
		ToFood:        {"nkfa", "no food allergies", "no food allergy", "no known food allergies", "no known food allergy"},
		ToEnvironment: {"no known environmental allergies", "no known environmental allergy"},
	} {
		if slices.Contains(phrases, words) {
			return Kind(kind)
		}
	}
	for _, begin := range [...]string{"no", "none", "nil", "nka", "nkda", "nkfa", "not allergic", "not known", "not asked", "unknown", "denies", "denied", "negative", "n/a"} {
		if rest, ok := strings.CutPrefix(words, begin); ok && (rest == "" || strings.HasPrefix(rest, " ") || strings.HasPrefix(rest, ",")) {
			return Unclear
		}
	}
	return Nothing
}

// plain returns a text in small letters, with single blanks and without what
// stands around it: "N.K.D.A." and "(nkda)" are nkda.
func plain(text string) string {
	if len(text) > 200 { // nobody denies at such length
		text = text[:200]
	}
	words := strings.Join(strings.Fields(strings.ToLower(text)), " ")
	words = strings.Trim(words, " .,;:!*-_()[]\"'")
	if short := strings.ReplaceAll(words, ".", ""); len(short) <= 4 {
		return short
	}
	return words
}
