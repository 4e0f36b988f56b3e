package profile

import (
	"math"
	"slices"
)

// sample keeps the smallest hashes with how often each came: those whose first
// shift bits are zero. All copies of a value are in it or none, so repeated
// values, shares contained in another sample, and orphans can be counted on it
// and multiplied by 1<<shift (distinct sampling, Gibbons 2001). With shift 0 it
// is exact.
type sample struct {
	slots  []uint64 // open addressing, 0 is free
	counts []uint32 // by slot; nil while none came twice, as in a column of ids
	used   int
	shift  uint
	most   int // entries before every second one is dropped
}

// newSample begins small and grows up to most hashes.
func newSample(most int) sample {
	return sample{slots: make([]uint64, 64), most: most}
}

// takes tells whether the sample keeps h.
func takes(h uint64, shift uint) bool { return h>>(64-shift) == 0 } // a shift by 64 gives 0 in Go

// add counts h n times, and reports whether it is there more than once.
func (s *sample) add(h uint64, n int64) (again bool) {
	if !takes(h, s.shift) {
		return false
	}
	if s.put(h, uint32(min(n, math.MaxUint32))) {
		return true
	}
	if s.limit(s.most); s.used*2 > len(s.slots) {
		s.rebuild(len(s.slots) * 2)
	}
	return n > 1 && takes(h, s.shift)
}

// read returns what stands in the first place where h may be, if the sample
// takes it: the places lie all over some megabytes, and who reads those of many
// hashes in a bare loop waits for memory once for many of them.
func (s *sample) read(h uint64) uint64 {
	if !takes(h, s.shift) {
		return 0
	}
	return s.slots[h&uint64(len(s.slots)-1)]
}

// put adds n to the count of h without asking for room. The count stays at the
// largest number where it would overflow.
func (s *sample) put(h uint64, n uint32) (again bool) {
	mask := uint64(len(s.slots) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		switch s.slots[i] {
		case h:
			old := s.count(int(i))
			s.setCount(i, old+min(n, math.MaxUint32-old))
			return true
		case 0:
			s.slots[i] = h
			s.setCount(i, n)
			s.used++
			return false
		}
	}
}

// count returns how often the hash in a slot came.
func (s *sample) count(slot int) uint32 {
	if s.counts == nil {
		return 1
	}
	return s.counts[slot]
}

func (s *sample) setCount(slot uint64, n uint32) {
	if s.counts == nil {
		if n == 1 {
			return
		}
		s.counts = make([]uint32, len(s.slots))
		for i := range s.counts {
			s.counts[i] = 1
		}
	}
	s.counts[slot] = n
}

// limit drops hashes until at most most are left.
func (s *sample) limit(most int) {
	s.most = most
	if s.used <= most {
		return
	}
	for left := s.used; left > most; {
		s.shift++
		left = 0
		for _, h := range s.slots {
			if h != 0 && takes(h, s.shift) {
				left++
			}
		}
	}
	size := len(s.slots)
	for size > 4*most {
		size /= 2
	}
	s.rebuild(size)
}

// rebuild moves what is still wanted into a table of this size.
func (s *sample) rebuild(size int) {
	old := *s
	s.slots, s.counts, s.used = make([]uint64, size), nil, 0
	for i, h := range old.slots {
		if h != 0 && takes(h, s.shift) {
			s.put(h, old.count(i))
		}
	}
}

// repeats returns how many times a hash came again, scaled to all.
func (s *sample) repeats() int64 {
	var n int64
	for i, h := range s.slots {
		if h != 0 {
			n += int64(s.count(i)) - 1
		}
	}
	return n << s.shift
}

// counted is one hash of a valueSet with its rows.
type counted struct {
	hash uint64
	rows int64
}

// valueSet is the finished sample of a column's values, sorted by hash.
type valueSet struct {
	shift  uint
	values []counted
}

// newValueSet sorts, so that two sets are compared in one pass.
func newValueSet(shift uint, values []counted) valueSet {
	slices.SortFunc(values, func(a, b counted) int {
		switch {
		case a.hash < b.hash:
			return -1
		case a.hash > b.hash:
			return 1
		}
		return 0
	})
	return valueSet{shift: shift, values: values}
}

// overlap is how much of one set is in another.
type overlap struct {
	values, found int   // of the values that both samples would have
	rows, orphans int64 // of the rows, scaled to all
	exact         bool
}

// share returns the part of the values that was found.
func (o overlap) share() float64 {
	if o.values == 0 {
		return 0
	}
	return float64(o.found) / float64(o.values)
}

// within counts how much of s is in parent.
func (s valueSet) within(parent valueSet) overlap {
	shift := max(s.shift, parent.shift)
	o := overlap{exact: shift == 0}
	i := 0
	for _, v := range s.values {
		if !takes(v.hash, shift) {
			break
		}
		for i < len(parent.values) && parent.values[i].hash < v.hash {
			i++
		}
		o.values++
		o.rows += v.rows
		if i < len(parent.values) && parent.values[i].hash == v.hash {
			o.found++
		} else {
			o.orphans += v.rows
		}
	}
	o.rows <<= shift
	o.orphans <<= shift
	return o
}

// glance is how many of the smallest hashes decide that two sets have nothing
// in common.
const glance = 24

// resembles tells by a few values whether it is worth counting what s shares
// with parent.
func (s valueSet) resembles(parent valueSet) bool {
	shift := max(s.shift, parent.shift)
	seen, found := 0, 0
	for _, v := range s.values {
		if seen == glance || !takes(v.hash, shift) {
			break
		}
		seen++
		if _, ok := slices.BinarySearchFunc(parent.values, v.hash, func(c counted, h uint64) int {
			switch {
			case c.hash < h:
				return -1
			case c.hash > h:
				return 1
			}
			return 0
		}); ok {
			found++
		}
	}
	return seen > 0 && found*3 >= seen
}
