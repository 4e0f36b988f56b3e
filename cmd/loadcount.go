package cmd

import (
	"context"
	"errors"
	"fmt"

	"chartlift/load"
	"chartlift/load/handover"
	"chartlift/reports"
)

// count says what a load would send: how much, how many refer to what the
// target does not take, and what is there already. Everything is read once more
// for it, and nothing is kept in memory.
func (l *loading) count(ctx context.Context) (send *toSend, err error) {
	sink := newCounting(l.target.notTaken(l.set.Counts()))
	send = &toSend{types: sink.types}
	for _, f := range l.set.Files {
		send.sum.Read += f.Rows
	}
	for _, left := range l.set.Left {
		if !left.Merged {
			send.sum.Rejected++
		}
	}
	held, err := l.heldBefore(ctx)
	if err != nil {
		return nil, err
	}
	levels, err := l.set.Levels()
	if err != nil {
		return nil, fmt.Errorf("count what would be sent: %w", err)
	}
	for i := range levels {
		if err := send.level(ctx, sink, &levels[i], held); err != nil {
			return nil, err
		}
	}
	return send, nil
}

// level counts the resources of a level. Where they refer to each other in a
// circle, it is gone over again until no more are found that go with others.
func (t *toSend) level(ctx context.Context, sink *counting, level *handover.Level, held *reports.Held) error {
	for first, more := true, true; more; first = false {
		more = false
		for i := range level.Len() {
			item, err := level.Item(i)
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return fmt.Errorf("count what would be sent: %w", err)
			}
			r := item.Resource
			if held != nil && held.Same(r.Type, r.ID, r.JSON) {
				if first {
					t.sum.Unchanged++
				}
				continue
			}
			if first {
				sink.add(r)
			}
			more = sink.drag(&load.Bundle{Entries: []load.Entry{{Resource: r}}}) || more
		}
		more = more && level.Chain
	}
	return nil
}

// heldBefore returns what the target holds of earlier runs, where the project
// has any; nil where everything is to be sent. Nothing is written.
func (l *loading) heldBefore(ctx context.Context) (held *reports.Held, err error) {
	if !exists(l.s.database()) {
		return nil, nil
	}
	if l.db, err = reports.OpenReadOnly(l.s.database()); err != nil {
		return nil, err
	}
	held, err = l.held(ctx)
	err = errors.Join(err, l.db.Close())
	l.db = nil
	return held, err
}

// held returns what the target holds of earlier runs, as far as it can be
// relied on; nil where nothing is known.
func (l *loading) held(ctx context.Context) (*reports.Held, error) {
	held, err := l.db.Held(ctx, l.target.key, "load")
	if err != nil || held == nil {
		return nil, err
	}
	l.target.took(held)
	if l.o.full {
		held.SendAll()
		return held, nil
	}
	return held, l.compareCounts(ctx, held)
}
