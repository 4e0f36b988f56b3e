package cmd

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// heapRoom is how large the heap may grow before memory is worth more than the
// time to free it.
const heapRoom = 96 << 20

// usualPercent is by how much a heap grows before Go collects its garbage,
// where the user says nothing else.
const usualPercent = 100

// startPercent makes the first collection wait for a heap of 32 MB: Go takes a
// heap for one of at least 4 MB when it reckons.
const startPercent = 800

// restGC lets the garbage collector rest until the heap is 32 MB for the first
// time. What a start makes is mostly kept, and looking through it at 4 MB, at 8
// and at 16 takes a fifth of a short command's time. From then on the collector
// works as usual, or as paceGC says.
func restGC() {
	if !pacedByUser() {
		debug.SetGCPercent(startPercent)
		usualAfterNext(startPercent)
	}
}

// pacedByUser tells whether the user has said how the collector works (GOGC),
// which stands.
func pacedByUser() bool { return os.Getenv("GOGC") != "" }

// usualAfterNext puts the usual setting in the place of percent when the
// collector has worked for the next time. Another setting that was made
// meanwhile stays.
func usualAfterNext(percent int) {
	// Nothing keeps the watch, so that the next collection finds it.
	watch := new([64]byte)
	runtime.AddCleanup(watch, func(percent int) {
		if gcPercent() == percent {
			debug.SetGCPercent(usualPercent)
		}
	}, percent)
}

// gcPercent returns the setting. debug.SetGCPercent tells it only to who sets
// another one, and a lower one begins a collection at once.
func gcPercent() int {
	now := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	metrics.Read(now)
	return int(now[0].Value.Uint64())
}

// paceGC lets the garbage collector rest while the heap is small: a run makes
// much garbage and keeps little, and collecting at twice a live heap of some
// megabytes takes a tenth of its time. A large heap is collected as soon as its
// garbage is as much as what the collector has to look at: the keys that a run
// remembers have no pointers in them and cost it nothing, and doubling them
// would be most of the memory of a long run. It returns what ends the pacing:
// the next collection is the last that waits for its word.
func paceGC(ctx context.Context, m memory) (end func()) {
	if pacedByUser() {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		heap := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/gc/scan/heap:bytes"}, {Name: "/gc/gogc:percent"}}
		room := m.heapRoom()
		for tick := time.NewTicker(50 * time.Millisecond); ; {
			metrics.Read(heap)
			if p := percentFor(heap[0].Value.Uint64(), heap[1].Value.Uint64(), room); p != int(heap[2].Value.Uint64()) {
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
		usualAfterNext(gcPercent())
	}
}

// percentFor returns by how much a heap may grow of which so many bytes are
// live, and so many are looked at to find that out: up to the room, by an
// eighth of it, or by what is looked at, whichever is most.
func percentFor(live, scanned, room uint64) int {
	const least = 4 << 20 // below it a per cent is too coarse
	live = max(live, least)
	garbage := max(room-min(live, room), room/8, min(scanned, live))
	return int(garbage * 100 / live)
}
