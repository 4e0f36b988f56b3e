package csvfile

import "golang.org/x/sys/cpu"

// blocks writes the places of the separators in text, which is whole blocks and
// stands at base, and returns how many there are, and what was seen. It does
// what words does, in a sixth of the time, where the processor can (since 2013,
// AMD's since 2015).
func (s *separators) blocks(text []byte, base uint32) (n int, seen kind) {
	if len(text) == 0 || !cpu.X86.HasAVX2 || !cpu.X86.HasBMI1 || !cpu.X86.HasPOPCNT {
		return s.words(text, base, 0)
	}
	n, all := findBlocks(&text[0], len(text)/blockSize, base, &s.places[0], &s.tables)
	all |= all >> 32
	all |= all >> 16
	return n, kind(all | all>>8)
}

// findBlocks returns in seen what was seen at any of eight places, and writes
// up to seven places more than it finds.
//
//go:noescape
func findBlocks(text *byte, blocks int, base uint32, places *uint32, tables *[32]byte) (n int, seen uint64)
