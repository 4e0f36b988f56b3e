package transform

import (
	"hash/maphash"
	"math/bits"
	"sync"
	"sync/atomic"
)

// KeySet is a set of ids that costs about twelve bytes for each: it keeps
// fingerprints of 64 bits. A false "has" is as likely as two fingerprints being
// equal: with ten million ids about once in two million runs. It is safe for
// concurrent use; once sealed, reading takes no lock.
type KeySet struct {
	sealed atomic.Bool
	seed   maphash.Seed
	shards [keyShards]keyShard
}

// keyShards is the number of parts, a power of two. They grow one at a time, which keeps the peak of memory low.
const keyShards = 64

// keyShard is an open-addressing table.
type keyShard struct {
	mu    sync.RWMutex
	slots []uint64 // 0 is empty
	n     int
}

// NewKeySet returns an empty set.
func NewKeySet() *KeySet { return &KeySet{seed: maphash.MakeSeed()} }

// Room makes room for n more ids at once: a set that grows with them is copied some twenty times.
func (s *KeySet) Room(n int) {
	for i := range s.shards {
		k := &s.shards[i]
		k.mu.Lock()
		if size := (k.n + n/keyShards + 1) * 3 / 2; size > len(k.slots) {
			k.resize(size)
		}
		k.mu.Unlock()
	}
}

// Len returns the number of ids.
func (s *KeySet) Len() int {
	n := 0
	for i := range s.shards {
		s.shards[i].mu.RLock()
		n += s.shards[i].n
		s.shards[i].mu.RUnlock()
	}
	return n
}

// Seal says that nothing will be added any more.
func (s *KeySet) Seal() { s.sealed.Store(true) }

// Add puts id into the set. It returns false where it was there.
func (s *KeySet) Add(id string) bool {
	f, k := s.find(id)
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.n*4 >= len(k.slots)*3 {
		k.grow()
	}
	at, found := k.place(f)
	if !found {
		k.slots[at] = f
		k.n++
	}
	return !found
}

// Has reports whether id is in the set.
func (s *KeySet) Has(id string) bool {
	f, k := s.find(id)
	if !s.sealed.Load() {
		k.mu.RLock()
		defer k.mu.RUnlock()
	}
	if k.n == 0 {
		return false
	}
	_, found := k.place(f)
	return found
}

// find returns the fingerprint of id and the shard that it belongs to.
func (s *KeySet) find(id string) (uint64, *keyShard) {
	f := max(1, maphash.String(s.seed, id))
	return f, &s.shards[f%keyShards]
}

// place returns where the fingerprint is, or is to be put. The low bits chose the shard, the high ones choose the slot.
func (k *keyShard) place(f uint64) (at int, found bool) {
	start, _ := bits.Mul64(f, uint64(len(k.slots)))
	for at = int(start); k.slots[at] != 0; {
		if k.slots[at] == f {
			return at, true
		}
		if at++; at == len(k.slots) {
			at = 0
		}
	}
	return at, false
}

func (k *keyShard) grow() { k.resize(len(k.slots) * 3 / 2) }

func (k *keyShard) resize(size int) {
	old := k.slots
	k.slots = make([]uint64, max(8, size)) // an empty slot ends a search: there must be one
	for _, f := range old {
		if f != 0 {
			at, _ := k.place(f)
			k.slots[at] = f
		}
	}
}
