package dedupe

// comparison is one thing in which two records are compared. Level 0 always
// means that one of them has no value.
type comparison struct {
	name    string
	levels  []string // level 0 is "missing"
	ranked  int      // levels 1 to ranked go from best to worst; those after them stand by themselves
	shared  bool     // people of one household share it
	touches []*slot  // the slots that it looks at
	level   func(c *comparer, a, b uint32) uint8
	// frequency returns the slot and the number of the value that both records
	// have at level 1; nil: frequencies say nothing.
	frequency func(t *table, a, b uint32) (*slot, uint32)
	shipped   shippedLevels
}

// shippedLevels are the shares of each level, from 1, among pairs of one
// person, of a household, and of strangers. They count where the data are too
// few to learn from.
type shippedLevels struct{ match, household, stranger []float64 }

// maxComparisons is bounded by the pattern: four bits for each.
const maxComparisons = 16

// pattern is the levels of all comparisons of a pair, four bits each.
type pattern uint64

func (p pattern) level(k int) uint8 { return uint8(p>>(4*k)) & 15 }

// comparer compares records for one goroutine. What two names come to is
// remembered: the same names meet again and again.
type comparer struct {
	t           *table
	list        []comparison
	namePairs   []rememberedPair
	streetPairs []rememberedPair
}

type rememberedPair struct {
	pair  uint64
	level uint8
}

// rememberedPairs is a power of two: 16 bytes each, for every goroutine.
const rememberedPairs = 1 << 15

func newComparer(t *table, list []comparison) *comparer {
	return &comparer{
		t: t, list: list,
		namePairs: make([]rememberedPair, rememberedPairs), streetPairs: make([]rememberedPair, rememberedPairs),
	}
}

func (c *comparer) compare(a, b uint32) pattern {
	var p pattern
	for k := range c.list {
		p |= pattern(c.list[k].level(c, a, b)) << (4 * k)
	}
	return p
}

// remember returns what level says of two numbers, in either order, from memory
// where it can.
func remember(memory []rememberedPair, a, b uint32, level func(a, b uint32) uint8) uint8 {
	if a > b {
		a, b = b, a
	}
	key := uint64(a)<<32 | uint64(b)
	slot := &memory[(key*0x9e3779b97f4a7c15)>>(64-15)]
	if slot.pair != key {
		*slot = rememberedPair{key, level(a, b)}
	}
	return slot.level
}

// names compares two numbers of the names' dictionary.
func (c *comparer) names(a, b uint32) uint8 {
	if a == b {
		return nameExact
	}
	return remember(c.namePairs, a, b, func(a, b uint32) uint8 {
		return nameLevel(c.t.names.at(a), c.t.names.at(b), &c.t.traits[a], &c.t.traits[b])
	})
}

// best returns the best level over all values that two records have in a slot,
// 0 where one has none.
func best(s *slot, a, b uint32, level func(x, y uint32) uint8) uint8 {
	found := uint8(0)
	for _, i := range s.columns {
		x := i.ids[a]
		if x == 0 {
			continue
		}
		for _, j := range s.columns {
			if y := j.ids[b]; y != 0 {
				if l := level(x, y); found == 0 || l < found {
					found = l
				}
			}
		}
	}
	return found
}

// given compares given names, and says where else the name is found if it is
// not the same.
func (c *comparer) given(a, b uint32) uint8 {
	t := c.t
	level := best(&t.given, a, b, c.names)
	if level > 0 && level < nameWeak {
		return level
	}
	if elsewhere := c.crossed(a, b); elsewhere != 0 {
		return elsewhere
	}
	if level > 0 && c.middleFirst(a, b) {
		return nameMiddle
	}
	return level
}

// middleFirst reports whether given and middle name have changed places: one is
// the other's, and the rest does not speak against it.
func (c *comparer) middleFirst(a, b uint32) bool {
	t := c.t
	if !t.middle.used() {
		return false
	}
	ga, gb, ma, mb := t.given.at(a), t.given.at(b), t.middle.at(a), t.middle.at(b)
	if ga == gb || ga == 0 || gb == 0 {
		return false
	}
	fits := func(given, middle uint32) bool {
		return middle == 0 || given == middle || middleLevel(t.names.at(given), t.names.at(middle)) == middleInitial
	}
	full := func(id uint32) bool { return len(t.names.at(id)) > 1 }
	return ga == mb && full(ga) && fits(gb, ma) || gb == ma && full(gb) && fits(ga, mb)
}

// crossed reports whether given and family name have changed places: both of
// them, or one.
func (c *comparer) crossed(a, b uint32) uint8 {
	t := c.t
	ga, gb, fa, fb := t.given.at(a), t.given.at(b), t.family.at(a), t.family.at(b)
	if ga == 0 || gb == 0 || fa == 0 || fb == 0 || ga == gb || ga != fb && fa != gb {
		return 0
	}
	if ga == fb && c.names(fa, gb) <= nameNear || fa == gb && c.names(ga, fb) <= nameNear {
		return nameSwapped
	}
	return nameCrossed
}

// family compares family names; where one is the other's given name, that is
// said once, there.
func (c *comparer) family(a, b uint32) uint8 {
	level := best(&c.t.family, a, b, c.names)
	if level >= nameWeak && best(&c.t.given, a, b, c.names) >= nameWeak && c.crossed(a, b) != 0 {
		return 0
	}
	return level
}

func (c *comparer) middle(a, b uint32) uint8 {
	t := c.t
	x, y := t.middle.at(a), t.middle.at(b)
	if x == 0 || y == 0 {
		return 0
	}
	if t.names.at(x)[0] != t.names.at(y)[0] && c.middleFirst(a, b) {
		return 0 // said once, with the given names
	}
	return middleLevel(t.names.at(x), t.names.at(y))
}

