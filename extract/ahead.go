package extract

import (
	"context"
	"runtime"
	"sync"
)

// mostAhead bounds how many files are looked through at once, for the memory
// that it takes.
const mostAhead = 4

// ListAhead has the sources list their tables, several of them at once: whoever
// asks one of them then is told at once, as each remembers what it found, or
// finds the same mistake again.
func ListAhead(ctx context.Context, sources []Source) {
	var all sync.WaitGroup
	turns := make(chan struct{}, min(mostAhead, runtime.GOMAXPROCS(0)))
	for _, src := range sources {
		turns <- struct{}{}
		all.Go(func() {
			defer func() { <-turns }()
			_, _ = src.Tables(ctx)
		})
	}
	all.Wait()
}
