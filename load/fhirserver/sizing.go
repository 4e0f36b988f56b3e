package fhirserver

import (
	"context"
	"sync"
)

// sizing lets one sender at a time look for how many entries the server takes.
// Where all that were refused together went on by themselves, each would pay
// for every halving: eight senders that meet a limit of eight entries would
// send thirty requests in vain, one sends four.
type sizing chan struct{}

func newSizing() sizing { return make(sizing, 1) }

// begin waits until nobody else looks. The caller calls found once the server
// has taken something, as often as it likes.
func (s sizing) begin(ctx context.Context) (found func(), err error) {
	select {
	case s <- struct{}{}:
		return sync.OnceFunc(func() { <-s }), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// wait returns when nobody looks; who looks, waits for nobody. It is asked
// before a place at the gate is taken: who looks needs one.
func (s sizing) wait(ctx context.Context, looks bool) error {
	if looks || len(s) == 0 {
		return nil
	}
	found, err := s.begin(ctx)
	if err == nil {
		found()
	}
	return err
}

// shrink delivers items of which the server takes fewer at a time, and lets the
// others wait until it is known how many.
func (d delivery) shrink(ctx context.Context, items []item) error {
	if d.sized == nil {
		found, err := d.sink.sizing.begin(ctx)
		if err != nil {
			return err
		}
		defer found()
		d.sized = found
	}
	return d.deliverAll(ctx, d.cut(items))
}