// The levels of what is equal or not.
const (
	sameValue uint8 = iota + 1
	otherValue
)

// plain compares the first values of a slot for equality.
func plain(s func(t *table) *slot) func(c *comparer, a, b uint32) uint8 {
	return func(c *comparer, a, b uint32) uint8 {
		slot := s(c.t)
		x, y := slot.at(a), slot.at(b)
		switch {
		case x == 0 || y == 0:
			return 0
		case x == y:
			return sameValue
		}
		return otherValue
	}
}

func (c *comparer) dob(a, b uint32) uint8 {
	s := &c.t.dob
	return best(s, a, b, func(x, y uint32) uint8 { return dateLevel(s.dict.at(x), s.dict.at(y)) })
}

// The levels of a number that names one person.
const (
	idExact uint8 = iota + 1
	idTypo
	idNear
	idDifferent
	idLastFour // one of them is only the last four digits of the other
	idNext     // neighbours in the order in which numbers are given: twins, or a family registered on one day
)

// neighbours is how far apart numbers may be that were given one after the
// other, with somebody else's between them.
const neighbours = 2

// nextNumbers reports whether two ids of one length differ in their last digits
// alone, and as numbers by next to nothing. A slip of the hand hits the last
// digit in such a way only rarely: what looks like a typing error is more often
// the next one in the queue.
func nextNumbers(a, b string) bool {
	if len(a) != len(b) || len(a) < 5 {
		return false
	}
	same := 0
	for same < len(a) && a[same] == b[same] {
		same++
	}
	x, y := 0, 0
	for i := max(same, len(a)-9); i < len(a); i++ {
		if a[i] < '0' || a[i] > '9' || b[i] < '0' || b[i] > '9' {
			return false
		}
		x, y = x*10+int(a[i]-'0'), y*10+int(b[i]-'0')
	}
	return same >= len(a)-9 && max(x-y, y-x) <= neighbours
}

func idLevel(a, b string) uint8 {
	if a == b {
		return idExact
	}
	if long, short := max(len(a), len(b)), min(len(a), len(b)); short == 4 && long > 6 && a[len(a)-4:] == b[len(b)-4:] {
		return idLastFour
	}
	if nextNumbers(a, b) {
		return idNext
	}
	switch edits(a, b, 2) {
	case 0, 1:
		return idTypo
	case 2:
		return idNear
	}
	return idDifferent
}

func identifier(s func(t *table) *slot) func(c *comparer, a, b uint32) uint8 {
	return func(c *comparer, a, b uint32) uint8 {
		slot := s(c.t)
		return best(slot, a, b, func(x, y uint32) uint8 {
			if x == y {
				return idExact
			}
			return idLevel(slot.dict.at(x), slot.dict.at(y))
		})
	}
}

// The levels of a telephone number or an e-mail address.
const (
	contactExact uint8 = iota + 1
	contactNear
	contactDifferent
)

func (c *comparer) phone(a, b uint32) uint8 {
	s := &c.t.phone
	return best(s, a, b, func(x, y uint32) uint8 {
		if x == y {
			return contactExact
		}
		if p, q := s.dict.at(x), s.dict.at(y); p[max(0, len(p)-7):] == q[max(0, len(q)-7):] && len(p) != len(q) || edits(p, q, 1) <= 1 {
			return contactNear
		}
		return contactDifferent
	})
}

func (c *comparer) email(a, b uint32) uint8 {
	s := &c.t.email
	return best(s, a, b, func(x, y uint32) uint8 {
		if x == y {
			return contactExact
		}
		p, q := s.dict.at(x), s.dict.at(y)
		if localPart(p) == localPart(q) || edits(p, q, 1) <= 1 {
			return contactNear
		}
		return contactDifferent
	})
}

func localPart(email string) string {
	for i := range len(email) {
		if email[i] == '@' {
			return email[:i]
		}
	}
	return email
}

func (c *comparer) address(a, b uint32) uint8 {
	t := c.t
	p := addressParts{
		number: same(t.number.at(a), t.number.at(b)),
		street: c.street(t.street.at(a), t.street.at(b)),
		zip:    same(t.zip.at(a), t.zip.at(b)),
		city:   c.city(t.city.at(a), t.city.at(b)),
	}
	return p.level()
}

func same(x, y uint32) agreement {
	switch {
	case x == 0 || y == 0:
		return silent
	case x == y:
		return equal
	}
	return differs
}

func (c *comparer) street(x, y uint32) agreement {
	if x == 0 || y == 0 || x == y {
		return same(x, y)
	}
	return agreement(remember(c.streetPairs, x, y, func(x, y uint32) uint8 {
		p, q := c.t.street.dict.at(x), c.t.street.dict.at(y)
		if jaroWinkler(p, q) >= .92 || edits(p, q, 2) <= min(2, len(p)/4) {
			return uint8(near)
		}
		return uint8(differs)
	}))
}

func (c *comparer) city(x, y uint32) agreement {
	if x == 0 || y == 0 || x == y {
		return same(x, y)
	}
	if p, q := c.t.city.dict.at(x), c.t.city.dict.at(y); len(p) > 3 && edits(p, q, 1) <= 1 {
		return near
	}
	return differs
}

// The levels of any other text.
const (
	textExact uint8 = iota + 1
	textNear
	textDifferent
)

func otherText(i int) func(c *comparer, a, b uint32) uint8 {
	return func(c *comparer, a, b uint32) uint8 {
		s := &c.t.others[i]
		return best(s, a, b, func(x, y uint32) uint8 {
			if x == y {
				return textExact
			}
			if jaroWinkler(s.dict.at(x), s.dict.at(y)) >= .88 {
				return textNear
			}
			return textDifferent
		})
	}
}
