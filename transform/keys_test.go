package transform_test

import (
	"strconv"
	"testing"

	"chartlift/transform"
)

func TestASetWithRoomHoldsWhatOneWithoutDoes(t *testing.T) {
	t.Parallel()
	for _, room := range []int{0, 1, 7, 64, 65, 1000, 100_000} {
		s := transform.NewKeySet()
		s.Room(room)
		for i := range 3000 {
			if !s.Add("id-"+strconv.Itoa(i)) || s.Add("id-"+strconv.Itoa(i)) {
				t.Fatalf("room for %d: id %d is added once", room, i)
			}
			if s.Has("other-" + strconv.Itoa(i)) {
				t.Fatalf("room for %d: what was never added is there", room)
			}
		}
		s.Room(5)
		for i := range 3000 {
			if !s.Has("id-" + strconv.Itoa(i)) {
				t.Fatalf("room for %d: id %d is gone", room, i)
			}
		}
		if s.Len() != 3000 {
			t.Errorf("room for %d: %d ids", room, s.Len())
		}
	}
}
