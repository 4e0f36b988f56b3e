package hl7v2

import (
	"context"
	"errors"
	"io"
)

// A bunch ends at bunchSegments segments or bunchBytes of their text.
const (
	bunchSegments = 256
	bunchBytes    = 256 << 10
)

// bunch is some segments of a table, with their texts, and why there are no
// more.
type bunch struct {
	segments []segment
	texts    []byte
	end      error // nil: another bunch follows
}

// add copies a segment, whose text is valid only until the next one is read.
func (b *bunch) add(s *segment) {
	start := len(b.texts)
	b.texts = append(b.texts, s.text...)
	b.segments = append(b.segments, *s)
	b.segments[len(b.segments)-1].text = b.texts[start:len(b.texts):len(b.texts)]
}

func (b *bunch) full() bool { return len(b.segments) >= bunchSegments || len(b.texts) >= bunchBytes }

// ahead finds the segments of a table in a goroutine of its own, while records
// are made of those before: either takes as long. do is called with each in
// order, and the error that ends the file is returned, io.EOF as nil. Nothing is
// read of the file when ahead has returned.
func ahead(ctx context.Context, w *walker, t *table, do func(*segment) error) error {
	ctx, stop := context.WithCancel(ctx)
	found, spent := make(chan *bunch, 2), make(chan *bunch, 4)
	go func() {
		defer close(found)
		for more := true; more; {
			b := empty(spent)
			b.end = gather(ctx, w, t, b)
			more = b.end == nil
			select {
			case found <- b:
			case <-ctx.Done():
				return
			}
		}
	}()
	defer func() {
		stop()
		for range found { // until the goroutine has ended
		}
	}()
	for b := range found {
		for i := range b.segments {
			if err := do(&b.segments[i]); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(b.end, io.EOF):
			return nil
		case b.end != nil:
			return b.end
		}
		select {
		case spent <- b:
		default:
		}
	}
	return ctx.Err()
}

// empty returns a bunch to fill, one that is spent where there is any.
func empty(spent <-chan *bunch) *bunch {
	select {
	case b := <-spent:
		clear(b.segments)
		b.segments, b.texts = b.segments[:0], b.texts[:0]
		if cap(b.texts) > 4*bunchBytes { // a segment may hold a document
			b.texts = nil
		}
		return b
	default:
		return &bunch{}
	}
}

// gather fills a bunch with the next segments of a table.
func gather(ctx context.Context, w *walker, t *table, b *bunch) error {
	for n := 0; !b.full(); n++ {
		if n%checkEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		seg, err := w.next()
		if err != nil {
			return err
		}
		if t.takes(seg.id) {
			b.add(seg)
		}
	}
	return nil
}
