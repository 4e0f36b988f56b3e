package prints_test

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/internal/prints"
)

// kindsOf are prints as keys make them, and as somebody would choose them who
// knows how the table works.
func kindsOf(n int) map[string][]uint64 {
	random := rand.New(rand.NewPCG(1, 2))
	kinds := map[string][]uint64{
		"spread": nil, "ascending": nil, "descending": nil, "all in the first home": nil, "all in the last home": nil,
		"two heaps": nil, "one": {7}, "zero and one": {0, 1, 0}, "the largest": {math.MaxUint64, math.MaxUint64 - 1},
	}
	for i := range uint64(n) {
		kinds["spread"] = append(kinds["spread"], random.Uint64())
		kinds["all in the first home"] = append(kinds["all in the first home"], 1+i)
		kinds["all in the last home"] = append(kinds["all in the last home"], math.MaxUint64-i)
		kinds["two heaps"] = append(kinds["two heaps"], (i%2)<<63|random.Uint64()>>30)
	}
	kinds["ascending"] = slices.Sorted(slices.Values(kinds["spread"]))
	kinds["descending"] = slices.Clone(kinds["ascending"])
	slices.Reverse(kinds["descending"])
	return kinds
}

func TestATableRemembersWhatAMapDoes(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 8, 9, 900, 1024, 1025, 5000} {
		for kind, list := range kindsOf(n) {
			var table prints.Table[int32]
			want := map[uint64]int32{}
			for i, print := range append(list, list...) { // each is told twice
				value, known := table.Place(print)
				if _, was := want[max(1, print)]; was != known || !known && *value != 0 {
					t.Fatalf("%s, %d: print %d was known: %v, with %d", kind, n, print, known, *value)
				}
				*value = int32(i)
				want[max(1, print)] = int32(i)
			}
			if table.Len() != len(want) {
				t.Errorf("%s, %d: %d prints, not %d", kind, n, table.Len(), len(want))
			}
			if diff := cmp.Diff(want, maps.Collect(table.All())); diff != "" {
				t.Errorf("%s, %d: %s", kind, n, diff)
			}
			for print, value := range want {
				if got, ok := table.Get(print); !ok || got != value {
					t.Fatalf("%s, %d: of %d is known %d, %v, not %d", kind, n, print, got, ok, value)
				}
				if _, ok := table.Get(print ^ 1<<40); ok != has(want, print^1<<40) {
					t.Fatalf("%s, %d: beside %d: %v", kind, n, print, ok)
				}
			}
		}
	}
}

func has(m map[uint64]int32, print uint64) bool {
	_, ok := m[max(1, print)]
	return ok
}

func TestAnEmptyTableKnowsNothing(t *testing.T) {
	t.Parallel()
	var table prints.Table[int32]
	if v, ok := table.Get(5); ok || v != 0 || table.Len() != 0 || table.Bytes() != 0 {
		t.Errorf("%d, %v, %d prints, %d bytes", v, ok, table.Len(), table.Bytes())
	}
}

func TestEntriesComeInAscendingOrder(t *testing.T) {
	t.Parallel()
	for kind, list := range kindsOf(3000) {
		var table prints.Table[struct{}]
		for _, print := range list {
			table.Place(print)
		}
		var got []uint64
		for print := range table.All() {
			got = append(got, print)
		}
		if !slices.IsSorted(got) || len(slices.Compact(slices.Clone(got))) != len(got) || len(got) != table.Len() {
			t.Errorf("%s: %d prints, not sorted, or one twice", kind, len(got))
		}
		n := 0
		for range table.All() {
			if n++; n == 1 {
				break
			}
		}
	}
}

// The figures are those of docs/decisions.md: 8 bytes and the value, and two
// sevenths more at the most.
func TestAPrintTakesAtMostTwoSeventhsMoreThanItsBytes(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	var bare prints.Table[struct{}]
	var days prints.Table[uint32]
	var most float64
	for i := 1; i <= 300_000; i++ {
		print := random.Uint64()
		bare.Place(print)
		days.Place(print)
		if i >= 20_000 && i%1000 == 0 {
			most = max(most, float64(bare.Bytes())/float64(8*i), float64(days.Bytes())/float64(12*i))
		}
	}
	t.Logf("%.3f times", most)
	if most > 1.32 {
		t.Errorf("%.2f times the bytes of print and value", most)
	}
}

func TestPrintsThatStandInOnePlaceTakeNoMoreMemory(t *testing.T) {
	t.Parallel()
	for kind, list := range kindsOf(20_000) {
		var table prints.Table[uint32]
		for _, print := range list {
			table.Place(print)
		}
		if room := 12*len(list)*9/4 + 14_000; table.Bytes() > room { // where all stand behind one home, empty homes are there beside them
			t.Errorf("%s: %d bytes for %d prints", kind, table.Bytes(), len(list))
		}
	}
}

// Not parallel: it counts allocations. A table that is grown by copies
// allocates all of itself again with every step.
func TestATableGrowsByWhatItLacks(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	list := make([]uint64, 200_000)
	for i := range list {
		list[i] = random.Uint64()
	}
	result := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			var table prints.Table[uint64]
			for _, print := range list {
				table.Place(print)
			}
		}
	})
	if each := float64(result.AllocedBytesPerOp()) / float64(len(list)); each > 2*16*9/7 {
		t.Errorf("%.1f bytes were allocated for a print of 16", each)
	}
}

func FuzzTable(f *testing.F) {
	f.Add([]byte{1, 2, 3, 1, 2, 255, 255, 254, 0, 0})
	f.Fuzz(func(t *testing.T, text []byte) {
		var table prints.Table[byte]
		want := map[uint64]byte{}
		for i, c := range text {
			print := uint64(c) << 56 >> (i % 3 * 28)
			value, known := table.Place(print)
			if _, was := want[max(1, print)]; was != known {
				t.Fatalf("print %d was known: %v", print, known)
			}
			*value, want[max(1, print)] = c, c
		}
		if diff := cmp.Diff(want, maps.Collect(table.All())); diff != "" {
			t.Error(diff)
		}
	})
}

func BenchmarkTable(b *testing.B) {
	random := rand.New(rand.NewPCG(7, 8))
	var table prints.Table[uint32]
	list := make([]uint64, 1<<20)
	for i := range list {
		list[i] = random.Uint64()
	}
	b.Run("place", func(b *testing.B) {
		for i := range b.N {
			if i%len(list) == 0 {
				table = prints.Table[uint32]{}
			}
			table.Place(list[i%len(list)])
		}
	})
	for _, print := range list {
		table.Place(print)
	}
	b.Run("get", func(b *testing.B) {
		for i := range b.N {
			table.Get(list[i*7919%len(list)])
		}
	})
}
