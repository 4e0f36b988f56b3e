package plausible

import (
	"testing"
)

// manyDates are all forms that a date has, the first and the last that can be
// told, and some that no calendar has.
func manyDates() []string {
	return []string{
		"", "nothing", "0000", "0000-01", "0000-01-01", "0000-01-01T00:00:00Z", "9999", "9999-12", "9999-12-31", "9999-12-31T23:59:59Z",
		"1980", "1980-02", "1981-02", "1980-04", "1980-12", "1980-02-29", "1979-02-31", "1980-06-07T08:09:10.5+02:00", "1980-13", "1980-00-01", "1980-01-32", "-980-01-01",
	}
}

func TestAPersonIsTheSameAfterPacking(t *testing.T) {
	t.Parallel()
	for _, birth := range manyDates() {
		for _, death := range manyDates() {
			for _, sex := range []byte{0, 'm', 'f'} {
				want := person{birth: spanOf(birth), death: spanOf(death), sex: sex}
				if got := packPerson(want).person(); got != want {
					t.Errorf("%q, %q, %q: %+v is unpacked, not %+v", birth, death, sex, got, want)
				}
			}
		}
	}
}

func TestAStayIsTheSameAfterPacking(t *testing.T) {
	t.Parallel()
	const tomorrow day = 19_724
	lengths := []day{-1, 0, 1, 364, 1021, 1022, 1023, 1024, 5000, 3_652_424}
	for _, text := range manyDates() {
		first := spanOf(text).first
		for _, want := range []stay{{first, tomorrow}, {first, spanOf(text).last}} {
			s := stays{tomorrow: tomorrow}
			s.put(1, want)
			if got, ok := s.get(1); !ok || got != want {
				t.Errorf("%q: %+v is unpacked, not %+v", text, got, want)
			}
		}
		for _, more := range lengths {
			s := stays{tomorrow: tomorrow}
			want := stay{first, first + more}
			s.put(1, want)
			if got, ok := s.get(1); !ok || got != want {
				t.Errorf("%q and %d days: %+v is unpacked, not %+v", text, more, got, want)
			}
		}
	}
}

func TestAnEncounterThatIsStillGoingOnNeedsNoRoomBesideIt(t *testing.T) {
	t.Parallel()
	s := stays{tomorrow: 19_724}
	s.put(1, stay{-40_000, 19_724})
	if bytes(&s.lasts) != 0 {
		t.Error("its last day is written down")
	}
	s.put(1, stay{-40_000, 10_000}) // told once more, now with an end
	if got, _ := s.get(1); got != (stay{-40_000, 10_000}) {
		t.Errorf("%+v", got)
	}
}
