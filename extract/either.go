package extract

import (
	"encoding/binary"
	"math/bits"
)

// Eight returns a word with c in each byte, as Either takes it.
func Eight(c byte) uint64 { return uint64(c) * 0x0101010101010101 }

// Either looks for the first of two bytes from i on, eight at a time, and
// returns its index. found is false where none stands before the last bytes of
// b, eight at the most: at is then where those begin that were not looked at.
func Either(b []byte, i int, one, other uint64) (at int, found bool) {
	const low, high = 0x0101010101010101, 0x8080808080808080
	for ; i+8 < len(b); i += 8 {
		word := binary.LittleEndian.Uint64(b[i:])
		// The lowest high bit of (v-low)&^v marks the first byte of v that is
		// zero (Warren, Hacker's Delight, 6-1).
		x, y := word^one, word^other
		if hits := ((x-low)&^x | (y-low)&^y) & high; hits != 0 {
			return i + bits.TrailingZeros64(hits)>>3, true
		}
	}
	return i, false
}
