package cmd

import (
	"context"
	"runtime/debug"
	"testing"
)

func TestAHeapMayGrowByItsRoomOrByWhatItCostsToLookThroughIt(t *testing.T) {
	const mb = 1 << 20
	for _, c := range []struct {
		live, scanned uint64 // in MB
		want          int
	}{
		{0, 0, 2300},
		{4, 4, 2300},
		{32, 32, 200},
		{48, 48, 100}, // up to the room
		{60, 10, 80},
		{96, 96, 100},
		{96, 20, 50},
		{192, 20, 25},
		{192, 96, 50},
		{192, 192, 100}, // keys, half of them, none
		{1024, 40, 4},
		{1024, 1024, 100},
		{64, 1024, 100}, // what was looked at when the heap was larger
	} {
		if got := percentFor(c.live*mb, c.scanned*mb, heapRoom); got != c.want {
			t.Errorf("with %d MB live, %d of them looked at, the heap may grow by %d per cent, want %d", c.live, c.scanned, got, c.want)
		}
	}
}

func TestPacingEndsWithTheRunAndLeavesTheUsersSetting(t *testing.T) {
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
