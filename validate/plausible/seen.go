package plausible

import (
	"math/bits"
	"sync"

	"github.com/zeebo/xxh3"
)

// seenShards is the number of parts, a power of two: workers that remember and look up at once seldom meet in one.
const seenShards = 64

// seen is what is remembered of resources, by the hash of their reference. Beside a value it takes 8 bytes, and a third to all
// of both once more for room to grow; nothing in it is looked at by the garbage collector. It is safe for concurrent use.
type seen[V any] struct{ shards [seenShards]seenShard[V] }

// seenShard is an open-addressing table. Shards grow one at a time, which keeps the peak of memory low.
type seenShard[V any] struct {
	mu    sync.RWMutex
	slots []seenSlot[V]
	n     int
}

type seenSlot[V any] struct {
	id    uint64 // 0 is empty
	value V
}

// get returns what is remembered of a resource. Of no reference ("") nothing is.
func (s *seen[V]) get(reference string) (found V, ok bool) {
	if reference == "" {
		return found, false
	}
	id, shard := s.find(reference)
	shard.mu.RLock()
	defer shard.mu.RUnlock()
	if shard.n == 0 {
		return found, false
	}
	slot := shard.place(id)
	return slot.value, slot.id == id
}

func (s *seen[V]) put(reference string, v V) {
	id, shard := s.find(reference)
	shard.mu.Lock()
	defer shard.mu.Unlock()
	if shard.n*4 >= len(shard.slots)*3 {
		shard.grow()
	}
	slot := shard.place(id)
	if slot.id == 0 {
		shard.n++
	}
	*slot = seenSlot[V]{id, v}
}

func (s *seen[V]) find(reference string) (uint64, *seenShard[V]) {
	id := max(1, hash(reference))
	return id, &s.shards[id%seenShards]
}

// place returns the slot of the id, or the empty one where it belongs. The low bits chose the shard, the high ones choose the slot.
func (t *seenShard[V]) place(id uint64) *seenSlot[V] {
	start, _ := bits.Mul64(id, uint64(len(t.slots)))
	for at := int(start); ; {
		if slot := &t.slots[at]; slot.id == 0 || slot.id == id {
			return slot
		}
		if at++; at == len(t.slots) {
			at = 0
		}
	}
}

func (t *seenShard[V]) grow() {
	old := t.slots
	t.slots = make([]seenSlot[V], max(8, len(old)*3/2))
	for _, slot := range old {
		if slot.id != 0 {
			*t.place(slot.id) = slot
		}
	}
}

// hash is XXH3, the same in every run. Two references with one hash among a hundred million are less likely than one in a thousand.
func hash(s string) uint64 { return xxh3.HashString(s) }
