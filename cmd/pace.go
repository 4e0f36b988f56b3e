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
// twice a live heap of some megabytes takes a tenth of its time. A heap that lives on is collected at twice its size as
// ever. It returns what ends the pacing. A setting of the user's (GOGC) stands.
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
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		set, room := before, m.heapRoom()
		for tick := time.NewTicker(50 * time.Millisecond); ; {
			metrics.Read(live)
			if p := percentFor(live[0].Value.Uint64(), room); p != set {
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

// percentFor returns by how much a heap of which so many bytes are live may grow: up to the room, or to twice its size.
func percentFor(live, room uint64) int {
	const least = 4 << 20 // below it a per cent is too coarse
	live = max(live, least)
	return int(max(100, (room-min(live, room))*100/live))
}
