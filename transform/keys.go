package transform

import (
	"fmt"
	"io"

	"github.com/zeebo/xxh3"

	"chartlift/internal/prints"
)

// KeySet is a set of ids that costs about ten bytes for each: it keeps
// fingerprints of 64 bits. A false "has" is as likely as two fingerprints being
// equal: with ten million ids about once in two million runs. It is safe for
// concurrent use; once sealed, reading takes no lock. Fingerprints are the same
// in every process, so that a set can be written by one and read by another.
type KeySet struct{ ids prints.Shared[struct{}] }

// NewKeySet returns an empty set.
func NewKeySet() *KeySet { return &KeySet{} }

// Len returns the number of ids.
func (s *KeySet) Len() int { return s.ids.Len() }

// Seal says that nothing will be added any more.
func (s *KeySet) Seal() { s.ids.Seal() }

// Add puts id into the set. It returns false where it was there.
func (s *KeySet) Add(id string) bool { return !s.ids.Put(printOf(id), struct{}{}) }

// Has reports whether id is in the set.
func (s *KeySet) Has(id string) bool {
	_, found := s.ids.Get(printOf(id))
	return found
}

// printOf returns the fingerprint of an id.
func printOf(id string) uint64 { return xxh3.HashString(id) }

// Size returns how many bytes Save writes.
func (s *KeySet) Size() int64 {
	size := int64(0)
	for t := range s.ids.Tables() {
		size += prints.Size(t)
	}
	return size
}

// Save writes the set as it lies in memory, part by part. Whoever loads it
// neither hashes an id again nor looks for its place. Nothing is added
// meanwhile.
func (s *KeySet) Save(w io.Writer) error {
	for t := range s.ids.Tables() {
		if err := prints.Save(t, w); err != nil {
			return fmt.Errorf("write keys: %w", err)
		}
	}
	return nil
}

// Load takes what Save wrote, in the place of what is in the set, which keeps
// the memory that the text stands in.
func (s *KeySet) Load(text []byte) (err error) {
	for t := range s.ids.Tables() {
		if text, err = prints.Load(t, text); err != nil {
			return fmt.Errorf("read keys: %w", err)
		}
	}
	if len(text) > 0 {
		return fmt.Errorf("read keys: %w", prints.ErrDamaged)
	}
	return nil
}
