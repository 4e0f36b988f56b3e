// Package phone reads telephone numbers as people write them, by the rules and the numbering plans of libphonenumber (Apache-2.0).
//
// Its table is made from github.com/nyaruka/phonenumbers, the port of that library to Go, against which the tests hold it. That module unpacks
// all it knows whenever a program starts, also where nobody has a telephone; here a plan is read when a number of it comes.
//
// Read [In] and [Region.Parse] first.
//
//	us, known := phone.In("US")
//	n, ok := us.Parse("(202) 555-0123 x45")
//	n.E164() // +12025550123
package phone

import (
	"strconv"
	"strings"
)

// The bounds of what is read at all. ITU-T E.164 allows 15 digits; Germany has given out longer numbers.
const (
	leastNational = 2
	mostNational  = 17
	mostText      = 250
	mostCountry   = 3 // digits of a country code
)

// Number is a telephone number.
type Number struct {
	Extension string // "" where there is none

	country  int
	national string // digits
}

// E164 returns the number in the form of ITU-T E.164, +12025550123, without the extension.
func (n Number) E164() string { return "+" + strconv.Itoa(n.country) + n.national }

// Possible tells whether the number is as long as numbers of its country are. Whether it was given out changes every month.
// Of those who share a country code, the lengths are those of the region that speaks for it.
func (n Number) Possible() bool {
	return n.country > 0 && plans().speaker(n.country).length(n.national) == possible
}

// Region is a region out of which numbers are read that come without their country code. It is safe for concurrent use.
type Region struct{ home *plan }

// In returns the region of a code of ISO 3166-1, such as US; known is false where it has no numbering plan.
func In(code string) (r *Region, known bool) {
	home := plans().region(code)
	if home == nil || strings.Contains(code, shared) {
		return nil, false
	}
	return &Region{home}, true
}

// Parse reads a number; ok is false where the text is none. One without country code is a number of the region.
func (r *Region) Parse(text string) (n Number, ok bool) {
	if text == "" || len(text) > mostText {
		return n, false
	}
	f := forms()
	written, ok := f.candidate(text)
	if !ok || !f.viable(written) {
		return n, false
	}
	written, n.Extension = f.cutExtension(written)
	plan, country, digits, ok := r.dialled(written)
	if !ok || len(digits) < leastNational {
		return Number{}, false
	}
	// Without the prefix it must be as long as numbers are, otherwise it might be a short number that begins like one with a prefix.
	rest := plan.cutPrefix(digits)
	if size := plan.length(rest); size == possible || size == tooLong {
		digits = rest
	}
	if len(digits) < leastNational || len(digits) > mostNational {
		return Number{}, false
	}
	n.country, n.national = country, plain(digits)
	return n, true
}

// dialled tells whose number it is, and what of it comes behind the country code.
func (r *Region) dialled(written string) (p *plan, country int, digits string, ok bool) {
	country, digits, found := r.cutCountry(written)
	if found == noSuchCountry {
		// A plus may stand in the middle, such as behind a zero in brackets.
		at := forms().plus.FindStringIndex(written)
		if at == nil {
			return nil, 0, "", false
		}
		if country, digits, found = r.cutCountry(written[at[1]:]); found == noCountry {
			return nil, 0, "", false
		}
	}
	switch found {
	case noCountry:
		return r.home, r.home.country, digits, true
	case someCountry:
		return plans().speaker(country), country, digits, true
	}
	return nil, 0, "", false
}

// finding says what was found of a country code.
type finding uint8

const (
	noCountry     finding = iota // none is written
	someCountry                  // one that there is
	noSuchCountry                // the number is an international one, of no country that there is
	nothingBehind                // nothing but the prefix for international numbers
)

// cutCountry cuts prefix and country code off.
func (r *Region) cutCountry(written string) (country int, digits string, found finding) {
	digits, international := r.cutInternational(written)
	if international {
		if len(digits) <= leastNational {
			return 0, "", nothingBehind
		}
		if country, rest := plans().countryOf(digits); country != 0 {
			return country, rest, someCountry
		}
		return 0, "", noSuchCountry
	}
	rest, begins := strings.CutPrefix(digits, strconv.Itoa(r.home.country))
	if !begins {
		return 0, digits, noCountry
	}
	// The country code without its prefix: taken for one where the number is none with it, and is one without.
	rest = r.home.cutPrefix(rest)
	if !r.home.valid(digits) && r.home.valid(rest) || r.home.length(digits) == tooLong {
		return r.home.country, rest, someCountry
	}
	return 0, digits, noCountry
}

// cutInternational cuts off what is dialled for a number of another country: a plus, or what the region has for it.
func (r *Region) cutInternational(written string) (digits string, international bool) {
	if at := forms().plus.FindStringIndex(written); at != nil && at[0] == 0 {
		return normalized(written[at[1]:]), true
	}
	digits = normalized(written)
	at := r.home.international().FindStringIndex(digits)
	if at == nil || at[0] != 0 {
		return digits, false
	}
	// No country code begins with a zero.
	if rest := digits[at[1]:]; !strings.HasPrefix(rest, "0") {
		return rest, true
	}
	return digits, false
}
