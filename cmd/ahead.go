package cmd

import "sync"

// ahead makes something in a goroutine of its own and returns what waits for
// it: for what a run needs late, takes long to make, and waits for nothing. A
// run begins with single things, one after the other, and leaves all processors
// but one idle. What nobody waits for is made all the same.
func ahead[T any](work func() (T, error)) (wait func() (T, error)) {
	type made struct {
		thing T
		err   error
	}
	ready := make(chan made, 1)
	go func() {
		thing, err := work()
		ready <- made{thing, err}
	}()
	return sync.OnceValues(func() (T, error) {
		m := <-ready
		return m.thing, m.err
	})
}
