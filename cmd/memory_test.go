package cmd

import (
	"context"
	"math"
	"runtime/debug"
	"strings"
	"testing"
)

func TestSizesOfMemoryAreReadAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]memory{
		"": 0, "64MB": 64 << 20, "64MiB": 64 << 20, "64m": 64 << 20, "1.5 GB": 3 << 29, "2g": 2 << 30, "131072K": 128 << 20, "67108864": 64 << 20, "1TB": 1 << 40,
	} {
		if got, err := parseMemory(text); err != nil || got != want {
			t.Errorf("%q is %d, want %d (%v)", text, got, want, err)
		}
	}
	for _, text := range []string{"63MB", "0", "-1GB", "much", "MB", "1e30TB", "NaN", "Inf", "5 apples"} {
		if got, err := parseMemory(text); err == nil || !strings.Contains(err.Error(), "such as 512MB") {
			t.Errorf("%q is %d (%v)", text, got, err)
		}
	}
}

func TestAMemoryLimitHoldsForTheRunAlone(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	end := memory(256 << 20).limit()
	if got := debug.SetMemoryLimit(-1); got != 224<<20 {
		t.Errorf("the limit is %d MB: an eighth is SQLite's", got>>20)
	}
	end()
	memory(0).limit()()
	if got := debug.SetMemoryLimit(-1); got != before || before != math.MaxInt64 && got == 0 {
		t.Errorf("the limit afterwards is %d, it was %d", got, before)
	}
	for m, want := range map[memory]uint64{0: heapRoom, 64 << 20: 16 << 20, 4 << 30: heapRoom} {
		if got := m.heapRoom(); got != want {
			t.Errorf("of %d MB the heap may take %d MB before it is collected, want %d", m>>20, got>>20, want>>20)
		}
	}
	paceGC(context.Background(), 64<<20)()
}
