package cmd

import (
	"math"
	"runtime/debug"
	"strconv"
	"strings"
)

// leastMemory is what a run takes whatever it reads: the program, batches on
// their way, the run database's cache.
const leastMemory = 64 << 20

// memory is how many bytes a run may take; 0: nobody said, and it takes what it
// needs.
type memory int64

// parseMemory reads a size such as 512MB or 2GiB; "" is 0. MB and MiB mean the
// same, as in the settings of most programs.
func parseMemory(text string) (memory, error) {
	if text == "" {
		return 0, nil
	}
	number := strings.TrimRight(strings.ToUpper(strings.ReplaceAll(text, " ", "")), "BI")
	shift := 0
	for i, unit := range []string{"K", "M", "G", "T"} {
		if rest, ok := strings.CutSuffix(number, unit); ok {
			number, shift = rest, 10*(i+1)
			break
		}
	}
	n, err := strconv.ParseFloat(number, 64)
	if bytes := n * math.Exp2(float64(shift)); err == nil && bytes >= leastMemory && bytes < math.MaxInt64 {
		return memory(bytes), nil
	}
	return 0, usage("--memory %s: write a size of 64MB or more, such as 512MB or 2GB", text)
}

// limit makes the garbage collector work harder before the process takes more
// than m; an eighth is left to SQLite, which takes memory of its own. It is
// soft: keys that a run has to remember stay. It returns what ends the limit.
func (m memory) limit() (end func()) {
	if m == 0 {
		return func() {}
	}
	before := debug.SetMemoryLimit(int64(m - m/8))
	return func() { debug.SetMemoryLimit(before) }
}

// heapRoom returns how large the heap may grow before its memory is worth more
// than the time to free it.
func (m memory) heapRoom() uint64 {
	if m == 0 {
		return heapRoom
	}
	return min(heapRoom, uint64(m/4))
}

// groups returns how many bytes of rows may wait for their group in memory; 0:
// as many as usual.
func (m memory) groups() int64 { return int64(m / 8) }

// lookups returns how many bytes of tables that are looked up may stay in
// memory; 0: as many as usual.
func (m memory) lookups() int64 { return int64(m / 4) }
