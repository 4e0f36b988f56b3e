package profile

import (
	"math"
	"math/bits"
)

// logBits is the number of bits that choose a register: 16,384 registers give
// a standard error of 0.8 %.
const logBits = 14

// hyperLogLog estimates how many different hashes it was given (Flajolet et
// al., HyperLogLog, 2007). With 64-bit hashes no correction for large counts is
// needed.
type hyperLogLog [1 << logBits]uint8

// add keeps the longest run of zeros that a register has seen.
func (l *hyperLogLog) add(h uint64) {
	rank := uint8(bits.LeadingZeros64(h<<logBits|1<<(logBits-1)) + 1)
	if r := &l[h>>(64-logBits)]; *r < rank {
		*r = rank
	}
}

// estimate returns the count, by linear counting while registers are free.
func (l *hyperLogLog) estimate() int64 {
	const m = 1 << logBits
	sum, free := 0.0, 0
	for _, r := range l {
		sum += math.Ldexp(1, -int(r))
		if r == 0 {
			free++
		}
	}
	if raw := 0.7213 / (1 + 1.079/m) * m * m / sum; raw > 2.5*m || free == 0 {
		return int64(math.Round(raw))
	}
	return int64(math.Round(m * math.Log(float64(m)/float64(free))))
}
