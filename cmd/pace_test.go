package cmd

import (
	"context"
	"runtime"
	"runtime/debug"
	"testing"
	"time"
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
		{60, 10, 60},
		{96, 96, 100},
		{96, 20, 25}, // a quarter of it
		{192, 20, 12},
		{192, 96, 50},
		{192, 192, 100}, // keys, half of them, none
		{1024, 40, 3},
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
	end := restGC()
	paceGC(context.Background(), 0)() // as the command line does
	end()
	if got := debug.SetGCPercent(100); got != 100 {
		t.Errorf("after a run of the command line the setting is %d", got)
	}
	debug.SetGCPercent(50) // the user's own
	paceGC(context.Background(), 0)()
	if got := debug.SetGCPercent(100); got != 50 {
		t.Errorf("a setting of the user's became %d", got)
	}
}

func TestTheCollectorRestsUntilItsFirstTurnOnly(t *testing.T) {
	restGC()
	if got := debug.SetGCPercent(startPercent); got != startPercent {
		t.Errorf("at the start the setting is %d", got)
	}
	var usual bool
	for deadline := time.Now().Add(10 * time.Second); !usual && time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		runtime.GC()
		now := debug.SetGCPercent(100)
		debug.SetGCPercent(now)
		usual = now == 100
	}
	if !usual {
		t.Error("the collector still rests after it has worked")
	}
}

func TestTheRestAtTheStartLeavesOtherSettingsAlone(t *testing.T) {
	defer debug.SetGCPercent(100)
	for _, set := range []int{50, 400, -1} {
		debug.SetGCPercent(set)
		restGC()()
		if got := debug.SetGCPercent(set); got != set {
			t.Errorf("a setting of %d became %d", set, got)
		}
	}
	debug.SetGCPercent(100)
	end := restGC()
	debug.SetGCPercent(250) // what a run has set meanwhile
	end()
	if got := debug.SetGCPercent(100); got != 250 {
		t.Errorf("the end of the rest put %d in the place of 250", got)
	}
}
