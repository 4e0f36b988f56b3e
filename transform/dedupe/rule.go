package dedupe

import (
	"slices"
	"strings"
)

// rule says which records are compared with each other: those with an equal
// key. Key 0 means none: a key of several parts is none where one part is
// missing.
type rule struct {
	name      string
	parts     []part
	household bool  // its blocks hold families, so nothing is learned there about matches
	single    bool  // one field alone: only for small inputs
	second    *part // what an oversized block is divided by

	cap   int             // records in a block above which it is divided
	rows  []uint32        // the rows of all blocks of two and more, one block after the other
	ends  []uint32        // where each block ends in rows
	large map[uint64]bool // keys of blocks that are divided by second
	huge  map[uint64]bool // keys, after division, of blocks that are still too large
}

// part is one part of a key.
type part struct {
	name string
	slot *slot
	hash func(row uint32) uint64
}

func (r *rule) key(row uint32) uint64 {
	key := uint64(1)
	for i := range r.parts {
		h := r.parts[i].hash(row)
		if h == 0 {
			return 0
		}
		key = mix(key, h)
	}
	return key
}

// shared reports whether two rows are compared by this rule. In blocks that are
// too large even after division only neighbours are, so there it is false:
// later rules may have these pairs again.
func (r *rule) shared(x, y uint32) bool {
	for i := range r.parts {
		if h := r.parts[i].hash(x); h == 0 || h != r.parts[i].hash(y) {
			return false
		}
	}
	if len(r.large) == 0 {
		return true
	}
	key := r.key(x)
	if !r.large[key] {
		return true
	}
	divided := r.divided(key, x)
	return divided == r.divided(key, y) && !r.huge[divided]
}

func (r *rule) divided(key uint64, row uint32) uint64 { return mix(key, r.second.hash(row)) }

// keyParts are the possible parts of keys.
type keyParts struct {
	given, given3, givenSound, family, familySound, dob, year, monthDay, ssn, phone, email, zip, street, number, city, mrn part
}

func newKeyParts(t *table) keyParts {
	whole := func(name string, s *slot) part { return part{name, s, s.hash} }
	trait := func(name string, s *slot, of func(*nameTraits) uint64) part {
		return part{name, s, func(row uint32) uint64 {
			if id := s.at(row); id != 0 {
				return of(&t.traits[id])
			}
			return 0
		}}
	}
	date := func(name string, from, to int) part {
		return part{name, &t.dob, func(row uint32) uint64 {
			if d := t.dob.text(row); d != "" {
				return digitsHash(d[from:to])
			}
			return 0
		}}
	}
	sound := func(n *nameTraits) uint64 { return n.sound }
	return keyParts{
		given: whole("given", &t.given), given3: trait("given's start", &t.given, func(n *nameTraits) uint64 { return n.three }),
		givenSound: trait("given's sound", &t.given, sound), family: whole("family", &t.family), familySound: trait("family's sound", &t.family, sound),
		dob: whole("dob", &t.dob), year: date("year of birth", 0, 4), monthDay: date("day of birth", 4, 8),
		ssn: whole("ssn", &t.ssn), phone: whole("phone", &t.phone), email: whole("email", &t.email), zip: whole("zip", &t.zip),
		street: whole("street", &t.street), number: whole("street_number", &t.number), city: whole("city", &t.city), mrn: whole("mrn", &t.mrn),
	}
}

func digitsHash(digits string) uint64 {
	n := uint64(0)
	for i := range len(digits) {
		n = n*10 + uint64(digits[i]-'0')
	}
	return n + 1
}

// rules returns the rules whose fields exist, in the order in which pairs are
// ascribed to them.
func rules(t *table) []*rule {
	p := newKeyParts(t)
	var all []*rule
	for i := range t.idents {
		s := &t.idents[i]
		all = append(all, &rule{parts: []part{{"identifier " + t.identNames[i], s, s.hash}}})
	}
	make := func(parts ...part) *rule { return &rule{parts: parts} }
	all = append(all,
		make(p.ssn), make(p.mrn), make(p.email), make(p.phone, p.given3),
		make(p.dob, p.givenSound), make(p.dob, p.familySound), make(p.dob, p.zip),
		make(p.given, p.family, p.zip), make(p.given, p.family, p.year), make(p.given, p.family, p.monthDay),
		make(p.given, p.family, p.city), make(p.given, p.family, p.phone),
		make(p.street, p.zip, p.given3), swappedRule(t, &p),
		family(make(p.familySound, p.zip, p.year)), family(make(p.street, p.number, p.zip)), family(make(p.phone)),
	)
	if !t.street.used() { // households are found, and learned from, by what else they share
		all = append(all, family(make(p.family, p.zip)), family(make(p.family, p.city)))
	}
	for _, single := range []part{p.dob, p.phone, p.family, p.zip, p.given, p.street, p.familySound, p.givenSound} {
		all = append(all, &rule{parts: []part{single}, single: true})
	}
	seconds := []part{p.dob, p.givenSound, p.zip, p.familySound, p.street, p.phone, p.ssn}
	all = slices.DeleteFunc(all, func(r *rule) bool {
		return slices.ContainsFunc(r.parts, func(p part) bool { return !p.slot.used() || p.slot.filled == 0 })
	})
	for _, r := range all {
		r.finish(seconds)
	}
	return all
}

func family(r *rule) *rule {
	r.household = true
	return r
}

// swappedRule finds people whose given and family name changed places: its key
// is the same for both orders.
func swappedRule(t *table, p *keyParts) *rule {
	both := part{"given or family", &t.family, func(row uint32) uint64 {
		a, b := t.given.hash(row), t.family.hash(row)
		if a == 0 || b == 0 {
			return 0
		}
		return mix(min(a, b), max(a, b))
	}}
	given := p.given
	given.hash = func(row uint32) uint64 { return 1 } // it only says that the rule looks at given names
	r := &rule{parts: []part{both, p.dob, given}}
	return r
}

func (r *rule) finish(seconds []part) {
	var names []string
	for _, p := range r.parts {
		names = append(names, p.name)
	}
	r.name = strings.Join(names, " + ")
	r.large, r.huge = map[uint64]bool{}, map[uint64]bool{}
	none := part{name: "nothing", hash: func(uint32) uint64 { return 0 }}
	r.second = &none
	for _, s := range seconds {
		if s.slot.used() && !slices.ContainsFunc(r.parts, func(p part) bool { return p.slot == s.slot }) {
			r.second = &s
			return
		}
	}
}
