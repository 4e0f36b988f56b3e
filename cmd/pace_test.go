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
		{96, 12, 12}, // an eighth of it
		{96, 20, 20},
		{192, 10, 6},
		{192, 20, 10},
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

// The setting is one of the whole process, so these tests wait for each other,
// and for the collector's own time: also for a watch that another test has left
// and that would find its own setting in the next one's.
func settles(t *testing.T, want int) {
	t.Helper()
	defer watchesEnd(t)
	for deadline := time.Now().Add(time.Minute); gcPercent() != want; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the setting is %d, want %d", gcPercent(), want)
		}
		runtime.GC()
	}
}

// watchesEnd waits until a watch that was begun after all others has ended.
func watchesEnd(t *testing.T) {
	t.Helper()
	runtime.GC()
	ended := make(chan struct{})
	runtime.AddCleanup(new([64]byte), func(c chan struct{}) { close(c) }, ended)
	runtime.GC()
	select {
	case <-ended:
	case <-time.After(time.Minute):
		t.Fatal("no watch ends")
	}
}

func TestTheCollectorRestsUntilItsFirstTurnOnly(t *testing.T) {
	restGC()
	if got := gcPercent(); got != startPercent {
		t.Errorf("at the start the setting is %d", got)
	}
	settles(t, usualPercent)
}

func TestPacingEndsWithTheRun(t *testing.T) {
	for name, start := range map[string]func(){"by itself": func() {}, "as the command line does": restGC} {
		start()
		end := paceGC(context.Background(), 0)
		paced := percentFor(0, 0, heapRoom)
		for deadline := time.Now().Add(time.Minute); gcPercent() != paced; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%s: the setting is %d, want %d", name, gcPercent(), paced)
			}
		}
		end()
		settles(t, usualPercent)
	}
}

func TestASettingOfTheUsersStands(t *testing.T) {
	defer debug.SetGCPercent(usualPercent)
	t.Setenv("GOGC", "50")
	for _, set := range []int{50, 400, startPercent} {
		debug.SetGCPercent(set)
		restGC()
		paceGC(context.Background(), 64<<20)()
		if got := gcPercent(); got != set {
			t.Errorf("a setting of %d became %d", set, got)
		}
	}
}

func TestASettingThatWasMadeMeanwhileStays(t *testing.T) {
	defer debug.SetGCPercent(usualPercent)
	restGC()
	debug.SetGCPercent(250) // what a run has set
	for range 5 {
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
	if got := gcPercent(); got != 250 {
		t.Errorf("the end of the rest put %d in the place of 250", got)
	}
}
