package hl7v2

import (
	"context"
	"errors"
	"fmt"
	"io"

	"chartlift/extract"
)

// Count implements extract.Counter: the segments of all kinds are counted as
// they come.
func (s *Source) Count(ctx context.Context, names []string) (map[string]int64, error) {
	v, err := s.surveyed(ctx)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", s.in.Name, err)
	}
	wanted := map[string]bool{}
	for _, name := range names {
		t := s.table(v, name)
		if t == nil || t.field > 0 {
			return nil, fmt.Errorf("read %s: count %q: %w", s.in.Name, name, extract.ErrNoTable)
		}
		wanted[t.id] = true
	}
	w, closer, err := s.walker()
	if err != nil {
		return nil, err
	}
	defer func() { _ = closer.Close() }()
	counts := map[string]int64{}
	for n := 0; ; n++ {
		if n%checkEvery == 0 && ctx.Err() != nil {
			return counts, ctx.Err()
		}
		seg, err := w.next()
		if errors.Is(err, io.EOF) {
			return counts, nil
		}
		if err != nil {
			return counts, fmt.Errorf("read %s: %w", s.in.Name, err)
		}
		if wanted[seg.id] {
			counts[seg.id]++
		}
	}
}
