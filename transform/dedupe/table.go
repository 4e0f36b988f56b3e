package dedupe

import (
	"fmt"
	"math"
	"slices"

	"golang.org/x/sync/errgroup"
)

// column holds one value for each record as a number of its dictionary.
type column struct {
	dict *dict
	ids  []uint32
}

// slot is what is compared as one: all columns of a kind, or of one issuer of
// ids. Its columns share a dictionary. The zero slot has no column and no
// value.
type slot struct {
	dict    *dict
	columns []*column
	counts  []uint32 // by number: how often a value occurs
	filled  int      // records with a value
}

func (s *slot) add(d *dict) *column {
	if s.dict == nil {
		s.dict = d
	}
	if s.dict == nil {
		s.dict = newDict()
	}
	c := &column{dict: s.dict}
	s.columns = append(s.columns, c)
	return c
}

func (s *slot) used() bool { return len(s.columns) > 0 }

// at returns the number of a record's first value, 0 where it has none.
func (s *slot) at(row uint32) uint32 {
	for _, c := range s.columns {
		if id := c.ids[row]; id != 0 {
			return id
		}
	}
	return 0
}

// text returns a record's first value as it is compared.
func (s *slot) text(row uint32) string {
	if id := s.at(row); id != 0 {
		return s.dict.at(id)
	}
	return ""
}

// hash returns the hash of a record's first value, 0 where it has none.
func (s *slot) hash(row uint32) uint64 {
	if id := s.at(row); id != 0 {
		return s.dict.hashes[id]
	}
	return 0
}

// table is the packed form of all records. After settle its rows are in the
// order of the hashes of the record ids, which is the same however the input
// was ordered.
type table struct {
	n       int
	names   *dict    // given, middle and family names together, so that swapped ones have one number
	records *dict    // the records' own ids: record i of the input has number i+1
	input   []uint32 // by row: the number of the record in records

	given, middle, family, suffix, dob, sex, ssn, phone, email slot
	number, street, city, zip, state                           slot
	mrn, source, deceased, seen                                slot
	idents, others                                             []slot
	identNames, otherNames                                     []string
	uniqueMRN                                                  bool

	nobody []bool // by row: a name or an id was found that stands for nobody
	traits []nameTraits
	feeds  []feed

	pending []string // values that wait to be tidied, record after record
}

func newTable(fields []Field) (*table, error) {
	t := &table{names: newDict(), records: newDict()}
	t.feeds = make([]feed, len(fields))
	for i, f := range fields {
		if err := t.place(&t.feeds[i], f); err != nil {
			return nil, err
		}
	}
	for i := range t.feeds { // after all others, so that a column of its own comes first
		t.feeds[i].index = i
		t.feeds[i].extra = t.extras(t.feeds[i].field.Kind)
	}
	return t, nil
}

// place gives a field its column.
func (t *table) place(f *feed, field Field) (err error) {
	*f = feed{field: field}
	if field.Kind.repeats() {
		f.cache = map[string][4]uint32{}
	}
	if f.layout, err = parseLayout(""); err != nil {
		return err
	}
	switch field.Kind {
	case FullName:
		return nil
	case Given, Middle, Family:
		f.to = t.slotOf(field).add(t.names)
		return nil
	case DOB, Deceased, LastSeen:
		f.layout, err = parseLayout(field.Arg)
	case MRN:
		t.uniqueMRN = t.uniqueMRN || field.Arg == "unique"
	}
	f.to = t.slotOf(field).add(nil)
	return err
}

// extras returns the columns that a field fills beside its own: the number in a
// street, the parts of a full name.
func (t *table) extras(k Kind) []*column {
	switch k {
	case Street:
		return []*column{t.number.add(nil)}
	case FullName:
		return []*column{t.given.add(t.names), t.middle.add(t.names), t.family.add(t.names), t.suffix.add(nil)}
	}
	return nil
}

func (t *table) slotOf(f Field) *slot {
	switch f.Kind {
	case Identifier:
		issuer := f.Arg
		if issuer == "" {
			issuer = f.Column
		}
		return named(&t.idents, &t.identNames, issuer)
	case Other:
		return named(&t.others, &t.otherNames, f.Column)
	}
	return t.plainSlots()[f.Kind]
}

func named(slots *[]slot, names *[]string, name string) *slot {
	i := slices.Index(*names, name)
	if i < 0 {
		i = len(*names)
		*names = append(*names, name)
		*slots = append(*slots, slot{})
	}
	return &(*slots)[i]
}

