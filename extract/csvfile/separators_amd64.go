package csvfile

// blocks writes the places of the separators in text, which is whole blocks and stands at base, and returns how many there are. It does what
// words does, in a third of the time.
func (s *separators) blocks(text []byte, base uint32) int {
	if len(text) == 0 {
		return 0
	}
	return findBlocks(&text[0], len(text)/blockSize, base, &s.places[0], s.one, s.two, s.three)
}

// findBlocks writes up to seven places more than it finds.
//
//go:noescape
func findBlocks(text *byte, blocks int, base uint32, places *uint32, one, two, three uint64) (n int)
