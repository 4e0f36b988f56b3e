package plausible

import (
	"fmt"
	"runtime"
	"sync"
	"testing"

	"chartlift/internal/prints"
)

func encounter(i int) uint64 { return hash(fmt.Sprint("Encounter/", i)) }

func TestWhatIsSeenIsRemembered(t *testing.T) {
	t.Parallel()
	s := stays{tomorrow: 9_000}
	if _, ok := s.get(encounter(0)); ok {
		t.Error("something is remembered of nothing")
	}
	const n = 20_000
	of := func(i int) stay { return stay{day(i), day(i + 1 + i%7*300)} } // from a day to five years, until tomorrow among them
	var all sync.WaitGroup
	for part := range 4 {
		all.Go(func() { // workers put and get at the same time
			for i := part; i < n; i += 4 {
				s.put(encounter(i), of(i))
				if got, ok := s.get(encounter(n - i)); ok && got != of(n-i) {
					t.Errorf("of %d is known %+v", n-i, got)
				}
			}
		})
	}
	all.Wait()
	s.put(encounter(7), stay{-1, 2}) // told once more
	for i := range n {
		want := of(i)
		if i == 7 {
			want = stay{-1, 2}
		}
		if got, ok := s.get(encounter(i)); !ok || got != want {
			t.Fatalf("of %d is known %+v, %v, not %+v", i, got, ok, want)
		}
	}
	for _, other := range []string{"", "Encounter/20000", "Patient/1"} {
		if got, ok := s.get(hash(other)); ok {
			t.Errorf("of %q is known %+v", other, got)
		}
	}
}

// bytes returns how much memory what is seen takes.
func bytes[V any](s *prints.Shared[V]) (n int) {
	for t := range s.Tables() {
		n += t.Bytes()
	}
	return n
}

// bytes returns how much memory they take.
func (s *stays) bytes() int { return bytes(&s.packed) + bytes(&s.lasts) }

// grown returns how many bytes more the heap takes by what do leaves.
func grown[T any](do func() T) (left T, bytes int) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	left = do()
	runtime.GC()
	runtime.ReadMemStats(&after)
	return left, int(after.HeapAlloc) - int(before.HeapAlloc)
}

// Not parallel: it measures the heap. The figures are those of
// docs/decisions.md.
func TestAnEncounterTakesAtMost16BytesAndAPatient22(t *testing.T) {
	const n = 300_000
	c, heap := grown(func() *Checker {
		c := &Checker{stays: stays{tomorrow: 20_000}}
		for i := range n {
			c.stays.put(encounter(i), stay{day(i % 19_000), day(i%19_000 + i%90)})
			c.people.Put(hash(fmt.Sprint("Patient/", i)), packPerson(person{birth: spanOf("1970-05-01"), sex: 'f'}))
		}
		return c
	})
	stays, people := float64(c.stays.bytes())/n, float64(bytes(&c.people))/n
	t.Logf("%.1f bytes an encounter, %.1f a patient, %.1f in the heap for both", stays, people, float64(heap)/n)
	if stays > 16 || people > 22 {
		t.Errorf("an encounter takes %.1f bytes, a patient %.1f", stays, people)
	}
	if told := c.stays.bytes() + bytes(&c.people); heap > told+told/10 {
		t.Errorf("%d bytes are told, %d are taken", told, heap)
	}
}

func TestEncountersOfManyYearsAreRememberedInTwiceTheRoom(t *testing.T) {
	t.Parallel()
	const n = 50_000
	s := stays{tomorrow: 20_000}
	for i := range n {
		s.put(encounter(i), stay{0, day(2_000 + i%1_000)})
	}
	for i := range n {
		if got, ok := s.get(encounter(i)); !ok || got != (stay{0, day(2_000 + i%1_000)}) {
			t.Fatalf("of %d is known %+v, %v", i, got, ok)
		}
	}
	if each := float64(s.bytes()) / n; each > 36 {
		t.Errorf("an encounter takes %.1f bytes", each)
	}
}
