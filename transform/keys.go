package transform

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/zeebo/xxh3"
)

// KeySet is a set of ids that costs about twelve bytes for each: it keeps
// fingerprints of 64 bits. A false "has" is as likely as two fingerprints being
// equal: with ten million ids about once in two million runs. It is safe for
// concurrent use; once sealed, reading takes no lock. Fingerprints are the same
// in every process, so that a set can be written by one and read by another.
type KeySet struct {
	sealed atomic.Bool
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
func NewKeySet() *KeySet { return &KeySet{} }

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
	f := max(1, xxh3.HashString(id))
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

// errKeySet means that something else was written than a set.
var errKeySet = errors.New("these are not the keys that were written")

// Size returns how many bytes Save writes.
func (s *KeySet) Size() int64 {
	size := int64(0)
	for i := range s.shards {
		size += 8 + 8*int64(len(s.shards[i].slots))
	}
	return size
}

// Save writes the set as it lies in memory: a number of slots for each part, 8 bytes, then the slots, 8 bytes each. Whoever loads it
// neither hashes an id again nor looks for its place. Nothing is added meanwhile.
func (s *KeySet) Save(w io.Writer) error {
	buf := make([]byte, 0, slotsAtOnce*8)
	for i := range s.shards {
		buf = binary.LittleEndian.AppendUint64(buf, uint64(len(s.shards[i].slots)))
		for _, f := range s.shards[i].slots {
			if len(buf)+8 > cap(buf) {
				if _, err := w.Write(buf); err != nil {
					return fmt.Errorf("write keys: %w", err)
				}
				buf = buf[:0]
			}
			buf = binary.LittleEndian.AppendUint64(buf, f)
		}
	}
	if _, err := w.Write(buf); err != nil {
		return fmt.Errorf("write keys: %w", err)
	}
	return nil
}

// slotsAtOnce is how many slots are written in one go.
const slotsAtOnce = 8 << 10

// Load reads what Save wrote, size bytes of it, in the place of what is in the set.
func (s *KeySet) Load(r io.Reader, size int64) error {
	var head [8]byte
	for i := range s.shards {
		k := &s.shards[i]
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return fmt.Errorf("read keys: %w", err)
		}
		n := binary.LittleEndian.Uint64(head[:])
		if size -= 8; size < 0 || n > uint64(size)/8 { // else a damaged number would take any amount of memory
			return fmt.Errorf("read keys: %w", errKeySet)
		}
		size -= int64(n) * 8
		k.slots, k.n = make([]uint64, n), 0
		if err := k.load(r); err != nil {
			return fmt.Errorf("read keys: %w", err)
		}
	}
	if size != 0 {
		return fmt.Errorf("read keys: %w", errKeySet)
	}
	return nil
}

// load reads the slots of one part, where they are to stand.
func (k *keyShard) load(r io.Reader) error {
	if len(k.slots) == 0 {
		return nil
	}
	raw := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(k.slots))), 8*len(k.slots))
	if _, err := io.ReadFull(r, raw); err != nil {
		return err
	}
	for i := range k.slots {
		if k.slots[i] = binary.LittleEndian.Uint64(raw[8*i:]); k.slots[i] != 0 { // as the processor writes numbers
			k.n++
		}
	}
	if k.n == len(k.slots) { // a search would never end
		return errKeySet
	}
	return nil
}
