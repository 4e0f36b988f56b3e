package prints_test

import (
	"math/rand/v2"
	"sync"
	"testing"

	"chartlift/internal/prints"
)

// spread returns n prints as keys make them.
func spread(n int) []uint64 { return kindsOf(n)["spread"] }

func TestManyPutAndAskAtOnce(t *testing.T) {
	t.Parallel()
	var shared prints.Shared[int32]
	list := spread(8_000)
	var all sync.WaitGroup
	for part := range 4 {
		all.Go(func() {
			for i := part; i < len(list); i += 4 {
				if shared.Put(list[i], int32(i)) {
					t.Errorf("%d was known", i)
				}
				if i%97 == 0 {
					shared.Ahead(list[max(0, i-50):min(len(list), i+50)])
				}
				if got, ok := shared.Get(list[len(list)-1-i]); ok && got != int32(len(list)-1-i) {
					t.Errorf("of %d is known %d", len(list)-1-i, got)
				}
			}
		})
	}
	all.Wait()
	if shared.Len() != len(list) {
		t.Errorf("%d prints, not %d", shared.Len(), len(list))
	}
	if !shared.Put(list[7], -1) {
		t.Error("what was put is not known")
	}
	for i, print := range list {
		want := int32(i)
		if i == 7 {
			want = -1
		}
		if got, ok := shared.Get(print); !ok || got != want {
			t.Fatalf("of %d is known %d, %v", i, got, ok)
		}
		if got, ok := shared.Get(print ^ 1<<40); ok {
			t.Fatalf("beside %d is known %d", i, got)
		}
	}
}

func TestASealedSharedIsReadByManyAtOnce(t *testing.T) {
	t.Parallel()
	var shared prints.Shared[struct{}]
	list := spread(3_000)
	for _, print := range list {
		shared.Put(print, struct{}{})
	}
	shared.Seal()
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			shared.Ahead(list)
			for _, print := range list {
				if _, ok := shared.Get(print); !ok {
					t.Errorf("%d is not known", print)
				}
			}
		})
	}
	all.Wait()
}

func TestToAskAheadChangesNothing(t *testing.T) {
	t.Parallel()
	for kind, list := range kindsOf(2_000) {
		var shared, alone prints.Shared[int32]
		random := rand.New(rand.NewPCG(3, 4))
		shared.Ahead([]uint64{0, 1, 1 << 63, ^uint64(0)}) // of an empty one
		for i, print := range list {
			if n := random.IntN(len(list)); i%50 == 0 {
				shared.Ahead(list[n:min(len(list), n+70)])
				shared.Ahead(nil)
			}
			if was, is := alone.Put(print, int32(i)), shared.Put(print, int32(i)); was != is {
				t.Fatalf("%s: print %d was known: %v, not %v", kind, print, is, was)
			}
		}
		for _, print := range list {
			want, _ := alone.Get(print)
			if got, ok := shared.Get(print); !ok || got != want {
				t.Fatalf("%s: of print %d is known %d, %v, not %d", kind, print, got, ok, want)
			}
		}
	}
}

// BenchmarkPrintsOfALargeTable asks for 64 prints in a row that nobody asked
// for lately, with and without asking ahead.
func BenchmarkPrintsOfALargeTable(b *testing.B) {
	list := spread(4_000_000)
	var shared prints.Shared[uint32]
	for _, print := range list {
		shared.Put(print, 1)
	}
	shared.Seal()
	for name, ahead := range map[string]bool{"one after the other": false, "ahead": true} {
		b.Run(name, func(b *testing.B) {
			for at := 0; b.Loop(); at = (at + 64) % (len(list) - 64) {
				some := list[at:][:64]
				if ahead {
					shared.Ahead(some)
				}
				for _, print := range some {
					if _, ok := shared.Get(print); !ok {
						b.Fatal("not known")
					}
				}
			}
		})
	}
}
