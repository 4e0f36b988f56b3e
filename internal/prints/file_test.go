package prints_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartlift/internal/prints"
)

// saved is a table of these prints, written.
func saved(t testing.TB, list []uint64) []byte {
	t.Helper()
	var table prints.Table[struct{}]
	for _, print := range list {
		table.Place(print)
	}
	var b bytes.Buffer
	if err := prints.Save(&table, &b); err != nil || int64(b.Len()) != prints.Size(&table) {
		t.Fatalf("%d bytes, not %d: %v", b.Len(), prints.Size(&table), err)
	}
	return b.Bytes()
}

func TestATableThatIsLoadedHoldsWhatWasSaved(t *testing.T) {
	t.Parallel()
	for kind, list := range kindsOf(5000) {
		text := saved(t, list)
		var table prints.Table[struct{}]
		table.Place(77) // it is gone afterwards
		rest, err := prints.Load(&table, append(text, "the next"...))
		if err != nil || string(rest) != "the next" {
			t.Fatalf("%s: %q is left, %v", kind, rest, err)
		}
		want := slices.Clone(list)
		for i := range want {
			want[i] = max(1, want[i])
		}
		slices.Sort(want)
		var got []uint64
		for print := range table.All() {
			got = append(got, print)
		}
		if diff := cmp.Diff(slices.Compact(want), got); diff != "" || table.Len() != len(got) {
			t.Errorf("%s: %d prints, %s", kind, table.Len(), diff)
		}
		for i := range uint64(3000) { // it grows on
			table.Place(i << 45)
		}
		if string(rest) != "the next" {
			t.Errorf("%s: it grows into what stands behind it: %q", kind, rest)
		}
		for _, print := range list {
			if _, ok := table.Get(print); !ok {
				t.Fatalf("%s: %d is gone", kind, print)
			}
		}
	}
}

func TestATableIsLoadedFromWhereverItStands(t *testing.T) {
	t.Parallel()
	list := kindsOf(5000)["spread"]
	text := saved(t, list)
	for shift := range 8 { // of a processor that reads numbers at even places only, too
		moved := append(make([]byte, shift, shift+len(text)), text...)[shift:]
		var table prints.Table[struct{}]
		if _, err := prints.Load(&table, moved); err != nil {
			t.Fatalf("%d bytes on: %v", shift, err)
		}
		for _, print := range list {
			if _, ok := table.Get(print); !ok {
				t.Fatalf("%d bytes on: %d is gone", shift, print)
			}
		}
	}
}

func TestAnEmptyTableIsSavedAndLoaded(t *testing.T) {
	t.Parallel()
	text := saved(t, nil)
	var table prints.Table[struct{}]
	if rest, err := prints.Load(&table, text); err != nil || len(rest) != 0 || table.Len() != 0 {
		t.Errorf("%d bytes are left, %d prints, %v", len(rest), table.Len(), err)
	}
	if _, known := table.Place(9); known || table.Len() != 1 {
		t.Error("nothing can be added")
	}
}

func TestADamagedTableIsRefused(t *testing.T) {
	t.Parallel()
	text := saved(t, kindsOf(500)["spread"])
	slots := binary.LittleEndian.Uint64(text[8:])
	with := func(at int, n uint64) []byte {
		damaged := bytes.Clone(text)
		binary.LittleEndian.PutUint64(damaged[at:], n)
		return damaged
	}
	for what, damaged := range map[string][]byte{
		"more homes than slots": with(0, slots+1), "no homes": with(0, 0), "more slots than bytes": with(8, slots+1), "an endless number": with(8, 1<<62),
		"a small print behind others": with(len(text)-8, 5), "a large print in front": with(16, 1<<63),
	} {
		var table prints.Table[struct{}]
		if _, err := prints.Load(&table, damaged); !errors.Is(err, prints.ErrDamaged) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, n := range []int{0, 8, 15, 16, 100, len(text) - 1} {
		var table prints.Table[struct{}]
		if _, err := prints.Load(&table, text[:n]); err == nil {
			t.Errorf("%d bytes of it were loaded", n)
		}
	}
}

// full takes so many bytes.
type full struct{ room int }

func (f *full) Write(b []byte) (int, error) {
	if f.room -= len(b); f.room < 0 {
		return 0, errors.New("the disk is full")
	}
	return len(b), nil
}

func TestATableIsNotSavedWhereTheDiskIsFull(t *testing.T) {
	t.Parallel()
	var table prints.Table[struct{}]
	for _, print := range kindsOf(5000)["spread"] {
		table.Place(print)
	}
	for _, room := range []int{0, 20, 9000, 40_000} {
		if err := prints.Save(&table, &full{room}); err == nil {
			t.Errorf("with room for %d bytes nothing is said", room)
		}
	}
}
