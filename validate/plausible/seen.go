package plausible

import (
	"sync"

	"github.com/zeebo/xxh3"
)

// seenShards is the number of parts, a power of two: workers that remember and look up at once seldom meet in one.
const seenShards = 64

// seen is what is remembered of resources, by the hash of their reference. It is safe for concurrent use.
type seen[V any] struct{ shards [seenShards]seenShard[V] }

type seenShard[V any] struct {
	mu   sync.RWMutex
	byID map[uint64]V
}

// get returns what is remembered of a resource. Of no reference ("") nothing is.
func (s *seen[V]) get(reference string) (found V, ok bool) {
	if reference == "" {
		return found, false
	}
	id := hash(reference)
	at := &s.shards[id%seenShards]
	at.mu.RLock()
	defer at.mu.RUnlock()
	found, ok = at.byID[id]
	return found, ok
}

func (s *seen[V]) put(reference string, v V) {
	id := hash(reference)
	at := &s.shards[id%seenShards]
	at.mu.Lock()
	defer at.mu.Unlock()
	if at.byID == nil {
		at.byID = map[uint64]V{}
	}
	at.byID[id] = v
}

// hash is XXH3, the same in every run. Two references with one hash among a hundred million are less likely than one in a thousand.
func hash(s string) uint64 { return xxh3.HashString(s) }
