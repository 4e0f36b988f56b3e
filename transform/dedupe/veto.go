package dedupe

import (
	"math"
	"slices"
	"strings"
)

// Grade says how sure it is that two records are one person.
type Grade uint8

// The grades. Certain alone is merged without a person having looked; Possible
// is everything from even odds on, and everything vetoed.
const (
	None Grade = iota // below even odds
	Possible
	Probable
	Certain
)

// String returns certain, probable, possible or nothing.
func (g Grade) String() string { return [...]string{"", "possible", "probable", "certain"}[g&3] }

// MarshalText returns the same as String, for JSON.
func (g Grade) MarshalText() ([]byte, error) { return []byte(g.String()), nil }

// vetoes is a set of reasons, one bit each, in the order of vetoNames.
type vetoes uint16

const (
	vetoID vetoes = 1 << iota
	vetoRelative
	vetoGeneration
	vetoSex
	vetoDead
	vetoSameSource
	vetoNobody
	vetoDecision
)

// cannotLink are the vetoes that also keep two records out of one cluster when
// others would bring them together.
const cannotLink = vetoID | vetoRelative | vetoGeneration | vetoSameSource | vetoDecision

// Veto documents a reason for which a pair is never merged by itself, whatever
// its score.
type Veto struct{ Code, Name, Meaning string }

// Vetoes lists the reasons in the order of their codes.
func Vetoes() []Veto {
	return []Veto{
		{"V1", "other-id", "government ids differ by more than two digits, and so does the date of birth, the given name, or everything but name and date of birth"},
		{"V2", "relative", "one family name or house, but unrelated given names and no id in common: twins, siblings, couples"},
		{"V3", "generation", "suffixes contradict each other, or one name with dates of birth fifteen years and more apart, and no id in common"},
		{"V4", "other-sex", "sex and given name differ"},
		{"V5", "dead", "one was dead before the other's last activity"},
		{"V6", "same-source", "two record numbers of one source system that gives every person one number"},
		{"V7", "nobody", "a name stands for nobody: BABY BOY, UNKNOWN, TEST"},
		{"V8", "decided", "a person decided that these are two persons"},
	}
}

// String returns the codes of the set, such as V1 V4.
func (v vetoes) String() string {
	var codes []string
	for i, veto := range Vetoes() {
		if v&(1<<i) != 0 {
			codes = append(codes, veto.Code)
		}
	}
	return strings.Join(codes, " ")
}

// judge weighs pairs and grades them. It is read-only.
type judge struct {
	*weigher
	least      float32 // bits from which on a pair is kept
	decisions  *rowDecisions
	at         places
	unreliable struct{ given, dob, ssn bool } // of the model

	combinations []combination // nil: pairs are graded by their weights
}

// places are the positions of comparisons in the list, -1 for those that are
// not there.
type places struct{ given, family, middle, suffix, dob, sex, ssn, phone, email, address int }

func placesOf(list []comparison) places {
	at := func(name string) int {
		return slices.IndexFunc(list, func(c comparison) bool { return c.name == name })
	}
	return places{
		given: at("given"), family: at("family"), middle: at("middle"), suffix: at("suffix"), dob: at("dob"),
		sex: at("sex"), ssn: at("ssn"), phone: at("phone"), email: at("email"), address: at("address"),
	}
}

func newJudge(w *weigher, m *Model, decisions *rowDecisions) *judge {
	j := &judge{
		weigher: w, least: float32(math.Log2(leastKept / (1 - leastKept))), decisions: decisions,
		at: placesOf(w.list),
	}
	j.unreliable.given = slices.Contains(m.Unreliable, "given")
	j.unreliable.dob = slices.Contains(m.Unreliable, "dob")
	j.unreliable.ssn = slices.Contains(m.Unreliable, "ssn")
	return j
}

// The bounds of the grades.
const (
	certainFrom  = .999
	probableFrom = .95
	possibleFrom = .5
)

func (j *judge) judge(c *comparer, a, b uint32) scored {
	p := c.compare(a, b)
	s := scored{a: a, b: b, pattern: p, bits: float32(j.weigh(p, a, b))}
	decided, known := j.decisions.held[[2]uint32{min(a, b), max(a, b)}]
	combined := j.combinations != nil && j.combined(p, a, b)
	if combined {
		s.bits = max(s.bits, certainBits())
	}
	if s.bits < j.least && !known {
		return s
	}
	s.vetoes, s.doubts = j.vetoesOf(c, p, a, b)
	chance := probability(float64(s.bits))
	switch {
	case known && decided:
		s.grade = Certain
		s.bits = max(s.bits, certainBits())
		s.vetoes, s.doubts, s.decided = 0, 0, true // a person has seen them
	case chance < possibleFrom:
	case s.vetoes != 0:
		s.grade = Possible
	case j.combinations != nil:
		if s.grade = Possible; combined && s.doubts == 0 {
			s.grade = Certain
		}
	case s.doubts == 0 && (chance >= certainFrom || chance >= probableFrom && j.approved(p, a, b)):
		s.grade = Certain
	case chance >= probableFrom:
		s.grade = Probable
	default:
		s.grade = Possible
	}
	return s
}

// certainBits are the bits of the least probability that is certain.
func certainBits() float32 { return float32(math.Log2(certainFrom / (1 - certainFrom))) }

// level returns the level of the comparison at place k, 0 where there is none.
func level(p pattern, k int) uint8 {
	if k < 0 {
		return 0
	}
	return p.level(k)
}

