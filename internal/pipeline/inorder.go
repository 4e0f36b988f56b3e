package pipeline

import (
	"context"
	"iter"
	"runtime"

	"chartlift/extract"
	"chartlift/internal/issue"
)

// mostAhead bounds how many files are read at once, for the memory of what
// waits.
const mostAhead = 4

// came is one thing that came of reading a file: a batch, or what is said of the
// file, or why it cannot be read on.
type came struct {
	batch *extract.Batch
	said  *issue.Issue
	err   error
}

// inOrder yields what comes of reading the inputs, of one after the other, in
// the order in which it comes. While one is taken the next are read already: of
// documents and messages that are a file each, reading is most of the work. All
// readers have ended when it has.
func inOrder(ctx context.Context, inputs []*Input) iter.Seq2[*Input, came] {
	return func(yield func(*Input, came) bool) {
		ctx, stop := context.WithCancel(ctx)
		ahead := min(len(inputs), mostAhead, runtime.GOMAXPROCS(0))
		if ahead < 2 {
			ahead = 0
		}
		streams := make([]chan came, len(inputs))
		begin := func(n int) {
			if n < len(inputs) && ahead > 0 {
				streams[n] = make(chan came, 2)
				go readInto(ctx, inputs[n], streams[n])
			}
		}
		defer func() {
			stop()
			for _, s := range streams {
				if s != nil {
					for range s { // until its reader has ended
					}
				}
			}
		}()
		for n := range ahead {
			begin(n)
		}
		for n, in := range inputs {
			if ahead == 0 {
				if !readInput(ctx, in, func(c came) bool { return yield(in, c) }) {
					return
				}
				continue
			}
			for c := range streams[n] {
				if !yield(in, c) {
					return
				}
			}
			if err := ctx.Err(); err != nil { // its reader may have ended for that
				yield(in, came{err: err})
				return
			}
			begin(n + ahead)
		}
	}
}

// readInto reads an input and closes the stream.
func readInto(ctx context.Context, in *Input, stream chan<- came) {
	defer close(stream)
	readInput(ctx, in, func(c came) bool {
		select {
		case stream <- c:
			return true
		case <-ctx.Done():
			return false
		}
	})
}

// readInput hands out what comes of reading an input, and reports whether all
// was taken.
func readInput(ctx context.Context, in *Input, do func(came) bool) bool {
	more := true
	say := func(i issue.Issue) {
		if more {
			more = do(came{said: &i})
		}
	}
	for b, err := range extract.BeforeCut(ctx, in.Source, in.Schema.Table, say) {
		if more {
			more = do(came{batch: b, err: err})
		}
		if !more || err != nil {
			return false
		}
	}
	return more
}
