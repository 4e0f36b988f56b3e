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
		if err := s.Load(bytes.NewReader(text), int64(len(text))); err != nil {
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
	endless := bytes.Clone(text)
	for at := 8; at < 8+8*int(binary.LittleEndian.Uint64(text)); at += 8 {
		endless[at] = 1 // no slot of the first part is empty: a search there would never end
	}
	huge := binary.LittleEndian.AppendUint64(nil, 1<<60)
	for what, damaged := range map[string][]byte{"nothing": {}, "half": text[:len(text)/2], "shorter": text[:len(text)-1], "longer": append(bytes.Clone(text), make([]byte, 8)...), "no empty slot": endless, "a huge length": huge} {
		if err := transform.NewKeySet().Load(bytes.NewReader(damaged), int64(len(damaged))); err == nil {
			t.Errorf("%s: it was loaded", what)
		}
	}
	if err := transform.NewKeySet().Load(bytes.NewReader(text), int64(len(text))-8); err == nil {
		t.Error("more was read than belongs to it")
	}
}

func FuzzLoadKeys(f *testing.F) {
	f.Add(savedKeys(f, 0))
	f.Add(savedKeys(f, 90))
	f.Fuzz(func(t *testing.T, text []byte) {
		s := transform.NewKeySet()
		if s.Load(bytes.NewReader(text), int64(len(text))) != nil {
			return
		}
		s.Add("x")
		if !s.Has("x") {
			t.Error("what was added is not there")
		}
	})
}
