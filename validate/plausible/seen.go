package plausible

import (
	"sync"

	"github.com/zeebo/xxh3"

	"chartlift/internal/prints"
)

// seenShards is the number of parts, a power of two: workers that remember and look up at once seldom meet in one.
const seenShards = 64

// seen is what is remembered of resources, by the hash of their reference. It is safe for concurrent use.
type seen[V any] struct{ shards [seenShards]seenShard[V] }

type seenShard[V any] struct {
	mu    sync.RWMutex
	known prints.Table[V]
}

// get returns what is remembered of a resource.
func (s *seen[V]) get(id uint64) (found V, ok bool) {
	shard := &s.shards[id%seenShards]
	shard.mu.RLock()
	defer shard.mu.RUnlock()
	return shard.known.Get(id)
}

func (s *seen[V]) put(id uint64, v V) {
	shard := &s.shards[id%seenShards]
	shard.mu.Lock()
	defer shard.mu.Unlock()
	value, _ := shard.known.Place(id)
	*value = v
}

// hash is XXH3, the same in every run. Two references with one hash among a hundred million are less likely than one in a thousand.
func hash(s string) uint64 { return xxh3.HashString(s) }

// hashOf is hash of three texts in a row: a reference, or an identifier.
func (w *Worker) hashOf(a, b, c string) uint64 {
	w.hashed = append(append(append(w.hashed[:0], a...), b...), c...)
	return xxh3.Hash(w.hashed)
}
