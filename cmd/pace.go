package cmd

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// heapRoom is how large the heap may grow before memory is worth more than the time to free it.
const heapRoom = 96 << 20

// paceGC lets the garbage collector rest while the heap is small: a run makes much garbage and keeps little, and collecting at
// twice a live heap of some megabytes takes a tenth of its time. A large heap is collected as soon as its garbage is as much as
// what the collector has to look at: the keys that a run remembers have no pointers in them and cost it nothing, and doubling
// them would be most of the memory of a long run. It returns what ends the pacing. A setting of the user's (GOGC) stands.
func paceGC(ctx context.Context, m memory) (end func()) {
	before := debug.SetGCPercent(100)
	if before != 100 {
		debug.SetGCPercent(before)
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		heap := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/gc/scan/heap:bytes"}}
		set, room := before, m.heapRoom()
		for tick := time.NewTicker(50 * time.Millisecond); ; {
			metrics.Read(heap)
			if p := percentFor(heap[0].Value.Uint64(), heap[1].Value.Uint64(), room); p != set {
				set = p
				debug.SetGCPercent(p)
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				tick.Stop()
				return
			}
		}
	}()
	return func() {
		cancel()
		<-ended
		debug.SetGCPercent(before)
	}
}

// percentFor returns by how much a heap may grow of which so many bytes are live, and so many are looked at to find that out: up to the
// room, by half of it, or by what is looked at, whichever is most.
func percentFor(live, scanned, room uint64) int {
	const least = 4 << 20 // below it a per cent is too coarse
	live = max(live, least)
	garbage := max(room-min(live, room), room/2, min(scanned, live))
	return int(garbage * 100 / live)
}
