package prints

import (
	"iter"
	"math/bits"
	"sync"
	"sync/atomic"
)

// sharedParts is the number of parts: goroutines that put and look up at once
// seldom meet in one. A word has a bit for each.
const sharedParts = 64

// Shared is a Table for any number of goroutines, in parts that are locked one
// by one. Prints must be spread evenly by their low bits, which choose the
// part, as well as by their high ones. The zero Shared is empty.
type Shared[V any] struct {
	sealed atomic.Bool
	parts  [sharedParts]part[V]
}

type part[V any] struct {
	mu    sync.RWMutex
	table Table[V]
}

func (s *Shared[V]) part(print uint64) *part[V] { return &s.parts[print%sharedParts] }

// Get returns the value of a print.
func (s *Shared[V]) Get(print uint64) (value V, ok bool) {
	p := s.part(print)
	if !s.sealed.Load() {
		p.mu.RLock()
		defer p.mu.RUnlock()
	}
	return p.table.Get(print)
}

// Put gives a print a value, in the place of that which it had, and reports
// whether it was there.
func (s *Shared[V]) Put(print uint64, value V) (known bool) {
	p := s.part(print)
	p.mu.Lock()
	defer p.mu.Unlock()
	at, known := p.table.Place(print)
	*at = value
	return known
}

// Seal says that nothing will be put any more: Get takes no lock from now on.
func (s *Shared[V]) Seal() { s.sealed.Store(true) }

// Len returns the number of prints.
func (s *Shared[V]) Len() int {
	n := 0
	for i := range s.parts {
		s.parts[i].mu.RLock()
		n += s.parts[i].table.Len()
		s.parts[i].mu.RUnlock()
	}
	return n
}

// Tables yields the parts. Nothing else is done with them meanwhile.
func (s *Shared[V]) Tables() iter.Seq[*Table[V]] {
	return func(yield func(*Table[V]) bool) {
		for i := range s.parts {
			if !yield(&s.parts[i].table) {
				return
			}
		}
	}
}

// Ahead says that these prints will be asked for or put in a moment. Nothing
// depends on it but time: a large table lies far from the processor, and of
// many places it fetches several at once, while those who come for one after
// the other wait for each.
func (s *Shared[V]) Ahead(list []uint64) {
	if s.sealed.Load() {
		s.touch(list)
		return
	}
	// The locks come before all reading, as each ends what the processor does
	// at once. Who holds several took them in ascending order, and who writes
	// holds one: nobody waits in a circle.
	var parts uint64
	for _, print := range list {
		parts |= 1 << (print % sharedParts)
	}
	for left := parts; left != 0; left &= left - 1 {
		s.parts[bits.TrailingZeros64(left)].mu.RLock()
	}
	s.touch(list)
	for left := parts; left != 0; left &= left - 1 {
		s.parts[bits.TrailingZeros64(left)].mu.RUnlock()
	}
}

// touch reads the places of prints. The sum is of no use, but the compiler
// would leave out reading what nobody takes.
//
//go:noinline
func (s *Shared[V]) touch(list []uint64) (sum uint32) {
	for _, print := range list {
		sum += s.part(print).table.Touch(print)
	}
	return sum
}