// approved reports whether the pair agrees in one of the combinations that are
// trusted without weights (after the CMS framework's list): first and last name
// and date of birth, and one more that is theirs. Only the last name may be a
// letter off, and the two names may have changed places: that no two people of
// one house have in common. A first name that is nearly the same may be a
// twin's. What too many have in common does not count: a date that the old
// system enters by itself, the address of the hospital.
func (j *judge) approved(p pattern, a, b uint32) bool {
	given, family := level(p, j.at.given), level(p, j.at.family)
	if given != nameSwapped && (given != nameExact || family != nameExact && family != nameNear) || level(p, j.at.dob) != dateExact || j.t.dob.crowded(a) {
		return false
	}
	t := j.t
	return level(p, j.at.ssn) == idExact && !t.ssn.crowded(a) || level(p, j.at.phone) == contactExact && !t.phone.crowded(a) ||
		level(p, j.at.email) == contactExact && !t.email.crowded(a) || level(p, j.at.address) == addressAll && !t.crowdedHouse(a) || level(p, j.at.ssn) == idLastFour
}

// A value in more than one record of a hundred is not one of a person or a
// household: a home for the aged has fewer, and a default more.
const (
	crowd      = .01
	leastCrowd = 20
)

// crowded reports whether the value of a row is one that many have.
func (s *slot) crowded(row uint32) bool {
	id := s.at(row)
	return id != 0 && float64(s.counts[id]) > max(leastCrowd, crowd*float64(s.filled))
}

// crowdedHouse reports whether many have the address: a long street has many
// houses, so its numbers must be common, too.
func (t *table) crowdedHouse(row uint32) bool {
	return t.street.crowded(row) && (!t.number.used() || t.number.at(row) == 0 || t.number.crowded(row))
}

// vetoesOf returns the vetoes of a pair, and those that bar Certain alone
// because they rest on what is not reliable here.
func (j *judge) vetoesOf(c *comparer, p pattern, a, b uint32) (v, doubts vetoes) {
	set := func(cond, unreliable bool, reason vetoes) {
		if cond && unreliable {
			doubts |= reason
		} else if cond {
			v |= reason
		}
	}
	given, dob := level(p, j.at.given), level(p, j.at.dob)
	otherGiven := given == nameDifferent || given == nameWeak && !j.initial(a, b)
	strong := j.strongID(p)
	otherID := level(p, j.at.ssn) == idDifferent
	u := &j.unreliable
	set(otherID && otherGiven, u.ssn || u.given, vetoID)
	set(otherID && dob >= dateTwoParts, u.ssn || u.dob, vetoID)
	set(otherID && !j.sharesContact(p, a), u.ssn, vetoID)
	set(otherGiven && !strong && j.related(p), u.given, vetoRelative)
	set(level(p, j.at.suffix) == otherValue, false, vetoGeneration)
	set(j.farApart(p, a, b) && !strong, u.dob, vetoGeneration)
	set(level(p, j.at.sex) == otherValue && otherGiven, u.given, vetoSex)
	set(j.deadBefore(a, b) || j.deadBefore(b, a), false, vetoDead)
	set(j.sameSource(a, b), false, vetoSameSource)
	set(c.t.nobody[a] || c.t.nobody[b], false, vetoNobody)
	decided, known := j.decisions.held[[2]uint32{min(a, b), max(a, b)}]
	set(known && !decided, false, vetoDecision)
	return v, doubts
}

// related reports whether the records share what a family shares: name or
// house.
func (j *judge) related(p pattern) bool {
	family := level(p, j.at.family)
	return family != 0 && family <= nameVariant || sameHouse(level(p, j.at.address))
}

func sameHouse(address uint8) bool { return address != 0 && address <= addressHouse }

// sharesContact reports whether the records have a house, a telephone number or
// an e-mail address in common that not many others have, too.
func (j *judge) sharesContact(p pattern, a uint32) bool {
	address, phone, email := level(p, j.at.address), level(p, j.at.phone), level(p, j.at.email)
	return address != 0 && address <= addressStreet && !j.t.crowdedHouse(a) || phone != 0 && phone <= contactNear && !j.t.phone.crowded(a) ||
		email != 0 && email <= contactNear && !j.t.email.crowded(a)
}

// initial reports whether one given name is only the initial of the other.
func (j *judge) initial(a, b uint32) bool {
	x, y := j.t.given.text(a), j.t.given.text(b)
	return min(len(x), len(y)) == 1 && x[0] == y[0]
}

// strongID reports whether both have one id that belongs to one person alone.
func (j *judge) strongID(p pattern) bool {
	for k, c := range j.list {
		if c.number() && (p.level(k) == idExact || p.level(k) == idTypo && c.name == "ssn" && level(p, j.at.given) <= nameVariant) {
			return true
		}
	}
	return false
}

// generation is, in years, how far apart people of one name must be born to be
// parent and child.
const generation = 15

func (j *judge) farApart(p pattern, a, b uint32) bool {
	if given := level(p, j.at.given); given == 0 || given > nameVariant || level(p, j.at.dob) != dateDifferent && level(p, j.at.dob) != dateTwoParts {
		return false
	}
	x, y := j.t.dob.text(a), j.t.dob.text(b)
	return yearsApart(x, y) >= generation
}

func (j *judge) deadBefore(a, b uint32) bool {
	dead, seen := j.t.deceased.text(a), j.t.seen.text(b)
	return dead != "" && seen != "" && dead < seen
}

func (j *judge) sameSource(a, b uint32) bool {
	t := j.t
	if !t.uniqueMRN || !t.mrn.used() {
		return false
	}
	x, y := t.mrn.at(a), t.mrn.at(b)
	return x != 0 && y != 0 && x != y && (!t.source.used() || t.source.at(a) == t.source.at(b) && t.source.at(a) != 0)
}
