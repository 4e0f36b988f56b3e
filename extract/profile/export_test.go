package profile

import "fmt"

// For tests from outside.
type (
	HyperLogLog = hyperLogLog
	Sample      = sample
	Frequent    = frequent
)

// MostCounted is how many values of a column are counted one by one.
const MostCounted = mostCounted

// Hash is hash.
func Hash(s string) uint64 { return hash(s) }

// Count adds a hash and returns the estimate.
func (l *hyperLogLog) Count(hashes ...uint64) int64 {
	for _, h := range hashes {
		l.add(h)
	}
	return l.estimate()
}

// Add is add.
func (l *hyperLogLog) Add(h uint64) { l.add(h) }

// NewSample returns a sample that adds hashes with Add.
func NewSample(most int) Sample { return newSample(most) }

// Add is add.
func (s *sample) Add(h uint64) bool { return s.add(h, 1) }

// Figures returns the hashes held, the share they stand for as a shift, and the
// repeats.
func (s *sample) Figures() (held int, shift uint, repeats int64) { return s.used, s.shift, s.repeats() }

// Counts returns the hashes held with how often each came, and for how many
// there is room.
func (s *sample) Counts() (counts map[uint64]uint32, room int) {
	counts = map[uint64]uint32{}
	for i, h := range s.slots {
		if h != 0 {
			counts[h] = s.count(i)
		}
	}
	return counts, len(s.slots)
}

// NewFrequent returns an empty sketch.
func NewFrequent() *Frequent { return newFrequent() }

// Add counts a text.
func (f *frequent) Add(text string) { f.add(hash(text), text, 1) }

// Bounds returns the most and the least that the text's count may be.
func (f *frequent) Bounds(text string) (most, least int64) {
	i, ok := f.index[hash(text)]
	if !ok {
		return 0, 0
	}
	return f.list[i].count, f.list[i].count - f.list[i].spare
}

// Affinity compares TABLE.COLUMN of a child and a parent.
func Affinity(table, column, parentTable, parentColumn string) float64 {
	return affinity(nameOf(table, column), nameOf(parentTable, parentColumn))
}

// See returns what a value looks like: its kind, the format as a date, and its
// two readings.
func See(s string) (kind uint8, format string, when [2]int64) {
	v := see(s)
	if v.layout.order == 0 || v.kind == impossibleDate {
		return uint8(v.kind), "", v.when
	}
	return uint8(v.kind), v.layout.format(v.proof, v.marks&notPadded != 0), v.when
}

// PersonalByName is personalByName.
func PersonalByName(name string) string { return personalByName(name) }

// The kinds that See returns.
const (
	Word           = uint8(word)
	Integer        = uint8(integer)
	Decimal        = uint8(decimal)
	Date           = uint8(date)
	DateTime       = uint8(datetime)
	TimeOfDay      = uint8(timeOfDay)
	UUID           = uint8(uuid)
	ImpossibleDate = uint8(impossibleDate)
	Placeholder    = uint8(placeholder)
)

// AddTimes is add.
func (s *sample) AddTimes(h uint64, n int64) bool { return s.add(h, n) }

// AddTimes counts a text n times.
func (f *frequent) AddTimes(text string, n int64) { f.add(hash(text), text, n) }

// Watched returns the values watched with their most and least counts, in their
// places.
func (f *frequent) Watched() (list []string) {
	for _, w := range f.list {
		list = append(list, fmt.Sprintf("%s %d-%d", w.text, w.count-w.spare, w.count))
	}
	return list
}

// IsUUID is isUUID.
func IsUUID(s string) bool { return isUUID(s) }

// SeeISO reports whether seeISO takes the value, and whether what looks at
// numbers and a dateReader say the same of it.
func SeeISO(s string) (taken, agrees bool) {
	v, ok := seeISO(s)
	return ok, !ok || seeNumber(s).kind == word && seeDate(s) == v
}
