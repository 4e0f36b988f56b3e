package cmd

import (
	"context"
	"runtime/debug"
	"testing"
)

func TestASmallHeapMayGrowAndALargeOneIsCollectedAsEver(t *testing.T) {
	for live, want := range map[uint64]int{0: 2300, 4 << 20: 2300, 32 << 20: 200, 48 << 20: 100, 96 << 20: 100, 1 << 30: 100} {
		if got := percentFor(live, heapRoom); got != want {
			t.Errorf("with %d MB live the heap may grow by %d per cent, want %d", live>>20, got, want)
		}
	}
	paceGC(context.Background(), 0)()
	if got := debug.SetGCPercent(100); got != 100 {
		t.Errorf("after a run the setting is %d", got)
	}
	debug.SetGCPercent(50) // the user's own
	paceGC(context.Background(), 0)()
	if got := debug.SetGCPercent(100); got != 50 {
		t.Errorf("a setting of the user's became %d", got)
	}
}
