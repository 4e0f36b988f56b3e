//go:build !amd64

package csvfile

// blocks writes the places of the separators in text, which stands at base, and
// returns how many there are, and what was seen.
func (s *separators) blocks(text []byte, base uint32) (n int, seen kind) {
	return s.words(text, base, 0)
}
