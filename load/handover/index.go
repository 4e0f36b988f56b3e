package handover

import (
	"encoding/binary"
	"errors"
	"iter"
	"math"
)

// pageOf is how many entries grow together: one slice of all would be copied
// again and again, and for a moment be there twice.
const pageOf = 1 << 14

// errTooMany says that the index is full.
var errTooMany = errors.New("these are more than 2,147,483,647 resources; load the files in parts")

// index is the resources of a set in the order in which they were read. A
// million takes some 56 MB, none of it pointers, so that the garbage collector
// has nothing to follow in it.
type index struct {
	pages [][]entry
	n     int32
	slots []int32 // places plus one by key, open addressing; a power of two, at most two thirds full
}

// at returns the entry at a place, to be changed as well.
func (x *index) at(i int32) *entry { return &x.pages[i/pageOf][i%pageOf] }

// all yields the entries with their places.
func (x *index) all() iter.Seq2[int32, *entry] {
	return func(yield func(int32, *entry) bool) {
		for i := range x.n {
			if !yield(i, x.at(i)) {
				return
			}
		}
	}
}

// add appends an entry whose key is not there yet.
func (x *index) add(e entry) error {
	if x.n == math.MaxInt32-1 {
		return errTooMany
	}
	if x.n%pageOf == 0 {
		x.pages = append(x.pages, make([]entry, 0, pageOf))
	}
	last := &x.pages[len(x.pages)-1]
	*last = append(*last, e)
	x.n++
	if 3*int(x.n) > 2*len(x.slots) {
		x.rehash()
		return nil
	}
	*x.slot(e.key) = x.n
	return nil
}

// find returns the place of a key.
func (x *index) find(key [12]byte) (int32, bool) {
	if x.n == 0 {
		return 0, false
	}
	at := *x.slot(key)
	return at - 1, at != 0
}

// slot is where a key is, or belongs. Keys are hashes already.
func (x *index) slot(key [12]byte) *int32 {
	mask := uint64(len(x.slots) - 1)
	for h := binary.LittleEndian.Uint64(key[:]) & mask; ; h = (h + 1) & mask {
		if at := x.slots[h]; at == 0 || x.at(at-1).key == key {
			return &x.slots[h]
		}
	}
}

// rehash makes room for twice as many.
func (x *index) rehash() {
	x.slots = make([]int32, max(1024, 2*len(x.slots)))
	for i, e := range x.all() {
		*x.slot(e.key) = i + 1
	}
}
