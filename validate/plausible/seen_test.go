package plausible

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
)

func TestWhatIsSeenIsRemembered(t *testing.T) {
	t.Parallel()
	var s seen[stay]
	if _, ok := s.get("Encounter/0"); ok {
		t.Error("something is remembered of nothing")
	}
	const n = 20_000
	var all sync.WaitGroup
	for part := range 4 {
		all.Go(func() { // workers put and get at the same time
			for i := part; i < n; i += 4 {
				s.put(fmt.Sprint("Encounter/", i), stay{day(i), day(i + 1)})
				s.get(fmt.Sprint("Encounter/", n-i))
			}
		})
	}
	all.Wait()
	s.put("Encounter/7", stay{-1, 2}) // told once more
	for i := range n {
		want := stay{day(i), day(i + 1)}
		if i == 7 {
			want = stay{-1, 2}
		}
		if got, ok := s.get(fmt.Sprint("Encounter/", i)); !ok || got != want {
			t.Fatalf("of %d is known %+v, %v", i, got, ok)
		}
	}
	for _, other := range []string{"", "Encounter/20000", "Patient/1"} {
		if got, ok := s.get(other); ok {
			t.Errorf("of %q is known %+v", other, got)
		}
	}
}

// Not parallel: it measures the heap. The figure is that of docs/decisions.md.
func TestAnEncounterIsRememberedInAtMost32Bytes(t *testing.T) {
	const n = 300_000
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	s := &seen[stay]{}
	for i := range n {
		s.put(fmt.Sprint("Encounter/", i), stay{1, 2})
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	each := float64(after.HeapAlloc-before.HeapAlloc) / n
	t.Logf("%.1f bytes", each)
	if each > 32 {
		t.Errorf("an encounter takes %.1f bytes", each)
	}
	runtime.KeepAlive(s)
}
