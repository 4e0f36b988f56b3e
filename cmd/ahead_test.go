package cmd

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
)

func TestWhatIsMadeAheadIsMadeOnceAndBeforeItIsAskedFor(t *testing.T) {
	t.Parallel()
	var made atomic.Int32
	begun := make(chan struct{})
	wait := ahead(func() (string, error) {
		made.Add(1)
		close(begun)
		return "page", nil
	})
	<-begun // without anybody waiting
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if got, err := wait(); got != "page" || err != nil {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
	all.Wait()
	if n := made.Load(); n != 1 {
		t.Errorf("made %d times", n)
	}
}

func TestTheErrorOfWhatIsMadeAheadComesToWhoeverAsks(t *testing.T) {
	t.Parallel()
	trouble := errors.New("no room")
	wait := ahead(func() (int, error) { return 7, trouble })
	for range 2 {
		if _, err := wait(); !errors.Is(err, trouble) {
			t.Errorf("got %v", err)
		}
	}
}
