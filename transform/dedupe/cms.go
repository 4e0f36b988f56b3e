package dedupe

import "strings"

// factor is one thing in which a combination wants two records to agree.
type factor uint8

const (
	byGiven    factor = 1 << iota // given name
	byFamily                      // family name
	byBirth                       // date of birth, whole
	byStreet                      // street and house number
	byPhone                       // telephone number
	byEmail                       // e-mail address
	byLastFour                    // last four signs of the government id
)

// combination is factors that are enough. Of those that may be fuzzy one may be
// one letter off, if the name has five letters and more.
type combination struct{ all, fuzzy factor }

// combinations are those of the draft of the CMS framework for patient matching
// (table 2, 01 to 25) that rest on what is compared here. ITIN, Medicare number
// and legal id are identifiers here, see [judge.combined].
func combinations() []combination {
	return []combination{
		{byGiven | byFamily | byBirth | byStreet, byGiven | byFamily},   // 01; the street must be the same
		{byGiven | byFamily | byBirth | byPhone, byFamily},              // 02
		{byGiven | byFamily | byBirth | byEmail, byGiven | byFamily},    // 03
		{byGiven | byFamily | byBirth | byLastFour, byGiven | byFamily}, // 04 and 05
		{byGiven | byBirth | byPhone, 0},                                // 11
		{byGiven | byBirth | byEmail, 0},                                // 12
		{byFamily | byPhone | byLastFour, 0},                            // 13
		{byFamily | byEmail | byLastFour, byFamily},                     // 15
		{byGiven | byPhone | byLastFour, 0},                             // 17
		{byGiven | byEmail | byLastFour, 0},                             // 19
	}
}

// combined reports whether two records agree in one of the combinations. The
// framework's 26 and 27 take an identifier of one issuer alone; families share
// numbers of an insurance, so first name and date of birth must be theirs, too.
func (j *judge) combined(p pattern, a, b uint32) bool {
	given := level(p, j.at.given)
	for k, c := range j.list {
		if (c.name == "mrn" || strings.HasPrefix(c.name, "identifier ")) && p.level(k) == idExact &&
			given != 0 && given <= nameVariant && level(p, j.at.dob) == dateExact {
			return true
		}
	}
	exact, near := j.factors(p, a, b)
	for _, c := range j.combinations {
		missing := c.all &^ exact
		if missing == 0 || missing&(missing-1) == 0 && missing&c.fuzzy&near != 0 { // one of them at the most
			return true
		}
	}
	return false
}

// factors returns in what two records agree, and in which names they are one
// letter off.
func (j *judge) factors(p pattern, a, b uint32) (exact, near factor) {
	set := func(agrees bool, f factor) {
		if agrees {
			exact |= f
		}
	}
	given, family := level(p, j.at.given), level(p, j.at.family)
	set(given == nameExact, byGiven)
	set(family == nameExact, byFamily)
	set(level(p, j.at.dob) == dateExact, byBirth)
	address := level(p, j.at.address)
	set(address == addressAll || address == addressHouse, byStreet)
	set(level(p, j.at.phone) == contactExact, byPhone)
	set(level(p, j.at.email) == contactExact, byEmail)
	id := level(p, j.at.ssn)
	set(id == idExact || id == idLastFour, byLastFour)
	if given == nameNear && j.oneOff(&j.t.given, a, b) {
		near |= byGiven
	}
	if family == nameNear && j.oneOff(&j.t.family, a, b) {
		near |= byFamily
	}
	return exact, near
}

// fuzzyLength is how long a name must be for one letter not to make another
// name of it.
const fuzzyLength = 5

// oneOff reports whether some value of one record is one letter off from one of
// the other.
func (j *judge) oneOff(s *slot, a, b uint32) bool {
	for _, x := range s.columns {
		for _, y := range s.columns {
			if x.ids[a] == 0 || y.ids[b] == 0 {
				continue
			}
			m, n := s.dict.at(x.ids[a]), s.dict.at(y.ids[b])
			if len(m) >= fuzzyLength && len(n) >= fuzzyLength && edits(m, n, 1) <= 1 {
				return true
			}
		}
	}
	return false
}
