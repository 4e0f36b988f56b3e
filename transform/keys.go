package transform

import (
	"hash/maphash"
	"sync"
	"sync/atomic"
)

// KeySet is a set of ids that costs about twelve bytes for each: it keeps
// fingerprints of 64 bits. A false "has" is as likely as two fingerprints being
// equal: with ten million ids about once in two million runs. It is safe for
// concurrent use; once sealed, reading takes no lock.
type KeySet struct {
	sealed atomic.Bool
	mu     sync.RWMutex
	seed   maphash.Seed
	slots  []uint64 // open addressing; 0 is empty
	n      int
}

// NewKeySet returns an empty set.
func NewKeySet() *KeySet { return &KeySet{seed: maphash.MakeSeed()} }

// Seal says that nothing will be added any more.
func (s *KeySet) Seal() { s.sealed.Store(true) }

// Add puts id into the set. It returns false where it was there.
func (s *KeySet) Add(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.n*4 >= len(s.slots)*3 {
		s.grow()
	}
	at, found := s.place(s.fingerprint(id))
	if !found {
		s.slots[at] = s.fingerprint(id)
		s.n++
	}
	return !found
}

// Has reports whether id is in the set.
func (s *KeySet) Has(id string) bool {
	if !s.sealed.Load() {
		s.mu.RLock()
		defer s.mu.RUnlock()
	}
	if s.n == 0 {
		return false
	}
	_, found := s.place(s.fingerprint(id))
	return found
}

func (s *KeySet) fingerprint(id string) uint64 {
	return max(1, maphash.String(s.seed, id))
}

func (s *KeySet) place(f uint64) (at int, found bool) {
	mask := len(s.slots) - 1
	for at = int(f) & mask; s.slots[at] != 0; at = (at + 1) & mask {
		if s.slots[at] == f {
			return at, true
		}
	}
	return at, false
}

func (s *KeySet) grow() {
	old := s.slots
	s.slots = make([]uint64, max(64, 2*len(old)))
	for _, f := range old {
		if f != 0 {
			at, _ := s.place(f)
			s.slots[at] = f
		}
	}
}
