package profile

import "math/bits"

// Odd constants of wyhash (Wang Yi, public domain), on whose mixing step hash
// is built.
const (
	mix1 = 0xa0761d6478bd642f
	mix2 = 0xe7037ed1a0b428db
	mix3 = 0x8ebc6af09c88c6e3
)

// hash returns 64 well-mixed bits of s. It has no seed: two runs over the same
// sources sample the same values and print the same profile. It is never 0,
// which marks a free slot.
func hash(s string) uint64 {
	h := uint64(len(s)) ^ mix1
	for len(s) > 16 {
		h = mix(eight(s)^mix2, eight(s[8:])^h)
		s = s[16:]
	}
	var a, b uint64
	switch n := len(s); {
	case n >= 8:
		a, b = eight(s), eight(s[n-8:])
	case n >= 4:
		a, b = four(s), four(s[n-4:])
	case n > 0:
		a = uint64(s[0])<<16 | uint64(s[n/2])<<8 | uint64(s[n-1])
	}
	return max(mix(mix(a^mix2, b^h)^mix3, h^mix1), 1)
}

// join mixes two hashes in their order.
func join(a, b uint64) uint64 { return max(mix(a^mix3, b^mix2), 1) }

// mix folds the 128 bits of a product, wyhash's mixing step.
func mix(a, b uint64) uint64 {
	high, low := bits.Mul64(a, b)
	return high ^ low
}

// eight and four read little-endian numbers; the compiler makes one load of
// each.
func eight(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

func four(s string) uint64 {
	_ = s[3]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24
}
