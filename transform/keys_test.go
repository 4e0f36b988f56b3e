package transform_test

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"testing"

	"chartlift/transform"
)

// savedKeys is a set of n ids, written.
func savedKeys(t testing.TB, n int) []byte {
	t.Helper()
	s := transform.NewKeySet()
	for i := range n {
		if !s.Add("id-" + strconv.Itoa(i)) {
			t.Fatalf("id %d was there", i)
		}
	}
	var b bytes.Buffer
	if err := s.Save(&b); err != nil || int64(b.Len()) != s.Size() {
		t.Fatalf("%d bytes, not %d: %v", b.Len(), s.Size(), err)
	}
	return b.Bytes()
}

func TestASetThatIsLoadedHoldsWhatWasSaved(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 7, 64, 65, 3000, 100_000} {
		text := savedKeys(t, n)
		s := transform.NewKeySet()
		s.Add("before")
		if err := s.Load(text); err != nil {
			t.Fatal(err)
		}
		if s.Len() != n || s.Has("before") {
			t.Errorf("%d ids, not %d", s.Len(), n)
		}
		for i := range n {
			if id := strconv.Itoa(i); !s.Has("id-"+id) || s.Has("other-"+id) {
				t.Fatalf("%d ids: id %d is gone, or another is there", n, i)
			}
		}
		for i := range 3000 { // it grows on
			if !s.Add("new-"+strconv.Itoa(i)) || !s.Has("new-"+strconv.Itoa(i)) {
				t.Fatalf("%d ids: one more cannot be added", n)
			}
		}
		if s.Len() != n+3000 {
			t.Errorf("%d ids, not %d", s.Len(), n+3000)
		}
	}
}

func TestADamagedSetIsRefused(t *testing.T) {
	t.Parallel()
	text := savedKeys(t, 500)
	slots := 16 + 8*int(binary.LittleEndian.Uint64(text[8:]))
	again := bytes.Clone(text)
	for at := 16; at < slots; at += 8 {
		again[at] = 64 // one key again and again
	}
	huge := binary.LittleEndian.AppendUint64(nil, 1<<60)
	huge = append(huge, huge...)
	spread := bytes.Clone(text)
	spread[4] = 1  // more homes than slots: a search would go behind the end
	var keys []int // of the first part
	for at := 16; at < slots; at += 8 {
		if binary.LittleEndian.Uint64(text[at:]) != 0 {
			keys = append(keys, at)
		}
	}
	swapped := bytes.Clone(text)
	copy(swapped[keys[0]:keys[0]+8], text[keys[1]:])
	copy(swapped[keys[1]:keys[1]+8], text[keys[0]:])
	early := bytes.Clone(text)
	copy(early[16:24], text[keys[len(keys)-1]:]) // it stands before its home, where nobody looks for it
	for at := 24; at < slots; at++ {
		early[at] = 0
	}
	for what, damaged := range map[string][]byte{"nothing": {}, "half": text[:len(text)/2], "shorter": text[:len(text)-1], "longer": append(bytes.Clone(text), make([]byte, 8)...), "one key again and again": again, "a huge length": huge, "out of order": swapped, "more homes than slots": spread, "before its home": early} {
		if err := transform.NewKeySet().Load(damaged); err == nil {
			t.Errorf("%s: it was loaded", what)
		}
	}
}

func FuzzLoadKeys(f *testing.F) {
	f.Add(savedKeys(f, 0))
	f.Add(savedKeys(f, 90))
	f.Fuzz(func(t *testing.T, text []byte) {
		s := transform.NewKeySet()
		if s.Load(text) != nil {
			return
		}
		s.Add("x")
		if !s.Has("x") {
			t.Error("what was added is not there")
		}
	})
}
