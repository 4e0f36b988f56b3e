package plausible

import "chartlift/internal/prints"

// What is remembered of a patient or an encounter is written in as few bits as
// its days need: there are millions of them.

// earliest is the first day that a date of FHIR may mean: the one before
// 0000-01-01, in another zone.
const earliest day = -719529

// dayBits hold every day from the earliest to 10000-01-01.
const dayBits = 22

// packedStay is the days of an encounter: the first one, and in the bits above
// it how many more there are, or one of these.
type packedStay uint32

const (
	toTomorrow = 1<<10 - 2 // it lasts until the day after today, as all do whose end is not known
	tooLong    = 1<<10 - 1 // the last day is written down elsewhere
)

// packStay packs the days of an encounter; fits is false where its last day is
// to be remembered beside it.
func packStay(s stay, tomorrow day) (p packedStay, fits bool) {
	more := uint32(s.last - s.first)
	switch {
	case s.last == tomorrow:
		more = toTomorrow
	case more >= toTomorrow: // also where the last day is before the first
		more = tooLong
	}
	return packedStay(more<<dayBits | uint32(s.first-earliest)), more != tooLong
}

// days returns the days of an encounter; known is false where the last one is
// remembered elsewhere.
func (p packedStay) days(tomorrow day) (s stay, known bool) {
	s.first = day(p&(1<<dayBits-1)) + earliest
	switch more := p >> dayBits; more {
	case tooLong:
		return s, false
	case toTomorrow:
		s.last = tomorrow
	default:
		s.last = s.first + day(more)
	}
	return s, true
}

// packedPerson is two spans of 31 bits, the birth below the death, and two bits
// for the sex.
type packedPerson uint64

const (
	spanBits  = 31
	noSpan    = 1<<9 - 1 // in the place of how many days more a span has: at most those of a year
	sexAt     = 2 * spanBits
	maleBit   = 1
	femaleBit = 2
)

// packPerson packs spans that spanOf made: no other has so few days.
func packPerson(who person) packedPerson {
	p := packedPerson(packSpan(who.birth)) | packedPerson(packSpan(who.death))<<spanBits
	switch who.sex {
	case 'm':
		p |= maleBit << sexAt
	case 'f':
		p |= femaleBit << sexAt
	}
	return p
}

// person returns what was packed.
func (p packedPerson) person() person {
	who := person{birth: unpackSpan(uint32(p & (1<<spanBits - 1))), death: unpackSpan(uint32(p >> spanBits & (1<<spanBits - 1)))}
	switch p >> sexAt {
	case maleBit:
		who.sex = 'm'
	case femaleBit:
		who.sex = 'f'
	}
	return who
}

// packSpan packs what spanOf made: its first day, and in the bits above it how
// many more there are.
func packSpan(s span) uint32 {
	if !s.known {
		return noSpan << dayBits
	}
	return uint32(s.last-s.first)<<dayBits | uint32(s.first-earliest)
}

// unpackSpan returns what packSpan packed.
func unpackSpan(p uint32) span {
	more := p >> dayBits
	if more == noSpan {
		return span{}
	}
	first := day(p&(1<<dayBits-1)) + earliest
	return span{first, first + day(more), true}
}

// stays are the days of encounters, by the hash of their reference. It is safe
// for concurrent use.
type stays struct {
	tomorrow day
	packed   prints.Shared[packedStay]
	lasts    prints.Shared[day] // of those whose last day does not fit: few encounters last three years
}

// put remembers the days of an encounter, in the place of what was told of it
// before.
func (s *stays) put(encounter uint64, days stay) {
	packed, fits := packStay(days, s.tomorrow)
	if !fits {
		s.lasts.Put(encounter, days.last) // first: who finds the encounter looks for it
	}
	s.packed.Put(encounter, packed)
}

// get returns the days of an encounter; ok is false where none were told.
func (s *stays) get(encounter uint64) (days stay, ok bool) {
	packed, ok := s.packed.Get(encounter)
	if !ok {
		return stay{}, false
	}
	days, known := packed.days(s.tomorrow)
	if !known { // it came first, see put
		days.last, ok = s.lasts.Get(encounter)
	}
	return days, ok
}