func (t *table) plainSlots() map[Kind]*slot {
	return map[Kind]*slot{
		Given: &t.given, Middle: &t.middle, Family: &t.family, Suffix: &t.suffix, DOB: &t.dob, Sex: &t.sex, SSN: &t.ssn,
		Phone: &t.phone, Email: &t.email, StreetNumber: &t.number, Street: &t.street, City: &t.city, Zip: &t.zip, State: &t.state,
		MRN: &t.mrn, SourceSystem: &t.source, Deceased: &t.deceased, LastSeen: &t.seen,
	}
}

// slots lists every slot that has a column.
func (t *table) slots() []*slot {
	var all []*slot
	for _, s := range t.plainSlots() {
		all = append(all, s)
	}
	for i := range t.idents {
		all = append(all, &t.idents[i])
	}
	for i := range t.others {
		all = append(all, &t.others[i])
	}
	return slices.DeleteFunc(all, func(s *slot) bool { return !s.used() })
}

// add takes one record; values are in the order of the fields.
func (t *table) add(id string, values []string) error {
	if id == "" {
		return &IDError{Row: int64(t.n + 1)}
	}
	if int(t.records.id([]byte(id))) != t.n+1 {
		return &IDError{Row: int64(t.n + 1), Twice: true}
	}
	if t.n >= math.MaxInt32 || len(t.records.text) > math.MaxUint32-1<<20 {
		return fmt.Errorf("record %d: there is no room for more records in one go; split the input", t.n+1)
	}
	t.n++
	t.nobody = append(t.nobody, false)
	t.pending = append(t.pending, values...)
	if len(t.pending) >= maxPending {
		t.flush()
	}
	return nil
}

// maxPending is how many values wait to be tidied together.
const maxPending = 1 << 16

// flush tidies the values that wait, fields of different dictionaries at the
// same time.
func (t *table) flush() {
	width := len(t.feeds)
	first := t.n - len(t.pending)/width
	var g errgroup.Group
	for _, feeds := range t.lanes() {
		g.Go(func() error {
			for at := 0; at < len(t.pending); at += width {
				for _, f := range feeds {
					f.add(t, first+at/width, t.pending[at+f.index])
				}
			}
			return nil
		})
	}
	_ = g.Wait() // tidying does not fail
	clear(t.pending)
	t.pending = t.pending[:0]
}

// lanes divides the feeds so that those of two lanes have no dictionary in
// common: a street fills the numbers of houses beside a column of its own, and
// a full name the suffixes.
func (t *table) lanes() (all [][]*feed) {
	var owned [][]*dict // by lane
	for i := range t.feeds {
		f := &t.feeds[i]
		feeds, dicts := []*feed{f}, f.dicts()
		for at := len(all) - 1; at >= 0; at-- {
			if slices.ContainsFunc(owned[at], func(d *dict) bool { return slices.Contains(dicts, d) }) {
				feeds, dicts = append(all[at], feeds...), append(dicts, owned[at]...)
				all, owned = slices.Delete(all, at, at+1), slices.Delete(owned, at, at+1)
			}
		}
		all, owned = append(all, feeds), append(owned, dicts)
	}
	return all
}

// settle puts the rows in the order that does not depend on the input's, and
// counts values.
func (t *table) settle() {
	t.flush()
	order := make([]uint32, t.n)
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(a, b uint32) int {
		if x, y := t.records.hashes[a+1], t.records.hashes[b+1]; x != y {
			if x < y {
				return -1
			}
			return 1
		}
		return int(a) - int(b)
	})
	scratch := make([]uint32, t.n)
	for _, s := range t.slots() {
		s.settle(order, &scratch)
	}
	nobody := make([]bool, t.n)
	t.input = make([]uint32, t.n)
	for row, i := range order {
		nobody[row] = t.nobody[i]
		t.input[row] = i + 1
	}
	t.nobody = nobody
	t.records.freeze()
	t.names.freeze()
	t.nameTraits()
}

func (s *slot) settle(order []uint32, scratch *[]uint32) {
	s.dict.freeze()
	s.counts = make([]uint32, s.dict.len())
	for _, c := range s.columns {
		to := *scratch
		for row, i := range order {
			to[row] = c.ids[i]
			s.counts[c.ids[i]]++
		}
		c.ids, *scratch = to, c.ids
	}
	s.counts[0] = 0
	for row := range order {
		if s.at(uint32(row)) != 0 {
			s.filled++
		}
	}
}

func (t *table) nameTraits() {
	nicks := nicknames()
	t.traits = make([]nameTraits, t.names.len())
	for id := 1; id < len(t.traits); id++ {
		t.traits[id] = traitsOf(t.names.at(uint32(id)), nicks)
	}
}

// id returns the record id of a row.
func (t *table) id(row uint32) string { return t.records.at(t.input[row]) }

// key returns the hash of the record id of a row: rows are in its order.
func (t *table) key(row uint32) uint64 { return t.records.hashes[t.input[row]] }
