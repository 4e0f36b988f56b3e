package extract_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"chartlift/extract"
)

// keep keeps a text and returns where.
func keep(t *testing.T, k *extract.Kept, text string) int64 {
	t.Helper()
	at, ok := k.Add([]byte(text))
	if !ok {
		t.Fatalf("%q is not kept", text)
	}
	return at
}

func TestWhatIsKeptComesBackAndHasNoName(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	k := extract.NewKept(dir)
	first, second, third := keep(t, k, "Ann"), keep(t, k, ""), keep(t, k, "Bea")
	for at, want := range map[int64]string{first: "Ann", second: "", third: "Bea"} {
		if got, ok := k.Read(at, len(want)); !ok || string(got) != want {
			t.Errorf("at %d there is %q, %v; want %q", at, got, ok, want)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%v, %v", left, err)
	}
	if err := k.Close(); err != nil {
		t.Error(err)
	}
	if _, ok := k.Read(first, 3); ok {
		t.Error("it is there when it is closed")
	}
	if _, ok := k.Add([]byte("Cy")); ok {
		t.Error("what is closed keeps something")
	}
	if err := k.Close(); err != nil {
		t.Errorf("closed twice: %v", err)
	}
}

func TestWhatComesBackChangedIsNotThere(t *testing.T) {
	t.Parallel()
	k := extract.NewKept(t.TempDir())
	defer k.Close()
	first, second := keep(t, k, "Ann"), keep(t, k, "Bea")
	if err := k.Spoil(second + 1); err != nil {
		t.Fatal(err)
	}
	if got, ok := k.Read(second, 3); ok {
		t.Errorf("%q was not what was kept", got)
	}
	if _, ok := k.Read(first, 3); !ok {
		t.Error("what stands beside it is gone")
	}
}

func TestWithoutRoomNothingIsKept(t *testing.T) {
	t.Parallel()
	var none *extract.Kept
	for name, k := range map[string]*extract.Kept{"none": none, "no folder": extract.NewKept(filepath.Join(t.TempDir(), "nowhere"))} {
		for range 2 {
			if _, ok := k.Add([]byte("Ann")); ok {
				t.Errorf("%s: it is kept", name)
			}
		}
		if err := k.Close(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestManyKeepAndReadAtOnce(t *testing.T) {
	t.Parallel()
	k := extract.NewKept(t.TempDir())
	defer k.Close()
	var all sync.WaitGroup
	for worker := range 4 {
		all.Go(func() {
			for i := range 100 {
				want := strings.Repeat(fmt.Sprint(worker), i)
				at, ok := k.Add([]byte(want))
				if !ok {
					t.Error("it is not kept")
					return
				}
				if got, ok := k.Read(at, i); !ok || string(got) != want {
					t.Errorf("at %d there is %q, %v; want %q", at, got, ok, want)
				}
			}
		})
	}
	all.Wait()
}
