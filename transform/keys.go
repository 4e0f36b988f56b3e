package transform

import (
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"github.com/zeebo/xxh3"

	"chartlift/internal/prints"
)

// KeySet is a set of ids that costs about ten bytes for each: it keeps
// fingerprints of 64 bits. A false "has" is as likely as two fingerprints being
// equal: with ten million ids about once in two million runs. It is safe for
// concurrent use; once sealed, reading takes no lock. Fingerprints are the same
// in every process, so that a set can be written by one and read by another.
type KeySet struct {
	sealed atomic.Bool
	shards [keyShards]keyShard
}

// keyShards is the number of parts, a power of two: workers that look up while the collector adds seldom meet in one.
const keyShards = 64

type keyShard struct {
	mu   sync.RWMutex
	keys prints.Table[struct{}]
}

// NewKeySet returns an empty set.
func NewKeySet() *KeySet { return &KeySet{} }

// Len returns the number of ids.
func (s *KeySet) Len() int {
	n := 0
	for i := range s.shards {
		s.shards[i].mu.RLock()
		n += s.shards[i].keys.Len()
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
	_, known := k.keys.Place(f)
	return !known
}

// Has reports whether id is in the set.
func (s *KeySet) Has(id string) bool {
	f, k := s.find(id)
	if !s.sealed.Load() {
		k.mu.RLock()
		defer k.mu.RUnlock()
	}
	_, found := k.keys.Get(f)
	return found
}

// find returns the fingerprint of id and the shard that it belongs to. The low bits choose the shard, the high ones the place in it.
func (s *KeySet) find(id string) (uint64, *keyShard) {
	f := xxh3.HashString(id)
	return f, &s.shards[f%keyShards]
}

// Size returns how many bytes Save writes.
func (s *KeySet) Size() int64 {
	size := int64(0)
	for i := range s.shards {
		size += prints.Size(&s.shards[i].keys)
	}
	return size
}

// Save writes the set as it lies in memory, part by part. Whoever loads it
// neither hashes an id again nor looks for its place. Nothing is added meanwhile.
func (s *KeySet) Save(w io.Writer) error {
	for i := range s.shards {
		if err := prints.Save(&s.shards[i].keys, w); err != nil {
			return fmt.Errorf("write keys: %w", err)
		}
	}
	return nil
}

// Load reads what Save wrote, size bytes of it, in the place of what is in the set.
func (s *KeySet) Load(r io.Reader, size int64) error {
	for i := range s.shards {
		read, err := prints.Load(&s.shards[i].keys, r, size)
		if err != nil {
			return fmt.Errorf("read keys: %w", err)
		}
		size -= read
	}
	if size != 0 {
		return fmt.Errorf("read keys: %w", prints.ErrDamaged)
	}
	return nil
}
